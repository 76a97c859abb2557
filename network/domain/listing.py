"""Lists of accesses as the pages show them: searched, filtered, paged by key."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F, Q

from customers.text import fold
from network.domain.queries import drift
from network.models import Access, Command

PAGE = 50


@dataclass(frozen=True)
class Listing:
    """What to show: `state` is one of STATES, `kind` a method, `after` the id of the last row shown before."""

    router_id: int | None = None
    text: str = ""
    state: str = ""
    kind: str = ""
    after: int | None = None


STATES: dict[str, Q] = {
    "online": Q(session_up=True),
    "offline": Q(session_up=False, desired=Access.Desired.ON, observed=Access.Observed.ON),
    "cut": Q(observed=Access.Observed.OFF),
    "pending": Q(applied_generation__lt=F("generation")),
    "failed": Q(applied_generation__lt=F("generation"), attempts__gt=0),
    "stuck": Q(stuck_since__isnull=False, dismissed_at=None, applied_generation__lt=F("generation")),
    "differing": drift(),
}


def list_accesses(listing: Listing, *, size: int = PAGE) -> tuple[list[Access], int | None]:
    """Return a page of accesses by user name, and the id to go on after when there is more."""
    rows = Access.objects.select_related("router", "service__customer").order_by("username", "id")
    if listing.router_id is not None:
        rows = rows.filter(router_id=listing.router_id)
    if listing.state in STATES:
        rows = rows.filter(STATES[listing.state])
    if listing.kind:
        rows = rows.filter(kind=listing.kind)
    if listing.text:
        key = fold(listing.text)
        found = Q(username__icontains=listing.text) | Q(session_address__startswith=listing.text)
        found |= Q(ip__startswith=listing.text) | Q(mac__icontains=listing.text)
        rows = rows.filter(found | Q(service__customer__name_key__contains=key) | Q(service__code__iexact=listing.text))
    if listing.after is not None:
        last = Access.objects.filter(pk=listing.after).values_list("username", flat=True).first()
        if last is not None:
            rows = rows.filter(Q(username__gt=last) | Q(username=last, pk__gt=listing.after))
    page = list(rows[: size + 1])
    return page[:size], page[size - 1].pk if len(page) > size else None


@dataclass(frozen=True)
class Log:
    """What to show of what was said to a router; `before` is the id of the last row shown."""

    router_id: int
    failing: bool = False
    access_id: int | None = None
    cause: str = ""
    before: int | None = None


def list_commands(log: Log, *, size: int = PAGE) -> tuple[list[Command], int | None]:
    """Return the latest exchanges with a router, newest first, and the id to go on before when there is more."""
    rows = Command.objects.filter(router_id=log.router_id).select_related("access").order_by("-id")
    if log.failing:
        rows = rows.filter(ok=False)
    if log.access_id is not None:
        rows = rows.filter(access_id=log.access_id)
    if log.cause:
        rows = rows.filter(cause=log.cause)
    if log.before is not None:
        rows = rows.filter(pk__lt=log.before)
    page = list(rows[: size + 1])
    return page[:size], page[size - 1].pk if len(page) > size else None


def causes_of(router_id: int, *, among: int = 2000) -> list[str]:
    """Return who caused the latest exchanges with a router, by name."""
    latest = Command.objects.filter(router_id=router_id).order_by("-id").values("cause")[:among]
    return sorted({row["cause"] for row in latest if row["cause"]})
