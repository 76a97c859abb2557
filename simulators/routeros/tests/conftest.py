"""Simulators for the contract tests, and the two clients that both must pass them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from simulators.routeros.server import RouterSimulator
from simulators.routeros.tests.clients import CLIENTS, Client, Dial

SECRETS = [
    {"name": "ana@red", "password": "clave1", "profile": "plan-10", "comment": "Ana Muñoz"},
    {"name": "beto@red", "password": "clave2", "profile": "plan-10", "remote-address": "10.13.0.7"},
    {"name": "caro@red", "password": "clave3", "disabled": True},
]


@pytest.fixture
def router() -> Iterator[RouterSimulator]:
    with RouterSimulator(secrets=SECRETS, redial_s=0.05, boot_s=0.05) as simulator:
        yield simulator


@pytest.fixture(params=list(CLIENTS))
def dial(request: pytest.FixtureRequest) -> Dial:
    """Dial with one client, then with the other; connections are closed at the end."""

    def connect(*given: Any, **more: Any) -> Client:
        client = CLIENTS[request.param](*given, **more)
        opened.append(client)
        return client

    return connect


@pytest.fixture
def api(dial: Dial, router: RouterSimulator) -> Client:
    return dial(router)


opened: list[Any] = []


@pytest.fixture(autouse=True)
def clients_closed() -> Iterator[None]:
    """Close every client a test dialled."""
    yield
    while opened:
        opened.pop().close()
