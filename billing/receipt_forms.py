"""What a comprobante says, as a person confirms or corrects it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Self

from django import forms
from django.utils.translation import gettext_lazy as later

from billing.domain.money import plain_amount
from billing.domain.receipt_matching import Known
from billing.domain.receipts import Proof
from billing.forms import AmountField
from billing.models import Invoice, Receipt
from customers.models import Customer
from tenants.current import current_tenant


def owing_of(customer: Customer | None) -> list[Invoice]:
    """What a customer owes, the oldest first."""
    if customer is None:
        return []
    owing = Invoice.objects.unpaid().with_owed().filter(customer=customer, currency=current_tenant().currency)
    return list(owing.order_by("due_on", "id"))


class AcceptForm(forms.Form):
    """What a comprobante says. Without chosen invoices the oldest are paid first."""

    amount = AmountField(label=later("Monto del comprobante"))
    bank = forms.CharField(label=later("Banco"), required=False, max_length=60)
    reference = forms.CharField(label=later("Referencia"), required=False, max_length=80)
    paid_on = forms.DateField(
        label=later("Fecha del pago"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    customer = forms.IntegerField(required=False, widget=forms.HiddenInput)
    invoices = forms.TypedMultipleChoiceField(
        label=later("Facturas que paga"), required=False, coerce=int, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, currency: str, invoices: Sequence[Invoice] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].currency = currency  # type: ignore[attr-defined]
        self.fields["invoices"].choices = [(invoice.pk, invoice.label) for invoice in invoices]  # type: ignore[attr-defined]

    @classmethod
    def of(cls, known: Known, *, customer: Customer | None, owed: Decimal, invoices: Sequence[Invoice]) -> Self:
        """The form as it opens: what is known, and the amount owed where no amount is."""
        currency = current_tenant().currency
        initial = {
            "amount": plain_amount(known.amount or owed, currency),
            "bank": known.bank,
            "reference": known.reference,
            "paid_on": known.paid_on,
            "customer": customer.pk if customer else None,
        }
        return cls(currency=currency, invoices=invoices, initial=initial)

    def proof(self) -> Proof:
        """What was typed, as the domain takes it."""
        data = self.cleaned_data
        return Proof(
            amount=data["amount"],
            customer_id=data["customer"],
            bank=data["bank"],
            reference=data["reference"],
            paid_on=data["paid_on"],
            invoice_ids=tuple(data["invoices"]),
        )


class CorrectForm(AcceptForm):
    """What it really says, why, and instead of which payment. `code` names the customer when it was another's."""

    code = forms.CharField(label=later("Código del cliente"), max_length=40)
    reason = forms.CharField(label=later("Por qué se corrige"), max_length=200)
    instead_of = forms.IntegerField(widget=forms.HiddenInput)

    @classmethod
    def of_receipt(cls, receipt: Receipt) -> Self:
        """The form as it opens: what was accepted."""
        currency = current_tenant().currency
        initial = {
            "amount": plain_amount(receipt.amount or Decimal(0), currency),
            "bank": receipt.bank,
            "reference": receipt.reference,
            "paid_on": receipt.paid_on,
            "code": receipt.customer.code if receipt.customer else "",
            "instead_of": receipt.payment_id,
        }
        return cls(currency=currency, initial=initial)

    def clean_code(self) -> str:
        """Find whose code it is; the customer's id goes with the proof."""
        code: str = self.cleaned_data["code"].strip()
        found = Customer.objects.filter(code=code).values_list("pk", flat=True).first()
        if found is None:
            raise forms.ValidationError(later("Ningún cliente tiene ese código."))
        self.owner = found
        return code

    def clean(self) -> dict[str, Any]:
        """Put the customer found where the proof takes it from."""
        data: dict[str, Any] = super().clean() or {}
        data["customer"] = getattr(self, "owner", None)
        return data
