"""kill -9 of the network process at any sentence or moment: started again, it ends the same."""

from __future__ import annotations

import os
import random
import signal
import time
from itertools import pairwise

import pytest

from events.models import Event
from network.models import Access, Router
from network.tests.conftest import MakeAccess, NetworkProcess
from network.tests.process_tools import all_told, cut, events_of, eventually, restore, router_row, settled, simulate
from simulators.routeros.engine import Received
from simulators.routeros.server import RouterSimulator
from tenants.models import Tenant
from tests.harness.processes import Child

pytestmark = pytest.mark.usefixtures("fresh_db")


def kill_at_sentence(router: RouterSimulator, process: Child, number: int) -> None:
    """Kill the process the moment its `number`-th sentence from now has arrived, before the router obeys it."""
    left = [number]

    def count(_note: Received) -> None:
        left[0] -= 1
        if left[0] == 0:
            os.kill(process.pid, signal.SIGKILL)

    router.on_sentence(count)


def check_told_once(access: Access, times: int) -> None:
    """Each cut is one event and one notice (no channel here: the attempt is an event of its own)."""
    assert events_of(access).count("access.cut") == times
    notices = Event.objects.filter(type="notice.not_sent", customer_id=access.service.customer_id)
    keys = [event.facts["key"] for event in notices if event.facts["key"].endswith(":cut")]
    assert len(keys) == len(set(keys)) == times


# Sentences of a targeted cut of two: 4 reads, 4 writes, 4 reads; logging in and reading all come before.
@pytest.mark.parametrize("number", [1, 3, 5, 6, 8, 9, 12])
def test_killed_at_a_sentence(
    in_norte: Tenant, make_access: MakeAccess, network_process: NetworkProcess, number: int
) -> None:
    with simulate("ana@red", "beto@red", "caro@red") as router:
        row = router_row(router)
        ana, beto, caro = (make_access(name, row) for name in ("ana@red", "beto@red", "caro@red"))
        with network_process() as process:
            assert eventually(lambda: Access.objects.filter(session_up=True).count() == 3, 60)
            cut(caro)
            assert eventually(lambda: settled(caro) and all_told())
            kill_at_sentence(router, process, number)
            cut(ana, beto)
            restore(caro)
            assert process.wait(timeout=60) == -signal.SIGKILL
        router.on_sentence(None)
        with network_process():
            assert eventually(lambda: settled(ana, beto, caro), 60)
            assert router.disabled_names() == {"ana@red", "beto@red"}
            assert eventually(lambda: router.online_names() == {"caro@red"} and all_told())
        for access in (ana, beto, caro):
            check_told_once(access, 1)
        assert events_of(caro)[-1] == "access.restored"


def test_killed_at_random_moments(in_norte: Tenant, make_access: MakeAccess, network_process: NetworkProcess) -> None:
    names = [f"u{n}@red" for n in range(12)]
    draw = random.Random(20261121)  # noqa: S311 -- repeatable, not secret
    with simulate(*names) as router:
        row = router_row(router)
        accesses = [make_access(name, row) for name in names]
        router.set_faults(latency_ms=15)
        for _turn in range(4):
            Router.objects.update(observe_at=None)
            with network_process() as process:
                router.on_sentence(None)
                assert eventually(lambda: router.connection_count > 0, 60)
                half = draw.sample(accesses, 6)
                cut(*[a for a in half if Access.objects.get(pk=a.pk).desired == "on"])
                restore(*[a for a in accesses if a not in half])
                time.sleep(draw.uniform(0.01, 0.25))
                process.kill()
        router.set_faults(latency_ms=0)
        with network_process():
            assert eventually(lambda: settled(*accesses), 30)
            wanted = set(Access.objects.filter(desired="off").values_list("username", flat=True))
            assert router.disabled_names() == wanted
            assert eventually(lambda: router.online_names() == set(names) - wanted)
        for access in accesses:
            told = [what for what in events_of(access) if what != "access.added"]
            assert all(first != second for first, second in pairwise(told)), told
