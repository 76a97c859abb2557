"""What a form collected, for whoever takes it up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext

from chatbot.domain.dialogues.base import Form
from chatbot.staff_words import in_staff_language

WORDS = "_words"  # those that began it


def told_slots(form: Form, slots: Mapping[str, Any]) -> str:
    """Return the words that began a form and what was answered, a line a slot, in the provider's language."""
    with in_staff_language():
        return "\n".join(_told(form, slots))


def _told(form: Form, slots: Mapping[str, Any]) -> list[str]:
    began = [f"«{slots[WORDS]}»"] if slots.get(WORDS) else []
    told = [slot for slot in form.slots if slot.label and slots.get(slot.name)]
    return [*began, *(f"{gettext(slot.label)}: {slot.shown(slots[slot.name])}" for slot in told)]
