"""cut-sweep: an approved batch cuts 10,000 services on 100 routers, beside a bare script that does the same."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.base import Benchmark, Round
from benchmarks.network_scene import ACCOUNTS, ROUTERS, scene
from events.models import Event


def measure(rounds: int) -> Iterator[Round]:
    """From the batch's COMMIT until the last cut is recorded, and the script's own time, by turns."""
    with scene() as night:
        everybody = night.services_of(range(ROUTERS))
        one_by_one = night.cut_barely(pipelined=False)
        note = f"One sentence at a time, a thread per router, the script takes {one_by_one:.1f} s."
        for number in range(rounds):
            night.evening()
            ours = night.cut(everybody)
            night.check_cut(ROUTERS * ACCOUNTS)
            night.evening()
            floor = night.cut_barely()
            night.check_cut(ROUTERS * ACCOUNTS)
            yield Round(ours=[ours], floor=[floor], note=note if number == 0 else "")
        _check_events(rounds * ROUTERS * ACCOUNTS)


def _check_events(expected: int) -> None:
    found = Event.objects.filter(type="access.cut").count()
    if found != expected:
        raise RuntimeError(f"{found} cuts were recorded and not {expected}")


BENCHMARK = Benchmark(
    name="cut-sweep",
    kind="ratio",
    better="lower",
    goal=2.0,
    note="10,000 services on 100 routers that delay each sentence 50 ms, from the batch's COMMIT to the last cut read "
    "back and recorded with its event and commands; the notices to customers follow it. Floor: a routeros-api script "
    "without a database, a thread per router, the same reads, pipelined writes, kicks and read-back.",
    measure=measure,
)
