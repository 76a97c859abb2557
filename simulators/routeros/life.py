"""An event loop in a thread, from start to stop."""

from __future__ import annotations

import asyncio
import threading
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self


class LoopThread(ABC):
    """Start it, stop it, or use it as a context manager."""

    def __init__(self) -> None:
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="routeros-simulator", daemon=True)

    @abstractmethod
    async def _open(self) -> None:
        """Begin to listen."""

    @abstractmethod
    async def _close(self) -> None:
        """Drop every connection."""

    def start(self) -> Self:
        """Start and wait until it listens. Raises OSError when a port is taken."""
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure
        return self

    def stop(self) -> None:
        """Stop listening, drop every connection, end the thread."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()

    def join(self) -> None:
        """Wait until it has been stopped."""
        self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:  # noqa: BLE001 - handed to start(), which raises it
            self._failure = error
        finally:
            self._ready.set()

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        await self._open()
        self._ready.set()
        await self._stopping.wait()
        await self._close()
