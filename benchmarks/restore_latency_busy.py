"""restore-latency-busy: the same as restore-latency, while the provider bills 100,000 services month after month."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from benchmarks.base import Benchmark, Round
from benchmarks.billing_months import prepare
from benchmarks.restore_latency import PER_ROUND, ROOT, cut_customers, measure_rounds
from tenants.current import enter

SERVICES = 100_000
SECONDS = 60.0
LEAST_RUNS = 1


def measure(rounds: int) -> Iterator[Round]:
    """Customers pay one by one, spread over a minute, while runs of a new period each follow one another."""
    with enter("norte"):
        prepare(SERVICES)
    with cut_customers(rounds * PER_ROUND) as scene, runs_of("norte") as done:
        began = time.monotonic()
        yield from measure_rounds(scene, rounds, pause=SECONDS / (rounds * PER_ROUND))
        if time.monotonic() - began < SECONDS:
            raise RuntimeError("the payments were over before the minute was")
        _wait_forruns_of(done)


@contextmanager
def runs_of(provider: str) -> Iterator[list[int]]:
    """Runs in a process of their own; the list grows by the invoices of each one that ended."""
    command = [sys.executable, "-m", "benchmarks.busy_runs", provider]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ.copy(), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    done: list[int] = []
    try:
        if not process.stdout.readline():
            raise RuntimeError("the runs did not begin")
        reader = Thread(target=_note, args=(process, done), daemon=True)
        reader.start()
        yield done
        if process.poll() is not None:
            raise RuntimeError("the runs ended while they should have kept going")
    finally:
        process.kill()
        process.wait(timeout=20)
        process.stdout.close()


def _note(process: subprocess.Popen[str], done: list[int]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        done.append(json.loads(line)["invoices"])  # noqa: PERF401 -- seen by the other thread as they come


def _wait_forruns_of(done: list[int]) -> None:
    """Without a whole run beside it this would measure an idle machine."""
    if len(done) < LEAST_RUNS or min(done) < SERVICES:
        raise RuntimeError(f"only these runs ended meanwhile: {done}")


BENCHMARK = Benchmark(
    name="restore-latency-busy",
    kind="seconds",
    better="lower",
    goal=3.0,
    quantile=0.95,
    note="restore-latency while runs of 100,000 invoices follow one another for 60 s, a new period each.",
    measure=measure,
)
