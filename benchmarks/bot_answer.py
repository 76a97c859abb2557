"""bot-answer: from a webhook to the answer that waits to be sent, with twenty customers who write at once.

Signed webhooks over real HTTP through the web process; the worker for what is now makes messages of them and lets the
rules answer from each account. A sample ends when the answer's row can be read by another connection.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from decimal import Decimal
from itertools import count
from threading import Barrier, Thread

from django.db import transaction
from django.utils import timezone

from benchmarks.base import Benchmark, Round
from benchmarks.webhook_busy import processes
from benchmarks.webhook_scene import NUMBER, Caller, connect, form_of, request_of
from chatbot.domain.bots import change_bot
from chatbot.models import Acquaintance
from customers.models import Contact, Customer, Plan, Service
from events.domain import Actor
from inbox.domain.conversations import lock_conversation
from inbox.models import Channel, Message
from tenants.current import enter

TALKS = 20  # conversations at once
WARM_UP = 4  # rounds, until each of the worker's four threads has its connection and has read the weights
LOOK_S = 0.01
PATIENCE_S = 30.0


def measure(rounds: int) -> Iterator[Round]:
    """Each round every customer asks once, all at the same moment; the first rounds only warm up."""
    numbers = count()
    with enter("norte"):
        connect()
        _prepare()
        with processes() as port:
            for number in range(rounds + WARM_UP):
                samples = _ask_all(port, numbers)
                if number >= WARM_UP:
                    yield Round(ours=samples)


def _prepare() -> None:
    """A bot that answers at once, and customers with a line each who have proved who they are."""
    now, channel = timezone.now(), Channel.objects.get(address=NUMBER)
    change_bot(actor=Actor.system("Medición"), now=now, enabled=True, pause_seconds=0, engine="rules")
    plan = Plan.objects.create(name="Hogar 100", price=Decimal(600), download_kbps=100_000, upload_kbps=20_000)
    for number in range(TALKS):
        customer = Customer.objects.create(name=f"Cliente {number}", code=f"B-{number}")
        Contact.objects.create(customer=customer, kind="whatsapp", value=f"+52444{number:07d}", is_primary=True)
        Service.objects.create(customer=customer, plan=plan, code=f"B-{number}")
        with transaction.atomic():
            talk = lock_conversation(channel=channel, address=f"whatsapp:+52444{number:07d}", now=now)
            talk.save()
        Acquaintance.objects.create(conversation=talk, address=talk.address, customer=customer, proved_at=now)


def _ask_all(port: int, numbers: Iterator[int]) -> list[float]:
    """Return the seconds that each took. Raises RuntimeError for one that is not answered."""
    last = Message.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    together, sent = Barrier(TALKS), {}

    def ask(customer: int, request: bytes) -> None:
        caller = Caller(port)
        together.wait()
        sent[f"whatsapp:+52444{customer:07d}"] = time.perf_counter()
        caller.call(request)
        caller.close()

    requests = [request_of(form_of(next(numbers), customer=customer)) for customer in range(TALKS)]
    threads = [Thread(target=ask, args=(customer, request)) for customer, request in enumerate(requests)]
    for thread in threads:
        thread.start()
    seen = _watch(last)
    for thread in threads:
        thread.join()
    return [seen[who] - began for who, began in sent.items()]


def _watch(last: int) -> dict[str, float]:
    seen: dict[str, float] = {}
    deadline = time.perf_counter() + PATIENCE_S
    answers = Message.objects.filter(pk__gt=last, direction="out", author_kind="bot")
    while len(seen) < TALKS:
        for address in answers.values_list("conversation__address", flat=True):
            seen.setdefault(address, time.perf_counter())
        if time.perf_counter() > deadline:
            raise RuntimeError(f"{len(seen)} of {TALKS} were answered")
        time.sleep(LOOK_S)
    return seen


BENCHMARK = Benchmark(
    name="bot-answer",
    kind="seconds",
    better="lower",
    goal=0.5,
    note="Signed webhook to the answer's row, rules, 20 customers asking for their balance at the same moment, p95.",
    measure=measure,
    quantile=0.95,
)
