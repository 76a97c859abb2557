"""The double-entry ledger. Rows are only ever added: triggers refuse UPDATE, DELETE and TRUNCATE."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models.fields import AmountField, CurrencyField


class LedgerAccount(models.Model):
    """One account of the chart, in one currency. Customers are a dimension of its entries, not accounts."""

    class Kind(models.TextChoices):
        RECEIVABLE = "receivable", _("Por cobrar")
        CREDIT = "credit", _("Saldo a favor de clientes")
        INCOME = "income", _("Ingresos")
        TAX = "tax", _("Impuestos")
        CASH = "cash", _("Caja")
        BANK = "bank", _("Banco")
        CARD = "card", _("Tarjetas")
        STORE = "store", _("Tiendas")
        GATEWAY = "gateway", _("Pasarela")
        OPENING = "opening", _("Saldos iniciales")
        ADJUSTMENT = "adjustment", _("Ajustes")
        WITHHELD = "withheld", _("Retenciones por acreditar")
        WRITE_OFF = "write_off", _("Incobrables")

    kind = models.CharField(max_length=16, choices=Kind)
    name = models.CharField(max_length=80, blank=True)
    currency = CurrencyField()
    is_active = models.BooleanField(default=True, db_default=True, help_text="Whether money may still go into it.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "currency", "name"], name="billing_account_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name} {self.currency}".replace("  ", " ")


class LedgerTransaction(models.Model):
    """One economic fact; its entries sum to zero per currency."""

    class Kind(models.TextChoices):
        INVOICE = "invoice", _("Factura")
        INVOICE_VOID = "invoice_void", _("Factura anulada")
        PAYMENT = "payment", _("Pago")
        PAYMENT_VOID = "payment_void", _("Pago anulado")
        REFUND = "refund", _("Devolución")
        CASH_MOVE = "cash_move", _("Movimiento de caja")
        CASH_COUNT = "cash_count", _("Diferencia de caja")
        CREDIT = "credit", _("Saldo a favor aplicado")
        CREDIT_NOTE = "credit_note", _("Nota de crédito")
        WRITE_OFF = "write_off", _("Deuda incobrable")
        OPENING = "opening", _("Saldo inicial")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    at = models.DateTimeField()
    day = models.DateField(help_text="The accounting day, in the provider's time zone.")
    kind = models.CharField(max_length=16, choices=Kind)
    memo = models.CharField(max_length=200, blank=True)
    invoice = models.ForeignKey("billing.Invoice", null=True, on_delete=models.PROTECT, related_name="+")
    payment = models.ForeignKey("billing.Payment", null=True, on_delete=models.PROTECT, related_name="+")
    credit_note = models.ForeignKey("billing.CreditNote", null=True, on_delete=models.PROTECT, related_name="+")
    external_ref = models.CharField(max_length=120, null=True, unique=True)

    class Meta:
        indexes = [models.Index(fields=["day"], name="billing_transaction_day")]

    def __str__(self) -> str:
        return f"{self.kind} {self.day}"


class Entry(models.Model):
    """One leg of a transaction: debits are positive, credits negative."""

    transaction = models.ForeignKey(LedgerTransaction, on_delete=models.PROTECT, related_name="entries")
    account = models.ForeignKey(LedgerAccount, on_delete=models.PROTECT, related_name="entries", db_index=False)
    customer = models.ForeignKey(
        "customers.Customer", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    amount = AmountField()
    currency = CurrencyField()

    class Meta:
        indexes = [
            # A balance is an index-only sum. Account first, so that a run finds those with credit by a range.
            models.Index(
                fields=["account", "customer"],
                include=["amount", "currency", "transaction"],
                name="billing_entry_balance",
                condition=models.Q(customer__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=~models.Q(amount=0), name="billing_entry_not_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"
