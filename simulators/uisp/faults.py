"""What can be wrong with a UISP and with what stands before it, switchable while it runs."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

ACTIONS = (
    "hang",  # never answer, and do nothing
    "hang_after",  # do it, and never answer
    "reset",  # do it, then reset the connection
    "reset_before",  # reset the connection without doing it
    "trickle",  # do it, and answer a byte at a time, headers too
    "slow",  # answer after `seconds`
    "html",  # 200 and the page of a proxy
    "empty",  # do it, and answer with an empty body
    "cut_short",  # do it, and answer half of the JSON
    "redirect",  # send the caller elsewhere, to `location`
    "answer",  # `status` with `body`, and do nothing
)
PAGE = b"<!DOCTYPE html><html><head><title>Welcome</title></head><body><h1>It works!</h1></body></html>"
NAMES = {401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 422: "Unprocessable Entity", 500: "Internal Error"}
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


@dataclass
class Rule:
    """Do something to requests of `method` whose path holds `match`: skip the first `after`, act `times` times."""

    match: str
    action: str
    method: str = ""
    after: int = 0
    times: int | None = 1
    seconds: float = 30.0
    status: int = 503
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    location: str = ""

    def __post_init__(self) -> None:
        if self.action not in ACTIONS:
            raise ValueError(f"unknown action {self.action!r}: one of {', '.join(ACTIONS)}")

    def hits(self, method: str, path: str) -> bool:
        """Whether this request is the one; counts as it goes."""
        if self.match not in path or self.method not in {"", method}:
            return False
        if self.after > 0:
            self.after -= 1
            return False
        if self.times is None:
            return True
        self.times -= 1
        return self.times >= 0


class Troubles:
    """Stands between the wire and the application."""

    def __init__(self, app: App) -> None:
        self._app = app
        self.rules: list[Rule] = []
        self.latency_ms = 0.0
        self.refuses = False

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve a request, or what the rule that is due makes of it."""
        if scope["type"] != "http":
            return
        if self.latency_ms:
            await asyncio.sleep(self.latency_ms / 1000)
        if self.refuses:
            _reset(send)
            return
        rule = next((rule for rule in self.rules if rule.hits(scope["method"], scope["path"])), None)
        if rule is None:
            await self._app(scope, receive, send)
        else:
            await self._spoil(rule, scope, receive, send)

    async def _spoil(self, rule: Rule, scope: Message, receive: Receive, send: Send) -> None:
        if rule.action in {"hang", "slow"}:
            await asyncio.sleep(rule.seconds)
        if rule.action == "reset_before":
            _reset(send)
        elif rule.action == "html":
            await _answer(send, 200, PAGE, {"content-type": "text/html; charset=utf-8"})
        elif rule.action == "redirect":
            await _answer(send, 302, b"", {"location": rule.location})
        elif rule.action == "answer":
            kind = "text/html" if rule.body.startswith(b"<") else "application/json"
            await _answer(send, rule.status, rule.body, {"content-type": kind, **rule.headers})
        elif rule.action == "slow":
            await self._app(scope, receive, send)
        elif rule.action != "hang":
            await self._spoil_answer(rule, scope, receive, send)

    async def _spoil_answer(self, rule: Rule, scope: Message, receive: Receive, send: Send) -> None:
        """Do what was asked, and let the answer go wrong."""
        parts: list[Message] = []

        async def keep(message: Message) -> None:
            parts.append(message)

        await self._app(scope, receive, keep)
        status, body = parts[0]["status"], b"".join(part.get("body", b"") for part in parts[1:])
        if rule.action == "hang_after":
            await asyncio.sleep(rule.seconds)
        elif rule.action == "reset":
            _reset(send)
        elif rule.action == "empty":
            await _answer(send, status, b"", {"content-type": "application/json"})
        elif rule.action == "cut_short":
            await _answer(send, status, body[: len(body) // 2], {"content-type": "application/json"})
        elif rule.action == "trickle":
            await _trickle(send, status, body)


async def _answer(send: Send, status: int, body: bytes, headers: dict[str, str]) -> None:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    raw.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


async def _trickle(send: Send, status: int, body: bytes) -> None:
    head = f"HTTP/1.1 {status} OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    transport = _transport(send)
    for byte in head.encode() + body:
        if transport.is_closing():
            return
        transport.write(bytes([byte]))
        await asyncio.sleep(0.05)


def _reset(send: Send) -> None:
    """Not a polite end: the other side gets a reset."""
    transport = _transport(send)
    wire = transport.get_extra_info("socket")
    if wire is not None:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def _transport(send: Send) -> Any:
    # uvicorn hands out `send` as a method of the request's cycle, which knows its connection.
    return send.__self__.transport  # type: ignore[attr-defined]
