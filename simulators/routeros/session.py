"""One API connection: login, commands in order of arrival, replies with their tag.

Everything happens in callbacks of the loop, without a task for each command: a hundred routers in one process spend
their time on sentences.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, cast

from .codec import ProtocolError, SentenceReader, encode_sentence
from .commands import Command, Result
from .faults import Faults, Rule
from .login import Login
from .output import Output
from .printing import encode_row, encode_slices, shown
from .router import Router
from .specs import Row
from .traps import Trap
from .verbs import may_read, run

_ROWS_PER_SLICE = 100
_SENTENCES_PER_TURN = 200


class Host(Protocol):
    """What a session needs of the simulator it belongs to."""

    router: Router
    faults: Faults

    def admit(self, session: Session) -> bool:
        """A connection was made; whether there is room for it."""

    def forget(self, session: Session) -> None:
        """A connection ended."""

    def received(self, words: Sequence[str], at: float) -> None:
        """A sentence has arrived; `at` is the monotonic time of its first byte."""

    def reboot_soon(self) -> None:
        """Restart the router."""


class Session(asyncio.Protocol):
    """Serves one connection until either side ends it."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._faults = host.faults
        self._sentences = SentenceReader()
        self._inbox: deque[tuple[list[str], float]] = deque()
        self._timer: asyncio.TimerHandle | asyncio.Handle | None = None
        self._first_byte_at = 0.0
        # What goes on for longer than a moment (listen, long prints, slow commands), and how to stop it.
        self._running: dict[str | None, Callable[[], None]] = {}
        self._room: Callable[[], None] | None = None
        self._has_room = True

    # The connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport = cast("asyncio.Transport", transport)
        self._output = Output(self._transport, self._faults)
        address, port, *_ = self._transport.get_extra_info("peername")
        self.peer = f"{address}:{port}"
        self._login = Login(self._host.router, self._faults, address)
        if not self._host.admit(self):
            self.reset()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._inbox.clear()
        if self._timer is not None:
            self._timer.cancel()
        for stop in list(self._running.values()):
            stop()
        self._running.clear()
        self._login.end()
        self._host.forget(self)

    def reset(self) -> None:
        """Drop the connection as a crash would."""
        self._inbox.clear()
        self._output.reset()

    def pause_writing(self) -> None:
        self._has_room = False

    def resume_writing(self) -> None:
        self._has_room = True
        if self._room is not None:
            go_on, self._room = self._room, None
            go_on()

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        if not self._sentences.in_sentence:
            self._first_byte_at = now
        try:
            for words in self._sentences.feed(data):
                self._host.received(words, self._first_byte_at)
                self._inbox.append((words, now))
                self._first_byte_at = now
        except ProtocolError:
            if self._login.rights is not None or not self._sentences.speaks_otherwise:
                self.reset()
                return
        if self._sentences.speaks_otherwise and self._login.rights is None:
            self._fatal("not logged in")
            return
        if self._timer is None and self._inbox:
            self._work()

    def _work(self) -> None:
        """Obey what is due; each sentence is delayed from its own arrival, all of them side by side."""
        self._timer = None
        latency = self._faults.latency_ms / 1000
        now = time.monotonic()
        for _ in range(_SENTENCES_PER_TURN):
            if not self._inbox or self._transport.is_closing():
                break
            words, arrived_at = self._inbox[0]
            if arrived_at + latency > now:
                self._timer = self._loop.call_at(self._loop.time() + arrived_at + latency - now, self._work)
                break
            self._inbox.popleft()
            if not (self._faults.hang or self._faults.half_open):
                self._take(words)
        else:
            if self._inbox:
                self._timer = self._loop.call_soon(self._work)
        self._output.flush()

    # Commands

    def _take(self, words: list[str]) -> None:
        try:
            command = Command.parse(words)
        except Trap as trap:
            self._trap(None, trap)
            return
        if command.name == "/login":
            self._sign_in(command)
        elif self._login.rights is None:
            self._fatal("not logged in")
        elif command.name == "/quit":
            self._fatal("session terminated on request")
        elif command.name == "/cancel":
            self._cancel(command)
        else:
            rule = self._faults.action_for(command.name)
            if rule is None:
                self._obey(command, self._login.rights)
            else:
                self._misbehave(rule, command, self._login.rights)

    def _sign_in(self, command: Command) -> None:
        if self._login.is_flooded(command):
            self._fatal("too many commands before login")
            return
        try:
            ret = self._login.attempt(command)
        except Trap as trap:
            self._trap(command.tag, trap)
            return
        self._done(command.tag, ret)

    def _obey(self, command: Command, rights: frozenset[str]) -> None:
        try:
            if command.verb == "listen":
                self._listen(command, rights)
                return
            result = run(self._host.router, command, rights)
        except Trap as trap:
            self._trap(command.tag, trap)
            return
        if command.name == "/system/reboot":
            self._host.reboot_soon()
        self._answer(command, result)

    def _misbehave(self, rule: Rule, command: Command, rights: frozenset[str]) -> None:
        match rule.action:
            case "hang":
                pass
            case "slow":
                self._later(command.tag, rule.delay_ms / 1000, lambda: self._obey(command, rights))
            case "reset":
                run(self._host.router, command, rights)
                self.reset()
            case "reset_before":
                self.reset()
            case "fatal":
                self._fatal(rule.message)
            case "trap":
                self._trap(command.tag, Trap(rule.message))
            case "trap_bare":
                self._output.add(encode_row("!trap", command.tag, {}))
                self._done(command.tag)
            case _:
                self._break_off(rule, command, rights)

    def _break_off(self, rule: Rule, command: Command, rights: frozenset[str]) -> None:
        """Half an answer."""
        rows = run(self._host.router, command, rights).rows
        half = rows[: len(rows) // 2]
        for piece in encode_slices(command.tag, half, size=_ROWS_PER_SLICE, latin1=self._faults.latin1):
            self._output.add(piece)
        if rule.action == "short":
            self._done(command.tag)
        elif rule.action == "fatal_midway":
            self._fatal(rule.message)
        elif rule.action == "truncate":
            cut = encode_row("!re", command.tag, rows[len(half)] if len(rows) > len(half) else {})
            self._output.add(cut[: len(cut) * 2 // 3])
            self._output.close()

    def _answer(self, command: Command, result: Result) -> None:
        if result.is_print and not result.rows and self._host.router.answers_empty():
            self._output.add(encode_row("!empty", command.tag, {}))
        size = 1 if result.pause_s else _ROWS_PER_SLICE
        pieces = encode_slices(command.tag, result.rows, size=size, latin1=self._faults.latin1)
        if result.pause_s:
            self._go_on(command.tag, pieces, result)
        elif len(result.rows) > _ROWS_PER_SLICE and command.tag is not None:
            # Long prints leave room for the answers of other tagged commands, as the real thing does.
            self._go_on(command.tag, pieces, result)
        else:
            for piece in pieces:
                self._output.add(piece)
            self._done(command.tag, result.ret)

    def _go_on(self, tag: str | None, pieces: Iterator[bytes], result: Result) -> None:
        """Send the next piece and come back for the one after, when there is room for it."""
        self._running.pop(tag, None)
        piece = next(pieces, None)
        if piece is None:
            self._done(tag, result.ret)
            self._output.flush()
            return
        self._output.add(piece)
        self._output.flush()
        if self._has_room:
            self._later(tag, result.pause_s, lambda: self._go_on(tag, pieces, result))
        else:
            self._room = lambda: self._go_on(tag, pieces, result)
            self._running[tag] = self._forget_room

    def _forget_room(self) -> None:
        self._room = None

    def _later(self, tag: str | None, seconds: float, work: Callable[[], None]) -> None:
        def go() -> None:
            if self._running.get(tag) == handle.cancel:
                del self._running[tag]
            work()
            self._output.flush()

        handle = self._loop.call_later(seconds, go)
        self._running[tag] = handle.cancel

    def _listen(self, command: Command, rights: frozenset[str]) -> None:
        table = self._host.router.tables.get(command.path)
        if table is None:
            raise Trap("no such command prefix", category=0)
        may_read(rights)

        def watch(what: str, row: Row) -> None:
            change = {".id": row[".id"], ".dead": "yes"} if what == "remove" else shown(table, row, rights)
            self._output.add(encode_row("!re", command.tag, change, latin1=self._faults.latin1))
            if self._timer is None:
                # Not at once: what changes together is told together.
                self._timer = self._loop.call_soon(self._work)

        table.watchers.append(watch)
        self._running[command.tag] = lambda: table.watchers.remove(watch)

    def _cancel(self, command: Command) -> None:
        wanted = command.arguments.get("tag")
        for tag in list(self._running):
            if wanted is None or tag == wanted:
                self._running.pop(tag)()
                self._trap(tag, Trap("interrupted", category=2))
        self._done(command.tag)

    # Replies

    def _done(self, tag: str | None, ret: str | None = None) -> None:
        self._output.add(encode_row("!done", tag, {} if ret is None else {"ret": ret}))

    def _trap(self, tag: str | None, trap: Trap) -> None:
        row: dict[str, Any] = {} if trap.category is None else {"category": str(trap.category)}
        self._output.add(encode_row("!trap", tag, {**row, "message": trap.message}))
        self._done(tag)

    def _fatal(self, reason: str) -> None:
        self._output.add(encode_sentence(["!fatal", reason]))
        self._inbox.clear()
        self._output.close()
