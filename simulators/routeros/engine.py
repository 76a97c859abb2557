"""The simulator inside its own event loop: sockets, sessions, faults. Not to be called from outside it."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulators.announcing import announce

from .cpe import CpePark
from .faults import Faults
from .router import Router
from .session import Session

_KEPT = 50_000
_WRITE_VERBS = ("/add", "/set", "/unset", "/remove", "/enable", "/disable")


@dataclass(frozen=True)
class Received:
    """A sentence as it arrived; `at` is time.monotonic() of its first byte, comparable between processes."""

    number: int
    at: float
    words: tuple[str, ...]

    @property
    def is_write(self) -> bool:
        """Whether it changes something."""
        return self.words[0].endswith(_WRITE_VERBS)


class Engine:
    """Listens, serves, breaks on demand."""

    def __init__(
        self,
        router: Router,
        faults: Faults,
        *,
        host: str,
        port: int,
        redial_s: float,
        boot_s: float,
        tls: ssl.SSLContext | None,
        cpes: bool,
    ) -> None:
        self.router = router
        self.faults = faults
        self.host = host
        self.port = port
        self.park = CpePark(router, redial_s=redial_s)
        self.on_sentence: Callable[[Received], None] | None = None
        self._boot_s = boot_s
        self._tls = tls
        self._cpes = cpes
        self._log: deque[Received] = deque(maxlen=_KEPT)
        self.received_count = 0
        self._sessions: set[Session] = set()
        self._powered = True
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None] | None] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def connection_count(self) -> int:
        """API connections open now."""
        return len(self._sessions)

    async def listen(self) -> None:
        """Take connections. Raises OSError when the port is taken."""
        if self._server is not None:
            return
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((self.host, self.port))
        except OSError:
            sock.close()
            raise
        self.port = sock.getsockname()[1]
        self._server = await asyncio.start_server(self._serve, sock=sock, ssl=self._tls, backlog=512)
        announce(self.host, self.port)

    def close(self) -> None:
        """Stop listening and drop every connection."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.drop()

    async def shut_down(self) -> None:
        """Close and wait until the sessions have noticed."""
        self.close()
        await asyncio.gather(*(task for task in self._serving if task), return_exceptions=True)

    def drop(self) -> None:
        """Reset every API connection."""
        for session in list(self._sessions):
            session.reset()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = Session(self, reader, writer)
        if len(self._sessions) >= self.router.session_limit():
            session.reset()
            return
        self._sessions.add(session)
        task = asyncio.current_task()
        self._serving.add(task)
        try:
            await session.serve()
        finally:
            self._sessions.discard(session)
            self._serving.discard(task)

    def received(self, words: Sequence[str], at: float) -> None:
        """Note a sentence that arrived and tell the hook, before it is obeyed."""
        self.received_count += 1
        note = Received(self.received_count, at, tuple(words))
        self._log.append(note)
        if self.on_sentence is not None:
            self.on_sentence(note)

    def notes(self, match: str = "", after: int = 0) -> list[Received]:
        """Sentences received after number `after` whose command starts with `match`."""
        return [note for note in self._log if note.number > after and note.words[0].startswith(match)]

    def install(self, row: Mapping[str, Any]) -> None:
        """Add a secret, and the equipment that dials with it."""
        self.router.load_secrets([dict(row)])
        self.install_all()

    def install_all(self) -> None:
        """Equipment for every secret that has none, where this simulator has equipment."""
        if self._cpes:
            self.park.install_all()

    async def apply_faults(self) -> None:
        """Listen or not, as the faults and the power say."""
        if self.faults.refuse or not self._powered:
            self.close()
        else:
            await self.listen()

    async def power(self, *, on: bool) -> None:
        """Pull or push the plug of the whole router."""
        self._powered = self.park.router_up = on
        if not on:
            self.close()
            self.router.boot()
            return
        self.router.start_clock()
        await self.apply_faults()
        self.park.dial_everything()

    async def reboot(self) -> None:
        """Off, a silence, on."""
        await self.power(on=False)
        await asyncio.sleep(self._boot_s)
        await self.power(on=True)

    def reboot_soon(self) -> None:
        """Restart once the answer in hand is written."""
        task = asyncio.get_running_loop().create_task(self.reboot())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
