"""Addresses: Meta writes a phone as digits and a person without one as «MX.150…»; we write both after «whatsapp:»."""

from __future__ import annotations

import re

PREFIX = "whatsapp:"


def address_of(*, wa_id: str = "", user_id: str = "") -> str:
    """Return our address of a person: by the number when it is told, else by the business-scoped id; empty without."""
    digits = wa_id.removeprefix("+")
    if re.fullmatch(r"\d{6,15}", digits):
        return f"{PREFIX}+{digits}"
    return PREFIX + user_id if user_id else ""


def phone_in(wa_id: str) -> str:
    """Return a number as E.164, empty when it is none."""
    digits = wa_id.removeprefix("+")
    return f"+{digits}" if re.fullmatch(r"[1-9]\d{6,14}", digits) else ""


def recipient_fields(address: str) -> dict[str, str]:
    """Return whom a message goes to, as Graph wants it: a business-scoped id never becomes a number."""
    plain = address.removeprefix(PREFIX)
    if re.fullmatch(r"\+\d{6,15}", plain):
        return {"to": plain.removeprefix("+")}
    return {"recipient": plain}
