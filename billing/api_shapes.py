"""What billing's API takes and answers. Amounts are strings with the currency's own decimals."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from billing.domain.money import round_money
from billing.models import Allocation, BillingRun, Decision, Invoice, InvoiceLine, InvoiceTax, Night, Payment
from billing.models.fields import AmountField
from tenants.current import current_tenant


class Amount(serializers.DecimalField):
    """Money out: "600.00" in pesos, "12990" in Chilean ones."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 16)
        kwargs.setdefault("decimal_places", 3)
        super().__init__(**kwargs)

    def to_representation(self, value: Any) -> str:
        return str(round_money(value, current_tenant().currency))


class Rows(serializers.ModelSerializer[Any]):
    """A model's row, its amounts as Amount."""

    serializer_field_mapping = {**serializers.ModelSerializer.serializer_field_mapping, AmountField: Amount}


class InvoiceOut(Rows):
    """An invoice; `owed` is what is still to be paid."""

    owed = Amount(read_only=True)

    class Meta:
        model = Invoice
        fields = [
            "id", "customer", "label", "number", "issued_on", "due_on", "subtotal", "tax", "withheld", "total", "paid",
            "credited", "written_off", "owed", "currency", "status", "imported",
        ]  # fmt: skip


class LineOut(Rows):
    """One line."""

    class Meta:
        model = InvoiceLine
        fields = ["id", "description", "net", "tax", "withheld", "total", "tax_rate"]


class TaxOut(Rows):
    """The tax of one rate."""

    class Meta:
        model = InvoiceTax
        fields = ["name", "rate", "base", "amount"]


class InvoiceWhole(InvoiceOut):
    """An invoice with its lines and taxes."""

    lines = LineOut(many=True, read_only=True)
    taxes = TaxOut(many=True, read_only=True)

    class Meta(InvoiceOut.Meta):
        fields = [*InvoiceOut.Meta.fields, "lines", "taxes", "void_reason", "voided_at"]


class AllocationOut(Rows):
    """What of a payment went to which invoice; negative when undone."""

    invoice_label = serializers.CharField(source="invoice.label", read_only=True)

    class Meta:
        model = Allocation
        fields = ["invoice", "invoice_label", "amount"]


class PaymentOut(Rows):
    """A payment and where it went."""

    allocations = AllocationOut(many=True, read_only=True)

    class Meta:
        model = Payment
        fields = [
            "id", "customer", "amount", "currency", "method", "reference", "received_at", "actor_label", "reconnects",
            "reconnect_reason", "refunded", "account", "voided_at", "void_reason", "allocations",
        ]  # fmt: skip


class PartIn(serializers.Serializer[Any]):
    """How much of a payment an invoice gets."""

    invoice = serializers.IntegerField(min_value=1, max_value=2**62)
    amount = serializers.DecimalField(max_digits=16, decimal_places=3, min_value=0)


class PaymentIn(serializers.Serializer[Any]):
    """Money received."""

    customer = serializers.IntegerField(min_value=1, max_value=2**62)
    amount = serializers.DecimalField(max_digits=16, decimal_places=3)
    method = serializers.ChoiceField(choices=Payment.Method.choices)
    reference = serializers.CharField(required=False, allow_blank=True, max_length=80)
    received_at = serializers.DateTimeField(required=False, help_text=_("Ahora, si no se dice."))
    invoices = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**62),
        required=False,
        max_length=100,
        help_text=_("Las que se pagan primero; después, las más antiguas."),
    )
    parts = serializers.ListField(
        child=PartIn(),
        required=False,
        max_length=100,
        help_text=_("Exactamente cuánto a cada una; lo demás queda a favor."),
    )
    account = serializers.IntegerField(required=False, min_value=1, max_value=2**62)
    record_only = serializers.CharField(
        required=False, allow_blank=True, max_length=200, help_text=_("Por qué no se reconecta aunque se pueda.")
    )
    repeated = serializers.BooleanField(
        required=False, help_text=_("Es otro depósito con la misma referencia y el mismo monto.")
    )


class ReasonIn(serializers.Serializer[Any]):
    """Why."""

    reason = serializers.CharField(max_length=200)


class RunIn(serializers.Serializer[Any]):
    """Which month to bill, and for whom: everybody, when neither a zone nor a customer is said."""

    month = serializers.RegexField(r"^20\d\d-(0[1-9]|1[0-2])$", help_text="2026-12")
    zone = serializers.IntegerField(required=False, min_value=1, max_value=2**62)
    customer = serializers.IntegerField(required=False, min_value=1, max_value=2**62)

    def validate_month(self, value: str) -> dt.date:
        """The month's first day."""
        return dt.date.fromisoformat(f"{value}-01")


