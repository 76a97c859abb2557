"""One value at a time: WispHub writes money, dates and places as text, and people write anything."""

from __future__ import annotations

import ipaddress
import re
from datetime import date, datetime
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
_MONEY_LIMIT = Decimal(10) ** 9


def clean(value: object) -> str:
    """Text without doubled or surrounding blanks; "" for null."""
    return " ".join(str(value).split()) if value is not None else ""


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
