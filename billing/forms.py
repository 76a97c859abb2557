"""What people type into billing's pages."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as later

from billing.domain.money import BadAmount, parse_amount
from billing.models import Series


class AmountField(forms.CharField):
    """Money as people type it: 450, 450.50, 1,234.50, 450,5."""

    def __init__(self, *, currency: str = "", **kwargs: Any) -> None:
        self.currency = currency
        widget = forms.TextInput(
            attrs={"inputmode": "decimal", "autocomplete": "off", "class": "input--money input--large"}
        )
        super().__init__(widget=widget, max_length=20, **kwargs)

    def clean(self, value: Any) -> Decimal | None:
        text = super().clean(value)
        if not text.strip() and not self.required:
            return None
        try:
            return parse_amount(text, self.currency)
        except BadAmount as error:
            raise forms.ValidationError(str(error)) from error


class ReasonForm(forms.Form):
    """Why something is undone or refused."""

    reason = forms.CharField(label=later("Motivo"), max_length=200, widget=forms.Textarea(attrs={"rows": 2}))


class SeriesForm(forms.Form):
    """A series of numbers. `gap` says that leaving numbers out is meant."""

    kind = forms.ChoiceField(label=later("Para"), choices=Series.Kind)
    # A form's own `prefix` is its parameter; the field of that name does not touch it.
    prefix = forms.CharField(  # type: ignore[assignment]
        label=later("Prefijo"), help_text=later("Va antes del número: A-, FAC-, B 0001-…")
    )
    next_number = forms.IntegerField(
        label=later("Siguiente número"), initial=1, widget=forms.TextInput(attrs={"inputmode": "numeric"})
    )
    gap = forms.BooleanField(label=later("Sí, saltar esos números"), required=False)

    def __init__(self, *args: Any, series: Series | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if series:
            del self.fields["kind"]
            self.initial = {"prefix": series.prefix, "next_number": series.next_number}
