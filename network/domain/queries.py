"""Reads of the network that have a name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Q

from network.models import Access, Router


@dataclass(frozen=True)
class RouterFigures:
    """How many accesses of a router are online, waiting to be changed, failing, or differ from it."""

    total: int = 0
    online: int = 0
    pending: int = 0
    failed: int = 0
    differing: int = 0
    waiting: int = 0
    stuck: int = 0


def states_for_services(service_ids: Iterable[int]) -> dict[int, list[Access]]:
    """Return the accesses of each service, with their router, in one query."""
    found: dict[int, list[Access]] = {}
    accesses = Access.objects.filter(service_id__in=list(service_ids)).select_related("router", "service")
    for access in accesses.order_by("id"):
        found.setdefault(access.service_id, []).append(access)
    return found


def online_count() -> int:
    """Return how many accesses of this provider have a session."""
    return Access.objects.filter(session_up=True).count()


def cut_count() -> int:
    """Return how many accesses of this provider are cut on a router by our doing."""
    return Access.objects.exclude(cut_since=None).count()


def stuck_count() -> int:
    """Return how many accesses failed for good and wait for a person."""
    return Access.objects.pending().filter(stuck_since__isnull=False, dismissed_at=None).count()


def silent_routers(now: datetime) -> list[Router]:
    """Return the routers in use that fail or have not been heard of lately."""
    return [router for router in Router.objects.filter(is_enabled=True) if router.state(now) in {"failing", "silent"}]


def figures_by_router(router_ids: Iterable[int] | None = None) -> dict[int, RouterFigures]:
    """Return the figures of the routers (all when None) in one query."""
    pending = Q(applied_generation__lt=F("generation"))
    accesses = Access.objects.all()
    if router_ids is not None:
        accesses = accesses.filter(router_id__in=list(router_ids))
    rows = accesses.values("router_id").annotate(
        total=Count("id"),
        online=Count("id", filter=Q(session_up=True)),
        pending=Count("id", filter=pending),
        failed=Count("id", filter=pending & Q(attempts__gt=0)),
        differing=Count("id", filter=drift()),
        waiting=Count("id", filter=pending & Q(desired=Access.Desired.OFF, cut_approved=False)),
        stuck=Count("id", filter=pending & Q(stuck_since__isnull=False, dismissed_at=None)),
    )
    return {row.pop("router_id"): RouterFigures(**row) for row in rows}


def drift() -> Q:
    """What is not on the router as it should be, and is not on its way either."""
    settled = Q(applied_generation=F("generation"))
    wrong = Q(desired=Access.Desired.ON, observed=Access.Observed.OFF) | Q(
        desired=Access.Desired.OFF, observed=Access.Observed.ON
    )
    return Q(observed=Access.Observed.MISSING) | (settled & wrong)
