"""A router compared and brought to agree for real: through the process that holds it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import timezone

from events.models import Event
from network.domain.chores import ask_chores
from network.domain.cutting import adopt_list, install_rules, migrate_list
from network.drivers.base import Deed
from network.models import Chore, Command, Drift, Firewall, Router
from network.tests.conftest import ACTOR, MakeAccess
from network.tests.process_tools import eventually, router_row, running, settled, simulate
from simulators.routeros.server import RouterSimulator
from tenants.models import Tenant

pytestmark = pytest.mark.usefixtures("fresh_db")


@pytest.fixture
def simulator() -> Iterator[RouterSimulator]:
    with simulate("ana@red", "extra@red") as found:
        yield found


def kinds() -> list[str]:
    return sorted(Drift.objects.open().values_list("kind", flat=True))


def test_a_new_router_is_compared_by_itself_and_a_stranger_is_taken_off_when_asked(
    in_norte: Tenant, make_access: MakeAccess, simulator: RouterSimulator
) -> None:
    router = router_row(simulator)
    access = make_access("ana@red", router)
    with running():
        assert eventually(lambda: settled(access) and kinds() == ["unknown"])
        drift = Drift.objects.open().get()
        deed = Deed("disable", {"method": "pppoe", "rows": drift.detail["rows"]})
        ask_chores(router_id=router.pk, deeds=[deed], actor=ACTOR, now=timezone.now())
        assert eventually(lambda: not Chore.objects.waiting().exists() and kinds() == [])
    assert simulator.secret("extra@red")["disabled"] == "true"
    assert simulator.secret("ana@red")["disabled"] == "false"
    assert not Chore.objects.exclude(error="").exists()
    assert Command.objects.filter(sentence__startswith="/ppp/secret/set", cause=ACTOR.label).exists()
    assert Router.objects.get().surveyed_at is not None


def test_wisphubs_list_is_adopted_without_a_write_and_then_moved_step_by_step(
    in_norte: Tenant, make_access: MakeAccess
) -> None:
    rows = {
        "/ip/firewall/address-list": [{"list": "Moroso", "address": "10.0.0.5"}],
        "/ip/firewall/nat": [
            {
                "chain": "dstnat",
                "action": "redirect",
                "protocol": "tcp",
                "dst-port": "!8291",
                "src-address-list": "Moroso",
                "to-ports": "999",
            }
        ],
    }
    with simulate("ana@red", rows=rows) as simulator, running():
        router = router_row(simulator)
        make_access("ana@red", router)
        assert eventually(Firewall.objects.exists)
        adopt_list(router_id=router.pk, name="Moroso", actor=ACTOR, now=timezone.now())
        assert simulator.writes() == []
        migrate_list(router_id=router.pk, source="Moroso", target="cortados", actor=ACTOR, now=timezone.now())
        assert eventually(lambda: not Chore.objects.waiting().exists())
        assert not Chore.objects.exclude(error="").exists()
        router.refresh_from_db()
        assert router.cut_list == "cortados"
        lists = simulator.rows("/ip/firewall/address-list")
        assert {(row["list"], row["address"]) for row in lists} == {("Moroso", "10.0.0.5"), ("cortados", "10.0.0.5")}
        nat = {row["src-address-list"]: row["disabled"] for row in simulator.rows("/ip/firewall/nat")}
        assert nat == {"Moroso": "true", "cortados": "false"}


def test_a_step_that_fails_ends_its_batch_and_says_why(in_norte: Tenant, simulator: RouterSimulator) -> None:
    router = router_row(simulator)
    simulator.fail_on("/ip/firewall/filter/add", "trap", message="failure: no space left")
    with running():
        assert eventually(Firewall.objects.exists)
        install_rules(router_id=router.pk, actor=ACTOR, now=timezone.now())
        assert eventually(lambda: not Chore.objects.waiting().exists())
    assert Chore.objects.filter(error__contains="no space left").count() == 3
    assert simulator.rows("/ip/firewall/filter") == []
    assert Event.objects.filter(type="router.chore_failed").exists()
