"""Two processes at one router, a router that comes back after an hour, a technician who changes things meanwhile."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest
from django.db.models import F
from django.utils import timezone

from network.domain.desire import LANE
from network.models import Access, Command, Router
from network.tests.conftest import MakeAccess, NetworkProcess
from network.tests.process_tools import cut, eventually, restore, router_row, running, settled, simulate
from simulators.routeros.engine import Received
from simulators.routeros.server import RouterSimulator
from tenants.models import Tenant
from tenants.wakes import wake

pytestmark = pytest.mark.usefixtures("fresh_db")


def watch_connections(router: RouterSimulator, most: list[int], stopped: threading.Event) -> threading.Thread:
    """Note the most connections a router has had at once."""

    def look() -> None:
        while not stopped.wait(0.005):
            most[0] = max(most[0], router.connection_count)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    return thread


def test_two_processes_never_hold_one_router(
    in_norte: Tenant, make_access: MakeAccess, network_process: NetworkProcess
) -> None:
    names = [f"u{n:02d}@red" for n in range(40)]
    most, stopped = [0], threading.Event()
    with simulate(*names) as router, network_process() as one, network_process() as two:
        row = router_row(router)
        accesses = [make_access(name, row) for name in names]
        assert eventually(lambda: Access.objects.filter(session_up=True).count() == len(names), 60)
        watcher = watch_connections(router, most, stopped)
        before = len(router.writes())
        for start in range(0, 40, 10):
            cut(*accesses[start : start + 10])
        assert eventually(lambda: settled(*accesses), 60)
        assert len(router.writes()) - before == 2 * len(names), "each was disabled and kicked by one of them"
        holder = Router.objects.get().lease_owner.split(":")[1]
        assert holder in {str(one.pid), str(two.pid)}
        stopped.set()
        watcher.join()
        assert most == [1]
        os.kill(int(holder), signal.SIGKILL)
        restore(*accesses)
        assert eventually(lambda: settled(*accesses), 90), "the other takes over"
        assert router.disabled_names() == set()
        assert Router.objects.get().lease_owner.split(":")[1] in {str(one.pid), str(two.pid)} - {holder}


def test_a_router_back_after_an_hour_converges_within_one_pass(in_norte: Tenant, make_access: MakeAccess) -> None:
    names = [f"u{n:02d}@red" for n in range(60)]
    with simulate(*names) as router, running():
        row = router_row(router)
        accesses = [make_access(name, row) for name in names]
        assert eventually(lambda: Access.objects.filter(session_up=True).count() == len(names))
        cut(*accesses[:20])
        assert eventually(lambda: settled(*accesses))
        router.power(on=False)
        assert eventually(lambda: Router.objects.filter(failures__gt=0).exists() or _read(row), 60)
        cut(*accesses[20:50])
        restore(*accesses[:10])
        assert eventually(lambda: Router.objects.get().failures > 0, 60)
        # What an hour of failing leaves behind, and nobody presses a button.
        hour_later = timezone.now()
        Router.objects.update(
            failures=9, last_error_at=hour_later, next_try_at=hour_later + timezone.timedelta(hours=1)
        )
        # A technician, at the router meanwhile.
        before = len(router.writes())
        commands = Command.objects.order_by("-id").values_list("pk", flat=True).first() or 0
        router.power(on=True)
        router.set_secret("u55@red", disabled="yes")
        router.set_secret("u21@red", disabled="yes")
        Router.objects.update(next_try_at=timezone.now())
        wake(LANE)
        assert eventually(lambda: settled(*accesses), 60)
        assert router.disabled_names() == {*names[10:50], "u55@red"}, "what a hand has cut is shown, not overruled"
        written = [note.words[0] for note in router.writes()][before:]
        assert written.count("/ppp/secret/set") == 10 + 29
        passes = Command.objects.filter(pk__gt=commands, sentence__startswith="/ppp/secret/set", ok=True)
        cuts = passes.filter(sentence__contains="disabled=yes")
        assert cuts.values("batch").distinct().count() == 1
        assert passes.exclude(pk__in=cuts).values("batch").distinct().count() == 1
        assert Router.objects.get().failures == 0
        assert set(Access.objects.exclude(attempts=0)) == set()
        assert not Access.objects.exclude(applied_generation=F("generation")).exists()


def _read(row: Router) -> bool:
    Router.objects.filter(pk=row.pk).update(observe_at=None)
    wake(LANE)
    time.sleep(0.5)
    return False


def test_a_technician_changes_things_meanwhile(in_norte: Tenant, make_access: MakeAccess) -> None:
    names = [f"u{n:02d}@red" for n in range(60)]
    acted = threading.Event()
    with simulate(*names) as router, running():
        row = router_row(router)
        accesses = [make_access(name, row) for name in names]
        assert eventually(lambda: Access.objects.filter(session_up=True).count() == len(names))

        def act() -> None:
            router.set_secret("u59@red", disabled="yes")
            router.remove_secret("u58@red")
            router.set_secret("u00@red", disabled="no")
            router.open_extra_session("u57@red")
            acted.set()

        def at_first_write(note: Received) -> None:
            if note.is_write:
                router.on_sentence(None)
                threading.Thread(target=act, daemon=True).start()

        router.set_faults(latency_ms=30)
        router.on_sentence(at_first_write)
        cut(*accesses)
        assert acted.wait(30)
        others = [access for access in accesses if access.username != "u58@red"]
        assert eventually(lambda: settled(*others), 60)
        assert router.disabled_names() == set(names) - {"u58@red"}
        assert eventually(lambda: router.online_names() <= {"u58@red"})
        gone = Access.objects.get(username="u58@red")
        assert (gone.observed, gone.is_pending) == ("missing", True)
        assert "no existe" in gone.last_error
