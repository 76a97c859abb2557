"""cut-sweep-dead: when the living routers are done while 10 of 100 are dead, beside the same living ones alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db.models import Max
from django.utils import timezone

from benchmarks.base import Benchmark, Round
from benchmarks.network_scene import ROUTERS, Scene, scene, wait_for
from network.models import Access

SILENT, REFUSING = range(5), range(5, 10)
LIVING = range(10, ROUTERS)


def measure(rounds: int) -> Iterator[Round]:
    """By turns: a batch on the living ones alone, and one on all of them while ten are dead."""
    with scene() as night:
        living, everybody = night.services_of(LIVING), night.services_of(range(ROUTERS))
        night.evening()
        _finish(night, living, living)
        for _round in range(rounds):
            night.evening()
            floor = _finish(night, living, living)
            night.evening()
            night.fleet.break_routers(SILENT, hang=True)
            night.fleet.break_routers(REFUSING, refuse=True)
            ours = _finish(night, everybody, living)
            night.fleet.break_routers(SILENT, hang=False)
            night.fleet.break_routers(REFUSING, refuse=False)
            yield Round(ours=ours, floor=floor)


def _finish(night: Scene, services: Sequence[int], living: Sequence[int]) -> list[float]:
    """Cut `services`; return for each living router the seconds from the commit until its last cut was recorded."""
    night.decide(services)
    decided_at = timezone.now()
    routers = set(Access.objects.filter(service_id__in=living).values_list("router_id", flat=True))
    wait_for(lambda: not Access.objects.pending().filter(router_id__in=routers).exists())
    done = Access.objects.filter(router_id__in=routers).values("router_id").annotate(last=Max("applied_at"))
    return [(row["last"] - decided_at).total_seconds() for row in done]


BENCHMARK = Benchmark(
    name="cut-sweep-dead",
    kind="ratio",
    better="lower",
    goal=1.05,
    note="Median completion of 90 living routers while 5 others accept and never answer and 5 refuse; floor: the 90 "
    "alone, nothing asked of the others.",
    measure=measure,
)
