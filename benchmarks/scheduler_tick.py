"""scheduler-tick: finding and waking 10 due providers of 200, beside one SQL statement over the same rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from benchmarks.base import Benchmark, Round, timed
from config.scheduler import tick
from tenants.models import Tenant, Wake

PROVIDERS = 200
DUE = 10
TICKS = 20

# The least the effect can cost: take the due rows, learn whose they are, in one durable statement.
FLOOR = """
WITH due AS (DELETE FROM public.tenants_wake WHERE due_at <= %s RETURNING tenant_id, lane)
SELECT tenant.schema_name, due.lane FROM due
JOIN public.tenants_tenant tenant ON tenant.id = due.tenant_id AND tenant.status = 'ready'
"""


def measure(rounds: int) -> Iterator[Round]:
    """Alternate ticks and statements, each over ten fresh due wakes."""
    numbers = range(PROVIDERS)
    Tenant.objects.bulk_create(
        Tenant(schema_name=f"p{n}", slug=f"p{n}", name=f"Proveedor {n}", status=Tenant.Status.READY) for n in numbers
    )
    providers = list(Tenant.objects.filter(slug__startswith="p").order_by("pk"))
    later = timezone.now() + timedelta(hours=1)
    Wake.objects.bulk_create(Wake(tenant=one, lane="billing.clock", due_at=later) for one in providers[DUE:])
    _tick(providers)  # the first one connects to the database and to Redis
    for _ in range(rounds):
        ours, floor = [], []
        for _ in range(TICKS):
            ours.append(_tick(providers))
            floor.append(_statement(providers))
        yield Round(ours=ours, floor=floor)


def _make_due(providers: list[Tenant]) -> None:
    now = timezone.now()
    Wake.objects.bulk_create(Wake(tenant=one, lane="billing.clock", due_at=now) for one in providers[:DUE])


def _tick(providers: list[Tenant]) -> float:
    _make_due(providers)
    woken: list[int] = []
    seconds = timed(lambda: woken.append(tick(timezone.now())))
    assert woken == [DUE]
    return seconds


def _statement(providers: list[Tenant]) -> float:
    _make_due(providers)
    rows: list[tuple[str, str]] = []

    def run() -> None:
        with connection.cursor() as cursor:
            cursor.execute(FLOOR, [timezone.now()])
            rows.extend(cursor.fetchall())

    seconds = timed(run)
    assert len(rows) == DUE
    return seconds


BENCHMARK = Benchmark(
    name="scheduler-tick",
    kind="ratio",
    better="lower",
    goal=10.0,
    note=f"One tick (take due wakes, send {DUE} messages) over {PROVIDERS} providers; floor: one SQL statement.",
    measure=measure,
)
