"""Many routers in one process and one loop, as benchmarks and the demo want them."""

from __future__ import annotations

import json
import ssl
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .control import ControlPort
from .engine import Config, Engine
from .handle import Handle
from .life import LoopThread
from .tls import anonymous, self_signed


class Fleet(LoopThread):
    """Routers told apart by their identity. Raises ValueError when two have the same."""

    def __init__(self, configs: Sequence[Config], *, control_port: int | None = None) -> None:
        super().__init__()
        self._engines = {config.identity: Engine(config) for config in configs}
        if len(self._engines) != len(configs):
            raise ValueError("two routers of a fleet have the same identity")
        self._handles = {identity: Handle(engine) for identity, engine in self._engines.items()}
        self.control_port = control_port
        self._control = ControlPort(self._engines)

    def __getitem__(self, identity: str) -> Handle:
        """The router of this identity. Raises KeyError."""
        return self._handles[identity]

    def __iter__(self) -> Iterator[str]:
        return iter(self._handles)

    def __len__(self) -> int:
        return len(self._handles)

    def ready(self) -> dict[str, Any]:
        """What a process prints once everything listens."""
        routers = [{"identity": name, "port": handle.port} for name, handle in self._handles.items()]
        return {"control_port": self.control_port, "routers": routers}

    async def _open(self) -> None:
        for engine in self._engines.values():
            await engine.open()
        if self.control_port is not None:
            self.control_port = await self._control.start(self.control_port)

    async def _close(self) -> None:
        await self._control.stop()
        for engine in self._engines.values():
            await engine.shut_down()


def read_fleet(path: Path) -> list[Config]:
    """Configurations from a JSON list of routers.

    Each has what engine.Config has, except: `state` is the name of a state file (relative to this one) or the state
    itself, `tls` is `certificate` or `anonymous`. Raises TypeError or ValueError on what is not that.
    """
    given = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(given, list):
        raise TypeError(f"{path}: a JSON list of routers is expected")
    return [_config(dict(item), path.parent) for item in given]


def _config(item: dict[str, Any], folder: Path) -> Config:
    state = item.pop("state", None)
    if isinstance(state, str):
        state = read_state(folder / state)
    elif state is not None:
        state = _state(state, "state")
    item["tls"] = tls_context(item.get("tls"))
    return Config(**item, **(state or {}))


def read_state(path: Path) -> dict[str, Any]:
    """A state file: a JSON list of secrets, or an object of menu paths and their rows. Raises TypeError."""
    return _state(json.loads(path.read_text(encoding="utf-8")), str(path))


def _state(given: object, where: str) -> dict[str, Any]:
    if isinstance(given, list):
        return {"secrets": given}
    if isinstance(given, dict):
        return {"rows": given}
    raise TypeError(f"{where}: a list of secrets or an object of menus is expected")


def tls_context(kind: str | None) -> ssl.SSLContext | None:
    """The side of a router that has a certificate signed by itself, or none at all. Raises ValueError."""
    if not kind:
        return None
    makers = {"certificate": self_signed, "anonymous": anonymous}
    if kind not in makers:
        raise ValueError(f"unknown kind of TLS {kind!r}: one of {', '.join(makers)}")
    with tempfile.TemporaryDirectory() as folder:
        return makers[kind](Path(folder))
