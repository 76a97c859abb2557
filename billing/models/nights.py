"""What the policy decided for one day: who is reminded, who is cut, who is spared, each with its reasons."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.fields import AmountField, CurrencyField


class Night(models.Model):
    """One day's plan. Times are moments; the policy's hours were read in the provider's zone."""

    class Status(models.TextChoices):
        PLANNED = "planned", _("Prevista")
        HELD = "held", _("Detenida")
        DONE = "done", _("Terminada")

    day = models.DateField(unique=True)
    status = models.CharField(max_length=8, choices=Status, default=Status.PLANNED)
    planned_at = models.DateTimeField()
    remind_at = models.DateTimeField()
    cut_at = models.DateTimeField()
    cut_not_after = models.DateTimeField()
    needs_approval = models.BooleanField(default=False)
    guard = models.JSONField(default=list, db_default=[], help_text="The limits it passes, as reasons.")
    approved_at = models.DateTimeField(null=True)
    approved_by = models.CharField(max_length=120, blank=True)
    held_at = models.DateTimeField(null=True)
    held_by = models.CharField(max_length=120, blank=True)
    done_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.day} {self.status}"


class Decision(models.Model):
    """One decision about one customer. `reasons` is data; `sentence` is how it was said then."""

    class Action(models.TextChoices):
        REMIND = "remind", _("Recordar")
        CUT = "cut", _("Cortar")
        SPARE = "spare", _("No cortar")
        STOP = "stop", _("Dejar de facturar")
        CANCEL = "cancel", _("Dar de baja")

    class Outcome(models.TextChoices):
        DONE = "done", _("Hecho")
        SPARED = "spared", _("No hizo falta")
        NOT_SENT = "not_sent", _("No se pudo avisar")
        MISSED = "missed", _("Pasó la hora")
        FAILED = "failed", _("Falló")

    night = models.ForeignKey(Night, on_delete=models.CASCADE, related_name="decisions")
    action = models.CharField(max_length=8, choices=Action)
    customer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name="+")
    service = models.ForeignKey("customers.Service", null=True, on_delete=models.PROTECT, related_name="+")
    invoice = models.ForeignKey("billing.Invoice", null=True, on_delete=models.PROTECT, related_name="+")
    step = models.SmallIntegerField(null=True, help_text="Days relative to the due date, for reminders.")
    at = models.DateTimeField(null=True, help_text="When a reminder goes.")
    channel = models.CharField(max_length=20, blank=True, default="", db_default="")
    template = models.CharField(max_length=60, blank=True, default="", db_default="")
    amount = AmountField(default=0)
    currency = CurrencyField()
    oldest_due = models.DateField(null=True)
    reasons = models.JSONField(default=list)
    sentence = models.TextField()
    taken_out_at = models.DateTimeField(null=True)
    taken_out_by = models.CharField(max_length=120, blank=True)
    done_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, choices=Outcome, blank=True)
    outcome_reasons = models.JSONField(default=list)
    outcome_sentence = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["night", "service"],
                condition=Q(service__isnull=False),
                name="billing_decision_service_once",
            ),
            models.UniqueConstraint(
                fields=["night", "invoice", "step"],
                condition=Q(invoice__isnull=False),
                name="billing_decision_reminder_once",
            ),
        ]
        indexes = [models.Index(fields=["service", "-id"], name="billing_decision_why")]

    def __str__(self) -> str:
        return self.sentence
