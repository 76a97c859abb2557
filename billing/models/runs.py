"""Invoice runs: their progress, and what they set aside."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class BillingRun(models.Model):
    """The issue of one month's invoices. `cursor` moves in the same transaction as each chunk's rows."""

    class Status(models.TextChoices):
        RUNNING = "running", _("En curso")
        PAUSED = "paused", _("En pausa")
        DONE = "done", _("Terminada")
        CANCELLED = "cancelled", _("Cancelada")

    class Origin(models.TextChoices):
        CLOCK = "clock", _("Por calendario")
        HAND = "hand", _("A mano")

    period = models.DateField(help_text="First day of the month of its pay day.")
    origin = models.CharField(max_length=8, choices=Origin)
    status = models.CharField(max_length=12, choices=Status, default=Status.RUNNING)
    issued_on = models.DateField()
    # The cycle as the policy had it at the start: changing the policy does not change a run half-way.
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True, help_text="The day after the last one charged.")
    due_on = models.DateField(null=True)
    cursor = models.BigIntegerField(default=0, help_text="Last customer done.")
    customers_total = models.IntegerField(default=0)
    customers_seen = models.IntegerField(default=0)
    charges = models.IntegerField(default=0)
    invoices = models.IntegerField(default=0)
    set_aside = models.IntegerField(default=0)
    totals = models.JSONField(default=dict, help_text="By currency: what was invoiced and the credit used.")
    first_label = models.CharField(max_length=40, blank=True)
    last_label = models.CharField(max_length=40, blank=True)
    actor_kind = models.CharField(max_length=16)
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=120)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["period"], name="billing_run_period")]

    def __str__(self) -> str:
        return f"{self.period:%Y-%m} {self.status}"


class SetAside(models.Model):
    """A service a run did not bill, and why. It never stops the rest."""

    class Reason(models.TextChoices):
        NO_PRICE = "no_price", _("No tiene precio")
        FREE = "free", _("Servicio sin costo")
        CANCELLED = "cancelled", _("Servicio dado de baja")
        BILLED = "billed", _("Ya se le cobró este período")
        BAD_TAX = "bad_tax", _("El impuesto de su plan no es posible")
        NOT_INSTALLED = "not_installed", _("Se instala después del período")

    run = models.ForeignKey(BillingRun, on_delete=models.CASCADE, related_name="left_out")
    service = models.ForeignKey("customers.Service", on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=16, choices=Reason)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "service"], name="billing_set_aside_once"),
        ]

    def __str__(self) -> str:
        return self.get_reason_display()
