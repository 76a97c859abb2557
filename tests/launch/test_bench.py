"""What bin/bench makes of its rounds."""

from __future__ import annotations

from importlib import import_module

import pytest

from benchmarks import BENCHMARKS
from benchmarks.base import Benchmark, Round, judge, quantile_of, run

KEYS = {"name", "kind", "value", "better", "goal", "met", "floor", "rounds", "worst", "samples", "note"}


def benchmark(kind="ratio", better="lower", goal=3.0, rounds=(), **more):
    return Benchmark("x", kind, better, goal, "a note", lambda _count: iter(rounds), **more)


def test_a_ratio_is_the_median_of_each_rounds_own_ratio():
    rounds = [Round([2.0], [1.0]), Round([30.0], [15.0]), Round([5.0], [1.0])]
    result = judge(benchmark(), rounds)
    assert (result.value, result.worst, result.rounds, result.samples) == (2.0, 5.0, 3, 3)


def test_json_has_the_agreed_keys():
    assert set(judge(benchmark(), [Round([2.0], [1.0])]).as_json()) == KEYS


@pytest.mark.parametrize(
    ("better", "goal", "met"),
    [("lower", 3.0, True), ("lower", 1.0, False), ("higher", 1.0, True), ("higher", 3.0, False)],
)
def test_met_knows_which_way_is_better(better, goal, met):
    assert judge(benchmark(better=better, goal=goal), [Round([2.0], [1.0])]).met is met


def test_an_unsteady_floor_is_not_judged_and_says_why():
    result = judge(benchmark(goal=100), [Round([2.0], [1.0]), Round([5.0], [2.5])])
    assert result.met is None
    assert "2.5x" in result.note
    assert result.note.startswith("a note")


def test_a_time_that_met_its_goal_on_a_busy_machine_met_it():
    rounds = [Round([2.0], [1.0]), Round([5.0], [2.5])]
    assert judge(benchmark(kind="seconds", goal=10), rounds).met is True
    assert judge(benchmark(kind="seconds", goal=1), rounds).met is None


def test_seconds_take_the_quantile_of_all_samples():
    rounds = [Round([0.1] * 10) for _ in range(9)] + [Round([0.1] * 4 + [0.9] * 6)]
    result = judge(benchmark("seconds", goal=1.0, quantile=0.95), rounds)
    assert (result.value, result.worst, result.samples, result.floor) == (0.9, 0.9, 100, None)


def test_the_nearest_rank():
    assert quantile_of(range(1, 101), 0.95) == 95
    assert quantile_of([7], 0.95) == 7


def test_fewer_rounds_than_nine_are_refused():
    with pytest.raises(ValueError, match="8 rounds of 9"):
        run(benchmark(rounds=[Round([1.0], [1.0])] * 8))


@pytest.mark.parametrize("name", BENCHMARKS)
def test_each_benchmark_is_registered_under_its_own_name(name):
    assert import_module(BENCHMARKS[name]).BENCHMARK.name == name


def test_what_is_promised_is_measured():
    assert {"restore-latency", "billing-run-10k", "tenant-overhead", "scheduler-tick"} <= set(BENCHMARKS)
