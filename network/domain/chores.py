"""What a person has a router do that concerns no access: asked here, carried out by the process that holds it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F

from events.domain import Actor, record
from network.domain.desire import LANE
from network.drivers.base import Deed
from network.models import Access, Chore, Router
from network.passes import Errand, Report
from tenants.wakes import wake

# Handed to a router at once; the rest follows when these are recorded.
AT_ONCE = 10
# Rows one chore may name: a person's "all of them" is cut into so many.
ROWS = 50
KEEP = timedelta(days=60)


def ask_chores(
    *, router_id: int, deeds: Iterable[Deed], actor: Actor, now: datetime, batch: UUID | None = None
) -> list[Chore]:
    """Have these done on a router in this order; those of a `batch` end with the first of it that fails."""
    chores = Chore.objects.bulk_create(
        Chore(
            router_id=router_id,
            kind=deed.kind,
            detail=dict(deed.detail),
            batch=batch or uuid4(),
            asked_by=actor.label[:120],
            asked_at=now,
        )
        for deed in deeds
    )
    if chores:
        wake(LANE)
    return chores


def due_errands() -> dict[int, list[Errand]]:
    """Return what waits, by router in the order it was asked for: of each batch only its next."""
    first = Chore.objects.waiting().filter(router__is_enabled=True)
    first = first.order_by("router_id", "batch", "id").distinct("router_id", "batch")
    found: dict[int, list[Errand]] = {}
    for chore in Chore.objects.filter(pk__in=first.values("pk")).order_by("router_id", "id")[:500]:
        mine = found.setdefault(chore.router_id, [])
        if len(mine) < AT_ONCE:
            mine.append(Errand(chore.pk, Deed(chore.kind, chore.detail), chore.asked_by))
    return found


def record_errands(report: Report, *, now: datetime) -> None:
    """Write what came of errands; what follows from one that is done happens with it."""
    for result in report.errands:
        if not result.done and not result.error:
            continue  # the router failed: it is tried again with it
        chore = Chore.objects.select_for_update().filter(pk=result.errand.chore_id, done_at=None).first()
        if chore is None:
            continue
        chore.done_at, chore.error = now, result.error[:300]
        chore.save(update_fields=["done_at", "error"])
        if result.error:
            rest = Chore.objects.waiting().filter(batch=chore.batch)
            rest.update(done_at=now, error=result.error[:300])
            _tell_failure(chore, now)
        _follow(chore, chore.detail.get("otherwise" if result.error else "then") or {}, now)
        # What the router is like now is another question than what was asked of it.
        if not Chore.objects.waiting().filter(router_id=chore.router_id).exists():
            Router.objects.filter(pk=chore.router_id).update(survey_at=now)
        wake(LANE)


def _tell_failure(chore: Chore, now: datetime) -> None:
    router = chore.router
    record(
        "router.chore_failed",
        subject=router,
        actor=Actor.system("Red"),
        at=now,
        name=router.name,
        error=chore.error,
        requested_by=chore.asked_by,
    )


def _follow(chore: Chore, then: Mapping[str, Any], now: datetime) -> None:
    """Switch the list that cuts go to, or have everyone's state made anew, when a chore says so."""
    actor = Actor.system(chore.asked_by)
    if then.get("cut_list"):
        router = Router.objects.select_for_update().get(pk=chore.router_id)
        before, router.cut_list = router.cut_list, str(then["cut_list"])
        router.save(update_fields=["cut_list"])
        record(
            "router.cut_list",
            subject=router,
            actor=actor,
            at=now,
            name=router.name,
            before=before,
            cut_list=router.cut_list,
        )
    if then.get("renew"):
        renew_cuts(router_id=chore.router_id, actor=actor, now=now)


@transaction.atomic
def renew_cuts(*, router_id: int, actor: Actor, now: datetime) -> int:
    """Ask a router again for every access of it that nothing is asked of now; return how many. Nobody is told."""
    settled = Access.objects.filter(router_id=router_id, applied_generation=F("generation"))
    ids = settled.exclude(desired=Access.Desired.GONE).lock()
    Access.objects.filter(pk__in=ids, desired=Access.Desired.ON).update(urgent=True)
    count = Access.objects.filter(pk__in=ids).update(
        generation=F("generation") + 1,
        requested_at=now,
        requested_by={"kind": actor.kind, "id": actor.id, "label": actor.label},
        next_try_at=None,
        attempts=0,
        tell=False,
        cut_approved=True,
        cut_not_after=None,
    )
    wake(LANE)
    return count


def trim_chores(*, now: datetime) -> int:
    """Delete chores done long ago, some thousands at a time; return how many rows went."""
    old = Chore.objects.filter(done_at__lt=now - KEEP).order_by("id").values("pk")[:5000]
    return Chore.objects.filter(pk__in=old).delete()[0]
