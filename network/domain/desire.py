"""What each access should be, derived from the holds and the state of its service."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Func, JSONField

from customers.domain.holds import held_service_ids
from customers.models import Service
from events.domain import Actor
from network.domain.wanting import by_plan, plan_of
from network.domain.writing import write_accesses
from network.models import Access
from tenants.live import publish_live
from tenants.wakes import wake

LANE = "network"
_WRITTEN = (
    "desired",
    "generation",
    "wanted_plan",
    "requested_at",
    "requested_by",
    "tell",
    "urgent",
    "cut_not_after",
    "cut_approved",
    "next_try_at",
    "attempts",
    "last_error",
    "stuck_since",
    "dismissed_at",
)


@transaction.atomic
def refresh_desired(
    *,
    service_ids: Iterable[int],
    now: datetime,
    actor: Actor,
    cut_not_after: datetime | None = None,
    approved: bool = False,
) -> int:
    """Derive what the accesses of these services should be; return how many changed.

    A service is off while any hold is open or when it is cancelled; where its speed is ours, it is that of its plan.
    A cut carries the moment after which it must
    not be done (`cut_not_after`, aware; None: any time) and whether a person `approved` it or its batch: unapproved
    cuts above the router's limit wait. Asking again for a cut that is still pending renews its window.
    The network process is woken when this transaction commits.
    """
    wanted = sorted(set(service_ids))
    held = held_service_ids(wanted, now)
    accesses = list(
        Access.objects.select_for_update(of=("self",))
        .filter(service_id__in=wanted)
        .exclude(desired=Access.Desired.GONE)
        .select_related("service__plan")
        .order_by("id")
    )
    changed: list[Access] = []
    touched: dict[int, Access] = {}
    for access in accesses:
        off = access.service_id in held or access.service.status == Service.Status.CANCELLED
        if (access.desired == Access.Desired.OFF) != off:
            _turn(access, off=off, now=now, actor=actor)
            changed.append(access)
            touched[access.pk] = access
        plan = plan_of(access)
        if plan != access.wanted_plan:
            access.wanted_plan = plan
            if access.pk not in touched:
                _ask(access, now=now, actor=actor)
                changed.append(access)
                touched[access.pk] = access
        if off and access.is_pending and (access.pk in touched or approved or cut_not_after is not None):
            access.cut_not_after, access.next_try_at = cut_not_after, None
            access.cut_approved = access.cut_approved or approved
            touched[access.pk] = access
    if touched:
        write_accesses(list(touched.values()), _WRITTEN)
        wake(LANE)
        publish_live("network", services=[access.service_id for access in changed][:50])
    return len(changed)


def _turn(access: Access, *, off: bool, now: datetime, actor: Actor) -> None:
    access.desired = Access.Desired.OFF if off else Access.Desired.ON
    _ask(access, now=now, actor=actor)
    access.tell = True
    access.urgent = not off
    access.cut_not_after, access.cut_approved = None, False


def _ask(access: Access, *, now: datetime, actor: Actor) -> None:
    """Have the router made so anew, whatever it failed of before."""
    access.generation += 1
    access.requested_at = now
    access.requested_by = {"kind": actor.kind, "id": actor.id, "label": actor.label}
    access.next_try_at, access.attempts, access.last_error = None, 0, ""
    access.stuck_since = access.dismissed_at = None


def refresh_stale(*, now: datetime, limit: int = 500) -> int:
    """Catch what nobody told of: a hold that time began or ended, a plan that sells another speed than it did.

    Return how many accesses changed. The safety net behind refresh_desired; plans stand below the network.
    """
    held = Service.objects.held(now)
    off = Access.objects.filter(desired=Access.Desired.OFF).exclude(service__status=Service.Status.CANCELLED)
    on = Access.objects.filter(desired=Access.Desired.ON)
    stale = [
        *off.exclude(service__in=held).values_list("service_id", flat=True)[:limit],
        *on.filter(service__in=held).values_list("service_id", flat=True)[:limit],
        *_outdated()[:limit],
    ]
    if not stale:
        return 0
    return refresh_desired(service_ids=stale, now=now, actor=Actor.system("Red"))


def refresh_plan(*, plan_id: int, now: datetime, actor: Actor) -> int:
    """Bring the speed of a plan to whoever has it, at once; return how many accesses changed."""
    services = Access.objects.filter(service__plan_id=plan_id).values_list("service_id", flat=True)
    return refresh_desired(service_ids=services, now=now, actor=actor)


def _outdated() -> Any:
    """The ids of services with an access that has another speed in mind than their plan sells."""
    plan = "service__plan__"
    sold: Any = Func(
        *(F(f"{plan}{rate}_kbps") for rate in ("download", "upload", "burst_download", "burst_upload")),
        *(F(f"{plan}threshold_{way}_kbps") for way in ("download", "upload")),
        F(f"{plan}burst_seconds"),
        function="jsonb_build_array",
        output_field=JSONField(),
    )
    ours = Access.objects.exclude(desired=Access.Desired.GONE).filter(by_plan())
    return ours.annotate(sold=sold).exclude(wanted_plan__speed=F("sold")).values_list("service_id", flat=True)
