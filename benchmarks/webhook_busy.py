"""webhook-busy: 90 webhooks a second for a minute while the provider bills 100,000 services month after month.

Open loop, over real HTTP, through the web process; a worker makes messages of them meanwhile, and at the end every
one of them must be there once. Each tenth call is sent twice, as far sides do.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from django.db import connection
from django.utils import timezone

from benchmarks.base import Benchmark, Round, quantile_of
from benchmarks.billing_months import prepare
from benchmarks.open_loop import OpenLoop
from benchmarks.restore_latency_busy import SERVICES, runs_of
from benchmarks.webhook_scene import connect, form_of, process, request_of, web
from config.launch.processes import by_name
from inbox.models import Message, Notification
from tenants.current import enter

RATE = 90.0
SECONDS = 60.0
CONTACTS = 700
PATIENCE_S = 60.0  # without one more being read


def measure(rounds: int) -> Iterator[Round]:
    """One minute in as many parts as rounds were asked for; the parts follow one another without a pause."""
    with enter("norte"):
        connect()
        prepare(SERVICES)
        with processes() as port, runs_of("norte") as done:
            total = int(RATE * SECONDS)
            numbers = [n for n in range(total) for _ in range(2 if n % 10 == 0 else 1)][:total]
            loop = OpenLoop(port, [request_of(form_of(n, customer=n % CONTACTS)) for n in numbers], rate=RATE)
            loop.join()
            behind = _settled(len(set(numbers)))
            if not done:
                raise RuntimeError("no run ended meanwhile: this measured an idle machine")
    part = len(loop.seconds) // rounds
    for number in range(rounds):
        note = ""
        if number == 0:
            note = f"p50 {quantile_of(loop.seconds, 0.5) * 1000:.0f} ms (goal 250), 0 lost, 0 double; "
            note += f"all were messages {behind:.1f} s after the last call; {len(done)} runs ended meanwhile."
        yield Round(ours=loop.seconds[number * part : (number + 1) * part], note=note)


@contextmanager
def processes() -> Iterator[int]:
    """The web process, the worker for what is now, and the scheduler; yields the web's port."""
    with ExitStack() as stack:
        stack.enter_context(process(by_name("worker-now").arguments()))
        stack.enter_context(process(by_name("scheduler").arguments()))
        yield stack.enter_context(web())


def _settled(expected: int) -> float:
    """Wait until all is read, then count; return how long it took. Raises RuntimeError for one lost or doubled."""
    began = moved = time.monotonic()
    left = -1
    while now_left := Notification.objects.filter(state="pending").count():
        if now_left != left:
            left, moved = now_left, time.monotonic()
        if time.monotonic() - moved > PATIENCE_S:
            raise RuntimeError(f"{left} notifications are left")
        time.sleep(0.2)
    behind = time.monotonic() - began
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT external_id) FROM inbox_message WHERE direction = 'in'")
        found = cursor.fetchone()
    if found != (expected, expected) or Notification.objects.exclude(state="done").exists():
        raise RuntimeError(f"{found} messages and ids of {expected} at {timezone.now()}: {Message.objects.count()}")
    return behind


BENCHMARK = Benchmark(
    name="webhook-busy",
    kind="seconds",
    better="lower",
    goal=1.0,
    quantile=0.99,
    note="90 signed webhooks a second for 60 s while runs of 100,000 invoices follow one another, p99 from when due.",
    measure=measure,
)
