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
    # A run may be for one zone or one customer only.
    zone = models.ForeignKey("customers.Zone", null=True, on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey("customers.Customer", null=True, on_delete=models.PROTECT, related_name="+")
    # Whose windows were issued up to this day, when the clock started it.
    issue_until = models.DateField(null=True)
    origin = models.CharField(max_length=8, choices=Origin)
    status = models.CharField(max_length=12, choices=Status, default=Status.RUNNING)
    issued_on = models.DateField()
    # The cycle as the policy had it at the start: changing the policy does not change a run half-way.
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True, help_text="The day after the last one charged.")
    due_on = models.DateField(null=True)
    # The same for every zone and customer with other terms: see billing.domain.calendar.
    calendar = models.JSONField(default=dict)
    cursor = models.BigIntegerField(default=0, help_text="Last customer done.")
    customers_total = models.IntegerField(default=0)
    customers_seen = models.IntegerField(default=0)
    charges = models.IntegerField(default=0)
    invoices = models.IntegerField(default=0)
    set_aside = models.IntegerField(default=0)
    counts = models.JSONField(default=dict, help_text="Services left out that need nobody's look, by reason.")
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
        NOT_YET = "not_yet", _("Su período no se emite todavía")
        PAUSED = "paused", _("Está en pausa")
        SUSPENDED = "suspended", _("Está cortado y la política no cobra el corte")
        TRIAL = "trial", _("Está en prueba sin costo")
        TOO_MANY = "too_many", _("Se le cobró demasiadas veces hoy: revíselo")
        FAILED = "failed", _("No se pudo calcular: quedó anotado para revisar")

    run = models.ForeignKey(BillingRun, on_delete=models.CASCADE, related_name="left_out")
    service = models.ForeignKey("customers.Service", on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=16, choices=Reason)
    detail = models.CharField(max_length=200, blank=True, db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "service"], name="billing_set_aside_once"),
        ]

    def __str__(self) -> str:
        return self.get_reason_display()
