"""What a form collected, for whoever takes it up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chatbot.domain.dialogues.base import Form

WORDS = "_words"  # those that began it


def told_slots(form: Form, slots: Mapping[str, Any]) -> str:
    """Return the words that began a form and what was answered, a line a slot."""
    began = [f"«{slots[WORDS]}»"] if slots.get(WORDS) else []
    told = [slot for slot in form.slots if slot.label and slots.get(slot.name)]
    return "\n".join([*began, *(f"{slot.label}: {slot.shown(slots[slot.name])}" for slot in told)])
