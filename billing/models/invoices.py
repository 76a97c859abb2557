"""What was charged and the documents that say so."""

from __future__ import annotations

from decimal import Decimal

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.contrib.postgres.fields.ranges import RangeStartsWith
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from billing.models.fields import AmountField, CurrencyField


class Series(models.Model):
    """A run of document numbers without gaps. Its row is locked while numbers are given."""

    class Kind(models.TextChoices):
        INVOICE = "invoice", _("Facturas")
        CREDIT_NOTE = "credit_note", _("Notas de crédito")

    kind = models.CharField(max_length=12, choices=Kind, default=Kind.INVOICE)
    prefix = models.CharField(max_length=10, unique=True)
    next_number = models.BigIntegerField(default=1)

    class Meta:
        verbose_name_plural = "series"

    def __str__(self) -> str:
        return self.prefix


class Charge(models.Model):
    """A service charged for a stretch of days. The database refuses a second one that overlaps.

    The plan's charges that are not reversed cover the service's days without a gap: a stretch that costs nothing
    (trial, pause, cut) is a charge of zero, so that no later run takes it for forgotten. Days given back shorten
    `period`; the amounts stay what the document says, and the credit note holds the rest.
    """

    class Kind(models.TextChoices):
        PLAN = "plan", _("Plan")
        EXTRA = "extra", _("Servicio adicional")
        ONCE = "once", _("Cargo único")
        DISCOUNT = "discount", _("Descuento")

    service = models.ForeignKey("customers.Service", on_delete=models.PROTECT, related_name="charges", db_index=False)
    kind = models.CharField(max_length=16, choices=Kind, default=Kind.PLAN)
    source = models.BigIntegerField(
        default=0, db_default=0, help_text="The Extra or Discount it comes from; 0 for the plan."
    )
    period = DateRangeField(null=True, help_text="The days charged; empty for what is charged once.")
    description = models.CharField(max_length=200)
    tax_rate = models.DecimalField(max_digits=6, decimal_places=5, default=0)
    net = AmountField()
    tax = AmountField()
    withheld = AmountField(default=0, db_default=0)
    total = AmountField()
    taxes = models.JSONField(
        default=list, db_default=[], help_text="Each tax as [name, rate, amount]; withheld ones negative."
    )
    currency = CurrencyField()
    run = models.ForeignKey("billing.BillingRun", null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    reversed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="billing_charge_no_overlap",
                expressions=[
                    ("service", RangeOperators.EQUAL),
                    ("kind", RangeOperators.EQUAL),
                    ("source", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
                condition=Q(reversed_at__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["source"], condition=Q(kind="once", reversed_at=None), name="billing_charge_once"
            ),
            models.CheckConstraint(
                condition=Q(total=F("net") + F("tax") - F("withheld")), name="billing_charge_adds_up"
            ),
        ]
        # By day too: the safety bound asks how often a service was charged today.
        indexes = [
            models.Index(fields=["service", "created_at"], name="billing_charge_of_service"),
            # Which services a cycle has been charged to, without going through them one by one.
            models.Index(
                RangeStartsWith("period"),
                "service",
                name="billing_charge_begins",
                condition=Q(kind="plan", reversed_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.description} {self.total} {self.currency}"


class InvoiceQuerySet(models.QuerySet["Invoice"]):
    """Chainable readings of invoices."""

    def unpaid(self) -> InvoiceQuerySet:
        """Those on which something is still owed."""
        return self.filter(status=Invoice.Status.OPEN)

    def with_owed(self) -> InvoiceQuerySet:
        """Annotates `owed`: what is still to be paid."""
        return self.annotate(owed=F("total") - F("paid"))


class Invoice(models.Model):
    """A document the customer owes. `paid` always equals the sum of its allocations."""

    class Status(models.TextChoices):
        OPEN = "open", _("Por pagar")
        PAID = "paid", _("Pagada")
        VOID = "void", _("Anulada")

    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.PROTECT, related_name="invoices", db_index=False
    )
    series = models.ForeignKey(Series, null=True, on_delete=models.PROTECT, related_name="invoices", db_index=False)
    number = models.BigIntegerField(null=True)
    label = models.CharField(max_length=40, help_text="The number as printed; a foreign folio when imported.")
    issued_on = models.DateField()
    due_on = models.DateField()
    pay_on = models.DateField(null=True, help_text="The pay day it was issued for; empty means the due day.")
    period = DateRangeField(null=True)
    subtotal = AmountField()
    tax = AmountField()
    withheld = AmountField(default=0, db_default=0)
    total = AmountField()
    # Of `paid`, what credit notes took off.
    credited = AmountField(default=0, db_default=0)
    # Of `paid`, what was given up.
    written_off = AmountField(default=0, db_default=0)
    paid = AmountField(default=0)
    currency = CurrencyField()
    status = models.CharField(max_length=8, choices=Status, default=Status.OPEN)
    imported = models.BooleanField(default=False)
    external_ref = models.CharField(max_length=120, null=True, unique=True)
    run = models.ForeignKey("billing.BillingRun", null=True, on_delete=models.PROTECT, related_name="documents")
    created_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True)
    void_reason = models.CharField(max_length=200, blank=True)

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["series", "number"], name="billing_invoice_number_once"),
            models.CheckConstraint(
                condition=Q(total=F("subtotal") + F("tax") - F("withheld")), name="billing_invoice_adds_up"
            ),
            models.CheckConstraint(
                condition=Q(paid__gte=0) & Q(paid__lte=F("total")) & Q(credited__gte=0),
                name="billing_invoice_paid_range",
            ),
        ]
        indexes = [
            # With what the list sums, so that a zone or a person among a million invoices adds up from the index.
            models.Index(
                fields=["customer", "due_on", "id"],
                include=["issued_on", "status", "total", "paid"],
                name="billing_invoice_customer",
            ),
            models.Index(fields=["-issued_on", "-id"], name="billing_invoice_newest"),
            models.Index(
                fields=["status", "-issued_on", "-id"],
                include=["due_on", "total", "paid"],
                name="billing_invoice_state",
            ),
            models.Index(fields=["due_on", "id"], name="billing_invoice_open", condition=Q(status="open")),
            models.Index(
                (F("total") - F("paid")).desc(), F("id").desc(), name="billing_invoice_owed", condition=Q(status="open")
            ),
            models.Index(fields=["label"], name="billing_invoice_label", opclasses=["varchar_pattern_ops"]),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def settled(self) -> Decimal:
        """Of `paid`, what was money: neither taken off by credit notes nor given up."""
        return self.paid - self.credited - self.written_off


class InvoiceLine(models.Model):
    """One line of an invoice; rounded on its own, so that lines always add up to the invoice."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="lines")
    charge = models.OneToOneField(Charge, null=True, on_delete=models.PROTECT, related_name="line")
    description = models.CharField(max_length=200)
    net = AmountField()
    tax = AmountField()
    withheld = AmountField(default=0, db_default=0)
    total = AmountField()
    tax_rate = models.DecimalField(max_digits=6, decimal_places=5, default=0)

    def __str__(self) -> str:
        return self.description


class InvoiceTax(models.Model):
    """The tax of an invoice, by name and rate, as the document prints it. A withheld one has a negative amount."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="taxes")
    name = models.CharField(max_length=20)
    rate = models.DecimalField(max_digits=6, decimal_places=5)
    base = AmountField()
    amount = AmountField()

    def __str__(self) -> str:
        return f"{self.name} {self.rate}"


class CreditNote(models.Model):
    """A document that takes back a part of an invoice. What the invoice does not need becomes the customer's credit."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="credit_notes")
    customer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name="credit_notes")
    series = models.ForeignKey(Series, on_delete=models.PROTECT, related_name="credit_notes", db_index=False)
    number = models.BigIntegerField()
    label = models.CharField(max_length=40)
    issued_on = models.DateField()
    subtotal = AmountField()
    tax = AmountField()
    withheld = AmountField(default=0, db_default=0)
    total = AmountField()
    currency = CurrencyField()
    reason = models.CharField(max_length=200)
    # Of `total`, what lowered the invoice; the rest is in the customer's favour.
    applied = AmountField()
    taxes = models.JSONField(default=list, help_text="Each tax as [name, rate, amount]; withheld ones negative.")
    actor_label = models.CharField(max_length=120)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["series", "number"], name="billing_credit_note_number_once"),
            models.CheckConstraint(
                condition=Q(total=F("subtotal") + F("tax") - F("withheld")) & Q(total__gt=0),
                name="billing_credit_note_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(applied__gte=0) & Q(applied__lte=F("total")), name="billing_credit_note_applied"
            ),
        ]
        indexes = [models.Index(fields=["-issued_on", "-id"], name="billing_credit_note_newest")]

    def __str__(self) -> str:
        return self.label


class CreditNoteLine(models.Model):
    """What of which charge was given back, and for which days."""

    note = models.ForeignKey(CreditNote, on_delete=models.PROTECT, related_name="lines")
    charge = models.ForeignKey(Charge, null=True, on_delete=models.PROTECT, related_name="credits")
    period = DateRangeField(null=True)
    description = models.CharField(max_length=200)
    net = AmountField()
    tax = AmountField()
    withheld = AmountField(default=0, db_default=0)
    total = AmountField()

    def __str__(self) -> str:
        return self.description
