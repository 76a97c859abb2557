"""Providers' networks for the tests: services, routers and accesses, made as the product makes them."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from decimal import Decimal

import pytest

from customers.models import Customer, Plan, Service
from events.domain import Actor
from network.domain.accesses import add_access
from network.domain.routers import add_router
from network.drivers.base import GONE, OFF, ON, Key, Wanted
from network.models import Access, Router
from network.passes import Item
from tests.harness.processes import Child, Start

NOW = dt.datetime(2026, 11, 20, 19, 0, tzinfo=dt.UTC)
ACTOR = Actor.system("Prueba")
_numbers = itertools.count(1)


def make_service(name: str = "Ana Muñoz", status: str = Service.Status.ACTIVE) -> Service:
    number = next(_numbers)
    plan, _ = Plan.objects.get_or_create(name="Plan 50", defaults={"price": Decimal(450)})
    customer = Customer.objects.create(code=f"C{number:05d}", name=name)
    return Service.objects.create(customer=customer, plan=plan, code=f"S{number:05d}", status=status)


def make_router(name: str = "RB-Norte", *, host: str = "127.0.0.1", port: int = 1) -> Router:
    return add_router(name=name, host=host, port=port, username="enlace", password="enlace", actor=ACTOR, now=NOW)


MakeAccess = Callable[..., Access]


def key_of(access: Access) -> Key:
    return Key(access.kind, access.username)


def make_item(access: Access, on: bool, generation: int, *, gone: bool = False) -> Item:
    state = GONE if gone else ON if on else OFF
    return Item(access.pk, generation, Wanted(key_of(access), state))


@pytest.fixture
def make_access() -> MakeAccess:
    def make(username: str = "ana@red", router: Router | None = None, service: Service | None = None) -> Access:
        router = router or Router.objects.first() or make_router()
        return add_access(
            service=service or make_service(),
            router=router,
            username=username,
            password="clave",
            actor=ACTOR,
            now=NOW,
        )

    return make


NetworkProcess = Callable[[], AbstractContextManager[Child]]


@pytest.fixture
def network_process(children: Start) -> NetworkProcess:
    """`manage.py network` as a process of its own, killed at the end of the block."""

    @contextmanager
    def start() -> Iterator[Child]:
        process = children(
            "from django.core.management import execute_from_command_line as run; run(['manage.py', 'network'])"
        )
        try:
            yield process
        finally:
            process.bury()

    return start
