"""What has just happened with customers, as sentences: the pulse of the first page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from customers.models import Customer
from desk.navigation import link
from events.models import Event
from events.sentences import reading, types_of_kind

SHOWN = 6
NEWS = timedelta(days=2)
KINDS = {"billing": "billing.view", "network": "network.view", "message": "inbox.view"}
# Said to hundreds at a time by the clock; they would push out what one person did.
QUIET = {
    "invoice.issued",
    "invoice.imported",
    "credit.imported",
    "reminder.sent",
    "notice.sent",
    "notice.read",
    "cut.spared",
    "access.added",
}
CUTS = {"access.cut"}


@dataclass(frozen=True)
class Happening:
    """One fact: who it was about, what, and when."""

    customer: str
    url: str
    sentence: str
    icon: str
    tone: str
    at: datetime


def happened_lately(user: Any, *, now: datetime) -> list[Happening]:
    """Return the latest facts about customers of the kinds `user` may see, newest first; old ones are no news."""
    if not user.can("customers.view"):
        return []
    types = {name for kind, code in KINDS.items() if user.can(code) for name in types_of_kind(kind)} - QUIET
    # The newest by id among many: the index on (type, -id) would be read type by type, the key is read backwards.
    events = list(
        Event.objects.filter(customer_id__isnull=False, type__in=types, at__gt=now - NEWS).order_by("-id")[:SHOWN]
    )
    names = dict(Customer.objects.filter(pk__in={e.customer_id for e in events}).values_list("pk", "name"))
    return [
        Happening(
            names.get(event.customer_id, ""),
            link("customers:detail", event.customer_id),
            reading(event).sentence(event),
            reading(event).icon,
            "cut" if event.type in CUTS else reading(event).kind,
            event.at,
        )
        for event in events
    ]
