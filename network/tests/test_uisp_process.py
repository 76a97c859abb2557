"""The network process with UISP for real: the same reconciler, another wire."""

from __future__ import annotations

import time

import pytest
from django.utils import timezone

from customers.models import Plan
from events.models import Event
from network.domain.accesses import add_access
from network.domain.desire import refresh_desired
from network.domain.routers import add_router, change_router
from network.models import Access, Command, Router
from network.tests.conftest import ACTOR, make_service
from network.tests.process_tools import cut, events_of, eventually, restore, router_row, running, settled
from network.tests.process_tools import simulate as simulate_router
from network.tests.uisp_tools import PASSWORD, WRITE, simulate
from simulators.uisp import UispSimulator
from simulators.uisp.state import Service as UispService
from tenants.current import enter
from tenants.models import Tenant, Wake

pytestmark = pytest.mark.usefixtures("fresh_db")
SIDES = ["uisp_nms", "uisp_crm"]


def uisp_row(uisp: UispSimulator, kind: str = "uisp_nms", name: str = "UISP") -> Router:
    is_nms = kind == "uisp_nms"
    return add_router(
        name=name,
        kind=kind,
        host="127.0.0.1",
        port=uisp.port,
        username="enlace" if is_nms else "",
        password=PASSWORD if is_nms else WRITE,
        actor=ACTOR,
        now=timezone.now(),
    )


def uisp_access(router: Router, found: UispService) -> Access:
    is_nms = router.kind == "uisp_nms"
    return add_access(
        service=make_service(),
        router=router,
        kind="uisp_site" if is_nms else "uisp_service",
        username=str(found.site_id) if is_nms else str(found.id),
        actor=ACTOR,
        now=timezone.now(),
    )


@pytest.mark.parametrize("kind", SIDES)
def test_cut_and_restore_end_to_end(in_norte: Tenant, sur: Tenant, kind: str) -> None:
    with simulate() as uisp, running():
        people = [uisp.world.add_customer(f"Persona {n}", ip=f"10.1.0.{n}") for n in (1, 2, 3)]
        row = uisp_row(uisp, kind)
        ana, beto = uisp_access(row, people[0]), uisp_access(row, people[1])
        assert eventually(lambda: Access.objects.filter(session_up=True).count() == 2)
        cut(ana)
        assert eventually(lambda: settled(ana))
        assert not uisp.world.reaches_internet("10.1.0.1")
        assert uisp.world.reaches_internet("10.1.0.2")
        ana.refresh_from_db()
        assert (ana.observed, ana.session_up, ana.cut_since is not None) == ("off", False, True)
        assert ana.label == ("Persona 1" if kind == "uisp_nms" else str(people[0].id))
        restore(ana)
        assert eventually(lambda: settled(ana))
        assert uisp.world.reaches_internet("10.1.0.1")
        assert eventually(lambda: Access.objects.get(pk=ana.pk).session_up)
        assert events_of(ana) == ["access.added", "access.cut", "access.restored"]
        assert events_of(beto) == ["access.added"]
        assert Event.objects.get(type="access.cut").facts["causes"][0]["reason"] == "debt"
        row.refresh_from_db()
        assert (row.failures, row.strangers, bool(row.version)) == (0, 1, True)
        suspended = [call for call in uisp.writes() if "suspend" in call.rsplit("/", 1)[1]]
        assert len(suspended) == 2, "once off, once on"
        logged = " ".join(Command.objects.values_list("sentence", flat=True))
        assert "/suspend" in logged
        assert PASSWORD not in logged
        assert WRITE not in logged
        with enter("sur"):
            assert not Access.objects.exists()
            assert not Command.objects.exists()
    assert not Wake.objects.filter(lane="network").exists()


@pytest.mark.parametrize("kind", SIDES)
def test_a_night_of_sixty_and_a_second_pass_that_writes_nothing(in_norte: Tenant, kind: str) -> None:
    with simulate() as uisp, running():
        row = uisp_row(uisp, kind)
        people = [uisp.world.add_customer(f"Persona {n}", ip=f"10.1.0.{n}") for n in range(60)]
        accesses = [uisp_access(row, one) for one in people]
        cut(*accesses)
        assert eventually(lambda: settled(*accesses))
        assert len(uisp.world.ips(suspended=True)) == 60
        before = len(uisp.writes())
        Access.objects.update(applied_generation=0)
        refresh_desired(service_ids=[a.service_id for a in accesses], now=timezone.now(), actor=ACTOR, approved=True)
        assert eventually(lambda: settled(*accesses))
        assert len(uisp.writes()) == before
        assert Event.objects.filter(type="access.cut").count() == 60


