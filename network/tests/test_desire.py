from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError

from customers.domain.holds import close_holds, open_hold
from customers.models import Service
from events.models import Event
from network.domain.accesses import add_access
from network.domain.desire import refresh_desired, refresh_plan, refresh_stale
from network.domain.queries import figures_by_router, states_for_services
from network.models import Access
from network.tests.conftest import ACTOR, NOW, MakeAccess, make_router, make_service
from tenants.current import enter
from tenants.models import Tenant, Wake

pytestmark = pytest.mark.django_db
LATER = NOW + dt.timedelta(hours=2)


def hold(service: Service, reason: str = "debt", until: dt.datetime | None = None) -> None:
    open_hold(service_id=service.pk, reason=reason, source="test", actor=ACTOR, now=NOW, until=until)


def refresh(access: Access, **more: object) -> int:
    changed = refresh_desired(service_ids=[access.service_id], now=NOW, actor=ACTOR, **more)
    access.refresh_from_db()
    return changed


def test_a_hold_turns_the_access_off_and_its_close_on(in_norte: Tenant, sur: Tenant, make_access: MakeAccess) -> None:
    access = make_access()
    assert (access.desired, access.is_pending) == ("on", False)
    Wake.objects.all().delete()
    hold(access.service)
    assert refresh(access, cut_not_after=LATER) == 1
    assert (access.desired, access.generation, access.urgent, access.tell) == ("off", 1, False, True)
    assert access.cut_not_after == LATER
    assert access.requested_by["label"] == "Prueba"
    assert list(Wake.objects.values_list("tenant_id", "lane")) == [(in_norte.pk, "network")]
    assert refresh(access, cut_not_after=LATER) == 0, "asking again changes nothing"
    assert access.generation == 1
    close_holds(service_ids=[access.service_id], reason="debt", actor=ACTOR, now=LATER)
    assert refresh(access) == 1
    assert (access.desired, access.generation, access.urgent, access.cut_not_after) == ("on", 2, True, None)
    with enter("sur"):
        assert not Access.objects.exists()


def test_any_open_hold_keeps_it_off(in_norte: Tenant, make_access: MakeAccess) -> None:
    access = make_access()
    hold(access.service, "debt")
    hold(access.service, "abuse")
    refresh(access)
    close_holds(service_ids=[access.service_id], reason="debt", actor=ACTOR, now=LATER)
    assert refresh(access) == 0
    assert access.desired == "off"


def test_a_pending_cut_asked_again_gets_the_new_window(in_norte: Tenant, make_access: MakeAccess) -> None:
    access = make_access()
    hold(access.service)
    refresh(access, cut_not_after=LATER)
    tomorrow = LATER + dt.timedelta(days=1)
    assert refresh(access, cut_not_after=tomorrow, approved=True) == 0
    assert (access.cut_not_after, access.cut_approved, access.generation) == (tomorrow, True, 1)
    refresh(access)
    assert (access.cut_not_after, access.cut_approved) == (tomorrow, True), "a mere refresh leaves the window"
    assert list(Access.objects.pending().in_window(tomorrow)) == []
    assert list(Access.objects.pending().in_window(LATER)) == [access]


def test_cancelled_services_are_off_and_free_ones_on(in_norte: Tenant, make_access: MakeAccess) -> None:
    cancelled = make_access("x@red", service=make_service(status=Service.Status.CANCELLED))
    assert (cancelled.desired, cancelled.generation, cancelled.tell) == ("off", 1, False)
    free = make_access("y@red", service=make_service(status=Service.Status.FREE))
    assert free.desired == "on"


def test_time_alone_ends_a_pause(in_norte: Tenant, make_access: MakeAccess) -> None:
    access = make_access()
    hold(access.service, "pause", until=LATER)
    refresh(access)
    assert refresh_stale(now=NOW) == 0
    assert refresh_stale(now=LATER) == 1
    access.refresh_from_db()
    assert access.desired == "on"


def test_adding_an_access_again_changes_nothing(in_norte: Tenant, make_access: MakeAccess) -> None:
    access = make_access()
    again = make_access(service=access.service)
    assert again.pk == access.pk
    assert again.reveal("password") == "clave"
    assert b"clave" not in bytes(again.password)
    assert Event.objects.filter(type="access.added").count() == 1
    other = make_service()
    moved = add_access(
        service=other, router=access.router, username="ana@red", password="otra", actor=ACTOR, now=NOW, ip="10.0.0.9"
    )
    assert (moved.pk, moved.service, moved.reveal("password"), moved.ip) == (access.pk, other, "otra", "10.0.0.9")


def test_figures_and_states_in_one_query_each(
    in_norte: Tenant, make_access: MakeAccess, django_assert_num_queries: object
) -> None:
    router = make_router()
    accesses = [make_access(f"u{n}@red", router) for n in range(3)]
    Access.objects.filter(pk=accesses[0].pk).update(session_up=True, observed="on")
    Access.objects.filter(pk=accesses[1].pk).update(observed="missing")
    hold(accesses[2].service)
    refresh(accesses[2])
    with django_assert_num_queries(1):
        figures = figures_by_router([router.pk])[router.pk]
    assert (figures.total, figures.online, figures.pending, figures.differing, figures.waiting) == (3, 1, 1, 1, 1)
    with django_assert_num_queries(1):
        states = states_for_services([access.service_id for access in accesses])
    assert {access.username for found in states.values() for access in found} == {"u0@red", "u1@red", "u2@red"}


def test_a_router_name_is_taken_once(in_norte: Tenant) -> None:
    router = make_router()
    assert router.reveal("password") == "enlace"
    with pytest.raises(IntegrityError):
        make_router()


def test_a_plan_that_sells_another_speed_reaches_who_has_it(
    in_norte: Tenant, sur: Tenant, make_access: MakeAccess
) -> None:
    managed, left = make_access("a@red"), make_access("b@red")
    Access.objects.filter(pk=managed.pk).update(manages_speed=True)
    plan = managed.service.plan
    assert refresh_plan(plan_id=plan.pk, now=NOW, actor=ACTOR) == 1, "it had no speed in mind yet"
    assert refresh_plan(plan_id=plan.pk, now=NOW, actor=ACTOR) == refresh_stale(now=NOW) == 0
    plan.download_kbps, plan.upload_kbps = 80_000, 20_000
    plan.save()
    assert refresh_stale(now=LATER) == 1, "whoever edits plans stands below the network and does not tell"
    managed.refresh_from_db()
    assert managed.wanted_plan["speed"][:2] == [80_000, 20_000]
    assert (managed.is_pending, managed.urgent, managed.tell) == (True, False, False)
    left.refresh_from_db()
    assert (left.wanted_plan, left.is_pending) == ({}, False)
    assert refresh_stale(now=LATER) == 0
