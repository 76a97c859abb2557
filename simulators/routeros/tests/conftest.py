"""Simulators for the contract tests."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest

from simulators.routeros.server import RouterSimulator

SECRETS = [
    {"name": "ana@red", "password": "clave1", "profile": "plan-10", "comment": "Ana Muñoz"},
    {"name": "beto@red", "password": "clave2", "profile": "plan-10", "remote-address": "10.13.0.7"},
    {"name": "caro@red", "password": "clave3", "disabled": True},
]


@pytest.fixture
def router() -> Iterator[RouterSimulator]:
    with RouterSimulator(secrets=SECRETS, redial_s=0.05, boot_s=0.05) as simulator:
        yield simulator


opened: list[Any] = []


@pytest.fixture(autouse=True)
def clients_closed() -> Iterator[None]:
    """Close every client a test dialled; routeros-api leaves sockets of failed logins to the collector."""
    yield
    while opened:
        client = opened.pop()
        getattr(client, "disconnect", client.close if hasattr(client, "close") else None)()
    gc.collect()
