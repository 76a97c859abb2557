"""The list of conversations, a page at a time: who is late first, then as the queue goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q

from inbox.domain.filters import Filters, filtered
from inbox.domain.searching import Found
from inbox.models import Conversation, Team, View

PAGE = 30
# Where somebody's being late matters; elsewhere nothing is owed.
LIVE = {"waiting", "mine", "unassigned", "open"}
# By what a queue goes, when not newest first.
ORDERS = {"waiting": "waiting_since", "snoozed": "snoozed_until"}

# What a row of the list shows. A person has twenty columns more, a channel its keys.
ROW = (
    *("address", "contact_name", "status", "unread", "priority", "bot_active", "last_message_at", "last_message_text"),
    *("waiting_since", "snoozed_until", "due_at", "blocked_at", "customer__name", "assignee__name", "team__name"),
    *("channel__name", "channel__kind"),
)

_status = Conversation.Status
# The queues that are counted, over what is going on, in words that an index holds, so that nothing else is read.
COUNTED = {
    "waiting": lambda _user: ~Q(status=_status.SNOOZED) & Q(waiting_since__isnull=False),
    "mine": lambda user: ~Q(status=_status.SNOOZED) & Q(assignee_id=user.pk),
    "unassigned": lambda _user: Q(status=_status.OPEN, assignee_id=None),
    "bot": lambda _user: Q(bot_active=True, status=_status.PENDING),
    "open": lambda _user: ~Q(status=_status.SNOOZED),
    "snoozed": lambda _user: Q(status=_status.SNOOZED),
}


@dataclass(frozen=True)
class ConversationPage:
    """Some conversations, the lines that matched, and the key the next page begins after ("" when there is none)."""

    rows: list[Conversation]
    lines: dict[int, Found]
    after: str


def conversation_page(
    *, user: Any, filters: Filters, now: datetime, after: str = "", limit: int = PAGE
) -> ConversationPage:
    """Return a page of the list. In live queues those past their target come first, the longest past on top."""
    rows, lines = filtered(filters=filters, user=user, now=now)
    rows = rows.select_related("customer", "assignee", "team", "channel").only(*ROW).prefetch_related("labels")
    queue = filters.effective_queue
    phase, moment, pk = _read_key(after)
    found: list[tuple[str, Conversation]] = []
    late = Q(due_at__lte=now)
    if queue in LIVE and not filters.text.strip():
        if phase != "rest":
            some = _page(rows.filter(late), "due_at", True, (moment, pk) if phase == "late" else None, limit + 1)
            found += [("late", row) for row in some]
        rows = rows.filter(Q(due_at=None) | Q(due_at__gt=now))
    if len(found) <= limit:
        key = (moment, pk) if phase == "rest" else None
        field = ORDERS.get(queue, "last_message_at")
        some = _page(rows, field, queue in ORDERS, key, limit + 1 - len(found))
        found += [("rest", row) for row in some]
    shown = found[:limit]
    key_text = _key(*shown[-1], queue) if len(found) > limit else ""
    return ConversationPage([row for _phase, row in shown], lines, key_text)


def _page(
    rows: Any, field: str, forward: bool, key: tuple[datetime | None, int] | None, limit: int
) -> list[Conversation]:
    """Return rows by a moment, after a key. Compared as a row, so that an index begins there."""
    if key and key[0]:
        sign = "gt" if forward else "lt"
        rows = rows.filter(
            Q(**{f"{field}__{sign}e": key[0]}) & (Q(**{f"{field}__{sign}": key[0]}) | Q(**{f"id__{sign}": key[1]}))
        )
    dash = "" if forward else "-"
    return list(rows.order_by(f"{dash}{field}", f"{dash}id")[:limit])


def _key(phase: str, row: Conversation, queue: str) -> str:
    field = "due_at" if phase == "late" else ORDERS.get(queue, "last_message_at")
    return f"{phase}_{getattr(row, field).isoformat()}_{row.pk}"


def _read_key(after: str) -> tuple[str, datetime | None, int]:
    phase, _, rest = after.partition("_")
    moment, _, pk = rest.rpartition("_")
    try:
        at = datetime.fromisoformat(moment)
        return (phase, at, int(pk)) if phase in {"late", "rest"} and at.tzinfo else ("", None, 0)
    except ValueError:
        return "", None, 0


def queue_counts(user: Any) -> dict[str, int]:
    """Return how many conversations each queue holds, in one query; the closed ones are not counted."""
    rows = Conversation.objects.visible_to(user).going_on().filter(blocked_at=None, merged_into=None)
    counts: dict[str, int] = rows.aggregate(**{name: Count("id", filter=q(user)) for name, q in COUNTED.items()})
    return counts


def team_counts(user: Any) -> list[Team]:
    """Return the teams a person is in, with `awake`: how many conversations of each are going on."""
    awake = (
        Q(conversations__blocked_at=None)
        & Q(conversations__merged_into=None)
        & ~Q(conversations__status__in=[_status.RESOLVED, _status.SNOOZED])
    )
    return list(Team.objects.filter(members=user.pk).annotate(awake=Count("conversations", filter=awake)))


def views_of(user: Any) -> list[View]:
    """Return the saved views of everybody and of a person."""
    return list(View.objects.filter(Q(owner=None) | Q(owner_id=user.pk)))
