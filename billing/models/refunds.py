"""Money given back to customers."""

from __future__ import annotations

from django.db import models

from billing.models.fields import AmountField, CurrencyField
from billing.models.payments import Payment


class Refund(models.Model):
    """Money returned once: of one payment, or of what a customer has in favour when `payment` is empty.

    `from_credit` was taken from what the customer had in favour; the rest opened again the invoices in `reopened`.
    """

    customer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name="refunds")
    payment = models.ForeignKey(Payment, null=True, on_delete=models.PROTECT, related_name="refunds")
    transaction = models.ForeignKey("billing.LedgerTransaction", on_delete=models.PROTECT, related_name="+")
    amount = AmountField()
    currency = CurrencyField()
    method = models.CharField(max_length=12, choices=Payment.Method)
    account = models.ForeignKey("billing.LedgerAccount", on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200)
    external_reference = models.CharField(max_length=120, blank=True, help_text="What the bank or gateway calls it.")
    key = models.CharField(max_length=120, unique=True)
    from_credit = AmountField()
    reopened = models.JSONField(default=list, help_text='Each as {"invoice", "label", "amount"}.')
    actor_kind = models.CharField(max_length=16)
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=120)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="billing_refund_positive"),
        ]
        indexes = [models.Index(fields=["-created_at", "-id"], name="billing_refund_newest")]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"
