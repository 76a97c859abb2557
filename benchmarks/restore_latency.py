"""restore-latency: from the payment's COMMIT to the router hearing of it, beside the least a hand-over can cost.

Three processes, as in production: this one takes payments, `manage.py network` waits, the router is a simulator on
TCP with no added latency and with the session open. The clock is the machine's monotonic one, which processes share.
The floor: LPUSH to another process's BLPOP, which writes one sentence to a socket.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django.db import transaction
from django.utils import timezone

from benchmarks.base import Benchmark, Round
from billing.domain.opening import OpeningInvoice, open_invoices
from billing.domain.payments import record_payment
from customers.domain.holds import open_hold
from customers.models import Customer, Plan, Service
from events.domain import Actor
from network.domain.accesses import add_access
from network.domain.desire import refresh_desired
from network.domain.routers import add_router
from network.models import Access
from tenants.current import enter
from tenants.redis import redis_client

ROOT = Path(__file__).resolve().parent.parent
PER_ROUND = 25
ACTOR = Actor.system("Medición")
PASSWORD = "medicion"  # noqa: S105 -- of a simulator on loopback
WAIT_S = 30.0
LIST = "bench:floor"

# The other side of the floor: take a name from Redis, write a sentence, as the wire would.
FLOOR = """
import socket, sys, redis
client = redis.Redis.from_url(sys.argv[1])
wire = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
while True:
    wire.sendall(client.blpop([sys.argv[3]])[1])
"""


@dataclass(frozen=True)
class Simulator:
    """A router in a process of its own."""

    port: int
    control_port: int

    def writes(self, after: int) -> list[dict[str, Any]]:
        """The enabling sentences that arrived after number `after`."""
        url = f"http://127.0.0.1:{self.control_port}/sentences?match=/ppp/secret/set&after={after}"
        with urllib.request.urlopen(url, timeout=5) as answer:
            notes: list[dict[str, Any]] = json.load(answer)
        return [note for note in notes if "=disabled=no" in note["words"]]


@dataclass(frozen=True)
class Scene:
    """Cut customers who owe one invoice each, their router, and the other side of the floor."""

    customers: list[int]
    simulator: Simulator
    floor: socket.socket


def measure(rounds: int) -> Iterator[Round]:
    """Cut as many customers as there are samples, then let them pay one by one."""
    with cut_customers(rounds * PER_ROUND) as scene:
        # The next customer does not arrive in the same millisecond.
        yield from measure_rounds(scene, rounds, pause=0.02)


@contextmanager
def cut_customers(count: int) -> Iterator[Scene]:
    """Inside "norte": that many customers cut on a router, with the network process running."""
    names = [f"u{number:04d}@red" for number in range(count)]
    with ExitStack() as stack:
        stack.enter_context(enter("norte"))
        simulator = stack.enter_context(_simulator(names))
        customers = _cut_all(names, simulator.port)
        stack.enter_context(_process([sys.executable, str(ROOT / "manage.py"), "network"]))
        _wait_until_all_cut()
        yield Scene(customers, simulator, stack.enter_context(_floor()))


def measure_rounds(scene: Scene, rounds: int, *, pause: float) -> Iterator[Round]:
    """Let them pay one by one, `pause` seconds after one another."""
    heard = 0
    for number in range(rounds):
        ours, least = [], []
        for customer in scene.customers[number * PER_ROUND : (number + 1) * PER_ROUND]:
            seconds, heard = _pay(customer, scene.simulator, heard)
            ours.append(seconds)
            least.append(_hand_over(scene.floor))
            time.sleep(pause)
        yield Round(ours=ours, floor=least)


def _pay(customer_id: int, simulator: Simulator, heard: int) -> tuple[float, int]:
    committed: list[float] = []
    with transaction.atomic():
        # Registered first, so it runs first after COMMIT has returned.
        transaction.on_commit(lambda: committed.append(time.monotonic()))
        now = timezone.now()
        record_payment(
            customer_id=customer_id,
            amount=Decimal("450.00"),
            method="cash",
            received_at=now,
            actor=ACTOR,
            key=f"bench-{customer_id}",
            now=now,
        )
    notes = _until(lambda: simulator.writes(heard))
    return notes[0]["at"] - committed[0], notes[-1]["number"]


def _hand_over(listener: socket.socket) -> float:
    began = time.monotonic()
    redis_client().lpush(LIST, b"/ppp/secret/set")
    listener.recv(64)
    return time.monotonic() - began


@contextmanager
def _floor() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with _process([sys.executable, "-c", FLOOR, os.environ["REDIS_URL"], str(port), LIST]):
            listener, _address = server.accept()
            with listener:
                _hand_over(listener)
                yield listener


@contextmanager
def _simulator(names: list[str]) -> Iterator[Simulator]:
    state = [{"name": name, "password": "x"} for name in names]
    with NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(state, file)
        file.flush()
        command = [sys.executable, "-m", "simulators.routeros", "--port=0", "--control-port=0", f"--state={file.name}"]
        with _process([*command, f"--password={PASSWORD}"]) as process:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            yield Simulator(ready["port"], ready["control_port"])


@contextmanager
def _process(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=20)
        if process.stdout is not None:
            process.stdout.close()


def _cut_all(names: list[str], port: int) -> list[int]:
    """Customers who owe one invoice each and are to be cut for it; return their ids."""
    now = timezone.now()
    plan = Plan.objects.create(name="Fibra 50", price=Decimal("450.00"))
    router = add_router(
        name="RB", host="127.0.0.1", port=port, username="enlace", password=PASSWORD, actor=ACTOR, now=now
    )
    customers, services = [], []
    for number, name in enumerate(names):
        customer = Customer.objects.create(code=f"C{number:05d}", name=f"Cliente {number}")
        service = Service.objects.create(customer=customer, plan=plan, code=f"S{number:05d}")
        add_access(service=service, router=router, username=name, password="x", actor=ACTOR, now=now)  # noqa: S106
        open_hold(service_id=service.pk, reason="debt", source="dunning", actor=ACTOR, now=now)
        customers.append(customer.pk)
        services.append(service.pk)
    due = now.date() - dt.timedelta(days=20)
    open_invoices(
        [
            OpeningInvoice(f"bench:{pk}", pk, f"B-{pk}", due, due, Decimal("450.00"), description="Internet")
            for pk in customers
        ],
        actor=ACTOR,
        now=now,
    )
    refresh_desired(service_ids=services, now=now, actor=ACTOR, approved=True)
    return customers


def _wait_until_all_cut() -> None:
    _until(lambda: not Access.objects.pending().exists())


def _until(ready: Any) -> Any:
    end = time.monotonic() + WAIT_S
    while not (found := ready()):
        if time.monotonic() > end:
            raise TimeoutError("the network process did not do its part")
        time.sleep(0.02)
    return found


BENCHMARK = Benchmark(
    name="restore-latency",
    kind="seconds",
    better="lower",
    goal=1.0,
    quantile=0.95,
    note="p95 from the payment's COMMIT to the first byte of the write at the router; floor: LPUSH, BLPOP, one write.",
    measure=measure,
)
