"""When a provider issues, expects payment, reminds and cuts, and how it charges what is not a whole month."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.fields import AmountField

DAY = [MinValueValidator(1), MaxValueValidator(31)]
SHARE = [MinValueValidator(0), MaxValueValidator(100)]


def default_notices() -> list[dict[str, Any]]:
    """What a customer is told before the cut: see BillingPolicy.notices."""
    return [
        {"days": -3, "from": "due", "hour": "09:00", "channel": "whatsapp", "template": "payment_reminder"},
        {"days": 0, "from": "due", "hour": "09:00", "channel": "whatsapp", "template": "payment_due"},
    ]


def default_promisers() -> list[str]:
    """Who may grant a promise to pay."""
    return ["staff"]


class Proration(models.TextChoices):
    """What a part of a period costs."""

    REAL_DAYS = "real_days", _("Por días reales del período")
    DAYS_30 = "days_30", _("Por días de un mes de 30")
    WHOLE = "whole", _("Se cobra completo")
    FREE = "free", _("No se cobra hasta el ciclo siguiente")


class FeeKind(models.TextChoices):
    """How a fee is said."""

    NONE = "none", _("Sin recargo")
    AMOUNT = "amount", _("Un monto")
    PERCENT = "percent", _("Un porcentaje")


class BillingPolicy(models.Model):
    """The provider's rules. One row a provider; days past a month's end mean its last day.

    A zone or a customer may have other values for some of the fields: see PolicyOverride.
    """

    class Cycle(models.TextChoices):
        PREPAID = "prepaid", _("Prepago: se cobra el período que empieza")
        POSTPAID = "postpaid", _("Pospago: se cobra el período que terminó")

    class Unit(models.TextChoices):
        MONTH = "month", _("El mismo día para todos")
        ANNIVERSARY = "anniversary", _("El día en que cada servicio empezó")
        DAYS = "days", _("Paquetes de días")

    class Downgrade(models.TextChoices):
        PERIOD_END = "period_end", _("Al terminar el período ya cobrado")
        NOW = "now", _("De inmediato, con nota de crédito")

    class Suspended(models.TextChoices):
        BILL = "bill", _("Se sigue cobrando")
        STOP = "stop", _("No se cobra mientras esté cortado")

    class Reconnect(models.TextChoices):
        OVERDUE = "overdue", _("Al pagar todo lo vencido")
        PERCENT = "percent", _("Al pagar un porcentaje de lo vencido")
        AMOUNT = "amount", _("Al pagar al menos un monto")

    class CountFrom(models.TextChoices):
        DUE = "due", _("Desde el vencimiento")
        PAY = "pay", _("Desde el día de pago")

    class SecondStep(models.TextChoices):
        NONE = "none", _("Nada más")
        STOP_BILLING = "stop_billing", _("Dejar de facturar")
        CANCEL = "cancel", _("Dar de baja")

    class Promiser(models.TextChoices):
        STAFF = "staff", _("El personal")
        PORTAL = "portal", _("El cliente, en el portal")
        BOT = "bot", _("El asistente")

    # The calendar.
    cycle = models.CharField(max_length=8, choices=Cycle, default=Cycle.PREPAID)
    period_unit = models.CharField(max_length=12, choices=Unit, default=Unit.MONTH)
    period_months = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(36)]
    )
    pack_days = models.PositiveSmallIntegerField(default=30, validators=[MinValueValidator(1), MaxValueValidator(366)])
    issue_day = models.PositiveSmallIntegerField(default=25, validators=DAY)
    pay_day = models.PositiveSmallIntegerField(default=1, validators=DAY)
    cut_day = models.PositiveSmallIntegerField(default=3, validators=DAY)
    issue_before = models.PositiveSmallIntegerField(
        default=5, validators=[MaxValueValidator(60)], help_text="Days before the pay day; not for unit month."
    )
    due_after = models.PositiveSmallIntegerField(
        default=2, validators=[MaxValueValidator(60)], help_text="Days after the pay day; not for unit month."
    )
    issue_hour = models.TimeField(default=dt.time(6, 0))
    auto_issue_from = models.DateField(
        null=True, help_text="The clock issues by itself from this day on; empty: only by hand."
    )

    # What is not a whole period.
    trial_days = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(366)])
    first_period = models.CharField(max_length=10, choices=Proration, default=Proration.REAL_DAYS)
    plan_change = models.CharField(max_length=10, choices=Proration, default=Proration.REAL_DAYS)
    downgrade_when = models.CharField(max_length=12, choices=Downgrade, default=Downgrade.PERIOD_END)
    while_suspended = models.CharField(max_length=8, choices=Suspended, default=Suspended.BILL)
    pause_percent = models.DecimalField(max_digits=5, decimal_places=2, default=0, validators=SHARE)
    pause_returns = models.BooleanField(default=True, help_text="Days already charged are given back when paused.")
    cancel_returns = models.BooleanField(default=False, help_text="Days already charged are given back at the end.")

    # Fees.
    late_fee_kind = models.CharField(max_length=8, choices=FeeKind, default=FeeKind.NONE)
    late_fee_value = AmountField(default=0)
    late_fee_after_days = models.PositiveSmallIntegerField(default=1, validators=[MaxValueValidator(365)])
    late_fee_taxed = models.BooleanField(default=False)
    reconnect_fee_kind = models.CharField(max_length=8, choices=FeeKind, default=FeeKind.NONE)
    reconnect_fee_value = AmountField(default=0)
    reconnect_fee_after_days = models.PositiveSmallIntegerField(
        default=0, validators=[MaxValueValidator(365)], help_text="Only when the cut lasted at least this long."
    )
    reconnect_fee_taxed = models.BooleanField(default=False)

    # Reminders, cuts and reconnections.
    cut_after_days = models.PositiveSmallIntegerField(default=0)
    cut_hour = models.TimeField(default=dt.time(19, 0))
    cut_window_hours = models.PositiveSmallIntegerField(
        default=4, validators=[MinValueValidator(1), MaxValueValidator(23)]
    )
    min_debt = AmountField(default=0)
    max_cuts = models.PositiveIntegerField(
        null=True, help_text="A night that would cut more than this waits for a person."
    )
    reconnect_when = models.CharField(max_length=8, choices=Reconnect, default=Reconnect.OVERDUE)
    reconnect_value = AmountField(default=0)

    # The ladder around the cut.
    notices = models.JSONField(
        default=default_notices,
        help_text='Before and after the due or pay day, in order: {"days", "from", "hour", "channel", "template"}.',
    )
    cut_from = models.CharField(max_length=4, choices=CountFrom, default=CountFrom.DUE)
    min_unpaid_invoices = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1)])
    never_cut = models.BooleanField(default=False)
    second_step = models.CharField(max_length=12, choices=SecondStep, default=SecondStep.NONE)
    second_step_after_days = models.PositiveSmallIntegerField(
        default=60, validators=[MaxValueValidator(730)], help_text="Days after the same day the cut counts from."
    )
    quiet_from = models.TimeField(default=dt.time(21, 0), help_text="Nobody is written to from this hour on.")
    quiet_until = models.TimeField(default=dt.time(8, 0))
    spare_weekends = models.BooleanField(default=False, help_text="No cuts on Saturdays and Sundays.")
    spare_holidays = models.BooleanField(default=False)
    spare_eves = models.BooleanField(default=False, help_text="No cuts the day before a day without cuts.")
    holidays_region = models.CharField(
        max_length=10, blank=True, help_text="Subdivision of the provider's country, as the holidays library names it."
    )
    partial_restarts = models.BooleanField(default=False, help_text="A part payment counts the days anew.")
    max_cuts_percent = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        null=True,
        validators=SHARE,
        help_text="A night that would cut more than this share of the customers waits for a person.",
    )

    # Promises to pay.
    promise_by = ArrayField(models.CharField(max_length=8, choices=Promiser), default=default_promisers)
    promise_max_days = models.PositiveSmallIntegerField(default=5, validators=[MaxValueValidator(60)])
    promise_hour = models.TimeField(default=dt.time(19, 0), help_text="When a promise given as a day alone lapses.")
    promise_per_month = models.PositiveSmallIntegerField(default=1, validators=[MaxValueValidator(31)])
    promise_min_percent = models.DecimalField(
        max_digits=5, decimal_places=2, default=0, validators=SHARE, help_text="Of what is overdue, paid beforehand."
    )
    promise_block_days = models.PositiveSmallIntegerField(
        default=30, validators=[MaxValueValidator(366)], help_text="No new promise after a broken one."
    )

    # Documents and safety.
    tax_name = models.CharField(max_length=20, default="IVA", help_text="Of plans whose tax has no name of its own.")
    series_prefix = models.CharField(max_length=10, default="A-")
    max_items_per_day = models.PositiveSmallIntegerField(
        default=15, validators=[MinValueValidator(1)], help_text="A service charged more often in a day is stopped."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(issue_day__range=(1, 31)) & Q(pay_day__range=(1, 31)) & Q(cut_day__range=(1, 31)),
                name="billing_policy_days",
            ),
            models.CheckConstraint(condition=Q(min_debt__gte=0), name="billing_policy_min_debt"),
            models.CheckConstraint(
                condition=Q(period_months__range=(1, 36)) & Q(pack_days__range=(1, 366)),
                name="billing_policy_period",
            ),
            models.CheckConstraint(condition=Q(pause_percent__range=(0, 100)), name="billing_policy_pause"),
            models.CheckConstraint(
                condition=Q(late_fee_value__gte=0) & Q(reconnect_fee_value__gte=0), name="billing_policy_fees"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cycle} {self.issue_day}/{self.pay_day}/{self.cut_day}"


class PolicyOverride(models.Model):
    """What a zone or a customer has otherwise. A field that is not in `values` is inherited.

    A customer's wins over its zone's, which wins over the provider's. `values` maps names of BillingPolicy's
    fields to what those fields serialize to.
    """

    zone = models.OneToOneField("customers.Zone", null=True, on_delete=models.CASCADE, related_name="policy_override")
    customer = models.OneToOneField(
        "customers.Customer", null=True, on_delete=models.CASCADE, related_name="policy_override"
    )
    values = models.JSONField(default=dict)
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(zone=None, customer__isnull=False) | Q(zone__isnull=False, customer=None),
                name="billing_override_of_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.zone or self.customer}: {', '.join(self.values)}"
