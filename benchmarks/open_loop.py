"""Webhooks at a steady rate, whatever becomes of those before: a far side does not wait for us to keep up.

A call that goes out late because its predecessors were slow counts from when it was due.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from queue import Empty, SimpleQueue
from threading import Event, Thread

from benchmarks.webhook_scene import Caller

CALLERS = 32  # connections: far more than are needed while we keep up


class OpenLoop:
    """Sends `requests` at `rate` a second over many connections, in the background."""

    def __init__(self, port: int, requests: Sequence[bytes], *, rate: float) -> None:
        self.seconds: list[float] = []  # from when each was due until its answer
        self.failures: list[str] = []
        self._port, self._stop = port, Event()
        self._due: SimpleQueue[tuple[float, bytes]] = SimpleQueue()
        start = time.perf_counter() + 0.2
        for number, request in enumerate(requests):
            self._due.put((start + number / rate, request))
        self._threads = [Thread(target=self._send, daemon=True) for _ in range(CALLERS)]
        for thread in self._threads:
            thread.start()

    def _send(self) -> None:
        caller = Caller(self._port)
        while not self._stop.is_set():
            try:
                due, request = self._due.get_nowait()
            except Empty:
                break
            time.sleep(max(0.0, due - time.perf_counter()))
            try:
                caller.call(request)
            except (OSError, RuntimeError) as error:
                self.failures.append(f"{type(error).__name__}: {error}")
            else:
                self.seconds.append(time.perf_counter() - due)
        caller.close()

    def join(self) -> None:
        """Wait until all were answered. Raises RuntimeError when one was not."""
        for thread in self._threads:
            thread.join()
        if self.failures:
            raise RuntimeError(f"{len(self.failures)} calls failed, such as {self.failures[0]}")

    def stop(self) -> None:
        """Send no more, and wait for what is on its way. Raises RuntimeError when a call had failed."""
        self._stop.set()
        self.join()
