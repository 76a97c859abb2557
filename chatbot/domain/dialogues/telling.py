"""What a form collected, for whoever takes it up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chatbot.domain.dialogues.base import Form


def told_slots(form: Form, slots: Mapping[str, Any]) -> str:
    """Return what was answered, a line a slot."""
    return "\n".join(
        f"{slot.label}: {slot.shown(slots[slot.name])}" for slot in form.slots if slot.label and slots.get(slot.name)
    )
