"""What people type at the counter: payments, refunds, drawers and accounts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from billing.domain.allocation import Choice
from billing.domain.money import ZERO, BadAmount, parse_amount
from billing.forms import AmountField
from billing.models import CounterSettings, DrawerMovement, Invoice, LedgerAccount, Payment


class PartField(forms.CharField):
    """What an invoice gets of a payment; empty or zero is nothing."""

    def __init__(self, *, currency: str, label: str) -> None:
        self.currency = currency
        super().__init__(
            required=False,
            max_length=20,
            label=label,
            widget=forms.TextInput(
                attrs={"inputmode": "decimal", "autocomplete": "off", "class": "input input--money", "placeholder": "0"}
            ),
        )

    def clean(self, value: Any) -> Decimal:
        text = super().clean(value)
        if not text.strip(" 0.,$"):
            return ZERO
        try:
            return parse_amount(text, self.currency)
        except BadAmount as error:
            raise forms.ValidationError(f"{self.label}: {error}") from error


class PaymentForm(forms.Form):
    """Money at the counter: how much, how, and what it pays."""

    amount = AmountField(label=later("Monto"))
    method = forms.ChoiceField(label=later("Cómo pagó"), choices=Payment.Method, initial=Payment.Method.CASH)
    received_on = forms.DateField(
        label=later("Fecha"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    account = forms.TypedChoiceField(label=later("A qué cuenta"), coerce=int, empty_value=None, required=False)
    reference = forms.CharField(label=later("Referencia"), required=False, max_length=80)
    choose = forms.BooleanField(label=later("Elegir cuánto va a cada factura"), required=False)
    record_only = forms.BooleanField(label=later("Sólo registrar: no reconectar"), required=False)
    record_reason = forms.CharField(label=later("Por qué no se reconecta"), required=False, max_length=200)
    repeated = forms.BooleanField(label=later("Es otro depósito con la misma referencia"), required=False)
    drawer = forms.IntegerField(required=False, widget=forms.HiddenInput)
    key = forms.CharField(widget=forms.HiddenInput, max_length=60)

    def __init__(
        self,
        *args: Any,
        currency: str,
        today: dt.date,
        invoices: Sequence[Invoice] = (),
        banks: Sequence[LedgerAccount] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].currency = currency  # type: ignore[attr-defined]
        self.today, self.currency = today, currency
        self.fields["account"].choices = [("", _("Sin decir cuál")), *((b.pk, b.name) for b in banks)]  # type: ignore[attr-defined]
        self.invoices = list(invoices)
        for invoice in invoices:
            self.fields[part_name(invoice)] = PartField(currency=currency, label=invoice.label)

    def clean_received_on(self) -> dt.date:
        day: dt.date = self.cleaned_data["received_on"]
        if day > self.today:
            raise forms.ValidationError(_("La fecha del pago no puede estar en el futuro."))
        if day < self.today - dt.timedelta(days=366):
            raise forms.ValidationError(_("La fecha es de hace más de un año. ¿Está bien escrita?"))
        return day

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("record_only") and not data.get("record_reason", "").strip():
            self.add_error("record_reason", _("Escriba por qué no se reconecta."))
        return data

    @property
    def choice(self) -> Choice:
        """What the cashier chose to pay, of a form that is valid so far."""
        if not self.cleaned_data.get("choose"):
            return Choice()
        named = {invoice.pk: self.cleaned_data.get(part_name(invoice)) or ZERO for invoice in self.invoices}
        return Choice(parts={pk: part for pk, part in named.items() if part})

    def part_errors(self) -> list[str]:
        """What is wrong with the parts, as sentences."""
        return [str(e) for invoice in self.invoices for e in self.errors.get(part_name(invoice), [])]


def part_name(invoice: Invoice) -> str:
    """The field of what an invoice gets."""
    return f"part_{invoice.pk}"


class RefundForm(forms.Form):
    """Money going back."""

    amount = AmountField(label=later("Monto a devolver"))
    method = forms.ChoiceField(label=later("Cómo se devuelve"), choices=Payment.Method)
    account = forms.TypedChoiceField(label=later("De qué cuenta"), coerce=int, empty_value=None, required=False)
    external_reference = forms.CharField(label=later("Referencia"), required=False, max_length=120)
    reason = forms.CharField(label=later("Motivo"), max_length=200, widget=forms.Textarea(attrs={"rows": 2}))
    drawer = forms.IntegerField(required=False, widget=forms.HiddenInput)
    key = forms.CharField(widget=forms.HiddenInput, max_length=60)

    def __init__(self, *args: Any, currency: str, banks: Sequence[LedgerAccount] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].currency = currency  # type: ignore[attr-defined]
        self.fields["account"].choices = [("", _("Sin decir cuál")), *((b.pk, b.name) for b in banks)]  # type: ignore[attr-defined]


class CashField(AmountField):
    """Cash that is there: zero counts."""

    def clean(self, value: Any) -> Any:
        text = forms.CharField.clean(self, value)
        if not text:
            return None  # only where it may be empty
        return super().clean(value) if text.strip(" 0.,$") else ZERO


class OpenDrawerForm(forms.Form):
    """Opening a drawer."""

    opening = CashField(label=later("Fondo inicial"))
    till = forms.TypedChoiceField(label=later("Caja"), coerce=int, empty_value=None, required=False)

    def __init__(self, *args: Any, currency: str, tills: Sequence[LedgerAccount] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["opening"].currency = currency  # type: ignore[attr-defined]
        self.fields["till"].choices = [("", _("La mía")), *((t.pk, t.name) for t in tills)]  # type: ignore[attr-defined]


class MoveForm(forms.Form):
    """Change put in, or money taken out."""

    kind = forms.ChoiceField(
        label=later("Qué se hizo"),
        choices=[(k.value, k.label) for k in (DrawerMovement.Kind.DEPOSIT, DrawerMovement.Kind.WITHDRAWAL,
                                             DrawerMovement.Kind.TOP_UP)],
    )  # fmt: skip
    amount = AmountField(label=later("Monto"))
    account = forms.TypedChoiceField(label=later("A qué banco"), coerce=int, empty_value=None, required=False)
    note = forms.CharField(label=later("Nota"), required=False, max_length=200)
    key = forms.CharField(widget=forms.HiddenInput, max_length=60)

    def __init__(self, *args: Any, currency: str, banks: Sequence[LedgerAccount] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].currency = currency  # type: ignore[attr-defined]
        self.fields["account"].choices = [("", _("Sin decir cuál")), *((b.pk, b.name) for b in banks)]  # type: ignore[attr-defined]


class CloseForm(forms.Form):
    """What was counted: one amount, or pieces of each face value, which then make the amount."""

    counted = CashField(label=later("Efectivo contado"), required=False)
    note = forms.CharField(label=later("Nota"), required=False, max_length=200)

    def __init__(self, *args: Any, currency: str, faces: Sequence[Decimal] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["counted"].currency = currency  # type: ignore[attr-defined]
        self.faces = list(faces)
        for face in faces:
            self.fields[f"face_{face}"] = forms.IntegerField(
                label=str(face),
                required=False,
                min_value=0,
                max_value=99_999,
                widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "placeholder": "0"}),
            )

    @property
    def pieces(self) -> dict[str, int]:
        """How many of each face value, those that were counted."""
        return {str(f): n for f in self.faces if (n := self.cleaned_data.get(f"face_{f}"))}

    @property
    def total(self) -> Decimal | None:
        """The cash there is: by pieces when any was counted, else the amount typed; None for neither."""
        if self.pieces:
            return sum((Decimal(face) * n for face, n in self.pieces.items()), ZERO)
        found: Decimal | None = self.cleaned_data.get("counted")
        return found


class AccountForm(forms.Form):
    """A bank account or till by name."""

    kind = forms.ChoiceField(
        label=later("Qué es"),
        choices=[(LedgerAccount.Kind.BANK, later("Cuenta de banco")), (LedgerAccount.Kind.CASH, later("Caja"))],
    )
    name = forms.CharField(label=later("Nombre"), max_length=80)

    def __init__(self, *args: Any, account: LedgerAccount | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if account:
            del self.fields["kind"]
            self.initial = {"name": account.name}


class CounterForm(forms.Form):
    """How drawers are used."""

    cash_drawers = forms.ChoiceField(label=later("Cajas"), choices=CounterSettings.CashDrawers)
    difference_free = CashField(
        label=later("Diferencia que no pide explicación"), help_text=later("Al cerrar, hasta este monto no pide nota.")
    )

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["difference_free"].currency = currency  # type: ignore[attr-defined]
