"""Where a router does not have what it should: make it agree, when a person says so."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import F

from events.domain import Actor, record
from network.domain.desire import LANE
from network.domain.queries import drift
from network.models import Access, Router
from tenants.wakes import wake


@transaction.atomic
def correct_drift(*, router_id: int, actor: Actor, now: datetime, access_ids: Iterable[int] | None = None) -> int:
    """Ask the router again for what these accesses (all that differ when None) should be; return how many.

    Customers are not told: for them nothing was decided. What is missing on the router cannot be made so.
    """
    wrong = Access.objects.filter(drift(), router_id=router_id).exclude(observed=Access.Observed.MISSING)
    if access_ids is not None:
        wrong = wrong.filter(pk__in=list(access_ids))
    ids = list(wrong.select_for_update().order_by("id").values_list("pk", flat=True))
    Access.objects.filter(pk__in=ids).update(
        generation=F("generation") + 1,
        requested_at=now,
        requested_by={"kind": actor.kind, "id": actor.id, "label": actor.label},
        tell=False,
        cut_approved=True,
        cut_not_after=None,
        next_try_at=None,
        attempts=0,
    )
    Access.objects.filter(pk__in=ids, desired=Access.Desired.ON).update(urgent=True)
    if ids:
        router = Router.objects.get(pk=router_id)
        record("router.corrected", subject=router, actor=actor, at=now, name=router.name, count=len(ids))
        wake(LANE)
    return len(ids)


def read_router(*, router_id: int, now: datetime) -> None:
    """Have a router read at once, whatever it failed of before."""
    Router.objects.filter(pk=router_id).update(observe_at=now, next_try_at=None)
    wake(LANE)
