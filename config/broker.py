"""Celery's Redis transport, for which a connection that was closed is one that was lost.

When Redis goes away while tasks run, the worker gives their messages back after it has closed the connection. kombu 5.7
answers that with an AttributeError, which the worker takes for a fault of its own: about one time in four it ended, and
with it what its threads were doing.
"""

from __future__ import annotations

from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis
from redis.exceptions import ConnectionError as ConnectionLost


class Channel(redis.Channel):
    """A channel that may be asked for something after the end of its connection."""

    def _connparams(self, asynchronous: bool = False) -> dict[str, Any]:
        if self.connection is None or self.connection.client is None:
            raise ConnectionLost("the connection to the broker was closed")
        found: dict[str, Any] = super()._connparams(asynchronous)  # type: ignore[misc]  # its stubs leave it out
        return found


class Transport(redis.Transport):
    """Redis with that channel."""

    Channel = Channel


def use_our_transport() -> None:
    """Have addresses that begin with redis:// or rediss:// use it, in this process."""
    for scheme in ("redis", "rediss"):
        TRANSPORT_ALIASES[scheme] = f"{__name__}:{Transport.__name__}"
