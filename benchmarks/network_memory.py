"""network-memory: the most memory the network process has held, night after night of 10,000 cuts."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.base import Benchmark, Round
from benchmarks.network_scene import ROUTERS, scene


def measure(rounds: int) -> Iterator[Round]:
    """Each round cuts everybody, tells them, and reads the peak since the process began."""
    with scene() as night:
        everybody = night.services_of(range(ROUTERS))
        for _round in range(rounds):
            night.evening()
            night.cut(everybody)
            night.wait_until_told()
            yield Round(ours=[night.memory()])


BENCHMARK = Benchmark(
    name="network-memory",
    kind="bytes",
    better="lower",
    goal=300e6,
    note="Peak resident memory of the network process since its start, with 10,000 services cut on 100 routers.",
    measure=measure,
    quantile=1.0,
)
