"""The methods through the thread that speaks with routers in production: mixed, many, read whole or by key."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from network.drivers.base import GONE, OFF, ON, Key, Setup, Speed, Wanted
from network.drivers.mikrotik.driver import MikroTik
from network.passes import Item, Report, Target, Work
from network.runtime.line import Line
from network.runtime.turns import Turns
from network.tests.methods.cases import LIST, VERSIONS, Rows, address_of, router_of, strangers
from simulators.routeros.server import RouterSimulator

COUNT = 40
SPEED = Speed(20_000, 5_000)


@contextmanager
def line_of(router: RouterSimulator, setup: Setup, told: list[Report]) -> Iterator[Line]:
    target = Target("norte", 1, "mikrotik", address_of(router, setup))
    line = Line(
        target,
        MikroTik(),
        gate=lambda _target, items: {item.access_id for item in items},
        tell=told.append,
        turns=Turns(4),
    )
    line.extend_lease(time.monotonic() + 600)
    line.start()
    yield line
    line.stop()
    line.join()


def passed(line: Line, told: list[Report], wanted: list[Wanted], generation: int) -> Report:
    """Have it done and return the report of it."""
    del told[:]
    items = tuple(Item(number, generation, one) for number, one in enumerate(wanted))
    line.submit(Work(line.target, routine=items))
    ends = time.monotonic() + 30
    while time.monotonic() < ends:
        for report in told:
            if report.failure is not None:
                raise report.failure
            if len(report.results) == len(items):
                return report
        time.sleep(0.02)
    raise AssertionError("no report")


@pytest.mark.parametrize("count", [3, COUNT], ids=["by-key", "in-bulk"])
def test_all_methods_side_by_side(count: int) -> None:
    rows: Rows = {
        "/ppp/secret": [{"name": f"u{n}", "password": "x"} for n in range(count)],
        "/queue/simple": [{"name": f"q{n}", "target": f"10.20.0.{n + 1}", "max-limit": "5M/20M"} for n in range(count)],
        "/ip/dhcp-server/lease": [
            {"address": f"10.21.0.{n + 1}", "mac-address": f"AA:BB:CC:DD:00:{n:02X}"} for n in range(count)
        ],
    }
    keys = [Key("pppoe", f"u{n}") for n in range(count)]
    keys += [Key("queue", f"q{n}") for n in range(count)]
    keys += [Key("dhcp", f"AA:BB:CC:DD:00:{n:02X}") for n in range(count)]
    keys += [Key("list", f"10.22.0.{n + 1}") for n in range(count)]
    setup = Setup(kinds=frozenset((kind, "") for kind in ("pppoe", "queue", "dhcp", "list")))

    def all_of(state: str) -> list[Wanted]:
        speeds = {"queue": SPEED}
        return [
            Wanted(key, state, speed=speeds.get(key.kind), signature=f"crm:{number:08x}", comment=key.name)
            for number, key in enumerate(keys)
        ]

    told: list[Report] = []
    with router_of(VERSIONS[-1], rows) as router, line_of(router, setup, told) as line:
        before = strangers(router)
        for generation, state in enumerate((OFF, ON, OFF, GONE)):
            report = passed(line, told, all_of(state), generation)
            assert [result.error for result in report.results if not result.done] == []
            quiet = router.received_count
            again = passed(line, told, all_of(state), generation)
            assert all(result.done for result in again.results)
            assert router.writes(after=quiet) == []
            if state == OFF:
                assert len(router.disabled_names()) == count
                assert sum(row["list"] == "cortados" for row in router.rows(LIST)) == count + 1
        assert strangers(router) == before
        assert not any(row["name"].startswith("u") for row in router.rows("/ppp/secret"))
