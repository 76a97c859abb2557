"""Finding tickets: what the list, its export and the pages beside a conversation ask for."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from customers.domain.search import matching_ids
from inbox.models import Ticket

OPEN = ~Q(state=Ticket.State.CLOSED)

# The chips of the list: what a state in the address means.
STATES: dict[str, Callable[[Any, datetime], Q]] = {
    "": lambda _user, _now: OPEN,
    "mine": lambda user, _now: OPEN & Q(assignee_id=user.pk),
    "nobody": lambda _user, _now: OPEN & Q(assignee=None),
    "late": lambda _user, now: OPEN & Q(due_at__lt=now),
    "waiting": lambda _user, _now: Q(state=Ticket.State.WAITING),
    "closed": lambda _user, _now: Q(state=Ticket.State.CLOSED),
    "all": lambda _user, _now: Q(),
}


@dataclass(frozen=True)
class Order:
    """A field to sort and page by."""

    field: str
    falling: bool = False


ORDERS = {"": Order("due_at"), "new": Order("created_at", falling=True), "priority": Order("priority", falling=True)}


@dataclass(frozen=True)
class TicketFilter:
    """What of the tickets is wanted; the default is the open ones, the first to fall due on top."""

    text: str = ""
    state: str = ""
    category: str = ""
    team_id: int | None = None
    order: str = ""


def find_tickets(wanted: TicketFilter, *, user: Any, now: datetime) -> QuerySet[Any]:
    """Return the tickets of a filter that `user` may see, in its order, with whom they are of."""
    rows = Ticket.objects.visible_to(user).filter(STATES[wanted.state](user, now))
    if wanted.category:
        rows = rows.filter(category=wanted.category)
    if wanted.team_id is not None:
        rows = rows.filter(team_id=wanted.team_id)
    if wanted.text:
        rows = rows.filter(_matching(wanted.text))
    order = ORDERS[wanted.order]
    dash = "-" if order.falling else ""
    return rows.select_related("customer", "assignee", "team").order_by(f"{dash}{order.field}", f"{dash}id")


def _matching(text: str) -> Q:
    """A number is a ticket's; words are of its subject or of its customer."""
    number = re.fullmatch(r"#?\s*(\d{1,9})", text.strip())
    wanted = Q(subject__icontains=text.strip()) | Q(customer_id__in=matching_ids(text))
    return wanted | Q(number=int(number[1])) if number else wanted


def open_tickets_of(customer_id: int, *, user: Any) -> QuerySet[Any]:
    """Return a customer's open tickets, the first to fall due on top."""
    return Ticket.objects.visible_to(user).filter(OPEN, customer_id=customer_id).order_by("due_at", "id")
