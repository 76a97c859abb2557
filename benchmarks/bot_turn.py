"""How long the rules take to read one message."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.base import Benchmark, Round
from benchmarks.bot_sets import measure_sets


def measure(rounds: int) -> Iterator[Round]:
    """Yield the seconds of each sentence of the three languages; the first reading, which warms up, is not counted."""
    measure_sets()
    for _ in range(rounds):
        yield Round(ours=[one.seconds for scores in measure_sets().values() for one in scores.outcomes])


BENCHMARK = Benchmark(
    name="bot-turn",
    kind="seconds",
    better="lower",
    goal=0.005,
    note="Rules engine: p95 of the time from a text to its intent, over the held sentences of three languages.",
    measure=measure,
    quantile=0.95,
)