class RunOut(Rows):
    """A run's progress and report."""

    left_out = serializers.SerializerMethodField()

    class Meta:
        model = BillingRun
        fields = [
            "id", "period", "zone", "customer", "origin", "status", "issued_on",
            "customers_total", "customers_seen", "charges", "invoices",
            "set_aside", "counts", "totals", "first_label", "last_label", "actor_label", "created_at", "finished_at",
            "left_out",
        ]  # fmt: skip

    def get_left_out(self, run: BillingRun) -> list[dict[str, Any]]:
        """The first hundred services it set aside, with the reason; only when one run is asked for."""
        if isinstance(self.parent, serializers.ListSerializer):
            return []
        rows = run.left_out.order_by("id").values_list("service_id", "reason")[:100]
        return [{"service": service, "reason": reason} for service, reason in rows]


class PlannedOut(serializers.Serializer[Any]):
    """A service as a run would leave it; `change` against the cycle before is new, more, less or gone."""

    service_id = serializers.IntegerField()
    code = serializers.CharField()
    customer_id = serializers.IntegerField()
    customer = serializers.CharField()
    plan = serializers.CharField()
    reason = serializers.CharField()
    change = serializers.CharField()
    total = Amount()
    before = Amount()


class PreviewOut(serializers.Serializer[Any]):
    """What a run would do; `rows` are the left out that deserve a look, `changed` those charged otherwise."""

    month = serializers.DateField()
    services = serializers.IntegerField()
    customers = serializers.IntegerField()
    subtotal = Amount()
    tax = Amount()
    total = Amount()
    currency = serializers.CharField()
    previous_services = serializers.IntegerField()
    previous_total = Amount()
    already_total = Amount()
    difference = Amount()
    left_out = serializers.DictField(child=serializers.IntegerField())
    changes = serializers.DictField(child=serializers.IntegerField())
    skipped = serializers.IntegerField()
    rows = PlannedOut(many=True)
    changed = PlannedOut(many=True)


class SkippedOut(serializers.Serializer[Any]):
    """A month that nobody billed to `services`."""

    month = serializers.DateField()
    services = serializers.IntegerField()


class ItemOut(serializers.Serializer[Any]):
    """A charge to be."""

    service_id = serializers.IntegerField()
    kind = serializers.CharField()
    description = serializers.CharField()
    net = Amount(source="taxed.net")
    tax = Amount(source="taxed.tax")
    withheld = Amount(source="taxed.withheld")
    total = Amount(source="taxed.total")


class AgeingOut(serializers.Serializer[Any]):
    """What is owed by how late it is: not due, up to 30, 60 and 90 days, and older."""

    current = Amount()
    to_30 = Amount()
    to_60 = Amount()
    to_90 = Amount()
    older = Amount()
    overdue = Amount()
    total = Amount()


class NextChargeOut(serializers.Serializer[Any]):
    """The next invoice to be; without items, `reasons` say why there is none."""

    month = serializers.DateField(allow_null=True)
    due_on = serializers.DateField(allow_null=True)
    total = Amount()
    items = ItemOut(many=True)
    reasons = serializers.ListField(child=serializers.CharField())


class NightOut(Rows):
    """A day's plan."""

    class Meta:
        model = Night
        fields = [
            "id", "day", "status", "planned_at", "remind_at", "cut_at", "cut_not_after", "needs_approval", "guard",
            "approved_at", "approved_by", "held_at", "held_by", "done_at",
        ]  # fmt: skip


class DecisionOut(Rows):
    """A decision with its reasons."""

    class Meta:
        model = Decision
        fields = [
            "id", "night", "action", "customer", "service", "invoice", "step", "amount", "currency", "oldest_due",
            "at", "channel", "template", "reasons", "sentence",
            "taken_out_at", "taken_out_by", "done_at", "outcome", "outcome_reasons",
        ]  # fmt: skip


class MovementOut(serializers.Serializer[Any]):
    """One movement of an account."""

    day = serializers.DateField()
    kind = serializers.CharField()
    memo = serializers.CharField()
    invoice_id = serializers.IntegerField(allow_null=True)
    payment_id = serializers.IntegerField(allow_null=True)
    credit_note_id = serializers.IntegerField(allow_null=True)
    currency = serializers.CharField()
    amount = Amount()
    balance = Amount()


class StatementSumsOut(serializers.Serializer[Any]):
    """What the asked days and kind add up to in one currency; `credited` is negative, `owed` is today's."""

    currency = serializers.CharField()
    count = serializers.IntegerField()
    opening = Amount()
    charged = Amount()
    credited = Amount()
    closing = Amount()
    owed = Amount()


class StatementOut(serializers.Serializer[Any]):
    """A page of movements, newest first; `next` is the address of the older ones, if any."""

    customer = serializers.IntegerField()
    sums = StatementSumsOut(many=True)
    next = serializers.URLField(allow_null=True)
    results = MovementOut(many=True)


class BalanceOut(serializers.Serializer[Any]):
    """An account by the ledger: `balance` is receivable minus credit."""

    customer = serializers.IntegerField()
    currency = serializers.CharField()
    receivable = Amount()
    credit = Amount()
    balance = Amount()
    movements = MovementOut(many=True)
