"""The demo's second provider on both: its UISP is seeded, agrees with our rows, and leaves something to match."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.utils import timezone

from customers.domain.holds import open_hold
from customers.models import Equipment, Service
from desk.demo.providers import ACTOR
from desk.demo.routers import connect_routers
from desk.demo.uisp import connect_uisp, write_uisp_file
from desk.demo.world import PROVIDERS, World, router_names
from network.domain.accesses import add_access
from network.domain.desire import refresh_desired
from network.domain.knowing import candidate_of, known_services
from network.domain.matching import Sureness, match_candidates
from network.domain.planning import target_of
from network.drivers.registry import DRIVERS
from network.models import Access, Router
from network.tests.conftest import make_service
from simulators.uisp import UispSimulator
from tenants.current import enter

SUR = PROVIDERS[1]


@pytest.fixture
def world(tmp_path: Path, norte, sur) -> World:
    made = World.plan(tmp_path, web=8000, messaging_port=1, router_ports=[1] * len(router_names()))
    made.uisp_port = 1
    made.write(tmp_path / "world.json")
    return World.read(tmp_path / "world.json")


def people(count: int) -> None:
    router = Router.objects.get(name=SUR.routers[-1])
    for n in range(count):
        service = make_service(f"Persona{n} Apellido{n} Otro{n}")
        Equipment.objects.create(service=service, mac=f"66:1C:2C:00:00:{n:02X}")
        add_access(service=service, router=router, username=f"u{n}", ip=f"10.41.0.{n}", actor=ACTOR, now=timezone.now())


def test_some_hang_on_uisp_and_some_wait_for_a_match(world: World) -> None:
    now = timezone.now()
    with enter("sur"):
        connect_routers(SUR, world, now)
        people(40)
        connect_uisp(SUR, world, now)
        linked = Access.objects.filter(kind="uisp_site")
        assert (linked.count(), Access.objects.count()) == (24, 32)
        cut = linked.first()
        open_hold(service_id=cut.service_id, reason="debt", source="x", actor=ACTOR, now=now)
        refresh_desired(service_ids=[cut.service_id], now=now, actor=ACTOR)
        linked.filter(pk=cut.pk).update(applied_generation=1)
    for provider in PROVIDERS:
        write_uisp_file(provider, world)
    assert not Path(world.uisp_file("norte")).exists()
    state = json.loads(Path(world.uisp_file("sur")).read_text())
    with UispSimulator(user="enlace", password=SUR.uisp_password) as uisp:
        uisp.load(state)
        world.uisp_port = uisp.port
        with enter("sur"):
            connect_uisp(SUR, world, now)
            assert Access.objects.count() == 32, "only the first time is anybody moved"
            router = Router.objects.get(name=SUR.uisp)
            session = DRIVERS[router.kind].open(target_of(router).address, deadline_s=5, listener=lambda _e: None)
            accounts = session.observe(None, deadline_s=5).accounts
            survey = session.survey(deadline_s=5)
            session.close()
            off = {key.name for key, account in accounts.items() if not account.enabled}
            assert off == {cut.username}
            assert {access.username for access in linked} < {key.name for key in accounts}
            matches = match_candidates([candidate_of(one) for one in survey.found], known_services())
            left = [match for match in matches if match.candidate.key.split(":")[1] not in {a.username for a in linked}]
            assert {match.sureness for match in left} == set(Sureness)
            assert Service.objects.filter(accesses=None).count() == 8
    with enter("norte"):
        assert not Router.objects.exists()
