"""When a simulator does what it does later, and where it reaches the product."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit, urlunsplit


def reachable(url: str) -> tuple[str, dict[str, str]]:
    """Where to connect for a URL: ``norte.localhost`` is 127.0.0.1 with a Host header, in every resolver."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host != "localhost" and not host.endswith(".localhost"):
        return url, {}
    port = f":{parts.port}" if parts.port else ""
    return urlunsplit(parts._replace(netloc=f"127.0.0.1{port}")), {"Host": parts.netloc}


class Clock:
    """Runs calls at their time: one thread keeps the heap, a pool does the work."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Callable[[], object]]] = []
        self._order = itertools.count()
        self._wake = threading.Condition()
        self._stopped = False
        self._ended = threading.Event()
        self._pool = ThreadPoolExecutor(max_workers=16, thread_name_prefix="simulator-out")
        self._thread = threading.Thread(target=self._run, name="simulator-clock", daemon=True)
        self._thread.start()

    def after(self, seconds: float, call: Callable[[], object]) -> None:
        """Run ``call`` in the pool, ``seconds`` from now."""
        with self._wake:
            heapq.heappush(self._heap, (time.monotonic() + seconds, next(self._order), call))
            self._wake.notify()

    def sleep(self, seconds: float) -> bool:
        """Wait in a thread of the pool; True when the simulator ended meanwhile."""
        return self._ended.wait(seconds)

    def stop(self) -> None:
        """Forget what is still due and end the threads."""
        with self._wake:
            self._stopped = True
            self._heap.clear()
            self._wake.notify()
        self._ended.set()
        self._thread.join(timeout=2)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _run(self) -> None:
        while True:
            with self._wake:
                if self._stopped:
                    return
                wait = self._heap[0][0] - time.monotonic() if self._heap else None
                if wait is None or wait > 0:
                    self._wake.wait(wait)
                    continue
                call = heapq.heappop(self._heap)[2]
            self._pool.submit(call)
