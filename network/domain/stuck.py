"""What failed for good or too often and waits for a person, over all routers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Max, Q, QuerySet

from customers.text import fold
from network.models import Access, Command, Router

PAGE = 50


@dataclass(frozen=True)
class StuckListing:
    """What to show; `after` is the id of the last row shown before."""

    text: str = ""
    router_id: int | None = None
    after: int | None = None

    @property
    def is_narrow(self) -> bool:
        """Whether something is asked for that leaves rows out."""
        return bool(self.text or self.router_id)


def stuck_accesses() -> QuerySet[Access]:
    """Return what waits for a person."""
    return Access.objects.pending().filter(stuck_since__isnull=False, dismissed_at=None)


def list_stuck(listing: StuckListing, *, user: Any, size: int = PAGE) -> tuple[list[Access], int, int]:
    """Return a page, the longest waiting first, the id to go on after (0: no more), and how many there are in all."""
    visible = Access.objects.visible_to(user).values("pk")
    rows = stuck_accesses().filter(pk__in=visible).select_related("router", "service__customer", "service__plan")
    if listing.router_id is not None:
        rows = rows.filter(router_id=listing.router_id)
    if listing.text:
        text = listing.text
        names = Q(username__icontains=text) | Q(last_error__icontains=text) | Q(service__code__iexact=text)
        rows = rows.filter(names | Q(service__customer__name_key__contains=fold(text)))
    total = rows.count()
    if listing.after is not None:
        last = Access.objects.filter(pk=listing.after).values_list("stuck_since", flat=True).first()
        if last is not None:
            rows = rows.filter(Q(stuck_since__gt=last) | Q(stuck_since=last, pk__gt=listing.after))
    page = list(rows.order_by("stuck_since", "id")[: size + 1])
    return page[:size], page[size - 1].pk if len(page) > size else 0, total


def last_commands(accesses: Sequence[Access]) -> list[Command]:
    """Return the last exchange about each of these accesses, in two queries."""
    ids = [access.pk for access in accesses]
    last = Command.objects.filter(access_id__in=ids).values("access_id").annotate(last=Max("pk"))
    found = Command.objects.filter(pk__in=[row["last"] for row in last]).select_related("access")
    return list(found.order_by("-id"))


def routers_stuck() -> list[tuple[Router, int]]:
    """Return the routers with something that waits, and how many."""
    counts = {row["router_id"]: row["n"] for row in stuck_accesses().values("router_id").annotate(n=Count("pk"))}
    return [(router, counts[router.pk]) for router in Router.objects.filter(pk__in=counts)]
