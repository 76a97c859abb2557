"""A control port: JSON over HTTP, for a simulator that runs as a process of its own.

GET  /state                      counts, faults, uptime
GET  /secrets                    name, disabled, online for each secret (no passwords)
GET  /sentences?after=N&match=/  sentences received, passwords masked
POST /faults {"latency_ms": 50}  standing faults; POST /faults/clear
POST /rules {"match": "/ppp/secret/set", "action": "reset", "times": 1}
POST /power {"on": false} | /reboot | /drop
POST /cpe {"name": "...", "on": false}
POST /secrets {"name": "...", "password": "..."}  add one with equipment
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from .faults import Rule

if TYPE_CHECKING:
    from .engine import Engine

_MAX_BODY = 1024 * 1024


class ControlPort:
    """Serves the control requests in the simulator's own loop."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
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
        except (ValueError, KeyError, TypeError) as error:
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
        handler = self._handlers().get((method, url.path))
        if handler is None:
            return "404 Not Found", {"error": "no such thing"}
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        result = handler({**query, **body})
        if asyncio.iscoroutine(result):
            result = await result
        return "200 OK", result if result is not None else {"ok": True}

    def _handlers(self) -> dict[tuple[str, str], Callable[[dict[str, Any]], Any]]:
        return {
            ("GET", "/state"): self._state,
            ("GET", "/secrets"): self._secrets,
            ("GET", "/sentences"): self._sentences,
            ("POST", "/secrets"): self._add_secret,
            ("POST", "/faults"): self._set_faults,
            ("POST", "/faults/clear"): self._clear_faults,
            ("POST", "/rules"): self._add_rule,
            ("POST", "/power"): lambda given: self._engine.power(on=bool(given["on"])),
            ("POST", "/reboot"): lambda _given: self._engine.reboot_soon(),
            ("POST", "/drop"): lambda _given: self._engine.drop(),
            ("POST", "/cpe"): self._cpe,
        }

    def _state(self, _given: dict[str, Any]) -> dict[str, Any]:
        router = self._engine.router
        return {
            "identity": router.identity,
            "version": router.version,
            "uptime": router.uptime(),
            "secrets": len(router.secrets),
            "disabled": sum(row["disabled"] == "true" for row in router.secrets),
            "online": len(router.active),
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

    def _sentences(self, given: dict[str, Any]) -> list[dict[str, Any]]:
        notes = self._engine.notes(match=given.get("match", ""), after=int(given.get("after", 0)))
        return [
            {"number": note.number, "at": note.at, "words": [_masked(word) for word in note.words]} for note in notes
        ]

    def _add_secret(self, given: dict[str, Any]) -> None:
        self._engine.install(given)

    def _set_faults(self, given: dict[str, Any]) -> Awaitable[None]:
        self._engine.faults.update(given)
        return self._engine.apply_faults()

    def _clear_faults(self, _given: dict[str, Any]) -> Awaitable[None]:
        self._engine.faults.clear()
        return self._engine.apply_faults()

    def _add_rule(self, given: dict[str, Any]) -> None:
        self._engine.faults.rules.append(Rule(**given))

    def _cpe(self, given: dict[str, Any]) -> None:
        self._engine.park.power(given["name"], on=bool(given["on"]))


def _masked(word: str) -> str:
    name, equals, _ = word[1:].partition("=")
    return f"={name}=***" if equals and name in {"password", "response"} else word
