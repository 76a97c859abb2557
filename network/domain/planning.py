"""What is due on the routers of one provider, and whether it may be done."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Min, Q

from events.domain import Actor, record
from network.domain.chores import due_errands
from network.domain.house import own_addresses, router_exceptions
from network.domain.wanting import wanted_of
from network.drivers.base import Address, Setup
from network.models import Access, AllowedNetwork, PlanProfile, Router
from network.passes import Item, Target, Work
from tenants.current import current_tenant

# A lease outlives the deadline of a chunk by far, so that its end is never a surprise to whoever writes.
LEASE = timedelta(seconds=25)
OBSERVE_EVERY = timedelta(seconds=60)
# While somebody looks at its page.
OBSERVE_WATCHED = timedelta(seconds=5)
SURVEY_EVERY = timedelta(hours=6)
GUARD_WINDOW = timedelta(hours=1)
# A reconnection does not wait out a long back-off: the router may be back.
URGENT_RETRY = timedelta(seconds=10)
_MOST = 20_000


@dataclass
class Due:
    """Work by router, and who holds the routers that have work but are not ours to lease."""

    works: list[tuple[Router, Work]] = field(default_factory=list)
    held_elsewhere: list[str] = field(default_factory=list)


def due_work(*, now: datetime, owner: str, leased: Collection[int] = ()) -> Due:
    """Return what is due at `now` on each router that `owner` can lease; it is leased then.

    The routers in `leased` are known to be its own for a while yet.
    """
    restores, routine = _due_items(now)
    observed = _due_routers(Q(observe_at=None) | Q(observe_at__lte=now))
    surveyed = _due_routers(Q(survey_at__lte=now))
    due = Due()
    errands = due_errands()
    ids = {*restores, *routine, *errands, *observed, *surveyed}
    house = House.now() if ids else None
    for router in Router.objects.filter(pk__in=ids, is_enabled=True) if ids else ():
        mine = restores.get(router.pk, ())
        if not _may_try(router, now=now, urgent=bool(mine)):
            continue
        if router.pk not in leased and not take_lease(router_id=router.pk, owner=owner, now=now):
            if mine or router.pk in routine:
                due.held_elsewhere.append(router.lease_owner)
            continue
        allowed = within_limit(router=router, routine=routine.get(router.pk, []), now=now)
        work = Work(
            target_of(router, house),
            tuple(_item(access, house) for access in mine),
            tuple(_item(access, house) for access in allowed),
            observe=router.pk in observed,
            survey=router.pk in surveyed,
            errands=tuple(errands.get(router.pk, ())),
        )
        due.works.append((router, work))
    _note_readings(due, now)
    return due


def _due_routers(when: Q) -> set[int]:
    return set(Router.objects.filter(when, is_enabled=True).values_list("pk", flat=True))


def _note_readings(due: Due, now: datetime) -> None:
    """Say when those that are read now are next to be read."""
    observed = Router.objects.filter(pk__in=[router.pk for router, work in due.works if work.observe])
    if any(work.observe for _router, work in due.works):
        observed.update(observe_at=now + OBSERVE_EVERY)
        observed.filter(watched_until__gt=now).update(observe_at=now + OBSERVE_WATCHED)
    surveyed = [router.pk for router, work in due.works if work.survey]
    if surveyed:
        Router.objects.filter(pk__in=surveyed).update(survey_at=now + SURVEY_EVERY)


def _due_items(now: datetime) -> tuple[dict[int, list[Access]], dict[int, list[Access]]]:
    restores: dict[int, list[Access]] = {}
    routine: dict[int, list[Access]] = {}
    due = Access.objects.pending().in_window(now).filter(Q(next_try_at=None) | Q(next_try_at__lte=now))
    rows = due.filter(dismissed_at=None).select_related("service__plan", "service__customer")
    for access in rows.order_by("-urgent", "id")[:_MOST]:
        kind = restores if access.urgent else routine
        kind.setdefault(access.router_id, []).append(access)
    return restores, routine


def _may_try(router: Router, *, now: datetime, urgent: bool) -> bool:
    """The circuit breaker: a failing router is left alone until its next try, a little less for a reconnection."""
    if router.next_try_at is None or router.next_try_at <= now:
        return True
    return urgent and router.last_error_at is not None and router.last_error_at + URGENT_RETRY <= now


def _item(access: Access, house: House | None = None) -> Item:
    return Item(
        access.pk,
        access.generation,
        wanted_of(access, (house or House.now()).profiles),
        cause=str(access.requested_by.get("label", "")),
    )


@dataclass(frozen=True)
class House:
    """What all routers of a provider share, read once."""

    # What a plan is on a router, by (router, plan, method).
    profiles: Mapping[tuple[int, int, str], PlanProfile]
    # Lists that single accesses have in place of their plan's, by router.
    own_lists: frozenset[tuple[int, str]]
    # The (method, way of cutting) pairs in use, by router.
    kinds: Mapping[int, frozenset[tuple[str, str]]]
    # Routers on which the speed of any access is ours to set.
    speeds: frozenset[int]
    allowed: tuple[str, ...]
    exceptions: frozenset[str]

    def lists(self, router_id: int) -> frozenset[str]:
        """The address lists that plans are on a router."""
        plans = {row.name for row in self.profiles.values() if row.router_id == router_id and row.kind == "pcq"}
        return frozenset(plans | {name for router, name in self.own_lists if router == router_id})

    @classmethod
    def now(cls) -> House:
        """Read it; four queries."""
        kinds: dict[int, set[tuple[str, str]]] = {}
        speeds: set[int] = set()
        pairs = Access.objects.values_list("router_id", "kind", "cut_by", "manages_speed").distinct()
        for router_id, kind, cut_by, manages_speed in pairs:
            kinds.setdefault(router_id, set()).add((kind, cut_by))
            if manages_speed:
                speeds.add(router_id)
        return cls(
            profiles={(row.router_id, row.plan_id, row.kind): row for row in PlanProfile.objects.all()},
            own_lists=frozenset(
                Access.objects.filter(kind="pcq").exclude(profile="").values_list("router_id", "profile")
            ),
            kinds={router_id: frozenset(ways) for router_id, ways in kinds.items()},
            speeds=frozenset(speeds),
            allowed=tuple(AllowedNetwork.objects.values_list("cidr", flat=True)),
            exceptions=router_exceptions(),
        )


def target_of(router: Router, house: House | None = None) -> Target:
    """Return how to reach a router, its password opened."""
    house = house or House.now()
    setup = Setup(
        kinds=house.kinds.get(router.pk, Setup().kinds),
        cut_list=router.cut_list,
        cut_profile=router.cut_profile,
        cut_kbps=router.cut_kbps,
        speeds=router.pk in house.speeds,
        lists=house.lists(router.pk),
    )
    address = Address(
        host=router.host,
        port=router.port,
        username=router.username,
        password=router.reveal("password"),
        tls=router.tls,
        fingerprint=router.fingerprint,
        allowed=house.allowed,
        exceptions=house.exceptions,
        forbidden=own_addresses(),
        setup=setup,
    )
    return Target(current_tenant().schema_name, router.pk, router.kind, address)


def within_limit(*, router: Router, routine: list[Access], now: datetime) -> list[Access]:
    """Return what may happen of it: what is no cut, the cuts a person approved, and the others while they are few.

    Above the router's limit for an hour none of the others happens; they wait for a person, and that is recorded.
    """
    unapproved = [a for a in routine if a.desired == Access.Desired.OFF and not a.cut_approved]
    lately = 0
    if unapproved:
        lately = Access.objects.filter(router=router, cut_since__gt=now - GUARD_WINDOW, cut_approved=False).count()
    if len(unapproved) + lately <= router.max_cuts_per_run:
        if router.cuts_waiting_since:
            Router.objects.filter(pk=router.pk).update(cuts_waiting_since=None)
        return routine
    first = Router.objects.filter(pk=router.pk, cuts_waiting_since=None).update(cuts_waiting_since=now)
    if first:
        record(
            "router.cuts_waiting",
            subject=router,
            actor=Actor.system("Red"),
            at=now,
            name=router.name,
            count=len(unapproved),
            limit=router.max_cuts_per_run,
        )
    return [a for a in routine if a.desired != Access.Desired.OFF or a.cut_approved]


def take_lease(*, router_id: int, owner: str, now: datetime) -> bool:
    """Take or renew the lease of a router; False when another holds it."""
    free = Q(lease_owner__in=["", owner]) | Q(lease_until=None) | Q(lease_until__lte=now)
    return bool(Router.objects.filter(free, pk=router_id).update(lease_owner=owner, lease_until=now + LEASE))


def renew_leases(*, router_ids: Iterable[int], owner: str, now: datetime) -> set[int]:
    """Renew the leases that `owner` still holds; return the router ids that are its own."""
    held = Router.objects.filter(pk__in=list(router_ids), lease_owner=owner, is_enabled=True)
    held.update(lease_until=now + LEASE)
    return set(held.values_list("pk", flat=True))


def drop_leases(*, owner: str) -> None:
    """Give back all leases of `owner`, which has stopped or is known to be dead."""
    Router.objects.filter(lease_owner=owner).update(lease_owner="", lease_until=None)


def permitted(*, router_id: int, owner: str, generations: dict[int, int], now: datetime) -> set[int]:
    """Return which of these (access id -> generation) may still be sent now, right before they are.

    None of them when the lease is lost; else without those paid, released or past their window meanwhile.
    """
    if not take_lease(router_id=router_id, owner=owner, now=now):
        return set()
    rows = (
        Access.objects.in_window(now)
        .filter(pk__in=generations, router_id=router_id, router__is_enabled=True)
        .values_list("pk", "generation")
    )
    return {pk for pk, generation in rows if generations[pk] == generation}


def next_due(now: datetime) -> datetime | None:
    """Return when this provider's network next has work, as far as its rows know."""
    later = Access.objects.pending().in_window(now).filter(router__is_enabled=True, next_try_at__gt=now)
    # A failing router is read again with its next try.
    readable = Q(next_try_at=None) | Q(next_try_at__lte=now)
    routers = Router.objects.filter(is_enabled=True).aggregate(
        observe=Min("observe_at", filter=readable),
        survey=Min("survey_at", filter=readable),
        retry=Min("next_try_at", filter=Q(next_try_at__gt=now)),
    )
    urgent = Access.objects.pending().filter(urgent=True, router__is_enabled=True, router__next_try_at__gt=now)
    failed_at = urgent.aggregate(first=Min("router__last_error_at"))["first"]
    moments = [
        later.aggregate(first=Min("next_try_at"))["first"],
        routers["observe"],
        routers["survey"],
        routers["retry"],
    ]
    if failed_at is not None:
        moments.append(failed_at + URGENT_RETRY)
    return min((max(moment, now) for moment in moments if moment is not None), default=None)
