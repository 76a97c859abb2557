"""What was agreed about one service beyond its plan: term, extras, discounts, changes of plan."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from billing.models.fields import AmountField
from billing.models.policies import Proration


class Contract(models.Model):
    """A service's own terms. A service without one has the policy's."""

    class Termination(models.TextChoices):
        NONE = "none", _("Sin penalización")
        AMOUNT = "amount", _("Un monto fijo")
        PERCENT = "percent", _("Un porcentaje de lo que falta del plazo")

    service = models.OneToOneField("customers.Service", on_delete=models.CASCADE, related_name="contract")
    starts_on = models.DateField(null=True, blank=True, help_text="First day charged; empty: the installation's.")
    trial_days = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Empty: the policy's.")
    term_months = models.PositiveSmallIntegerField(default=0, help_text="Minimum term from the start; 0: none.")
    termination = models.CharField(max_length=8, choices=Termination, default=Termination.NONE)
    termination_value = AmountField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(termination_value__gte=0), name="billing_contract_fee"),
        ]

    def __str__(self) -> str:
        return f"{self.service_id} {self.starts_on or ''} {self.term_months}m"


class Extra(models.Model):
    """Something charged beside the plan: once (installation, visit, a fee) or with every period (TV, fixed IP)."""

    class Kind(models.TextChoices):
        ONCE = "once", _("Una vez")
        RECURRING = "recurring", _("Cada período")

    class Category(models.TextChoices):
        INSTALLATION = "installation", _("Instalación")
        EQUIPMENT = "equipment", _("Equipo")
        VISIT = "visit", _("Visita técnica")
        ADDON = "addon", _("Servicio adicional")
        LATE_FEE = "late_fee", _("Recargo por pago tardío")
        RECONNECT_FEE = "reconnect_fee", _("Reconexión")
        TERMINATION_FEE = "termination_fee", _("Baja antes del plazo")
        OTHER = "other", _("Otro cargo")

    service = models.ForeignKey("customers.Service", on_delete=models.PROTECT, related_name="extras")
    kind = models.CharField(max_length=10, choices=Kind)
    category = models.CharField(max_length=16, choices=Category, default=Category.OTHER)
    description = models.CharField(max_length=120)
    # Of one time, or of one month when recurring.
    amount = AmountField()
    # Taxed as the service's plan is, with the tax inside the amount or on top as the plan has it; or not at all.
    taxed = models.BooleanField(default=True)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True, help_text="Last day charged, when recurring.")
    # What made it, so that the same fact never makes two: "late_fee:<invoice id>".
    key = models.CharField(max_length=60, null=True, unique=True)
    billed_at = models.DateTimeField(null=True, help_text="When charged, if once.")
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by = models.CharField(max_length=120, blank=True)
    created_by = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="billing_extra_positive"),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="billing_extra_ends_after"
            ),
        ]
        indexes = [
            models.Index(
                fields=["service"],
                condition=Q(kind="once", billed_at=None, cancelled_at=None),
                name="billing_extra_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.description} {self.amount}"


class Discount(models.Model):
    """Less to pay of a service's plan: for N periods, until a date, or until somebody ends it."""

    class Kind(models.TextChoices):
        AMOUNT = "amount", _("Un monto por período")
        PERCENT = "percent", _("Un porcentaje")

    service = models.ForeignKey("customers.Service", on_delete=models.PROTECT, related_name="discounts")
    kind = models.CharField(max_length=8, choices=Kind)
    value = AmountField()
    description = models.CharField(max_length=120)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True, help_text="Last day it counts.")
    periods = models.PositiveSmallIntegerField(null=True, blank=True, help_text="How many periods; empty: no limit.")
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by = models.CharField(max_length=120, blank=True)
    created_by = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(value__gt=0), name="billing_discount_positive"),
            models.CheckConstraint(
                condition=Q(kind="amount") | Q(value__lte=100), name="billing_discount_percent_range"
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="billing_discount_ends_after"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.description} {self.value}"


class PlanChange(models.Model):
    """A service goes from one plan (or own price) to another on a day. History, and what is scheduled."""

    class Status(models.TextChoices):
        SCHEDULED = "scheduled", _("Programado")
        DONE = "done", _("Hecho")
        CANCELLED = "cancelled", _("Cancelado")

    service = models.ForeignKey("customers.Service", on_delete=models.PROTECT, related_name="plan_changes")
    effective_on = models.DateField(help_text="First day of the new plan.")
    old_plan = models.ForeignKey("customers.Plan", on_delete=models.PROTECT, related_name="+")
    old_price = AmountField(null=True, help_text="The line's own price; empty: the plan's at the time.")
    new_plan = models.ForeignKey("customers.Plan", on_delete=models.PROTECT, related_name="+")
    new_price = AmountField(null=True)
    rule = models.CharField(max_length=10, choices=Proration, default=Proration.REAL_DAYS)
    status = models.CharField(max_length=10, choices=Status)
    created_by = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["service", "effective_on"], condition=~Q(status="cancelled"), name="billing_plan_change_once"
            ),
        ]
        indexes = [
            models.Index(fields=["effective_on"], condition=Q(status="scheduled"), name="billing_plan_change_due"),
        ]

    def __str__(self) -> str:
        return f"{self.service_id} {self.effective_on} {self.status}"
