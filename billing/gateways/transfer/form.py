"""What a person types to take transfers."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as later


class TransferForm(forms.Form):
    """The account that customers pay into."""

    bank = forms.CharField(label=later("Banco"), max_length=60)
    number = forms.CharField(
        label=later("Número de cuenta"), help_text=later("CLABE, CCI, CBU… como lo escribe su banco."), max_length=60
    )
    holder = forms.CharField(label=later("A nombre de"), max_length=120)
