"""billing-rerun: a second run of a month that is billed, beside the first, for 100,000 services."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from benchmarks.base import Benchmark, Round, timed
from benchmarks.billing_months import bill, check, month_number, prepare
from tenants.current import enter

SERVICES = 100_000


def measure(rounds: int) -> Iterator[Round]:
    """Each round bills a month twice; the second time writes nothing."""
    with enter("norte"):
        prepare(SERVICES)
        for number in range(rounds):
            month = month_number(number)
            first = timed(partial(bill, month))
            second = timed(partial(bill, month))
            check(number + 1, SERVICES)
            yield Round(ours=[second], floor=[first])


BENCHMARK = Benchmark(
    name="billing-rerun",
    kind="ratio",
    better="lower",
    goal=0.05,
    note="A second run of a month of 100,000 services, which writes 0 rows / the first run of it.",
    measure=measure,
)
