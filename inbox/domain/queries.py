"""Reads of the inbox that have a name."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from inbox.models import Channel, Conversation, Message

THREAD = 60  # lines shown at once; older ones on request
# A line may be committed a little after the moment stamped on it.
OVERLAP = timedelta(seconds=10)


def thread_page(*, conversation: Conversation, before: int | None = None, limit: int = THREAD) -> list[Message]:
    """Return the last lines of a conversation, oldest first; `before` a seq for the ones above."""
    rows = _lines(conversation)
    if before is not None:
        rows = rows.filter(seq__lt=before)
    return list(reversed(rows.order_by("-seq")[:limit]))


def lines_after(*, conversation: Conversation, seq: int) -> list[Message]:
    """Return the lines a page does not have yet, in order."""
    return list(_lines(conversation).filter(seq__gt=seq).order_by("seq")[:500])


def lines_changed(*, conversation: Conversation, upto: int, since: datetime) -> list[Message]:
    """Return lines a page has, which changed since it looked: a tick, a reason, a file that came."""
    rows = _lines(conversation).filter(seq__lte=upto, updated_at__gt=since - OVERLAP)
    return list(rows.order_by("seq")[:200])


def _lines(conversation: Conversation) -> Any:
    rows = Message.objects.filter(conversation=conversation).select_related("template", "approval", "reply_to")
    return rows.prefetch_related("attachments", "reactions", "revisions", "reply_to__attachments")


def has_channel() -> bool:
    """Say whether any number is connected."""
    return Channel.objects.filter(is_active=True).exists()
