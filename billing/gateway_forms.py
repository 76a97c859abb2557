"""What people type about gateways, besides what each kind asks for."""

from __future__ import annotations

import secrets
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as later

from billing.domain.pay_options import PayOption
from billing.forms import AmountField
from billing.models import GatewayAccount, Invoice

SECRETS = ("api_key", "webhook_secret")


class AccountForm(forms.Form):
    """How an account is called and who sees it."""

    name = forms.CharField(label=later("Nombre"), help_text=later("Así lo ven sus clientes al pagar."), max_length=80)
    for_customers = forms.BooleanField(
        label=later("Ofrecerla en «Pagar ahora»"),
        help_text=later("En la factura que el cliente abre con su enlace."),
        required=False,
    )
    is_active = forms.BooleanField(
        label=later("Encendida"),
        help_text=later("Apagada no pide pagos nuevos; los que ya se pidieron se siguen registrando."),
        required=False,
    )


def kind_form(form: type[forms.Form], account: GatewayAccount | None, data: Any) -> forms.Form:
    """The kind's own form; secrets that are kept already may stay empty, and are never shown."""
    bound = form(data, initial=dict(account.config) if account else None)
    if account:
        for name in SECRETS:
            if name in bound.fields and getattr(account, name):
                bound.fields[name].required = False
                bound.fields[name].help_text = later("Guardada. Escriba otra solo para cambiarla.")
    return bound


class RequestForm(forms.Form):
    """What to ask of a customer, and how."""

    option = forms.ChoiceField(label=later("Cómo va a pagar"))
    amount = AmountField(label=later("Monto"))
    invoices = forms.MultipleChoiceField(label=later("Facturas"), required=False, widget=forms.CheckboxSelectMultiple)
    key = forms.CharField(max_length=60, widget=forms.HiddenInput)

    def __init__(self, *args: Any, options: list[PayOption], owed: list[Invoice], currency: str, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {}).setdefault("key", secrets.token_urlsafe(16))
        super().__init__(*args, **kwargs)
        self.fields["option"].choices = [(option.choice, option.label) for option in options]  # type: ignore[attr-defined]
        self.fields["invoices"].choices = [(str(row.pk), row.label) for row in owed]  # type: ignore[attr-defined]
        self.fields["amount"].currency = currency  # type: ignore[attr-defined]


class RefundForm(forms.Form):
    """How much goes back through the gateway, and why."""

    amount = AmountField(label=later("Monto"))
    reason = forms.CharField(label=later("Motivo"), max_length=200, widget=forms.Textarea(attrs={"rows": 2}))
