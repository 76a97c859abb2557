"""A router compared and brought to agree for real: through the process that holds it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import timezone

from network.domain.chores import ask_chores
from network.drivers.base import Deed
from network.models import Chore, Command, Drift, Router
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
