"""What is due on the routers of one provider, and whether it may be done."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Min, Q

from events.domain import Actor, record
from network.domain.house import own_addresses
from network.drivers.base import Address
from network.models import Access, Router
from network.passes import Item, Target, Work
from tenants.current import current_tenant

# A lease outlives the deadline of a chunk by far, so that its end is never a surprise to whoever writes.
LEASE = timedelta(seconds=25)
OBSERVE_EVERY = timedelta(seconds=60)
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
    restores, cuts = _due_items(now)
    observed = list(
        Router.objects.filter(Q(observe_at=None) | Q(observe_at__lte=now), is_enabled=True).values_list("pk", flat=True)
    )
    due = Due()
    ids = {*restores, *cuts, *observed}
    for router in Router.objects.filter(pk__in=ids, is_enabled=True) if ids else ():
        mine = restores.get(router.pk, ())
        if not _may_try(router, now=now, urgent=bool(mine)):
            continue
        if router.pk not in leased and not take_lease(router_id=router.pk, owner=owner, now=now):
            if mine or router.pk in cuts:
                due.held_elsewhere.append(router.lease_owner)
            continue
        allowed = within_limit(router=router, cuts=cuts.get(router.pk, []), now=now)
        work = Work(
            target_of(router),
            tuple(_item(access) for access in mine),
            tuple(_item(access) for access in allowed),
            observe=router.pk in observed,
        )
        due.works.append((router, work))
    if observed:
        Router.objects.filter(pk__in=[r.pk for r, w in due.works if w.observe]).update(observe_at=now + OBSERVE_EVERY)
    return due


def _due_items(now: datetime) -> tuple[dict[int, list[Access]], dict[int, list[Access]]]:
    restores: dict[int, list[Access]] = {}
    cuts: dict[int, list[Access]] = {}
    due = Access.objects.pending().in_window(now).filter(Q(next_try_at=None) | Q(next_try_at__lte=now))
    for access in due.order_by("-urgent", "id")[:_MOST]:
        kind = restores if access.desired == Access.Desired.ON else cuts
        kind.setdefault(access.router_id, []).append(access)
    return restores, cuts


def _may_try(router: Router, *, now: datetime, urgent: bool) -> bool:
    """The circuit breaker: a failing router is left alone until its next try, a little less for a reconnection."""
    if router.next_try_at is None or router.next_try_at <= now:
        return True
    return urgent and router.last_error_at is not None and router.last_error_at + URGENT_RETRY <= now


def _item(access: Access) -> Item:
    return Item(access.pk, access.username, access.desired == Access.Desired.ON, access.generation)


def target_of(router: Router) -> Target:
    """Return how to reach a router, its password opened."""
    address = Address(
        host=router.host,
        port=router.port,
        username=router.username,
        password=router.reveal("password"),
        use_tls=router.use_tls,
        allow_local=settings.ALLOW_LOCAL_ROUTERS,
        forbidden=own_addresses(),
    )
    return Target(current_tenant().schema_name, router.pk, router.kind, address)


def within_limit(*, router: Router, cuts: list[Access], now: datetime) -> list[Access]:
    """Return the cuts that may happen: those a person approved, and the others while they are few.

    Above the router's limit for an hour none of the others happens; they wait for a person, and that is recorded.
    """
    unapproved = [access for access in cuts if not access.cut_approved]
    lately = 0
    if unapproved:
        lately = Access.objects.filter(router=router, cut_since__gt=now - GUARD_WINDOW, cut_approved=False).count()
    if len(unapproved) + lately <= router.max_cuts_per_run:
        if router.cuts_waiting_since:
            Router.objects.filter(pk=router.pk).update(cuts_waiting_since=None)
        return cuts
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
    return [access for access in cuts if access.cut_approved]


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


def permitted_cuts(*, router_id: int, owner: str, cuts: dict[int, int], now: datetime) -> set[int]:
    """Return which of the `cuts` (access id -> generation) may still be sent now, right before they are.

    None of them when the lease is lost; else without those paid, released or past their window meanwhile.
    """
    if not take_lease(router_id=router_id, owner=owner, now=now):
        return set()
    rows = (
        Access.objects.in_window(now)
        .filter(pk__in=cuts, desired=Access.Desired.OFF, router_id=router_id, router__is_enabled=True)
        .values_list("pk", "generation")
    )
    return {pk for pk, generation in rows if cuts[pk] == generation}


def next_due(now: datetime) -> datetime | None:
    """Return when this provider's network next has work, as far as its rows know."""
    later = Access.objects.pending().in_window(now).filter(router__is_enabled=True, next_try_at__gt=now)
    routers = Router.objects.filter(is_enabled=True).aggregate(
        observe=Min("observe_at"), retry=Min("next_try_at", filter=Q(next_try_at__gt=now))
    )
    urgent = Access.objects.pending().filter(urgent=True, router__is_enabled=True, router__next_try_at__gt=now)
    failed_at = urgent.aggregate(first=Min("router__last_error_at"))["first"]
    moments = [later.aggregate(first=Min("next_try_at"))["first"], routers["observe"], routers["retry"]]
    if failed_at is not None:
        moments.append(failed_at + URGENT_RETRY)
    return min((max(moment, now) for moment in moments if moment is not None), default=None)