@pytest.mark.parametrize("kind", SIDES)
def test_an_answer_that_got_lost_is_read_again_not_repeated(in_norte: Tenant, kind: str) -> None:
    with simulate() as uisp, running():
        row = uisp_row(uisp, kind)
        ana = uisp_access(row, uisp.world.add_customer("Ana Muñoz", ip="10.1.0.1"))
        assert eventually(lambda: Access.objects.get(pk=ana.pk).session_up)
        uisp.fail_on("/suspend", "reset")
        cut(ana)
        assert eventually(lambda: not uisp.world.reaches_internet("10.1.0.1"))
        change_router(router_id=row.pk, changes={}, actor=ACTOR, now=timezone.now())
        assert eventually(lambda: settled(ana))
        assert sum(call.endswith("/suspend") for call in uisp.writes()) == 1
        assert events_of(ana).count("access.cut") == 1


def test_a_uisp_that_never_answers_delays_nobody(in_norte: Tenant) -> None:
    with simulate() as dead, simulate_router("ana@red") as router, running():
        first = uisp_row(dead)
        lento = uisp_access(first, dead.world.add_customer("Lento", ip="10.1.0.1"))
        second = router_row(router)
        ana = add_access(service=make_service(), router=second, username="ana@red", actor=ACTOR, now=timezone.now())
        assert eventually(lambda: Access.objects.filter(session_up=True).count() == 2)
        dead.fail_on("/sites", "hang", times=None, seconds=30)
        cut(lento, ana)
        started = time.monotonic()
        assert eventually(lambda: settled(ana))
        assert time.monotonic() - started < 2
        assert not settled(lento)


def test_what_cannot_be_read_cuts_nobody_and_converges_when_back(in_norte: Tenant) -> None:
    with simulate() as uisp, running():
        row = uisp_row(uisp)
        ana = uisp_access(row, uisp.world.add_customer("Ana Muñoz", ip="10.1.0.1"))
        assert eventually(lambda: Router.objects.get(pk=row.pk).last_seen_at)
        uisp.fail_on("/sites", "html", times=None)
        cut(ana)
        assert eventually(lambda: "no es UISP" in Router.objects.get(pk=row.pk).last_error)
        assert uisp.writes() == []
        uisp.clear_faults()
        change_router(router_id=row.pk, changes={}, actor=ACTOR, now=timezone.now())
        assert eventually(lambda: settled(ana))
        assert not uisp.world.reaches_internet("10.1.0.1")


def test_a_wrong_password_waits_for_a_person(in_norte: Tenant) -> None:
    with simulate() as uisp, running():
        row = uisp_row(uisp)
        change_router(router_id=row.pk, changes={}, actor=ACTOR, now=timezone.now(), password="equivocada")
        assert eventually(lambda: "no aceptó" in Router.objects.get(pk=row.pk).last_error)
        tries = len(uisp.calls)
        time.sleep(0.5)
        assert len(uisp.calls) == tries, "signing in again and again locks out"
        assert not Command.objects.filter(reply__contains="equivocada").exists()


def test_the_speed_follows_the_plan(in_norte: Tenant) -> None:
    with simulate() as uisp, running():
        row = uisp_row(uisp)
        found = uisp.world.add_customer("Ana Muñoz", ip="10.1.0.1")
        ana = uisp_access(row, found)
        Plan.objects.update(download_kbps=80_000, upload_kbps=16_000)
        Access.objects.filter(pk=ana.pk).update(manages_speed=True)
        refresh_desired(service_ids=[ana.service_id], now=timezone.now(), actor=ACTOR)
        assert eventually(lambda: settled(ana))
        site = uisp.world.sites[found.site_id]
        assert (site.download, site.upload) == (80_000_000, 16_000_000)
        assert eventually(lambda: Access.objects.get(pk=ana.pk).seen.get("speed", [])[:2] == [80_000, 16_000])


def test_a_site_that_is_gone_is_told(in_norte: Tenant) -> None:
    with simulate() as uisp, running():
        row = uisp_row(uisp)
        found = uisp.world.add_customer("Ana Muñoz", ip="10.1.0.1")
        ana = uisp_access(row, found)
        del uisp.world.sites[found.site_id]
        cut(ana)
        assert eventually(lambda: Access.objects.get(pk=ana.pk).attempts > 0)
        ana.refresh_from_db()
        assert (ana.observed, ana.is_pending) == ("missing", True)
        assert "no existe" in ana.last_error


def test_what_a_technician_does_in_uisp_is_seen_and_left(in_norte: Tenant) -> None:
    with simulate() as uisp, running():
        row = uisp_row(uisp)
        cut_one, paid = (uisp.world.add_customer(f"Persona {n}", ip=f"10.1.0.{n}") for n in (1, 2))
        first, second = uisp_access(row, cut_one), uisp_access(row, paid)
        cut(first)
        assert eventually(lambda: settled(first))
        writes = len(uisp.writes())
        uisp.world.sites[cut_one.site_id].suspended = False
        uisp.world.sites[paid.site_id].suspended = True
        change_router(router_id=row.pk, changes={}, actor=ACTOR, now=timezone.now())
        assert eventually(lambda: Access.objects.get(pk=first.pk).observed == "on")
        assert eventually(lambda: Access.objects.get(pk=second.pk).observed == "off")
        assert not Access.objects.get(pk=first.pk).agrees
        assert len(uisp.writes()) == writes, "repairing is another matter than reporting"
