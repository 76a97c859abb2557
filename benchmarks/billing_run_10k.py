"""billing-run-10k: a month for 10,000 services with two taxed lines each, beside one hand-written statement."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from benchmarks.base import Benchmark, Round, timed
from benchmarks.billing_months import bill, bill_by_hand, check, month_number, prepare
from tenants.current import enter

SERVICES = 10_000


def measure_services(services: int, rounds: int) -> Iterator[Round]:
    """Each round bills one month with the run and the following one by hand."""
    with enter("norte"):
        prepare(services)
        for number in range(rounds):
            ours = timed(partial(bill, month_number(2 * number)))
            floor = timed(partial(bill_by_hand, month_number(2 * number + 1)))
            check(2 * number + 2, services)
            yield Round(ours=[ours], floor=[floor])


BENCHMARK = Benchmark(
    name="billing-run-10k",
    kind="ratio",
    better="lower",
    goal=2.0,
    note="10,000 services with two taxed lines each, billed by the run in chunks / one hand-written statement "
    "writing the same rows.",
    measure=lambda rounds: measure_services(SERVICES, rounds),
)
