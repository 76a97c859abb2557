"""Reads of the inbox that have a name."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from inbox.models import Channel, Conversation, Message

THREAD = 60  # lines shown at once; older ones on request
NEWS = 700  # lines in one answer; a page that was away longer asks again
# A line may be committed a little after the moment stamped on it.
OVERLAP = timedelta(seconds=10)


def thread_page(*, conversation: Conversation, before: int | None = None, limit: int = THREAD) -> list[Message]:
    """Return the last lines of a conversation, oldest first; `before` a seq for the ones above."""
    rows = _lines(conversation)
    if before is not None:
        rows = rows.filter(seq__lt=before)
    return list(reversed(rows.order_by("-seq")[:limit]))


def lines_news(
    *, conversation: Conversation, seq: int, since: datetime, first: int = 0
) -> tuple[list[Message], list[Message]]:
    """Return the lines a page with those from `first` to `seq` does not have yet, and those of it that changed.

    A line changes by a tick, a reason, a file that came. Both in order, read together: every open page asks for them
    at every message.
    """
    wanted = Q(seq__gt=seq) | Q(updated_at__gt=since - OVERLAP, seq__gte=first)
    rows = list(_lines(conversation).filter(wanted).order_by("seq")[:NEWS])
    return [row for row in rows if row.seq > seq], [row for row in rows if row.seq <= seq]


def _lines(conversation: Conversation) -> Any:
    rows = Message.objects.filter(conversation=conversation).select_related("template", "approval", "reply_to")
    return rows.prefetch_related("attachments", "reactions", "revisions", "reply_to__attachments")


def has_channel() -> bool:
    """Say whether any number is connected."""
    return Channel.objects.filter(is_active=True).exists()
