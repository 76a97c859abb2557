"""Reads of the inbox that have a name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q

from customers.domain.search import matching_ids
from inbox.models import Channel, Conversation, Message
from inbox.models.conversations import QUEUES

PAGE = 30
UNCOUNTED = {"resolved", "blocked"}  # they only grow
THREAD = 60  # lines shown at once; older ones on request
# A line may be committed a little after the moment stamped on it.
OVERLAP = timedelta(seconds=10)


@dataclass(frozen=True)
class ConversationPage:
    """Some conversations, and the key the next page begins after ("" when there is none)."""

    rows: list[Conversation]
    after: str


def conversation_page(*, user: Any, queue: str, text: str = "", after: str = "", limit: int = PAGE) -> ConversationPage:
    """Return a page of a queue. Those who wait come longest first, all others newest first."""
    rows = Conversation.objects.visible_to(user).in_queue(queue, user)
    if text.strip():
        rows = rows.filter(_matching(text))
    field, forward = ("waiting_since", True) if queue == "waiting" else ("last_message_at", False)
    if key := _read_key(after):
        moment, pk = key
        sign = "gt" if forward else "lt"
        rows = rows.filter(Q(**{f"{field}__{sign}": moment}) | Q(**{field: moment, f"id__{sign}": pk}))
    dash = "" if forward else "-"
    found = list(rows.select_related("customer", "assignee").order_by(f"{dash}{field}", f"{dash}id")[: limit + 1])
    shown = found[:limit]
    more = len(found) > limit
    return ConversationPage(shown, f"{getattr(shown[-1], field).isoformat()}_{shown[-1].pk}" if more else "")


def _matching(text: str) -> Q:
    wanted = Q(contact_name__icontains=text.strip()) | Q(customer_id__in=matching_ids(text))
    digits = re.sub(r"\D", "", text)
    return wanted | Q(address__contains=digits) if len(digits) >= 4 else wanted


def _read_key(after: str) -> tuple[datetime, int] | None:
    moment, _, pk = after.rpartition("_")
    try:
        return datetime.fromisoformat(moment), int(pk)
    except ValueError:
        return None


def queue_counts(user: Any) -> dict[str, int]:
    """Return how many conversations each queue holds, in one query; the closed ones are not counted."""
    rows = Conversation.objects.visible_to(user).going_on().filter(blocked_at=None, merged_into=None)
    names = [name for name in QUEUES if name not in UNCOUNTED]
    return rows.aggregate(**{name: Count("id", filter=QUEUES[name](user)) for name in names})


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
