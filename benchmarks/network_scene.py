"""A provider with 10,000 services on 100 routers, its network process, and nights in which all of them are cut.

Simulated routers delay each sentence 50 ms from its arrival. Between rounds everybody is put back directly in the
simulators and by SQL: that is not measured.
"""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from benchmarks.network_fleet import PASSWORD, ROOT, USER, Fleet, fleet, spoken_to, user_name
from customers.domain.holds import NewHold, open_holds
from customers.models import Customer, Hold, Plan, Service
from events.domain import Actor
from network.domain.desire import refresh_desired
from network.domain.routers import add_router
from network.models import Access, Router
from tenants.current import enter

ROUTERS, ACCOUNTS = 100, 100
ACTOR = Actor.system("Medición")
WAIT_S = 180.0
DETAIL = {"amount": "450.00"}

# As it was in the evening: everybody connected, read lately, nothing pending. The next reading is hours away, so that
# what is measured is the cut.
EVENING = """
UPDATE network_access
   SET desired = 'on', generation = generation + 1, applied_generation = generation + 1, observed = 'on',
       observed_at = now(), session_up = true,
       cut_since = NULL, cut_not_after = NULL, cut_approved = false, urgent = false, tell = false, telling = '',
       attempts = 0, next_try_at = NULL, last_error = '', stuck_since = NULL;
UPDATE network_router
   SET observe_at = now() + interval '6 hours', survey_at = now() + interval '6 hours', failures = 0,
       next_try_at = NULL, last_error = '', cuts_waiting_since = NULL;
DELETE FROM customers_hold;
"""


@dataclass(frozen=True)
class Scene:
    """Routers, services by number of router, and the process that is to cut them."""

    fleet: Fleet
    services: dict[int, list[int]]
    process: subprocess.Popen[bytes]
    script: subprocess.Popen[str]

    def services_of(self, routers: Collection[int]) -> list[int]:
        """The services on these routers."""
        return [service for number in routers for service in self.services[number]]

    def evening(self) -> None:
        """Everybody is connected again, here and on the routers."""
        self.wait_until_told()
        with connection.cursor() as cursor:
            cursor.execute(EVENING)
        self.fleet.restore()

    def decide(self, services: Sequence[int]) -> float:
        """A batch that a person approved: holds for debt and the cuts; return when (monotonic) it was committed."""
        now = timezone.now()
        with transaction.atomic():
            open_holds(
                holds=[NewHold(pk, Hold.Reason.DEBT, "dunning", DETAIL) for pk in services], actor=ACTOR, now=now
            )
            refresh_desired(
                service_ids=services, now=now, actor=ACTOR, approved=True, cut_not_after=now + dt.timedelta(hours=6)
            )
        return time.monotonic()

    def cut(self, services: Sequence[int]) -> float:
        """Decide, and wait until all of it is done and recorded; return the seconds from the commit."""
        began = self.decide(services)
        self.wait_until_done()
        return time.monotonic() - began

    def cut_barely(self, *, pipelined: bool = True) -> float:
        """All of them by the bare script; return its seconds."""
        given = {"ports": list(self.fleet.ports.values()), "user": USER, "password": PASSWORD, "pipelined": pipelined}
        assert self.script.stdin is not None
        assert self.script.stdout is not None
        self.script.stdin.write(json.dumps(given) + "\n")
        self.script.stdin.flush()
        seconds: float = json.loads(self.script.stdout.readline())["seconds"]
        return seconds

    def wait_until_done(self) -> None:
        """Wait until no router has anything to be brought to."""
        wait_for(lambda: not Access.objects.pending().exists())

    def wait_until_told(self) -> None:
        """Wait until nobody is left to be told of what was done."""
        wait_for(lambda: not Access.objects.exclude(telling="").exists())

    def memory(self) -> float:
        """Most bytes the network process has held so far."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii").splitlines()
        return float(next(line.split()[1] for line in status if line.startswith("VmHWM"))) * 1024

    def check_cut(self, count: int) -> None:
        """Whether so many are off and offline on the routers. Raises RuntimeError."""
        found = self.fleet.counts()
        online = ROUTERS * ACCOUNTS - count
        if (found["disabled"], found["online"]) != (count, online):
            raise RuntimeError(f"{found} and not {count} disabled, {online} online")


@contextmanager
def scene() -> Iterator[Scene]:
    """Inside "norte": everything there, everybody connected, the network process running."""
    with (
        enter("norte"),
        fleet(routers=ROUTERS, accounts=ACCOUNTS) as running,
        spoken_to("benchmarks.bare_cuts") as script,
    ):
        services = _make(running)
        with _network() as process:
            wait_for(lambda: not Router.objects.filter(last_seen_at=None).exists())
            made = Scene(running, services, process, script)
            made.evening()
            yield made


def _make(running: Fleet) -> dict[int, list[int]]:
    now = timezone.now()
    plan = Plan.objects.create(name="Fibra 50", price=Decimal("450.00"))
    numbers = range(ROUTERS * ACCOUNTS)
    customers = Customer.objects.bulk_create(Customer(code=f"C{n:05d}", name=f"Cliente {n}") for n in numbers)
    services = Service.objects.bulk_create(
        Service(customer=customer, plan=plan, code=f"S{n:05d}") for n, customer in enumerate(customers)
    )
    accesses, by_router = [], {}
    for number, port in running.ports.items():
        router = add_router(
            name=f"RB-{number:03d}",
            host="127.0.0.1",
            port=port,
            username=USER,
            password=PASSWORD,
            actor=ACTOR,
            now=now,
        )
        mine = services[number * ACCOUNTS : (number + 1) * ACCOUNTS]
        by_router[number] = [service.pk for service in mine]
        for n, service in enumerate(mine):
            access = Access(service=service, router=router, username=user_name(number, n))
            access.seal(password="x")  # noqa: S106 -- of a simulator on loopback
            accesses.append(access)
    Access.objects.bulk_create(accesses, batch_size=2000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return by_router


@contextmanager
def _network() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, str(ROOT / "manage.py"), "network"], cwd=ROOT)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_for(ready: Callable[[], Any], seconds: float = WAIT_S) -> None:
    """Wait until `ready`. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError("the network process did not do its part")
        time.sleep(0.02)
