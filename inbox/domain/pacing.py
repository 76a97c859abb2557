"""How fast a channel's messages may leave. One drain a tenant sends at a time, so what it remembers is all there is.

A drain that begins again has forgotten the last second: it may send that second's share twice, which is accepted.
"""

from __future__ import annotations

import time
from datetime import timedelta

from inbox.models import Channel

SHORTEST = timedelta(milliseconds=50)


class Pace:
    """A bucket a channel: it holds one second's messages and fills evenly."""

    def __init__(self) -> None:
        self._left: dict[int, tuple[float, float]] = {}

    def spent(self, channel: Channel) -> bool:
        """Take one message of a channel's share; True when there is none left now."""
        rate = self._rate(channel)
        now = time.monotonic()
        left, since = self._left.get(channel.pk, (max(rate, 1.0), now))
        left = min(max(rate, 1.0), left + (now - since) * rate)
        spent = left < 1
        self._left[channel.pk] = (left if spent else left - 1, now)
        return spent

    def rest(self, channel: Channel) -> timedelta:
        """Return how long until a channel may send again."""
        left, _since = self._left.get(channel.pk, (1.0, 0.0))
        return max(SHORTEST, timedelta(seconds=(1 - left) / self._rate(channel)))

    @staticmethod
    def _rate(channel: Channel) -> float:
        return float(channel.per_second or channel.can.per_second)
