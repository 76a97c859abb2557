"""What people say about a bank's file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from billing.bank.mapping import ROLES, BankMapping
from billing.bank.statements import FormatChoice
from billing.models import BankFormat, LedgerAccount


class StatementForm(forms.Form):
    """A file."""

    file = forms.FileField(label=later("Archivo del banco"), help_text=later("CSV o Excel, hasta 10 MB."))


class FormatForm(forms.Form):
    """Which column is what, and how days and amounts are written."""

    bank = forms.CharField(label=later("Banco"), max_length=60)
    account = forms.TypedChoiceField(label=later("Cuenta"), coerce=int)
    day_format = forms.ChoiceField(
        label=later("Cómo escribe la fecha"),
        choices=[("dmy", later("día/mes/año")), ("mdy", later("mes/día/año")), ("ymd", later("año/mes/día"))],
    )
    decimals = forms.ChoiceField(label=later("Cómo escribe los montos"), choices=BankFormat.Decimals)

    def __init__(
        self, *args: Any, titles: Sequence[str], banks: Sequence[LedgerAccount], guess: BankMapping, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {
            "day_format": guess.day_format,
            "decimals": guess.decimals,
            **{f"column_{role}": title for role, title in guess.columns.items()},
            **self.initial,
        }
        self.fields["account"].choices = [(b.pk, b.name) for b in banks]  # type: ignore[attr-defined]
        choices = [("", _("No viene")), *((title, title) for title in titles)]
        for role, label in ROLES.items():
            self.fields[f"column_{role}"] = forms.ChoiceField(label=label, choices=choices, required=False)

    @property
    def columns(self) -> list[forms.BoundField]:
        """The fields that say what each column is."""
        return [self[f"column_{role}"] for role in ROLES]

    @property
    def choice(self) -> FormatChoice:
        """What a valid form says."""
        data = self.cleaned_data
        columns = {role: data[f"column_{role}"] for role in ROLES if data[f"column_{role}"]}
        return FormatChoice(data["bank"], data["account"], columns, data["day_format"], data["decimals"])
