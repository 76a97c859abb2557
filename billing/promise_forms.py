"""What people type about promises to pay."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as later

from tenants.current import tenant_zone


class UntilForm(forms.Form):
    """A day and an hour in the provider's zone."""

    day = forms.DateField(
        label=later("Paga a más tardar el"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    hour = forms.TimeField(label=later("A las"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))

    def until(self) -> dt.datetime:
        """The moment typed, aware."""
        return dt.datetime.combine(self.cleaned_data["day"], self.cleaned_data["hour"], tenant_zone())


def _reason() -> forms.CharField:
    return forms.CharField(
        label=later("Por qué se hace una excepción"),
        required=False,
        max_length=200,
        help_text=later("Queda escrito en la historia del cliente."),
    )


class PromiseForm(UntilForm):
    """A promise to grant. `override` is there for who may pass over the policy."""

    note = forms.CharField(label=later("Nota"), required=False, max_length=200)
    override = _reason()
    key = forms.CharField(widget=forms.HiddenInput, max_length=60)

    def __init__(self, *args: Any, overriding: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not overriding:
            del self.fields["override"]


class ExtendForm(UntilForm):
    """An open promise made longer."""

    reason = forms.CharField(label=later("Motivo"), max_length=200)
    override = _reason()

    def __init__(self, *args: Any, overriding: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not overriding:
            del self.fields["override"]
