"""restore-during-sweep: from a release's COMMIT to the router hearing of it, while 10,000 others are being cut."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from django.db import transaction
from django.utils import timezone

from benchmarks.base import Benchmark, Round
from benchmarks.network_scene import ACTOR, ROUTERS, Scene, scene, wait_for
from customers.domain.holds import close_holds
from customers.models import Hold
from network.domain.desire import refresh_desired
from network.models import Access

PER_ROUND = 20
PAUSE_S = 0.1
# Fewer than this while the sweep runs, and it would be an idle machine that is measured.
LEAST_DURING = PER_ROUND // 2


def measure(rounds: int) -> Iterator[Round]:
    """Each round: some are off; everybody else is cut, and meanwhile these pay one after another."""
    with scene() as night:
        paying = [night.services[number * (ROUTERS // PER_ROUND)][number] for number in range(PER_ROUND)]
        others = [pk for pk in night.services_of(range(ROUTERS)) if pk not in set(paying)]
        names = dict(Access.objects.filter(service_id__in=paying).values_list("service_id", "username"))
        for _round in range(rounds):
            night.evening()
            night.cut(paying)
            night.wait_until_told()
            yield Round(ours=_pay(night, paying, others, names))
            night.wait_until_done()


def _pay(night: Scene, paying: Sequence[int], others: Sequence[int], names: dict[int, str]) -> list[float]:
    night.decide(others)
    committed: dict[int, float] = {}
    during = 0
    for pk in paying:
        time.sleep(PAUSE_S)
        during += Access.objects.pending().filter(urgent=False).exists()
        committed[pk] = _release(pk)
    wait_for(lambda: set(names.values()) <= set(night.fleet.enabled()))
    heard = night.fleet.enabled()
    if during < LEAST_DURING:
        raise RuntimeError(f"only {during} of {PER_ROUND} paid while the sweep ran")
    return [heard[names[pk]] - at for pk, at in committed.items()]


def _release(service_id: int) -> float:
    now = timezone.now()
    with transaction.atomic():
        close_holds(service_ids=[service_id], reason=Hold.Reason.DEBT, actor=ACTOR, now=now)
        refresh_desired(service_ids=[service_id], now=now, actor=ACTOR)
    return time.monotonic()


BENCHMARK = Benchmark(
    name="restore-during-sweep",
    kind="seconds",
    better="lower",
    goal=1.0,
    quantile=0.95,
    note="p95 from the COMMIT that ends a debt to the first byte of the write at the router, which delays each "
    "sentence 50 ms, while a batch cuts 10,000 services on 100 routers.",
    measure=measure,
)
