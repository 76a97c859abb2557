"""Everything that happened with a customer, newest first, in sentences."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from events.models import Event
from events.sentences import reading, types_of_kind

PAGE = 30

# The filters of the page, in its order; a kind registered by an app that is not here is under "everything".
KINDS: tuple[tuple[str, str | Promise], ...] = (
    ("billing", _("Cobranza")),
    ("network", _("Red")),
    ("message", _("Mensajes")),
    ("ticket", _("Tickets")),
    ("service", _("Servicio")),
    ("account", _("Datos")),
)
_CUTS = {"service.held", "access.cut"}


@dataclass(frozen=True)
class Entry:
    """One line of the timeline. `tone` is the colour of its mark."""

    id: int
    at: datetime
    day: date
    tone: str
    icon: str
    sentence: str
    by: str
    type: str
    # The service that was cut, for whoever asks why.
    cut_service_id: int | None


@dataclass(frozen=True)
class Page:
    """Some entries, and the id to ask for the older ones with, or None at the end."""

    entries: list[Entry]
    older: int | None


def read_timeline(
    *, customer_id: int, zone: ZoneInfo, kind: str = "", before: int | None = None, size: int = PAGE
) -> Page:
    """Return a page of a customer's timeline with one query. `before` is the id of the last entry seen."""
    events = Event.objects.filter(customer_id=customer_id)
    if kind:
        events = events.filter(type__in=types_of_kind(kind))
    if before is not None:
        events = events.filter(pk__lt=before)
    found = list(events.order_by("-id")[: size + 1])
    return Page(list(_entries(found[:size], zone)), found[size - 1].pk if len(found) > size else None)


def _entries(events: Iterable[Event], zone: ZoneInfo) -> Iterable[Entry]:
    for event in events:
        read = reading(event)
        yield Entry(
            id=event.pk,
            at=event.at,
            day=event.at.astimezone(zone).date(),
            tone="cut" if event.type in _CUTS else read.kind,
            icon=read.icon,
            sentence=read.sentence(event),
            by="" if event.actor_kind == "system" and not event.actor_label else event.actor_label,
            type=event.type,
            cut_service_id=event.subject_id if _is_cut(event) else None,
        )


def _is_cut(event: Event) -> bool:
    cut = event.type == "cut.decided" or (event.type == "service.held" and event.facts.get("reason") == "debt")
    return cut and event.subject_kind == "customers.service"
