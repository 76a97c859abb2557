"""When a provider issues, expects payment, reminds and cuts."""

from __future__ import annotations

import datetime as dt

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models.fields import AmountField

DAY = [MinValueValidator(1), MaxValueValidator(31)]


def default_reminders() -> list[int]:
    """Days relative to the due date on which the customer is told."""
    return [-3, 0]


class BillingPolicy(models.Model):
    """The provider's rules. One row a provider; days past a month's end mean its last day."""

    class Cycle(models.TextChoices):
        PREPAID = "prepaid", _("Prepago: se cobra el mes que empieza")
        POSTPAID = "postpaid", _("Pospago: se cobra el mes que terminó")

    class Reconnect(models.TextChoices):
        OVERDUE = "overdue", _("Al pagar todo lo vencido")
        PERCENT = "percent", _("Al pagar un porcentaje de lo vencido")
        AMOUNT = "amount", _("Al pagar al menos un monto")

    cycle = models.CharField(max_length=8, choices=Cycle, default=Cycle.PREPAID)
    issue_day = models.PositiveSmallIntegerField(default=25, validators=DAY)
    pay_day = models.PositiveSmallIntegerField(default=1, validators=DAY)
    cut_day = models.PositiveSmallIntegerField(default=3, validators=DAY)
    issue_hour = models.TimeField(default=dt.time(6, 0))
    auto_issue_from = models.DateField(
        null=True, help_text="The clock issues by itself from this day on; empty: only by hand."
    )
    remind_days = ArrayField(models.SmallIntegerField(), default=default_reminders)
    remind_hour = models.TimeField(default=dt.time(9, 0))
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
    tax_name = models.CharField(max_length=20, default="IVA")
    series_prefix = models.CharField(max_length=10, default="A-")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(issue_day__range=(1, 31))
                & models.Q(pay_day__range=(1, 31))
                & models.Q(cut_day__range=(1, 31)),
                name="billing_policy_days",
            ),
            models.CheckConstraint(condition=models.Q(min_debt__gte=0), name="billing_policy_min_debt"),
        ]

    def __str__(self) -> str:
        return f"{self.cycle} {self.issue_day}/{self.pay_day}/{self.cut_day}"
