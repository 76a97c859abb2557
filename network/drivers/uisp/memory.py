"""What outlives a session: tokens, since signing in too often locks out, and who wants to be left alone."""

from __future__ import annotations

import hashlib
import threading
import time

from network.drivers.base import Address
from network.drivers.uisp.answers import busy

Place = tuple[str, int, str, str]


class Memory:
    """Safe to use from many threads. A password is only kept as its hash."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tokens: dict[Place, str] = {}
        self._rests: dict[tuple[str, int], float] = {}

    def token(self, address: Address) -> str:
        """Return the token last given to this user at this address; empty without one."""
        with self._lock:
            return self._tokens.get(_place(address), "")

    def keep_token(self, address: Address, token: str) -> None:
        """Keep a token; an empty one forgets it."""
        with self._lock:
            if token:
                self._tokens[_place(address)] = token
            else:
                self._tokens.pop(_place(address), None)

    def rest(self, address: Address, seconds: float) -> None:
        """Leave an address alone for so long."""
        with self._lock:
            self._rests[address.host, address.port] = time.monotonic() + seconds

    def check(self, address: Address) -> None:
        """Raise DriverError while an address is to be left alone."""
        with self._lock:
            left = self._rests.get((address.host, address.port), 0.0) - time.monotonic()
        if left > 0:
            raise busy(left)


def _place(address: Address) -> Place:
    return address.host, address.port, address.username, hashlib.sha256(address.password.encode()).hexdigest()
