"""A control port: JSON over HTTP, for simulators that run as a process of their own.

With one router the paths are as below. With many, each path stands behind /routers/<identity>, where `*` means all of
them (the answer is then an object by identity); GET /routers lists them with their ports.

GET  /state                      counts, faults, uptime
GET  /secrets                    name, disabled, online for each secret (no passwords)
GET  /rows?path=/ip/arp          a menu's rows, secrets masked
GET  /sentences?after=N&match=/  sentences received, passwords masked
POST /faults {"latency_ms": 50}  standing faults (see faults.Faults); POST /faults/clear
POST /rules {"match": "/ppp/secret/set", "action": "reset", "times": 1}  (see faults.Rule)
POST /power {"on": false} | /reboot | /drop
POST /cpe {"name": "...", "on": false}           equipment by its user's name or its MAC
POST /secrets {"name": "...", "password": "..."}  add one with equipment
POST /rows {"path": "/ip/arp", "values": {...}}  add a row as a technician would
POST /rows/change {"path": ..., "ref": "*1 or name", "values": {...}}
POST /rows/remove {"path": ..., "ref": ...}      a session is kicked
POST /hotspot {"user": "...", "mac": "..."}      a device logs in
POST /leases {"mac": "...", "server": "..."}     a DHCP client asks or renews
POST /sessions {"user": "..."}                   a session in User Manager
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from .commands import Command
from .faults import Rule
from .printing import shown_rows
from .router import ALL_RIGHTS, as_text
from .specs import Row
from .traps import Trap
from .verbs import run

if TYPE_CHECKING:
    from .engine import Engine

_MAX_BODY = 1024 * 1024
_SECRET = frozenset({"password", "response", "secret", "shared-secret"})


class ControlPort:
    """Serves the control requests in the simulators' own loop."""

    def __init__(self, engines: Mapping[str, Engine]) -> None:
        self._controls = {identity: _Control(engine) for identity, engine in engines.items()}
        self._server: asyncio.Server | None = None

    async def start(self, port: int) -> int:
        """Listen on loopback; returns the port (useful when 0 was asked)."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            status, answer = await self._answer(reader)
        except (ValueError, KeyError, TypeError, Trap) as error:
            status, answer = "400 Bad Request", {"error": str(error)}
        body = json.dumps(answer).encode()
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        writer.write(head.encode() + b"Connection: close\r\n\r\n" + body)
        await writer.drain()
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader) -> tuple[str, Any]:
        method, target, _ = (await reader.readline()).decode().split(" ", 2)
        length = 0
        while (line := (await reader.readline()).decode().strip()) != "":
            name, _, value = line.partition(":")
            if name.lower() == "content-length":
                length = int(value)
        if length > _MAX_BODY:
            raise ValueError("too long")
        body = json.loads(await reader.readexactly(length)) if length else {}
        url = urlsplit(target)
        given = {name: values[0] for name, values in parse_qs(url.query).items()} | body
        if (method, url.path) == ("GET", "/routers"):
            return "200 OK", [{"identity": name, "port": one.port} for name, one in self._controls.items()]
        chosen, path = self._choose(url.path)
        answers = {name: await control.answer(method, path, given) for name, control in chosen.items()}
        if not answers or None in answers.values():
            return "404 Not Found", {"error": "no such thing"}
        results = {name: answer[0] for name, answer in answers.items() if answer is not None}
        return "200 OK", results if url.path.startswith("/routers/*/") else next(iter(results.values()))

    def _choose(self, path: str) -> tuple[dict[str, _Control], str]:
        if not path.startswith("/routers/"):
            return (self._controls if len(self._controls) == 1 else {}), path
        identity, _, rest = path.removeprefix("/routers/").partition("/")
        if identity == "*":
            return self._controls, f"/{rest}"
        name = unquote(identity)
        return ({name: self._controls[name]} if name in self._controls else {}), f"/{rest}"


class _Control:
    """The control requests of one router."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._handlers: dict[tuple[str, str], Callable[[dict[str, Any]], Any]] = {
            ("GET", "/state"): self._state,
            ("GET", "/secrets"): self._secrets,
            ("GET", "/rows"): self._rows,
            ("GET", "/sentences"): self._sentences,
            ("POST", "/secrets"): engine.install,
            ("POST", "/rows"): self._add_row,
            ("POST", "/rows/change"): self._change_row,
            ("POST", "/rows/remove"): self._remove_row,
            ("POST", "/hotspot"): lambda given: {"in": engine.router.hotspot.open(**given) is not None},
            ("POST", "/leases"): lambda given: {"bound": engine.router.dhcp.bind(**given) is not None},
            ("POST", "/sessions"): lambda given: {"in": engine.router.user_manager.open_session(**given) is not None},
            ("POST", "/faults"): self._set_faults,
            ("POST", "/faults/clear"): self._clear_faults,
            ("POST", "/rules"): lambda given: engine.faults.rules.append(Rule(**given)),
            ("POST", "/power"): lambda given: engine.power(on=bool(given["on"])),
            ("POST", "/reboot"): lambda _given: engine.reboot_soon(),
            ("POST", "/drop"): lambda _given: engine.drop(),
            ("POST", "/cpe"): lambda given: engine.park.power(given["name"], on=bool(given["on"])),
        }

    @property
    def port(self) -> int:
        """The port its router listens on."""
        return self._engine.port

    async def answer(self, method: str, path: str, given: dict[str, Any]) -> tuple[Any] | None:
        """The answer in a tuple of one; None when there is no such path."""
        handler = self._handlers.get((method, path))
        if handler is None:
            return None
        result = handler(given)
        if asyncio.iscoroutine(result):
            result = await result
        return ({"ok": True} if result is None else result,)

    def _state(self, _given: dict[str, Any]) -> dict[str, Any]:
        router = self._engine.router
        return {
            "identity": router.identity,
            "version": router.version,
            "uptime": router.uptime(),
            "secrets": len(router.secrets),
            "disabled": sum(row["disabled"] == "true" for row in router.secrets),
            "online": len(router.active),
            "hotspot": len(router.hotspot.active),
            "bound": sum(row["status"] == "bound" for row in router.dhcp.leases),
            "connections": self._engine.connection_count,
            "received": self._engine.received_count,
            "faults": self._engine.faults.as_dict(),
        }

    def _secrets(self, _given: dict[str, Any]) -> list[dict[str, Any]]:
        router = self._engine.router
        online = {row["name"] for row in router.active}
        return [
            {"name": row["name"], "disabled": row["disabled"] == "true", "online": row["name"] in online}
            for row in router.secrets
        ]

    def _rows(self, given: dict[str, Any]) -> list[Row]:
        table = self._engine.router.tables[given["path"]]
        return shown_rows(table, list(table), ALL_RIGHTS - {"sensitive"})

    def _add_row(self, given: dict[str, Any]) -> dict[str, str]:
        values = {name: as_text(value) for name, value in given["values"].items()}
        return {"id": self._engine.router.tables[given["path"]].add(values)[".id"]}

    def _change_row(self, given: dict[str, Any]) -> None:
        values = {name: as_text(value) for name, value in given["values"].items()}
        table = self._engine.router.tables[given["path"]]
        row = next(iter(table)) if table.spec.singleton else table.find(given["ref"])
        if row is None:
            raise KeyError(given["ref"])
        table.change(row, values, trusted=True)

    def _remove_row(self, given: dict[str, Any]) -> None:
        run(self._engine.router, Command(f"{given['path']}/remove", {".id": given["ref"]}), ALL_RIGHTS)

    def _sentences(self, given: dict[str, Any]) -> list[dict[str, Any]]:
        notes = self._engine.notes(match=given.get("match", ""), after=int(given.get("after", 0)))
        return [
            {"number": note.number, "at": note.at, "words": [_masked(word) for word in note.words]} for note in notes
        ]

    async def _set_faults(self, given: dict[str, Any]) -> None:
        self._engine.faults.update(given)
        await self._engine.apply_faults()

    async def _clear_faults(self, _given: dict[str, Any]) -> None:
        self._engine.faults.clear()
        await self._engine.apply_faults()


def _masked(word: str) -> str:
    name, equals, _ = word[1:].partition("=")
    return f"={name}=***" if equals and name in _SECRET else word
