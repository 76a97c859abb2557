"""The simulator as one object: start it, look inside it, break it, stop it."""

from __future__ import annotations

from typing import Any

from .control import ControlPort
from .engine import Config, Engine
from .handle import Handle
from .life import LoopThread


class RouterSimulator(Handle, LoopThread):
    """A RouterOS in a thread of its own. Use it as a context manager; call its methods from any thread.

    Takes what engine.Config takes (host, port, user, password, secrets, rows, version, identity, latency_ms,
    redial_s, boot_s, max_sessions, tls, cpes, churn_s), and a port for control requests (0 picks one).
    """

    def __init__(self, *, control_port: int | None = None, **config: Any) -> None:
        Handle.__init__(self, Engine(Config(**config)))
        LoopThread.__init__(self)
        self.control_port = control_port
        self._control = ControlPort({self._engine.router.identity: self._engine})

    async def _open(self) -> None:
        await self._engine.open()
        if self.control_port is not None:
            self.control_port = await self._control.start(self.control_port)

    async def _close(self) -> None:
        await self._control.stop()
        await self._engine.shut_down()
