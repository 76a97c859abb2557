"""That a message of theirs was read, or that an answer is being typed: written down to be shown to the person."""

from __future__ import annotations

from datetime import datetime

from inbox.models import Conversation, ReadMark
from tenants.wakes import wake

LANE = "inbox.gestures"


def mark_shown(*, conversation: Conversation, now: datetime, typing: bool = False) -> None:
    """Show the person, a little later, that their last message was read, or that somebody types, where that can be."""
    can = conversation.channel.can
    if not (can.typing if typing else can.read_receipts) or not conversation.window_is_open(now):
        return
    values = {"seq": conversation.seq, "is_typing": typing, "attempts": 0, "next_try_at": now}
    ReadMark.objects.update_or_create(conversation=conversation, defaults=values)
    wake(LANE)
