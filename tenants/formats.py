"""Money, phones and times as people of a country write them. Pure: the country, zone and clock are passed in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

import phonenumbers
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _


@dataclass(frozen=True)
class MoneyFormat:
    """How a currency is written at home (source: Unicode CLDR 46, es_<country>, short symbols)."""

    symbol: str
    thousands: str = ","
    point: str = "."
    places: int = 2


MONEY = {
    "MXN": MoneyFormat("$"),
    "USD": MoneyFormat("$"),
    "PEN": MoneyFormat("S/ "),
    "GTQ": MoneyFormat("Q"),
    "HNL": MoneyFormat("L "),
    "NIO": MoneyFormat("C$"),
    "DOP": MoneyFormat("RD$"),
    "BOB": MoneyFormat("Bs ", ".", ","),
    "COP": MoneyFormat("$ ", ".", ",", 0),
    "CLP": MoneyFormat("$", ".", ",", 0),
    "PYG": MoneyFormat("₲ ", ".", ",", 0),
    "CRC": MoneyFormat("₡", ".", ",", 0),
    "ARS": MoneyFormat("$ ", ".", ","),
    "UYU": MoneyFormat("$ ", ".", ","),
    "VES": MoneyFormat("Bs. ", ".", ","),
    "BRL": MoneyFormat("R$ ", ".", ","),
    "EUR": MoneyFormat("€ ", ".", ","),
    "TND": MoneyFormat("TND ", places=3),
    "KWD": MoneyFormat("KWD ", places=3),
    "BHD": MoneyFormat("BHD ", places=3),
    "JOD": MoneyFormat("JOD ", places=3),
    "OMR": MoneyFormat("OMR ", places=3),
    "IQD": MoneyFormat("IQD ", places=3),
    "LYD": MoneyFormat("LYD ", places=3),
    "JPY": MoneyFormat("¥", places=0),
}


def format_money(amount: Decimal | float | str, currency: str) -> str:
    """Return `$1,234.50`, with a minus sign before the symbol; an unknown currency is named by its code."""
    style = MONEY.get(currency) or MoneyFormat(f"{currency} ")
    exact = amount if isinstance(amount, Decimal) else Decimal(str(amount))
    quantum = Decimal(1).scaleb(-style.places)
    # A currency without cents still shows them where an account really holds some.
    places = style.places if exact == exact.quantize(quantum) or style.places else 2
    rounded = exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    text = f"{abs(rounded):,.{places}f}"
    text = text.translate(_separators(style))
    return f"{'−' if rounded < 0 else ''}{style.symbol}{text}"


def _separators(style: MoneyFormat) -> dict[int, str]:
    return {ord(","): style.thousands, ord("."): style.point}


def format_whole_money(amount: Decimal, currency: str) -> str:
    """Return `$1,234` for an axis or a rough sum, without cents."""
    style = MONEY.get(currency) or MoneyFormat(f"{currency} ")
    return f"{'−' if amount < 0 else ''}{style.symbol}{format_number(abs(round(amount)), currency)}"


def format_number(value: Decimal | float, currency: str) -> str:
    """Return a count with the separators of the currency's country: `1,234` or `1.234`."""
    style = MONEY.get(currency) or MoneyFormat("")
    return f"{value:,}".translate(_separators(style))


def modern_phone(value: str) -> str:
    """Return a Mexican mobile without the 1 that numbers lost in 2019 and that WhatsApp still writes: +521… is +52…"""
    return re.sub(r"^\+521(?=\d{10}$)", "+52", re.sub(r"[\s()-]", "", value)) if value.startswith("+") else value


def format_phone(value: str, country: str) -> str:
    """Return an E.164 phone as written at home, or internationally when it is from elsewhere.

    What is no phone (a WhatsApp user id, a short code) is returned as it is.
    """
    text = value.removeprefix("whatsapp:")
    try:
        number = phonenumbers.parse(modern_phone(text), country)
    except phonenumbers.NumberParseException:
        return text
    if not phonenumbers.is_possible_number(number):
        return text
    home = phonenumbers.country_code_for_region(country) == number.country_code
    style = phonenumbers.PhoneNumberFormat.NATIONAL if home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return str(phonenumbers.format_number(number, style))


def format_day(day: date, *, today: date) -> str:
    """Return «hoy», «ayer», «mañana», `3 nov`, or `3 nov 2025` in another year."""
    gap = (day - today).days
    if -1 <= gap <= 1:
        return {0: _("hoy"), -1: _("ayer"), 1: _("mañana")}[gap]
    return _written(day, "j b" if day.year == today.year else "j b Y", get_language())


# A list writes the same few days again and again, and each costs more than the rest of its row.
@lru_cache(maxsize=4096)
def _written(day: date, style: str, language: str | None) -> str:  # noqa: ARG001 -- the language is part of the key
    return str(date_format(day, style))


def format_moment(at: datetime, *, zone: ZoneInfo) -> str:
    """Return the exact time where the provider is: `3 nov 2026, 19:00:12`."""
    here = at.astimezone(zone)
    return f"{_written(here.date(), 'j b Y', get_language())}, {here:%H:%M:%S}"


def format_ago(at: datetime, *, now: datetime, zone: ZoneInfo) -> str:
    """Return how long ago or how soon, as said aloud: «hace 5 min», «ayer 19:00», «en 2 h», `3 nov`."""
    gap = now - at
    minutes = int(abs(gap).total_seconds() // 60)
    past = gap >= timedelta(0)
    if minutes < 1:
        return _("ahora") if past else _("en un momento")
    if minutes < 60:
        return (_("hace %(n)s min") if past else _("en %(n)s min")) % {"n": minutes}
    here, today = at.astimezone(zone), now.astimezone(zone).date()
    days = (here.date() - today).days
    if minutes < 12 * 60 and days == 0:
        return (_("hace %(n)s h") if past else _("en %(n)s h")) % {"n": minutes // 60}
    day = format_day(here.date(), today=today)
    return f"{day} {here:%H:%M}" if -2 < days < 2 else day
