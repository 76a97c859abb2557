"""webhook-accept: signed webhooks through the product's web process, beside a bare view that inserts one row.

Both are gunicorn with the production's options, on the same durable PostgreSQL; calls come over connections that are
kept open, as many at once as the process has threads. Ours checks the signature, finds provider and channel, and
keeps the notification and its wake; the floor is plain Django without middleware and one INSERT with a unique key.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import count
from threading import Thread

from django.db import connection

from benchmarks.bare_urls import TABLE
from benchmarks.base import Benchmark, Round
from benchmarks.webhook_scene import Caller, connect, form_of, request_of, web
from inbox.models import Notification
from tenants.current import enter

CALLERS = 8
BATCH = 400
BATCHES = 2


def measure(rounds: int) -> Iterator[Round]:
    """Alternate batches of calls between the two."""
    numbers = count()
    with enter("norte"):
        connect()
        with connection.cursor() as cursor:
            cursor.execute(TABLE)
    with web() as ours, web("benchmarks.settings_bare") as bare:
        for port in (ours, bare):
            _rate(port, numbers)
        for _ in range(rounds):
            pairs = [(_rate(ours, numbers), _rate(bare, numbers)) for _ in range(BATCHES)]
            yield Round(ours=[pair[0] for pair in pairs], floor=[pair[1] for pair in pairs])
    with enter("norte"):
        kept = Notification.objects.count()
        if kept != (rounds * BATCHES + 1) * BATCH:
            raise RuntimeError(f"{kept} notifications are there")


def _rate(port: int, numbers: Iterator[int]) -> float:
    """Send a batch and return the calls a second."""
    shares = [[request_of(form_of(next(numbers), customer=c)) for c in range(BATCH // CALLERS)] for _ in range(CALLERS)]
    callers = [Thread(target=_send, args=(port, share)) for share in shares]
    began = time.perf_counter()
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    return BATCH / (time.perf_counter() - began)


def _send(port: int, requests: list[bytes]) -> None:
    caller = Caller(port)
    for request in requests:
        caller.call(request)
    caller.close()


BENCHMARK = Benchmark(
    name="webhook-accept",
    kind="ratio",
    better="higher",
    goal=0.8,
    note="Signed webhooks a second, ours over the floor's: a bare view with one INSERT of a unique key.",
    measure=measure,
)
