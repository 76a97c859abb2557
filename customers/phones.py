"""Phone numbers as people write them, to E.164. A channel address (a WhatsApp id) is not a phone: see inbox."""

from __future__ import annotations

import re

import phonenumbers


def parse_phones(raw: str, country: str) -> list[str]:
    """Return the distinct valid numbers in `raw` as E.164, in order. `country` is ISO 3166 (MX, PE...).

    Providers glue two numbers into one field («5596095653 / 5586775512»); what is no number is left out.
    """
    found: list[str] = []
    for part in re.split(r"[/,;|]| y | - ", raw or ""):
        try:
            number = phonenumbers.parse(part, country)
        except phonenumbers.NumberParseException:
            continue
        # "Possible" alone also passes numbers that lack their area code: those cannot be called from elsewhere.
        reason = phonenumbers.is_possible_number_with_reason(number)
        if reason == phonenumbers.ValidationResult.IS_POSSIBLE:
            text = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
            if text not in found:
                found.append(text)
    return found
