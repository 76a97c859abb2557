"""What a Stripe account needs to know besides its keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

API = "https://api.stripe.com"
# https://docs.stripe.com/currencies: an amount is in the smallest unit, and these have no smaller one.
ZERO_DECIMAL = frozenset(
    "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF UGX VND VUV XAF XOF XPF".split()  # noqa: SIM905 -- a list to compare
)
# «…», and these have three decimals, of which the last must be 0.
THREE_DECIMAL = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})


@dataclass(frozen=True)
class StripeConfig:
    """``api_base``: where Stripe's REST answers."""

    api_base: str = API

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> StripeConfig:
        """Read the stored JSON."""
        return cls(api_base=str(raw.get("api_base") or API).rstrip("/"))


def to_minor(amount: Decimal, currency: str) -> int:
    """The integer Stripe wants: 600.00 MXN is 60000, 600 CLP is 600."""
    return int((amount * _unit(currency)).to_integral_value(ROUND_HALF_UP))


def from_minor(amount: int, currency: str) -> Decimal:
    """The amount people say, of an integer of Stripe's."""
    return Decimal(amount) / _unit(currency)


def _unit(currency: str) -> int:
    code = currency.upper()
    return 1 if code in ZERO_DECIMAL else 1000 if code in THREE_DECIMAL else 100
