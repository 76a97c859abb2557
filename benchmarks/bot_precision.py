"""How often the rules are right when they answer, on sentences nobody who wrote them has read."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.base import Benchmark, Round
from benchmarks.bot_sets import measure_sets


def measure(rounds: int) -> Iterator[Round]:
    """Yield the share of Spanish answers that are right; the last round tells the other languages'."""
    for number in range(rounds):
        scores = measure_sets()
        others = f"Portuguese {scores['pt'].precision:.3f}, English {scores['en'].precision:.3f} (at least 0.90 each)."
        yield Round(ours=[scores["es"].precision], note=others if number == rounds - 1 else "")


BENCHMARK = Benchmark(
    name="bot-precision",
    kind="share",
    better="higher",
    goal=0.95,
    note="Rules engine, Spanish: right answers / answers with an intent, on held_es.jsonl.",
    measure=measure,
)
