"""What the staff reads stays in the provider's language while a customer is answered in theirs."""

from __future__ import annotations

from django.utils import translation
from django.utils.translation import gettext

from tenants.current import current_tenant


def in_staff_language() -> translation.override:
    """Return a context in which sentences, days and months are the provider's: for notes, tickets and acts."""
    return translation.override(current_tenant().language)


def for_staff(sentence: str) -> str:
    """Return a Spanish source sentence in the provider's language, whatever language is answered in now."""
    with in_staff_language():
        return gettext(sentence)
