"""What a Mercado Pago account needs to know besides its token."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

API = "https://api.mercadopago.com"
# Its seven countries, by the currency an account there charges in.
CURRENCIES = {"ARS": "AR", "BRL": "BR", "CLP": "CL", "COP": "CO", "MXN": "MX", "PEN": "PE", "UYU": "UY"}
# https://www.mercadopago.com.co/developers/es/reference/preferences: these are charged without cents.
WHOLE = frozenset({"CLP", "COP"})


@dataclass(frozen=True)
class MercadoPagoConfig:
    """``api_base``: where the REST interface answers."""

    api_base: str = API

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> MercadoPagoConfig:
        """Read the stored JSON."""
        return cls(api_base=str(raw.get("api_base") or API).rstrip("/"))


def to_number(amount: Decimal, currency: str) -> float | int:
    """The JSON number they want: 600.5, or 600 where there are no cents. Raises ValueError for cents there."""
    if currency not in WHOLE:
        return float(amount)
    if amount != amount.to_integral_value():
        raise ValueError(currency)
    return int(amount)
