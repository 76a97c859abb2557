"""The kinds of gateway there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.gateways.base import Gateway
from billing.gateways.conekta.form import ConektaForm
from billing.gateways.conekta.gateway import Conekta
from billing.gateways.mercadopago.config import CURRENCIES
from billing.gateways.mercadopago.form import MercadoPagoForm
from billing.gateways.mercadopago.gateway import MercadoPago
from billing.gateways.stripe.form import StripeForm
from billing.gateways.stripe.gateway import Stripe
from billing.gateways.transfer.form import TransferForm
from billing.gateways.transfer.gateway import Transfer


@dataclass(frozen=True)
class Kind:
    """``currencies``: what it takes, None for any. ``notifies``: it has an address to call us at."""

    label: str | Promise
    help: str | Promise
    open: Callable[..., Gateway]
    form: type[forms.Form]
    ways: tuple[str, ...]
    currencies: frozenset[str] | None = None
    notifies: bool = True
    refunds: bool = True

    def takes(self, currency: str) -> bool:
        """Whether it can charge in that currency."""
        return self.currencies is None or currency in self.currencies


KINDS: dict[str, Kind] = {
    "mercadopago": Kind(
        label="Mercado Pago",
        help=_("Argentina, Brasil, Chile, Colombia, México, Perú y Uruguay."),
        open=MercadoPago,
        form=MercadoPagoForm,
        ways=("link",),
        currencies=frozenset(CURRENCIES),
    ),
    "conekta": Kind(
        label="Conekta",
        help=_("México: efectivo en OXXO, SPEI y tarjeta."),
        open=Conekta,
        form=ConektaForm,
        ways=("link", "cash", "bank"),
        currencies=frozenset({"MXN"}),
    ),
    "stripe": Kind(
        label="Stripe",
        help=_("Tarjetas y lo que Stripe ofrece en su país."),
        open=Stripe,
        form=StripeForm,
        ways=("link",),
    ),
    "transfer": Kind(
        label=_("Transferencia con referencia"),
        help=_("Sin pasarela: cada cliente tiene su referencia y el estado de cuenta del banco la reconoce."),
        open=Transfer,
        form=TransferForm,
        ways=("bank",),
        notifies=False,
        refunds=False,
    ),
}


def open_gateway(kind: str, *, api_key: str, webhook_secret: str, config: Mapping[str, Any]) -> Gateway:
    """The gateway of one account. Raises KeyError for an unknown kind."""
    return KINDS[kind].open(api_key=api_key, webhook_secret=webhook_secret, config=config)
