"""Rounding and reading of money, stated once: per line, half up, to the currency's own decimals (ISO 4217)."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext as _

# Source: ISO 4217, the currencies whose minor unit is not 2, among those of our providers and their neighbours.
EXPONENTS = {
    "BHD": 3,
    "CLP": 0,
    "COP": 2,
    "IQD": 3,
    "JOD": 3,
    "JPY": 0,
    "KWD": 3,
    "LYD": 3,
    "OMR": 3,
    "PYG": 0,
    "TND": 3,
    "UYI": 0,
    "VND": 0,
}


# Source: Unicode CLDR 46, es_<country> and pt_BR: those that write 1.234,50.
POINTS_GROUP = {"ARS", "BOB", "BRL", "CLP", "COP", "CRC", "EUR", "PYG", "UYU", "VES"}
_GROUPED = re.compile(r"\d{1,3}(\.\d{3})+")


class BadAmount(ValueError):
    """An amount that cannot be money; the message is for the person who typed it."""


def exponent(currency: str) -> int:
    """How many decimals the currency has (MXN 2, CLP 0, TND 3)."""
    return EXPONENTS.get(currency, 2)


def round_money(amount: Decimal, currency: str) -> Decimal:
    """Half up, away from zero for negatives, to the currency's decimals."""
    return amount.quantize(Decimal(1).scaleb(-exponent(currency)), rounding=ROUND_HALF_UP)


def parse_amount(text: str, currency: str) -> Decimal:
    """What a person typed, as money.

    Raises BadAmount for what is not a positive number, is ambiguous, or has more decimals than the currency.
    A comma before the last one or two digits is a decimal comma; other separators must group by three. One point alone
    groups where the currency's country writes thousands so: 1.234 is a thousand pesos in Bogotá and not in Monterrey.
    """
    digits = "".join(text.split()).lstrip("$")
    if "," not in digits and currency in POINTS_GROUP and _GROUPED.fullmatch(digits):
        digits = digits.replace(".", "")
    if "," in digits and "." in digits:
        group, point = (",", ".") if digits.rfind(".") > digits.rfind(",") else (".", ",")
        if digits.count(point) > 1:
            raise BadAmount(_("Escriba el monto con punto para los centavos, por ejemplo 450.50."))
        digits = digits.replace(group, "").replace(point, ".")
    elif digits.count(",") == 1 and len(digits) - digits.index(",") - 1 in {1, 2}:
        digits = digits.replace(",", ".")
    elif "," in digits:
        if any(len(part) != 3 for part in digits.split(",")[1:]):
            raise BadAmount(_("Escriba el monto con punto para los centavos, por ejemplo 450.50."))
        digits = digits.replace(",", "")
    if not digits.isascii() or not digits.replace(".", "", 1).isdigit() or len(digits) > 14:
        raise BadAmount(_("Escriba el monto sólo con números, por ejemplo 450.50."))
    return check_amount(Decimal(digits), currency)


def check_amount(amount: Decimal, currency: str) -> Decimal:
    """The same amount, if it can be paid; BadAmount says why not."""
    if not amount.is_finite() or amount <= 0:
        raise BadAmount(_("El monto debe ser mayor que cero."))
    if round_money(amount, currency) != amount:
        raise BadAmount(_("El monto tiene más decimales de los que usa %(currency)s.") % {"currency": currency})
    if amount >= Decimal("1e12"):
        raise BadAmount(_("El monto es demasiado grande."))
    return amount
