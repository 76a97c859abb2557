"""A channel address is not a phone number. What follows says when it holds one, and how its variants are one person."""

from __future__ import annotations

import re

import phonenumbers

WHATSAPP = "whatsapp:"
VISITOR = "web:"  # of the provider's page: channels.web_chat
PHONE = re.compile(r"\+[1-9]\d{6,14}")


def phone_of(address: str) -> str | None:
    """Return the E.164 phone in a channel address, or None: WhatsApp ids such as «MX.150…» hold no phone."""
    text = address.removeprefix(WHATSAPP)
    return text if PHONE.fullmatch(text) else None


def phone_variants(phone: str) -> list[str]:
    """Return a phone in the ways WhatsApp and people write it, itself first.

    Mexico: +521 and +52. Argentina: +549 and +54. Brazil: the ninth digit, for mobiles only (8 digits that begin
    with 6 to 9), since a landline with a 9 before it would be somebody else's number.
    """
    found = [phone]
    for country, mark, length in (("52", "1", 10), ("54", "9", 10)):
        if match := re.fullmatch(rf"\+{country}{mark}?(\d{{{length}}})", phone):
            found += [f"+{country}{match[1]}", f"+{country}{mark}{match[1]}"]
    if match := re.fullmatch(r"\+55(\d\d)9?([6-9]\d{7})", phone):
        found += [f"+55{match[1]}{match[2]}", f"+55{match[1]}9{match[2]}"]
    return list(dict.fromkeys(found))


def address_variants(phone: str) -> list[str]:
    """Return the WhatsApp addresses a phone may be known by."""
    return [WHATSAPP + variant for variant in phone_variants(phone)]


def is_valid(phone: str) -> bool:
    """Say whether an E.164 phone exists in its country's numbering plan."""
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(phone))
    except phonenumbers.NumberParseException:
        return False
