"""What is due, who may do it, and what the guard lets through."""

from __future__ import annotations

import datetime as dt

import pytest

from customers.domain.holds import close_holds, open_hold
from events.models import Event
from network.domain.desire import refresh_desired
from network.domain.planning import due_restores, due_work, next_due, permitted, routers_due, take_leases
from network.models import Access, Router
from network.tests.conftest import ACTOR, NOW, MakeAccess, make_router
from tenants.models import Tenant

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)


def hold(*accesses: Access, approved: bool = False, **more: object) -> None:
    for access in accesses:
        open_hold(service_id=access.service_id, reason="debt", source="dunning", actor=ACTOR, now=NOW)
    ids = [access.service_id for access in accesses]
    refresh_desired(service_ids=ids, now=NOW, actor=ACTOR, approved=approved, **more)


def release(*accesses: Access) -> None:
    ids = [access.service_id for access in accesses]
    close_holds(service_ids=ids, reason="debt", actor=ACTOR, now=NOW)
    refresh_desired(service_ids=ids, now=NOW, actor=ACTOR)


def plan(now: dt.datetime = NOW, owner: str = "a") -> tuple[set[str], set[str]]:
    works = [work for _router, work in due_work(now=now, owner=owner).works]
    restores = {item.key.name for work in works for item in work.restores}
    return restores, {item.key.name for work in works for item in work.routine}


def test_each_gets_its_turn(in_norte: Tenant, make_access: MakeAccess) -> None:
    one, two = make_access("a@red"), make_access("b@red")
    assert plan() == (set(), set())
    hold(one, two)
    assert plan() == (set(), {"a@red", "b@red"})
    release(one)
    assert plan() == ({"a@red"}, {"b@red"})


def test_a_leased_router_is_nobody_elses(in_norte: Tenant, make_access: MakeAccess) -> None:
    access = make_access()
    hold(access)
    assert plan(owner="a") == (set(), {"ana@red"})
    release(access)
    due = due_work(now=NOW, owner="b")
    assert (due.works, due.held_elsewhere) == ([], ["a"])
    assert plan(NOW + MINUTE, owner="b") == ({"ana@red"}, set()), "a lease ends by itself"
    assert take_leases(router_ids=[access.router_id], owner="a", now=NOW + MINUTE) == set()


def test_the_guard_counts_the_hour_and_lets_go_when_nothing_waits(in_norte: Tenant, make_access: MakeAccess) -> None:
    router = make_router()
    accesses = [make_access(f"u{n}@red", router) for n in range(4)]
    Router.objects.update(max_cuts_per_run=3)
    hold(*accesses)
    assert plan() == (set(), set())
    router.refresh_from_db()
    assert router.cuts_waiting_since == NOW
    assert Event.objects.get(type="router.cuts_waiting").facts["count"] == 4
    release(accesses[0])
    assert plan()[1] == {"u1@red", "u2@red", "u3@red"}
    router.refresh_from_db()
    assert router.cuts_waiting_since is None
    Access.objects.filter(pk=accesses[1].pk).update(cut_since=NOW - MINUTE)
    assert plan()[1] == set(), "one more was cut within the hour"
    assert plan(NOW + 60 * MINUTE)[1] == {"u1@red", "u2@red", "u3@red"}


def test_a_failing_router_waits_but_reconnections_less(in_norte: Tenant, make_access: MakeAccess) -> None:
    cutting, returning = make_access("a@red"), make_access("b@red")
    hold(cutting, returning)
    Access.objects.filter(pk=returning.pk).update(applied_generation=1)
    Router.objects.update(failures=5, last_error_at=NOW, next_try_at=NOW + 10 * MINUTE, observe_at=NOW + 20 * MINUTE)
    assert plan() == (set(), set())
    assert next_due(NOW) == NOW + 10 * MINUTE
    release(returning)
    soon = NOW + dt.timedelta(seconds=10)
    assert next_due(NOW) == soon
    assert plan() == (set(), set())
    assert plan(soon)[0] == {"b@red"}
    Router.objects.update(is_enabled=False)
    assert plan(NOW + 60 * MINUTE) == (set(), set())


def test_a_cut_is_permitted_right_before_it_is_sent(in_norte: Tenant, make_access: MakeAccess) -> None:
    paid, late, fine = make_access("a@red"), make_access("b@red"), make_access("c@red")
    hold(paid, fine, approved=True)
    hold(late, approved=True, cut_not_after=NOW + MINUTE)
    router_id, cuts = fine.router_id, {access.pk: 1 for access in (paid, late, fine)}

    def allowed(now: dt.datetime, owner: str = "a") -> set[int]:
        return permitted(asked={router_id: cuts}, owner=owner, now=now)[router_id]

    assert allowed(NOW) == set(), "nobody holds the router yet"
    take_leases(router_ids=[router_id], owner="a", now=NOW)
    assert allowed(NOW) == set(cuts)
    release(paid)
    assert allowed(NOW) == {late.pk, fine.pk}
    assert allowed(NOW + MINUTE) == set(), "the lease has run out"
    take_leases(router_ids=[router_id], owner="a", now=NOW + 2 * MINUTE)
    assert allowed(NOW + 2 * MINUTE) == {fine.pk}
    assert allowed(NOW + 2 * MINUTE, owner="b") == set(), "the lease is another's"
    Router.objects.update(is_enabled=False)
    assert allowed(NOW + 2 * MINUTE) == set()


def test_reconnections_are_planned_apart(in_norte: Tenant, make_access: MakeAccess) -> None:
    cutting, returning = make_access("a@red"), make_access("b@red")
    hold(cutting, returning)
    Access.objects.filter(pk=returning.pk).update(applied_generation=1)
    release(returning)
    [(_router, work)] = due_restores(now=NOW, owner="a").works
    assert ([item.access_id for item in work.restores], work.routine, work.observe) == ([returning.pk], (), False)
    Router.objects.update(observe_at=NOW + MINUTE, survey_at=NOW + MINUTE)
    assert routers_due(now=NOW, in_hand={}) == [cutting.router_id]
    in_hand = {cutting.router_id: {cutting.pk: 1, returning.pk: 2}}
    assert routers_due(now=NOW, in_hand=in_hand) == []
    assert due_work(now=NOW, owner="a", routers=[]).works == []


def test_what_is_stuck_waits_but_who_is_to_be_let_through_does_not(in_norte: Tenant, make_access: MakeAccess) -> None:
    cutting, returning = make_access("a@red"), make_access("b@red")
    hold(cutting, returning)
    Access.objects.filter(pk=returning.pk).update(applied_generation=1)
    release(returning)
    Access.objects.update(stuck_since=NOW)
    assert plan() == ({"b@red"}, set())
    Access.objects.update(dismissed_at=NOW)
    assert plan() == (set(), set())
