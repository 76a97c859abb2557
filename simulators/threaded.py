"""A far side in a thread of this process: what each simulator's server does alike."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any, Self

import uvicorn

PATIENCE = 10  # seconds until it must listen


class ThreadedServer:
    """An ASGI application on a port of its own. `with Far() as far:` then talk to `far.url`.

    A subclass's `__init__` calls `bind`, after which `url` is known, and then `serve` with its application.
    """

    def bind(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Take a port, any free one for 0."""
        # Only where the protocol is named does asyncio send at once; else an answer's body waits 40 ms for an ACK.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((host, port))
        self.host: str
        self.port: int
        self.host, self.port = self._socket.getsockname()[:2]
        self.url = f"http://{self.host}:{self.port}"

    def serve(self, app: Any, **options: Any) -> None:
        """Say what answers; `options` are uvicorn's."""
        settings: dict[str, Any] = {"log_level": "warning", "access_log": False, "lifespan": "off"} | options
        self._server = uvicorn.Server(uvicorn.Config(app, **settings))
        self._thread = threading.Thread(
            target=self._server.run, args=([self._socket],), name=type(self).__name__, daemon=True
        )

    def start(self) -> Self:
        """Listen; returns when the first request can be answered. Raises RuntimeError after 10 seconds."""
        self._thread.start()
        deadline = time.monotonic() + PATIENCE
        while not self._server.started:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{type(self).__name__} did not start")
            time.sleep(0.01)
        return self

    def stop(self) -> None:
        """Stop listening, without waiting for slow answers."""
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(timeout=5)
        self._socket.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_exc: object) -> None:
        self.stop()
