"""How cuts are made on a router, what plans are called there, and who looks at it now."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from customers.models import Plan
from events.domain import Actor, record
from network.domain.desire import LANE
from network.models import Access, PlanProfile, Router
from tenants.wakes import wake

WATCHED = timedelta(seconds=30)
CUTTING = ("cut_list", "cut_profile", "cut_kbps", "max_cuts_per_run")


@transaction.atomic
def change_cutting(*, router_id: int, changes: dict[str, Any], actor: Actor, now: datetime) -> Router:
    """Change how cuts are made on a router. `changes` holds fields of CUTTING; raises KeyError for another.

    Who is cut now is cut the new way with the next pass: nobody is let through meanwhile, and nobody is told.
    """
    router: Router = Router.objects.select_for_update().get(pk=router_id)
    if unknown := set(changes) - set(CUTTING):
        raise KeyError(*unknown)
    changed = sorted(name for name, value in changes.items() if getattr(router, name) != value)
    if not changed:
        return router
    for name in changed:
        setattr(router, name, changes[name])
    router.survey_at = now
    router.save(update_fields=[*changed, "survey_at"])
    if set(changed) - {"max_cuts_per_run"}:
        ask_anew(Access.objects.filter(router=router, desired=Access.Desired.OFF), actor=actor, now=now)
    record("router.cut_changed", subject=router, actor=actor, at=now, router=router.name, fields=changed)
    wake(LANE)
    return router


@transaction.atomic
def name_plan(
    *,
    router: Router,
    plan: Plan,
    kind: str,
    name: str,
    actor: Actor,
    now: datetime,
    validity: timedelta | None = None,
    is_trial: bool = False,
) -> PlanProfile:
    """Say what a plan is called on a router for a method; services of that plan follow with the next pass.

    `validity` is how long an assignment lasts (None: until it is changed); a trial is given once a customer.
    """
    fields = {"name": name, "validity": validity, "is_trial": is_trial}
    found = PlanProfile.objects.select_for_update().filter(router=router, plan=plan, kind=kind).first()
    if found is not None and all(getattr(found, key) == value for key, value in fields.items()):
        return found
    profile, _made = PlanProfile.objects.update_or_create(router=router, plan=plan, kind=kind, defaults=fields)
    _tell("router.plan_named", profile, actor, now)
    _follow(profile, actor, now)
    return profile


@transaction.atomic
def unname_plan(*, profile_id: int, actor: Actor, now: datetime) -> None:
    """Forget what a plan is called on a router: its services keep the profile they have there."""
    profile = PlanProfile.objects.select_related("router", "plan").get(pk=profile_id)
    _tell("router.plan_unnamed", profile, actor, now)
    profile.delete()


def watch_router(*, router_id: int, now: datetime) -> None:
    """Say that somebody looks at a router: it is read every few seconds for a while."""
    routers = Router.objects.filter(pk=router_id, is_enabled=True)
    begins = routers.filter(Q(watched_until=None) | Q(watched_until__lte=now))
    # Whoever opens the page waits for nothing; from then on each reading says when the next one is.
    if begins.update(watched_until=now + WATCHED):
        routers.filter(Q(observe_at=None) | Q(observe_at__gt=now)).update(observe_at=now)
        wake(LANE)
    else:
        routers.update(watched_until=now + WATCHED)


def ask_anew(accesses: Any, *, actor: Actor, now: datetime) -> int:
    """Have these accesses made what they should be once more, by a person's order; return how many."""
    ids = list(accesses.select_for_update().order_by("id").values_list("pk", flat=True))
    return Access.objects.filter(pk__in=ids).update(
        generation=F("generation") + 1,
        requested_at=now,
        requested_by={"kind": actor.kind, "id": actor.id, "label": actor.label},
        cut_approved=True,
        cut_not_after=None,
        next_try_at=None,
        attempts=0,
        stuck_since=None,
        dismissed_at=None,
    )


def _follow(profile: PlanProfile, actor: Actor, now: datetime) -> None:
    followers = Access.objects.filter(
        router=profile.router,
        kind=profile.kind,
        service__plan=profile.plan,
        profile="",
        desired=Access.Desired.ON,
    ).exclude(wanted_plan={})
    if ask_anew(followers, actor=actor, now=now):
        wake(LANE)


def _tell(kind: str, profile: PlanProfile, actor: Actor, now: datetime) -> None:
    record(
        kind,
        subject=profile.router,
        actor=actor,
        at=now,
        name=profile.name,
        plan=profile.plan.name,
        router=profile.router.name,
        method=profile.kind,
    )
