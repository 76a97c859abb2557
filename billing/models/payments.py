"""Money received, and which invoices it paid."""

from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models.fields import AmountField, CurrencyField


class Payment(models.Model):
    """Money received once: `key` is unique, so a repeated request finds the first one."""

    class Method(models.TextChoices):
        CASH = "cash", _("Efectivo")
        TRANSFER = "transfer", _("Transferencia")
        CARD = "card", _("Tarjeta")
        STORE = "store", _("Tienda")
        GATEWAY = "gateway", _("En línea")

    customer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name="payments")
    amount = AmountField()
    currency = CurrencyField()
    method = models.CharField(max_length=12, choices=Method)
    # Into which account it went; empty means the one of its method without a name.
    account = models.ForeignKey("billing.LedgerAccount", null=True, on_delete=models.PROTECT, related_name="+")
    reference = models.CharField(max_length=80, blank=True)
    reference_key = models.CharField(
        max_length=80,
        blank=True,
        db_default="",
        help_text="The reference as it is compared.",
    )
    received_at = models.DateTimeField()
    key = models.CharField(max_length=120, unique=True)
    actor_kind = models.CharField(max_length=16)
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=120)
    created_at = models.DateTimeField()
    reconnects = models.BooleanField(default=False)
    reconnect_reason = models.JSONField(default=dict)
    refunded = AmountField(default=0, db_default=0)
    voided_at = models.DateTimeField(null=True)
    void_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="billing_payment_positive"),
            models.CheckConstraint(
                condition=models.Q(refunded__gte=0) & models.Q(refunded__lte=models.F("amount")),
                name="billing_payment_refunded",
            ),
        ]
        indexes = [
            models.Index(fields=["-received_at", "-id"], name="billing_payment_newest"),
            models.Index(
                fields=["reference_key"], condition=~models.Q(reference_key=""), name="billing_payment_reference"
            ),
            models.Index(
                fields=["voided_at"], name="billing_payment_voided", condition=models.Q(voided_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    @property
    def method_account(self) -> str:
        """The kind of ledger account the money went into."""
        return {"cash": "cash", "transfer": "bank"}.get(self.method, self.method)


class Allocation(models.Model):
    """A part of a payment, or of a customer's credit, put on an invoice. Undone by a negative row."""

    invoice = models.ForeignKey("billing.Invoice", on_delete=models.PROTECT, related_name="allocations")
    payment = models.ForeignKey(Payment, null=True, on_delete=models.PROTECT, related_name="allocations")
    transaction = models.ForeignKey("billing.LedgerTransaction", on_delete=models.PROTECT, related_name="+")
    amount = AmountField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(amount=0), name="billing_allocation_not_zero"),
        ]
        # What was put on invoices since a moment: rows come in the order of time, so a few pages' bounds say where.
        indexes = [BrinIndex(fields=["created_at"], name="billing_allocation_when", autosummarize=True)]

    def __str__(self) -> str:
        return str(self.amount)
