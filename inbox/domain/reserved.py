"""Words of a line that not everybody of the inbox may read: what a person of the staff was told by their role.

The line itself holds only what may stand everywhere (`body`: lists, search, paper, API, models); what was really said
is beside it, for the channel that sends it and for whoever may see all that it was made from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from inbox.models import Message


@dataclass(frozen=True)
class Reserved:
    """What is really said, the permission codes it takes to read it later, and the person it was said to."""

    text: str
    codes: tuple[str, ...]
    user_id: int

    def as_fields(self) -> dict[str, Any]:
        """Return it as a message keeps it."""
        return {"reserved": self.text, "reserved_for": {"codes": list(self.codes), "user": self.user_id}}


def reserved_words(message: Message, user: Any) -> str:
    """Return what a line really said to whoever may read it; "" for everybody else, and for an ordinary line."""
    if not message.reserved or not user.is_authenticated:
        return ""
    codes = message.reserved_for.get("codes", [])
    # A permission that was taken away is gone, also for the person it was said to.
    return message.reserved if codes and all(user.can(code) for code in codes) else ""
