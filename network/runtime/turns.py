"""How many routers are cut at once: all wires share one interpreter, and a reconnection must not wait for a hundred.

A wire that waits for a router that does not answer gives its turn to the next: a dead router delays nobody.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Protocol

SIZE = 24
# A call that takes longer than this leaves its turn to another wire.
STALLED_S = 0.2


class Waiter(Protocol):
    """A wire that waits for its turn."""

    waits_since: float | None

    def grant(self) -> None:
        """It may begin."""


class Turns:
    """Hands out turns in the order they were asked for. Used from any thread."""

    def __init__(self, size: int = SIZE) -> None:
        self._lock = threading.Lock()
        self._free = size
        self._waiting: deque[Waiter] = deque()
        self._holders: set[Waiter] = set()

    def ask(self, waiter: Waiter) -> None:
        """Get in line; `grant` is called when it is its turn, perhaps at once."""
        with self._lock:
            self._waiting.append(waiter)
        self._next()

    def give_back(self, waiter: Waiter) -> None:
        """End a turn. One that was taken away or never granted is no turn any more."""
        with self._lock:
            if waiter in self._holders:
                self._holders.discard(waiter)
                self._free += 1
            elif waiter in self._waiting:
                self._waiting.remove(waiter)
        self._next()

    def free_stalled(self) -> None:
        """Take their turns from wires whose router has not answered for a while."""
        now = time.monotonic()
        with self._lock:
            stalled = [one for one in self._holders if (one.waits_since or now) < now - STALLED_S]
            self._holders.difference_update(stalled)
            self._free += len(stalled)
        self._next()

    def _next(self) -> None:
        granted = []
        with self._lock:
            while self._free > 0 and self._waiting:
                waiter = self._waiting.popleft()
                self._holders.add(waiter)
                self._free -= 1
                granted.append(waiter)
        for waiter in granted:
            waiter.grant()
