"""The shape of a benchmark and what becomes of its rounds."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Kind = Literal["ratio", "seconds", "bytes", "rate", "count", "share"]
Better = Literal["lower", "higher"]

LEAST_ROUNDS = 9
# Beyond this the machine was too busy for the rounds to be compared.
MOST_FLOOR_SPREAD = 2.0


@dataclass(frozen=True)
class Round:
    """One round: the samples of ours and, measured in between, of the floor (empty when there is none).

    `note` is something else this round found out, for the reader.
    """

    ours: Sequence[float]
    floor: Sequence[float] = ()
    note: str = ""


@dataclass(frozen=True)
class Benchmark:
    """`kind` ratio compares medians round by round; the others take `quantile` of all samples together."""

    name: str
    kind: Kind
    better: Better
    goal: float
    note: str
    measure: Callable[[int], Iterator[Round]]
    rounds: int = LEAST_ROUNDS
    quantile: float = 0.5


@dataclass(frozen=True)
class Result:
    """What bin/bench --json prints. `floor` is in the unit measured; `samples` counts ours of all rounds."""

    name: str
    kind: Kind
    value: float
    better: Better
    goal: float
    met: bool | None
    floor: float | None
    rounds: int
    worst: float
    samples: int
    note: str

    def as_json(self) -> dict[str, Any]:
        """The result as plain values, floats rounded to six significant figures."""
        return {
            key: float(f"{value:.6g}") if isinstance(value, float) else value for key, value in asdict(self).items()
        }


def timed(work: Callable[[], object]) -> float:
    """Run `work` and return the seconds it took."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def quantile_of(samples: Sequence[float], share: float) -> float:
    """The smallest sample that at least `share` of all do not exceed (the nearest-rank quantile)."""
    ordered = sorted(samples)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def run(benchmark: Benchmark, rounds: int | None = None) -> Result:
    """Measure and judge. Raises ValueError when it yields fewer rounds than asked for."""
    wanted = max(rounds or 0, benchmark.rounds, LEAST_ROUNDS)
    measured = list(benchmark.measure(wanted))
    if len(measured) < wanted:
        raise ValueError(f"{benchmark.name} yielded {len(measured)} rounds of {wanted}")
    return judge(benchmark, measured)


def judge(benchmark: Benchmark, rounds: Sequence[Round]) -> Result:
    """Turn rounds into the result; `met` is None, with the reason in the note, when the floor was unsteady."""
    everything = [sample for one in rounds for sample in one.ours]
    floors = [statistics.median(one.floor) for one in rounds if one.floor]
    worst_of = max if benchmark.better == "lower" else min
    if benchmark.kind == "ratio":
        ratios = [statistics.median(one.ours) / statistics.median(one.floor) for one in rounds]
        value, worst = statistics.median(ratios), worst_of(ratios)
    else:
        value, worst = quantile_of(everything, benchmark.quantile), worst_of(everything)
    met: bool | None = value <= benchmark.goal if benchmark.better == "lower" else value >= benchmark.goal
    note = " ".join([benchmark.note, *(one.note for one in rounds if one.note)])
    spread = max(floors) / min(floors) if floors else 1.0
    # A time that met its goal on a machine that was too busy would on a quiet one; a ratio may be flattered by it.
    if spread > MOST_FLOOR_SPREAD and not (met and benchmark.kind == "seconds"):
        met = None
        note += f" Not judged: the floor itself spread {spread:.1f}x between rounds, so the machine was too busy."
    return Result(
        name=benchmark.name,
        kind=benchmark.kind,
        value=value,
        better=benchmark.better,
        goal=benchmark.goal,
        met=met,
        floor=statistics.median(floors) if floors else None,
        rounds=len(rounds),
        worst=worst,
        samples=len(everything),
        note=note,
    )
