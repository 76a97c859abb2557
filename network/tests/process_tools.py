"""A network process and a router for tests that need both to run for real."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.utils import timezone

from customers.domain.holds import close_holds, open_hold
from events.models import Event
from network.domain.desire import refresh_desired
from network.domain.routers import add_router
from network.models import Access, Router
from network.runtime.process import NetworkProcess
from network.tests.conftest import ACTOR
from simulators.routeros.server import RouterSimulator

PASSWORD = "clave-del-router"


def eventually(check: Callable[[], Any], seconds: float = 20.0) -> bool:
    """Whether `check` becomes true in time."""
    end = time.monotonic() + seconds
    while not check():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def simulate(*names: str, **more: Any) -> RouterSimulator:
    """A router with these secrets, quick to redial."""
    rows = [{"name": name, "password": "clave"} for name in names]
    return RouterSimulator(secrets=rows, password=PASSWORD, redial_s=0.05, boot_s=0.1, **more)


def router_row(simulator: RouterSimulator, name: str = "RB-Norte", **changes: Any) -> Router:
    """Our row for a simulated router."""
    return add_router(
        name=name,
        host="127.0.0.1",
        port=simulator.port,
        username="enlace",
        password=PASSWORD,
        actor=ACTOR,
        now=timezone.now(),
        **changes,
    )


@contextmanager
def running() -> Any:
    """A network process in this process."""
    process = NetworkProcess()
    process.start()
    try:
        yield process
    finally:
        process.stop()


@transaction.atomic
def cut(*accesses: Access, approved: bool = True, **more: Any) -> None:
    """Open a debt hold on each access's service and ask the network, in one transaction as a night does.

    Apart, the running process would find some of the holds by its own sweep before the rest is there.
    """
    now = timezone.now()
    for access in accesses:
        open_hold(
            service_id=access.service_id,
            reason="debt",
            source="test",
            actor=ACTOR,
            now=now,
            detail={"amount": "450.00"},
        )
    ids = [access.service_id for access in accesses]
    refresh_desired(service_ids=ids, now=now, actor=ACTOR, approved=approved, **more)


@transaction.atomic
def restore(*accesses: Access) -> None:
    """Close the debt holds, as a payment does."""
    now = timezone.now()
    ids = close_holds(service_ids=[a.service_id for a in accesses], reason="debt", actor=ACTOR, now=now)
    refresh_desired(service_ids=ids, now=now, actor=ACTOR)


def settled(*accesses: Access) -> bool:
    """Whether every one of them has been made what it should be."""
    ids = [access.pk for access in accesses]
    return not Access.objects.pending().filter(pk__in=ids).exists()


def all_told() -> bool:
    """Whether no customer waits to be told of anything."""
    return not Access.objects.exclude(telling="").exists()


def events_of(access: Access) -> list[str]:
    """The types of what happened to an access, oldest first."""
    return list(
        Event.objects.filter(subject_kind="network.access", subject_id=access.pk)
        .order_by("id")
        .values_list("type", flat=True)
    )
