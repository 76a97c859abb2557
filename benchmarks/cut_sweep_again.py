"""cut-sweep-again: what a second pass over 10,000 services that are cut already writes on their routers: nothing."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import F
from django.utils import timezone

from benchmarks.base import Benchmark, Round
from benchmarks.network_scene import ACCOUNTS, ACTOR, ROUTERS, scene
from network.domain.desire import refresh_desired
from network.models import Access


def measure(rounds: int) -> Iterator[Round]:
    """Everybody is cut once; each round asks for all of it again and counts the sentences that change something."""
    with scene() as night:
        everybody = night.services_of(range(ROUTERS))
        night.cut(everybody)
        for _round in range(rounds):
            before = night.fleet.counts()["writes"]
            Access.objects.update(generation=F("generation") + 1)
            refresh_desired(service_ids=everybody, now=timezone.now(), actor=ACTOR, approved=True)
            night.wait_until_done()
            night.check_cut(ROUTERS * ACCOUNTS)
            yield Round(ours=[night.fleet.counts()["writes"] - before])


BENCHMARK = Benchmark(
    name="cut-sweep-again",
    kind="count",
    better="lower",
    goal=0,
    note="Sentences that change something on 100 routers when 10,000 services that are cut are asked to be cut again.",
    measure=measure,
    quantile=1.0,
)
