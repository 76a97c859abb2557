"""When to look whether those reconnected are online: their equipment dials by itself, some time after."""

from __future__ import annotations

import heapq
import itertools
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace

from network.drivers.base import Account, Key, Wanted
from network.passes import Result

# Seconds after the reconnection, or after the look before.
AGAIN_S = (1.0, 3.0, 8.0, 20.0)


class Looks:
    """The looks of one wire, soonest first. Only its thread uses it."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Wanted, int]] = []
        # So that two of one moment are never compared by what is wanted.
        self._numbers = itertools.count()

    def plan(self, results: Iterable[Result]) -> None:
        """Look at those reconnected that are not online yet."""
        for result in results:
            if result.account is not None and not result.account.lives:
                self._push(replace(result.item.wanted, password="", kick=False), 0)

    def is_due(self) -> bool:
        """Whether it is time for any."""
        return bool(self._heap) and self._heap[0][0] <= time.monotonic()

    def next_in(self) -> float | None:
        """Seconds until the next; None when there is none."""
        return max(0.0, self._heap[0][0] - time.monotonic()) if self._heap else None

    def take_due(self) -> dict[Key, tuple[Wanted, int]]:
        """Take those whose time has come, each with how many looks came before."""
        due: dict[Key, tuple[Wanted, int]] = {}
        while self.is_due():
            _, _, wanted, turn = heapq.heappop(self._heap)
            due[wanted.key] = (wanted, turn)
        return due

    def look_again(self, due: Mapping[Key, tuple[Wanted, int]], seen: Mapping[Key, Account | None]) -> None:
        """Look once more, later, at those still not online."""
        for key, (wanted, turn) in due.items():
            account = seen[key]
            if account is not None and not account.lives and turn + 1 < len(AGAIN_S):
                self._push(wanted, turn + 1)

    def _push(self, wanted: Wanted, turn: int) -> None:
        heapq.heappush(self._heap, (time.monotonic() + AGAIN_S[turn], next(self._numbers), wanted, turn))
