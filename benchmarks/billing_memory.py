"""billing-memory: the most memory a worker's process holds while it bills 100,000 services, and 10,000.

Each run has a process of its own with the whole application loaded, as a worker has.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

from benchmarks.base import Benchmark, Round
from benchmarks.billing_months import check, prepare
from config.launch.places import ROOT
from tenants.current import enter

SERVICES = {"norte": 100_000, "sur": 10_000}
WORK = """
import resource, sys
import django
django.setup()
import config.celery
from benchmarks.billing_months import bill, month_number
from tenants.current import enter
with enter(sys.argv[1]):
    bill(month_number(int(sys.argv[2])))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def measure(rounds: int) -> Iterator[Round]:
    """Each round bills a month of the large provider in one process and of the small one in another."""
    for provider, services in SERVICES.items():
        with enter(provider):
            prepare(services)
    for number in range(rounds):
        most = {provider: _bytes_to_bill(provider, number) for provider in SERVICES}
        for provider, services in SERVICES.items():
            with enter(provider):
                check(number + 1, services)
        yield Round(ours=[most["norte"]], floor=[most["sur"]])


def _bytes_to_bill(provider: str, number: int) -> float:
    command = [sys.executable, "-c", WORK, provider, str(number)]
    said = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    return float(said.split()[-1]) * 1024


BENCHMARK = Benchmark(
    name="billing-memory",
    kind="bytes",
    better="lower",
    goal=200e6,
    note=f"Most resident memory of a process that bills {SERVICES['norte']:,} services; the floor is the same with "
    f"{SERVICES['sur']:,}.",
    measure=measure,
    quantile=1.0,
)
