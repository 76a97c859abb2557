"""The list of routers as the page shows it: searched, filtered, sorted, paged by key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import (
    Case,
    Count,
    DateTimeField,
    F,
    FloatField,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from network.models import Access, Router
from network.models.routers import SILENT_AFTER

PAGE = 50
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class RouterListing:
    """What to show: `state` is one of STATES, `order` one of ORDERS, `after` the id of the last row shown before."""

    text: str = ""
    state: str = ""
    kind: str = ""
    order: str = "name"
    after: int | None = None

    @property
    def is_narrow(self) -> bool:
        """Whether something is asked for that leaves routers out."""
        return bool(self.text or self.state or self.kind)


STATES = ("up", "failing", "silent", "new", "off", "waiting", "stuck", "rules")
ORDERS = ("name", "state", "heard", "latency", "online", "stuck")


def list_routers(listing: RouterListing, *, user: Any, now: datetime, size: int = PAGE) -> tuple[list[Router], int]:
    """Return a page of the routers `user` may see, and the id to go on after (0 when there is no more)."""
    rows = Router.objects.visible_to(user)
    if listing.text:
        text = listing.text
        names = Q(name__icontains=text) | Q(identity__icontains=text) | Q(board__icontains=text)
        rows = rows.filter(names | Q(host__icontains=text) | Q(version__startswith=text))
    if listing.kind:
        rows = rows.filter(kind=listing.kind)
    if listing.state in STATES:
        rows = rows.filter(_state(listing.state, now))
    rows = _ordered(rows, listing.order, now)
    if listing.after is not None:
        last = _ordered(Router.objects.all(), listing.order, now).filter(pk=listing.after).first()
        if last is not None:
            rank = last.rank
            rows = rows.filter(Q(rank__gt=rank) | Q(rank=rank, name__gt=last.name))
    page = list(rows[: size + 1])
    return page[:size], page[size - 1].pk if len(page) > size else 0


def _state(state: str, now: datetime) -> Q:
    silent = Q(last_seen_at__lt=now - SILENT_AFTER)
    settled = Q(is_enabled=True, failures=0)
    known = {
        "off": Q(is_enabled=False),
        "failing": Q(is_enabled=True, failures__gt=0),
        "new": settled & Q(last_seen_at=None),
        "silent": settled & silent,
        "up": settled & Q(last_seen_at__isnull=False) & ~silent,
        "waiting": Q(cuts_waiting_since__isnull=False),
        "rules": Q(rules__in=[Router.Rules.MISSING, Router.Rules.BELOW]),
        "stuck": Q(pk__in=_stuck().values("router_id")),
    }
    return known[state]


def _stuck() -> QuerySet[Access]:
    return Access.objects.pending().filter(stuck_since__isnull=False, dismissed_at=None)


def _count(accesses: QuerySet[Access]) -> Any:
    """How many of these a router has, the most first."""
    each = accesses.filter(router_id=OuterRef("pk")).order_by().values("router_id")
    count = Subquery(each.annotate(n=Count("pk")).values("n"), output_field=IntegerField())
    return Value(0) - Coalesce(count, 0)


def _ordered(rows: QuerySet[Router], order: str, now: datetime) -> Any:
    """With `rank`, by which they go from low to high, and then by name."""
    zero = Value(0, output_field=IntegerField())
    ranks: dict[str, Any] = {
        "state": Case(
            *(When(_state(state, now), then=Value(place)) for place, state in enumerate(["failing", "silent", "new"])),
            When(_state("up", now), then=Value(3)),
            default=Value(4),
            output_field=IntegerField(),
        ),
        "heard": Coalesce("last_seen_at", Value(_LONG_AGO), output_field=DateTimeField()),
        "latency": Value(0.0) - Coalesce(F("latency_ms"), 0.0, output_field=FloatField()),
        "online": _count(Access.objects.filter(session_up=True)),
        "stuck": _count(_stuck()),
    }
    return rows.annotate(rank=ranks.get(order, zero)).order_by("rank", "name")
