"""One value at a time: WispHub writes money, dates and places as text, and people write anything."""

from __future__ import annotations

import ipaddress
import re
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation

_MAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;.]+")
_MAC = re.compile(r"[0-9A-F]{12}")
_PHONE_BREAK = re.compile(r"\s*(?:[/;,|]|\by\b|\bo\b)\s*", re.IGNORECASE)
_NOTHING = {
    "",
    "-",
    "--",
    "0",
    "n/a",
    "na",
    "no",
    "no tiene",
    "notiene",
    "ninguno",
    "sin correo",
    "null",
    "none",
    "s/n",
}
_MONTHS = ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"]
_DAY_IN_WORDS = r"(\d{1,2})/([A-Za-zé]{3,10}|\d{1,2})\.?/(\d{4})"
_FULL_PERIOD = re.compile(rf"periodo del {_DAY_IN_WORDS} al {_DAY_IN_WORDS}", re.IGNORECASE)
_SHORT_PERIOD = re.compile(r"periodo del (\d{1,2}) al (\d{1,2})(?!\d|/)", re.IGNORECASE)
_MONEY_LIMIT = Decimal(10) ** 9


def clean(value: object) -> str:
    """Text without doubled or surrounding blanks, nor NUL, which the database cannot keep; "" for null."""
    return " ".join(str(value).replace("\x00", "").split()) if value is not None else ""


def money(value: object) -> Decimal | None:
    """An amount with two decimals; None when it is not one. Blank is zero."""
    text = clean(value).replace("$", "").replace("S/", "").strip()
    if not text:
        return Decimal("0.00")
    if "," in text and "." in text:
        text = text.replace(",", "")
    text = text.replace(",", ".").replace(" ", "")
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    if not amount.is_finite() or abs(amount) >= _MONEY_LIMIT:
        return None
    return amount.quantize(Decimal("0.01"))


def day(value: object) -> date | None:
    """A date from DD/MM/YYYY or YYYY-MM-DD, with or without an hour after it; None when it is not one."""
    text = clean(value).split(" ")[0].split("T")[0]
    for shape in ("%d/%m/%Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(text, shape).date()  # noqa: DTZ007 - a calendar day has no time zone
        except ValueError:
            continue
    return None


def is_blank(value: object) -> bool:
    """Whether people meant "nothing" by it, as in "no tiene"."""
    return clean(value).lower() in _NOTHING


def mail(value: object) -> str | None:
    """The first e-mail address in the text, in lower case; None when there is none."""
    found = _MAIL.search(clean(value))
    return found.group().lower() if found else None


def phone_pieces(value: object) -> list[str]:
    """The numbers glued into one field, as they were written."""
    return [piece for piece in _PHONE_BREAK.split(clean(value)) if not is_blank(piece)]


def period(description: str, due: date) -> tuple[date, date] | None:
    """The days a description says it pays for, as [start, end); None when it does not say.

    It comes as "Periodo del 1/Oct./2026 al 31/Oct./2026", or "Periodo del 1 al 30" with the month left to the due date.
    """
    full = _FULL_PERIOD.search(description)
    if full:
        start, end = _written_day(full, 1), _written_day(full, 4)
        return (start, end + timedelta(days=1)) if start and end and start <= end else None
    short = _SHORT_PERIOD.search(description)
    if not short:
        return None
    first, last = int(short[1]), int(short[2])
    if not (1 <= first <= 28 and 1 <= last <= 31):
        return None
    start = due.replace(day=first)
    following = (due.replace(day=1) + timedelta(days=32)).replace(day=1)
    if first == 1 and last >= 28:
        return start, following
    return (start, due.replace(day=last) + timedelta(days=1)) if last > first and last <= 28 else _to_next(start, last)


def _to_next(start: date, last: int) -> tuple[date, date] | None:
    """From the middle of a month to the same place of the next: the last day is the first of the period after."""
    following = (start.replace(day=1) + timedelta(days=32)).replace(day=1)
    return (start, following.replace(day=last)) if last <= start.day else None


def _written_day(found: re.Match[str], at: int) -> date | None:
    number, month, year = found[at], found[at + 1], found[at + 2]
    try:
        return date(int(year), int(month) if month.isdigit() else _MONTHS.index(month[:3].lower()) + 1, int(number))
    except ValueError:
        return None


def address_ip(value: object) -> str | None:
    """An IPv4 or IPv6 address in its usual writing; None when it is not one."""
    try:
        return str(ipaddress.ip_address(clean(value)))
    except ValueError:
        return None


def mac_address(value: object) -> str | None:
    """A hardware address as AA:BB:CC:DD:EE:FF; None when it is not one."""
    digits = re.sub(r"[^0-9A-Fa-f]", "", clean(value)).upper()
    if not _MAC.fullmatch(digits):
        return None
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


def coordinates(value: object) -> tuple[Decimal, Decimal] | None:
    """Latitude and longitude with six decimals; None when they are not a place on Earth."""
    parts = clean(value).replace(" ", "").split(",")
    if len(parts) != 2:
        return None
    try:
        latitude, longitude = (Decimal(part) for part in parts)
    except InvalidOperation:
        return None
    if not (latitude.is_finite() and longitude.is_finite()):
        return None
    if abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return latitude.quantize(Decimal("0.000001")), longitude.quantize(Decimal("0.000001"))
