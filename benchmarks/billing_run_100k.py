"""billing-run-100k: a month for 100,000 services with two taxed lines each, beside one hand-written statement."""

from __future__ import annotations

from benchmarks.base import Benchmark
from benchmarks.billing_run_10k import measure_services

SERVICES = 100_000

BENCHMARK = Benchmark(
    name="billing-run-100k",
    kind="ratio",
    better="lower",
    goal=2.0,
    note="100,000 services with two taxed lines each, billed by the run in chunks / one hand-written statement "
    "writing the same rows.",
    measure=lambda rounds: measure_services(SERVICES, rounds),
)
