"""What is due on the routers of one provider, and whether it may be done."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Min, Q

from events.domain import Actor, record
from network.domain.chores import due_errands
from network.domain.house import own_addresses, router_exceptions
from network.domain.wanting import WISH, Wish, wanted_of
from network.drivers.base import Address, Setup
from network.models import Access, AllowedNetwork, PlanProfile, Router
from network.models.accesses import AccessQuerySet
from network.passes import Errand, Item, Target, Work
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


def due_restores(*, now: datetime, owner: str, leased: Collection[int] = ()) -> Due:
    """Return the reconnections that are due, and nothing else, so that they wait for nothing else to be read."""
    return _on_routers(_Found(restores=_by_router(_wishes(now, urgent=True))), now=now, owner=owner, leased=leased)


def routers_due(*, now: datetime, in_hand: Mapping[int, Mapping[int, int]]) -> list[int]:
    """Return the routers on which something is due that is not `in_hand` (router id -> access id -> generation)."""
    due = _due(now).filter(router__is_enabled=True).values_list("router_id", "pk", "generation")
    nothing: dict[int, int] = {}
    found = {router_id for router_id, pk, generation in due if in_hand.get(router_id, nothing).get(pk) != generation}
    return sorted(found | set(due_errands()) | _routers_to_read(_to_observe(now)) | _routers_to_read(_to_survey(now)))


def due_work(*, now: datetime, owner: str, leased: Collection[int] = (), routers: Collection[int] | None = None) -> Due:
    """Return what is due at `now` on each of `routers` (None: all) that `owner` can lease; it is leased then.

    The routers in `leased` are known to be its own for a while yet.
    """
    found = _Found(
        _by_router(_wishes(now, urgent=True, routers=routers)),
        _by_router(_wishes(now, urgent=False, routers=routers)),
        {router_id: errands for router_id, errands in due_errands().items() if routers is None or router_id in routers},
        _routers_to_read(_to_observe(now), routers),
        _routers_to_read(_to_survey(now), routers),
        is_all=True,
    )
    due = _on_routers(found, now=now, owner=owner, leased=leased)
    _note_readings(due, now)
    return due


@dataclass
class _Found:
    """What is due by router id. `is_all`: not the reconnections alone."""

    restores: dict[int, list[Wish]] = field(default_factory=dict)
    routine: dict[int, list[Wish]] = field(default_factory=dict)
    errands: dict[int, list[Errand]] = field(default_factory=dict)
    observed: set[int] = field(default_factory=set)
    surveyed: set[int] = field(default_factory=set)
    is_all: bool = False


def _on_routers(found: _Found, *, now: datetime, owner: str, leased: Collection[int]) -> Due:
    due = Due()
    ids = {*found.restores, *found.routine, *found.errands, *found.observed, *found.surveyed}
    if not ids:
        return due
    routers = [
        router
        for router in Router.objects.filter(pk__in=ids, is_enabled=True)
        if _may_try(router, now=now, urgent=router.pk in found.restores)
    ]
    missing = [router.pk for router in routers if router.pk not in leased]
    held = {*leased, *take_leases(router_ids=missing, owner=owner, now=now)}
    house = House.now([router.pk for router in routers])
    for router in routers:
        mine, rest = found.restores.get(router.pk, []), found.routine.get(router.pk, [])
        if router.pk not in held:
            if mine or rest:
                due.held_elsewhere.append(router.lease_owner)
            continue
        allowed = within_limit(router=router, routine=rest, now=now) if found.is_all else []
        work = Work(
            target_of(router, house),
            tuple(_item(wish, house) for wish in mine),
            tuple(_item(wish, house) for wish in allowed),
            observe=router.pk in found.observed,
            survey=router.pk in found.surveyed,
            errands=tuple(found.errands.get(router.pk, ())),
        )
        due.works.append((router, work))
    return due


def _to_observe(now: datetime) -> Q:
    return Q(observe_at=None) | Q(observe_at__lte=now)


def _to_survey(now: datetime) -> Q:
    return Q(survey_at__lte=now)


def _routers_to_read(when: Q, routers: Collection[int] | None = None) -> set[int]:
    rows = Router.objects.filter(when, is_enabled=True)
    if routers is not None:
        rows = rows.filter(pk__in=routers)
    return set(rows.values_list("pk", flat=True))


def _note_readings(due: Due, now: datetime) -> None:
    """Say when those that are read now are next to be read."""
    observed = Router.objects.filter(pk__in=[router.pk for router, work in due.works if work.observe])
    if any(work.observe for _router, work in due.works):
        observed.update(observe_at=now + OBSERVE_EVERY)
        observed.filter(watched_until__gt=now).update(observe_at=now + OBSERVE_WATCHED)
    surveyed = [router.pk for router, work in due.works if work.survey]
    if surveyed:
        Router.objects.filter(pk__in=surveyed).update(survey_at=now + SURVEY_EVERY)


def _due(now: datetime) -> AccessQuerySet:
    rows = Access.objects.pending().in_window(now).to_try()
    return rows.filter(Q(next_try_at=None) | Q(next_try_at__lte=now))


def _wishes(now: datetime, *, urgent: bool, routers: Collection[int] | None = None) -> list[Wish]:
    rows = _due(now).filter(urgent=urgent)
    if routers is not None:
        rows = rows.filter(router_id__in=routers)
    return [Wish._make(row) for row in rows.order_by("id").values_list(*WISH)[:_MOST]]


def _by_router(wishes: Iterable[Wish]) -> dict[int, list[Wish]]:
    found: dict[int, list[Wish]] = {}
    for wish in wishes:
        found.setdefault(wish.router_id, []).append(wish)
    return found


def _may_try(router: Router, *, now: datetime, urgent: bool) -> bool:
    """The circuit breaker: a failing router is left alone until its next try, a little less for a reconnection."""
    if router.next_try_at is None or router.next_try_at <= now:
        return True
    return urgent and router.last_error_at is not None and router.last_error_at + URGENT_RETRY <= now


def _item(wish: Wish, house: House) -> Item:
    return Item(wish.pk, wish.generation, wanted_of(wish, house.profiles), cause=wish.cause or "")


@dataclass(frozen=True)
class House:
    """What routers share, and what is in use on each, read once."""

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
    def now(cls, routers: Collection[int]) -> House:
        """Read it for these routers."""
        kinds: dict[int, set[tuple[str, str]]] = {}
        speeds: set[int] = set()
        used = Access.objects.filter(router_id__in=routers).order_by().distinct()
        for router_id, kind, cut_by, manages_speed in used.values_list("router_id", "kind", "cut_by", "manages_speed"):
            kinds.setdefault(router_id, set()).add((kind, cut_by))
            if manages_speed:
                speeds.add(router_id)
        return cls(
            profiles={
                (row.router_id, row.plan_id, row.kind): row for row in PlanProfile.objects.filter(router_id__in=routers)
            },
            own_lists=frozenset(
                Access.objects.filter(router_id__in=routers, kind=Access.Kind.PCQ)
                .exclude(profile="")
                .values_list("router_id", "profile")
            ),
            kinds={router_id: frozenset(ways) for router_id, ways in kinds.items()},
            speeds=frozenset(speeds),
            allowed=tuple(AllowedNetwork.objects.values_list("cidr", flat=True)),
            exceptions=router_exceptions(),
        )


def target_of(router: Router, house: House | None = None) -> Target:
    """Return how to reach a router, its password opened."""
    house = house or House.now([router.pk])
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


def within_limit(*, router: Router, routine: list[Wish], now: datetime) -> list[Wish]:
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
    # A person may have approved them since they were read; then they come with the next reading.
    still = Access.objects.pending().filter(pk__in=[wish.pk for wish in unapproved], cut_approved=False).count()
    waits = still + lately > router.max_cuts_per_run
    if waits and Router.objects.filter(pk=router.pk, cuts_waiting_since=None).update(cuts_waiting_since=now):
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


def take_leases(*, router_ids: Collection[int], owner: str, now: datetime) -> set[int]:
    """Take or renew these leases; return the router ids that are ours then."""
    if not router_ids:
        return set()
    free = Q(lease_owner__in=["", owner]) | Q(lease_until=None) | Q(lease_until__lte=now)
    asked = Router.objects.filter(pk__in=router_ids)
    asked.filter(free).update(lease_owner=owner, lease_until=now + LEASE)
    return set(asked.filter(lease_owner=owner, lease_until__gt=now).values_list("pk", flat=True))


def renew_leases(*, router_ids: Iterable[int], owner: str, now: datetime) -> set[int]:
    """Renew the leases that `owner` still holds; return the router ids that are its own."""
    held = Router.objects.filter(pk__in=list(router_ids), lease_owner=owner, is_enabled=True)
    held.update(lease_until=now + LEASE)
    return set(held.values_list("pk", flat=True))


def drop_leases(*, owner: str) -> None:
    """Give back all leases of `owner`, which has stopped or is known to be dead."""
    Router.objects.filter(lease_owner=owner).update(lease_owner="", lease_until=None)


def permitted(*, asked: Mapping[int, Mapping[int, int]], owner: str, now: datetime) -> dict[int, set[int]]:
    """Return which of these (router id -> access id -> generation) may still be sent now, right before they are.

    None of a router whose lease is lost; else without those paid, released or past their window meanwhile.
    """
    held = Router.objects.filter(pk__in=asked, lease_owner=owner, lease_until__gt=now, is_enabled=True)
    mine = set(held.values_list("pk", flat=True))
    found: dict[int, set[int]] = {router_id: set() for router_id in asked}
    generations = {pk: generation for router_id in mine for pk, generation in asked[router_id].items()}
    rows = Access.objects.in_window(now).filter(pk__in=generations, router_id__in=mine, dismissed_at=None)
    for router_id, pk, generation in rows.values_list("router_id", "pk", "generation"):
        if generations[pk] == generation:
            found[router_id].add(pk)
    return found


def next_due(now: datetime) -> datetime | None:
    """Return when this provider's network next has work, as far as its rows know."""
    later = Access.objects.pending().in_window(now).to_try().filter(router__is_enabled=True, next_try_at__gt=now)
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
