"""One API connection: login, commands in order of arrival, replies with their tag."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import socket
import struct
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol

from .codec import ProtocolError, SentenceReader, encode_sentence
from .commands import Command, Result, run
from .faults import Faults, Rule
from .printing import encode_row, encode_slices, shown
from .router import Router
from .specs import Row
from .tables import Table
from .traps import Trap

_ROWS_PER_SLICE = 100
_WORDS_BEFORE_LOGIN = 16
_SENTENCES_BEFORE_LOGIN = 8


class Host(Protocol):
    """What a session needs of the simulator it belongs to."""

    router: Router
    faults: Faults

    def received(self, words: Sequence[str], at: float) -> None:
        """A sentence has arrived; `at` is the monotonic time of its first byte."""

    def reboot_soon(self) -> None:
        """Restart the router."""


class Gone(Exception):
    """This connection ends now, without or with what was written."""


class Session:
    """Serves one connection until either side ends it."""

    def __init__(self, host: Host, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._host = host
        self._reader = reader
        self._writer = writer
        self._sentences = SentenceReader()
        self._inbox: asyncio.Queue[tuple[list[str], float]] = asyncio.Queue()
        self._write_lock = asyncio.Lock()
        self._rights: frozenset[str] | None = None
        self._challenge: bytes | None = None
        self._before_login = 0
        self._running: dict[str | None, tuple[Command, asyncio.Task[None]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Read until the end of the connection; commands run beside, each delayed from its own arrival."""
        sock = self._writer.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        worker = asyncio.create_task(self._work())
        reader = asyncio.create_task(self._read())
        try:
            await asyncio.wait({worker, reader}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (worker, reader, *self._tasks):
                task.cancel()
            await asyncio.gather(worker, reader, *self._tasks, return_exceptions=True)
            self._writer.close()

    def reset(self) -> None:
        """Drop the connection as a crash would: a TCP reset, nothing more sent."""
        sock = self._writer.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    async def _read(self) -> None:
        first_byte_at = 0.0
        while data := await self._reader.read(65536):
            now = time.monotonic()
            if not self._sentences.in_sentence:
                first_byte_at = now
            try:
                for words in self._sentences.feed(data):
                    self._host.received(words, first_byte_at)
                    self._inbox.put_nowait((words, now))
                    first_byte_at = now
            except ProtocolError:
                self.reset()
                return

    async def _work(self) -> None:
        while True:
            words, arrived_at = await self._inbox.get()
            delay = arrived_at + self._host.faults.latency_ms / 1000 - time.monotonic()
            if delay > 0:
                await asyncio.sleep(delay)
            if self._host.faults.hang:
                continue
            try:
                await self._take(words)
            except (Gone, ConnectionError):
                return

    async def _take(self, words: list[str]) -> None:
        try:
            command = Command.parse(words)
        except Trap as trap:
            await self._trap(None, trap)
            await self._send("!done", None)
            return
        if command.name == "/login":
            await self._login(command)
        elif self._rights is None:
            await self._fatal("not logged in")
        elif command.name == "/quit":
            await self._fatal("session terminated on request")
        elif command.name == "/cancel":
            await self._cancel(command)
        else:
            await self._obey(command, self._rights)

    async def _obey(self, command: Command, rights: frozenset[str]) -> None:
        rule = self._host.faults.action_for(command.name)
        if rule and await self._misbehave(rule, command, rights):
            return
        if command.verb == "listen":
            self._start(command, self._listen(command, rights))
            return
        try:
            result = run(self._host.router, command, rights)
        except Trap as trap:
            await self._trap(command.tag, trap)
            await self._send("!done", command.tag)
            return
        if command.name == "/system/reboot":
            self._host.reboot_soon()
        if command.tag is not None and len(result.rows) > _ROWS_PER_SLICE:
            # Long prints leave room for the answers of other tagged commands, as the real thing does.
            self._start(command, self._answer(command, result))
        else:
            await self._answer(command, result)

    async def _misbehave(self, rule: Rule, command: Command, rights: frozenset[str]) -> bool:
        match rule.action:
            case "hang":
                pass
            case "reset":
                run(self._host.router, command, rights)
                self.reset()
                raise Gone
            case "reset_before":
                self.reset()
                raise Gone
            case "fatal":
                await self._fatal(rule.message)
            case "trap":
                await self._trap(command.tag, Trap(rule.message))
                await self._send("!done", command.tag)
            case _:
                await self._send("!trap", command.tag)
                await self._send("!done", command.tag)
        return True

    def _start(self, command: Command, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._running[command.tag] = (command, task)
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._forget(command, done))

    def _forget(self, command: Command, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if self._running.get(command.tag, (None, None))[1] is task:
            del self._running[command.tag]

    async def _answer(self, command: Command, result: Result) -> None:
        if result.is_print and not result.rows and self._host.router.answers_empty():
            await self._send("!empty", command.tag)
        size = 1 if result.pause_s else _ROWS_PER_SLICE
        for piece in encode_slices(command.tag, result.rows, size=size, latin1=self._host.faults.latin1):
            await self._write(piece)
            await asyncio.sleep(result.pause_s)
        await self._send("!done", command.tag, {"ret": result.ret} if result.ret is not None else None)

    async def _listen(self, command: Command, rights: frozenset[str]) -> None:
        table = self._host.router.tables.get(command.path)
        if table is None:
            await self._trap(command.tag, Trap("no such command prefix", category=0))
            await self._send("!done", command.tag)
            return
        changes: asyncio.Queue[Row] = asyncio.Queue()
        watcher = self._watcher(table, rights, changes)
        table.watchers.append(watcher)
        try:
            while True:
                await self._send("!re", command.tag, await changes.get())
        finally:
            table.watchers.remove(watcher)

    def _watcher(self, table: Table, rights: frozenset[str], changes: asyncio.Queue[Row]) -> Callable[[str, Row], None]:
        def watch(what: str, row: Row) -> None:
            if what == "remove":
                changes.put_nowait({".id": row[".id"], ".dead": "yes"})
            else:
                changes.put_nowait(shown(table, row, rights))

        return watch

    async def _cancel(self, command: Command) -> None:
        wanted = command.arguments.get("tag")
        for tag, (_, task) in list(self._running.items()):
            if wanted is None or tag == wanted:
                task.cancel()
                await self._trap(tag, Trap("interrupted", category=2))
                await self._send("!done", tag)
        await self._send("!done", command.tag)

    async def _login(self, command: Command) -> None:
        self._before_login += 1
        too_big = len(command.arguments) > _WORDS_BEFORE_LOGIN
        if self._rights is None and (too_big or self._before_login > _SENTENCES_BEFORE_LOGIN):
            await self._fatal("too many commands before login")
        router = self._host.router
        name = command.arguments.get("name")
        if name is None or not (router.plain_login() or "response" in command.arguments):
            # Before 6.43 a login in clear is taken for the first half of the challenge.
            self._challenge = secrets.token_bytes(16)
            await self._send("!done", command.tag, {"ret": self._challenge.hex()})
            return
        peer = self._writer.get_extra_info("peername")[0]
        account = None if self._host.faults.reject_logins else router.account(name, peer)
        if account is None or not self._proves(command, account[0]) or "api" not in account[1]:
            message = "invalid user name or password (6)" if router.plain_login() else "cannot log in"
            await self._trap(command.tag, Trap(message))
            await self._send("!done", command.tag)
            return
        self._rights = account[1]
        await self._send("!done", command.tag)

    def _proves(self, command: Command, password: str) -> bool:
        if "response" not in command.arguments:
            return command.arguments.get("password", "") == password
        if self._challenge is None:
            return False
        digest = hashlib.md5(b"\x00" + password.encode() + self._challenge, usedforsecurity=False).hexdigest()
        self._challenge = None
        return command.arguments["response"] == "00" + digest

    async def _trap(self, tag: str | None, trap: Trap) -> None:
        row = {"message": trap.message}
        if trap.category is not None:
            row = {"category": str(trap.category), **row}
        await self._send("!trap", tag, row)

    async def _fatal(self, reason: str) -> None:
        await self._write(encode_sentence(["!fatal", reason]))
        self._writer.close()
        raise Gone

    async def _send(self, reply: str, tag: str | None, row: Row | None = None) -> None:
        await self._write(self._encode(reply, tag, row or {}))

    def _encode(self, reply: str, tag: str | None, row: Row) -> bytes:
        return encode_row(reply, tag, row, latin1=self._host.faults.latin1)

    async def _write(self, data: bytes) -> None:
        async with self._write_lock:
            pause = self._host.faults.trickle_ms / 1000
            if not pause:
                self._writer.write(data)
                await self._writer.drain()
                return
            for byte in data:
                self._writer.write(bytes((byte,)))
                await self._writer.drain()
                await asyncio.sleep(pause)
