"""Which conversations a list shows: a queue and what narrows it, as the list's own address says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q

from inbox.domain.searching import Found, search
from inbox.models import Conversation, Priority
from inbox.models.conversations import QUEUES

ALL = "all"
DEFAULT = "open"
LONGEST_TEXT = 80
LONGEST_WAIT = 100_000  # minutes, some ten weeks

# The words of the address, which people see, share and keep.
NAMES = {
    "queue": "cola",
    "status": "estado",
    "channel": "canal",
    "assignee": "asignada",
    "team": "equipo",
    "label": "etiqueta",
    "priority": "prioridad",
    "zone": "zona",
    "waiting": "espera",
    "unread": "sin_leer",
    "text": "q",
}
NOBODY = "nadie"
ME = "yo"


@dataclass(frozen=True)
class Filters:
    """A queue and what narrows it. Numbers are ids, 0 for any; `waiting` is in minutes."""

    queue: str = ""
    status: str = ""
    channel: int = 0
    assignee: str = ""  # an id, ME or NOBODY
    team: str = ""  # an id or NOBODY
    label: int = 0
    priority: int = 0
    zone: int = 0
    waiting: int = 0
    unread: bool = False
    text: str = ""

    @property
    def effective_queue(self) -> str:
        """Return the queue that is shown: who searches or asks for a status without naming one looks everywhere."""
        return self.queue or (ALL if self.text.strip() or self.status else DEFAULT)

    @property
    def narrowing(self) -> dict[str, Any]:
        """Return what narrows the queue, without the words searched for."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value and name not in {"queue", "text"}}

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Return these filters by the names of the address."""
        values = {NAMES[field.name]: getattr(self, field.name) for field in fields(self)}
        return [(name, "1" if value is True else str(value)) for name, value in values.items() if value]

    def query(self, **more: str) -> str:
        """Return these filters as an address's query, with `more`; "" for none."""
        given = [*self.pairs, *((name, value) for name, value in more.items() if value)]
        return f"?{urlencode(given)}" if given else ""

    def without(self, name: str) -> Filters:
        """Return these filters without one of them."""
        return replace(self, **{name: type(getattr(self, name))()})


def read_filters(values: Mapping[str, str]) -> Filters:
    """Return the filters of an address. What makes no sense is left out: an address may be old, or typed by hand."""

    def number(name: str, most: int = 2**31) -> int:
        text = values.get(NAMES[name], "")
        return min(int(text), most) if text.isascii() and text.isdecimal() and len(text) < 19 else 0

    def who(name: str, *words: str) -> str:
        text = values.get(NAMES[name], "")
        return text if text in words else str(number(name) or "")

    queue, status = values.get("cola", ""), values.get("estado", "")
    priority = number("priority")
    return Filters(
        queue=queue if queue in QUEUES or queue == ALL else "",
        status=status if status in Conversation.Status.values else "",
        channel=number("channel"),
        assignee=who("assignee", ME, NOBODY),
        team=who("team", NOBODY),
        label=number("label"),
        priority=priority if priority in Priority.values else 0,
        zone=number("zone"),
        waiting=number("waiting", LONGEST_WAIT),
        unread=values.get(NAMES["unread"], "") == "1",
        text=values.get("q", "").replace("\x00", "")[:LONGEST_TEXT],
    )


def filtered(*, filters: Filters, user: Any, now: datetime) -> tuple[Any, dict[int, Found]]:
    """Return the conversations of some filters that `user` may see, unordered, and the lines that matched the text."""
    rows = Conversation.objects.visible_to(user)
    queue = filters.effective_queue
    rows = rows.filter(merged_into=None, blocked_at=None) if queue == ALL else rows.in_queue(queue, user)
    rows = rows.filter(_narrowed(filters, user, now))
    found: dict[int, Found] = {}
    if filters.text.strip():
        matches = search(filters.text)
        found = matches.lines
        rows = rows.filter(pk__in=matches.ids)
    return rows, found


def _narrowed(filters: Filters, user: Any, now: datetime) -> Q:
    wanted = Q()
    if filters.status:
        wanted &= Q(status=filters.status)
    if filters.channel:
        wanted &= Q(channel_id=filters.channel)
    if filters.assignee:
        who = {ME: user.pk, NOBODY: None}.get(filters.assignee, filters.assignee)
        wanted &= Q(assignee_id=who)
    if filters.team:
        wanted &= Q(team_id=None if filters.team == NOBODY else filters.team)
    if filters.label:
        wanted &= Q(pk__in=Conversation.labels.through.objects.filter(label_id=filters.label).values("conversation_id"))
    if filters.priority:
        wanted &= Q(priority=filters.priority)
    if filters.zone:
        wanted &= Q(customer__zone_id=filters.zone)
    if filters.waiting:
        wanted &= Q(waiting_since__lte=now - timedelta(minutes=filters.waiting))
    if filters.unread:
        wanted &= Q(unread__gt=0)
    return wanted
