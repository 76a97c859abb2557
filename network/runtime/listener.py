"""The listener: waits on Redis for wakes and hands them to the planner. It touches no database."""

from __future__ import annotations

import json
import logging
import threading
import time

import redis

from network.runtime.owners import list_of
from network.runtime.planner import Planner
from tenants.redis import redis_client
from tenants.wakes import NETWORK_LIST

logger = logging.getLogger(__name__)
WAIT_S = 1
RETRY_S = 1.0


class Listener(threading.Thread):
    """BLPOP in a loop; while Redis is away the planner is told that it is deaf and looks around by itself."""

    def __init__(self, *, owner: str, planner: Planner) -> None:
        super().__init__(name="listener", daemon=True)
        self._lists = [NETWORK_LIST, list_of(owner)]
        self._planner = planner
        self._stopping = threading.Event()

    def stop(self) -> None:
        """End within a second."""
        self._stopping.set()

    def run(self) -> None:
        """Listen until stopped."""
        while not self._stopping.is_set():
            try:
                found = redis_client().blpop(self._lists, timeout=WAIT_S)
            except redis.RedisError as error:
                if not self._planner.deaf:
                    logger.warning("Redis is away, looking around without it: %s", error)
                self._planner.deaf = True
                time.sleep(RETRY_S)
                continue
            self._planner.deaf = False
            if found:
                self._planner.wake(_schema(found[1]))


def _schema(raw: bytes | str) -> str:
    """A wake is `{"schema": ...}`; one passed on by another process is the bare name."""
    text = raw.decode() if isinstance(raw, bytes) else raw
    return str(json.loads(text)["schema"]) if text.startswith("{") else text
