"""The forms of what the bot costs and what it understood."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.forms import AmountField


class BudgetForm(forms.Form):
    """How much the models may cost in a month."""

    monthly = AmountField(
        currency="USD", label=_("Límite del mes, en USD"), required=False, help_text=_("Vacío: sin límite.")
    )
    warn_at = forms.IntegerField(
        label=_("Avisar al gastar este %"),
        min_value=1,
        max_value=99,
        widget=forms.TextInput(attrs={"class": "input", "inputmode": "numeric", "autocomplete": "off"}),
    )
