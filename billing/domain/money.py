"""Money as the ledger counts it. How it is rounded and read is tenants.money's, which plans' prices follow too."""

from __future__ import annotations

from decimal import Decimal

from tenants.money import EXPONENTS, BadAmount, check_amount, exponent, parse_amount, round_money

__all__ = [
    "EXPONENTS", "ZERO", "BadAmount", "check_amount", "exponent", "parse_amount", "plain_amount", "round_money",
]  # fmt: skip

ZERO = Decimal(0)


def plain_amount(amount: Decimal, currency: str) -> str:
    """For a field people type into: "600.00"; nothing for zero."""
    return str(round_money(amount, currency)) if amount else ""
