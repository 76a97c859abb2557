"""How much of what is asked the rules answer, on sentences nobody who wrote them has read."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.base import Benchmark, Round
from benchmarks.bot_sets import measure_sets


def measure(rounds: int) -> Iterator[Round]:
    """Yield the share of Spanish sentences answered where one was due; the last round tells the other languages'."""
    for number in range(rounds):
        scores = measure_sets()
        others = f"Portuguese {scores['pt'].coverage:.3f}, English {scores['en'].coverage:.3f}."
        yield Round(ours=[scores["es"].coverage], note=others if number == rounds - 1 else "")


BENCHMARK = Benchmark(
    name="bot-coverage",
    kind="share",
    better="higher",
    goal=0.85,
    note="Rules engine, Spanish: answered with an intent / asked for something, on held_es.jsonl.",
    measure=measure,
)
