"""tenant-overhead: a view with five queries through the tenant machinery, beside the same view in plain Django.

Each side is a process of its own (settings cannot be loaded twice in one) that runs its WSGI application
in process, without a socket, when it is asked to; only one of them works at a time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator

from accounts.models import User
from benchmarks.base import Benchmark, Round
from tenants.current import enter

BATCHES = 4
BATCH = 50


class _Side:
    """One of the two processes."""

    def __init__(self, settings: str, host: str) -> None:
        command = [sys.executable, "-m", "benchmarks.view_runner", host]
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": settings}
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def times(self, requests: int) -> list[float]:
        """Run so many requests and return the seconds of each."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{requests}\n")
        self._process.stdin.flush()
        seconds: list[float] = json.loads(self._process.stdout.readline())
        return seconds

    def close(self) -> None:
        """Let the process end."""
        self._process.communicate()


def measure(rounds: int) -> Iterator[Round]:
    """Alternate small batches of requests between the two sides."""
    with enter("norte"):
        User.objects.bulk_create(User(email=f"p{n}@ejemplo.test", name=f"Persona {n}") for n in range(200))
    ours = _Side("benchmarks.settings_tenant", "norte.localhost")
    plain = _Side("benchmarks.settings_plain", "norte.localhost")
    try:
        for side in (ours, plain):
            side.times(BATCH)
        for _ in range(rounds):
            batches = [(ours.times(BATCH), plain.times(BATCH)) for _ in range(BATCHES)]
            yield Round(ours=[t for pair in batches for t in pair[0]], floor=[t for pair in batches for t in pair[1]])
    finally:
        ours.close()
        plain.close()


BENCHMARK = Benchmark(
    name="tenant-overhead",
    kind="ratio",
    better="lower",
    goal=1.5,
    note="A view with 5 queries, all middleware, in process, p50; floor: the same rows in plain Django.",
    measure=measure,
)
