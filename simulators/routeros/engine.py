"""The simulator inside its own event loop: sockets, sessions, faults. Not to be called from outside it."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from simulators.announcing import announce

from .cpe import CpePark
from .faults import Faults
from .router import Router
from .session import Session
from .specs import Row
from .versions import DEFAULT_VERSION

_KEPT = 50_000
_WRITE_VERBS = (
    "/add",
    "/set",
    "/unset",
    "/remove",
    "/enable",
    "/disable",
    "/comment",
    "/move",
    "/make-static",
    "/activate-user-profile",
    "/close-session",
    "/create-and-activate-profile",
    "/clear-profiles",
)


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


@dataclass
class Config:
    """A router as it is delivered to a test.

    `secrets` are rows of /ppp/secret: name, password, profile, service, disabled, comment. `rows` are those of any
    menu by its path, with its own property names; what they refer to (a profile, a server) is made when missing.
    With `cpes` every secret has equipment that dials, every static lease a client, every hotspot user with a MAC a
    device. `churn_s` is the mean time until one of them at random drops and comes back (0: never).
    """

    host: str = "127.0.0.1"
    port: int = 0
    user: str = "enlace"
    password: str = "enlace"  # noqa: S105 - a simulator's default
    secrets: Iterable[dict[str, Any]] = ()
    rows: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    version: str = DEFAULT_VERSION
    identity: str = "MikroTik"
    latency_ms: float = 0.0
    redial_s: float = 0.3
    boot_s: float = 0.5
    max_sessions: int = 20
    tls: ssl.SSLContext | None = None
    cpes: bool = True
    churn_s: float = 0.0


class Engine:
    """Listens, serves, breaks on demand."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.router = Router(version=config.version, identity=config.identity, max_sessions=config.max_sessions)
        self.router.add_account(config.user, config.password)
        self.faults = Faults(latency_ms=config.latency_ms)
        self.host = config.host
        self.port = config.port
        self.park = CpePark(self.router, redial_s=config.redial_s)
        self.on_sentence: Callable[[Received], None] | None = None
        self._log: deque[Received] = deque(maxlen=_KEPT)
        self.received_count = 0
        self._sessions: set[Session] = set()
        self._idle = asyncio.Event()
        self._powered = True
        self._was_disabled = False
        self._server: asyncio.Server | None = None
        self._deaf: socket.socket | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Load the configured rows, listen, let the equipment dial. Raises OSError when the port is taken."""
        self.loop = asyncio.get_running_loop()
        self.router.load_secrets(self.config.secrets)
        self.router.load_all(self.config.rows)
        await self.apply_faults()
        announce(self.host, self.port)
        self._was_disabled = self._is_disabled()
        self.router.tables["/ip/service"].watchers.append(self._on_service)
        self.install_all()
        if self.config.churn_s:
            self.park.churn(self.config.churn_s)

    @property
    def _service(self) -> str:
        return "api-ssl" if self.config.tls else "api"

    @property
    def connection_count(self) -> int:
        """API connections open now."""
        return len(self._sessions)

    async def listen(self) -> None:
        """Take connections. Raises OSError when the port is taken."""
        if self._server is not None:
            return
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Session(self), sock=self._bound(), ssl=self.config.tls, backlog=512
        )

    def _bound(self) -> socket.socket:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((self.host, self.port))
        except OSError:
            sock.close()
            raise
        self.port = sock.getsockname()[1]
        return sock

    def _turn_deaf(self) -> None:
        """The kernel takes connections, nobody looks at them: TCP open, no answer, also no TLS handshake."""
        if self._deaf is None:
            self._stop_listening()
            self._deaf = self._bound()
            self._deaf.listen(512)

    def _stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._deaf is not None:
            self._deaf.close()
            self._deaf = None

    def close(self) -> None:
        """Stop listening and drop every connection."""
        self._stop_listening()
        self.drop()

    async def shut_down(self) -> None:
        """Close and wait until the connections have noticed."""
        self.close()
        if self._sessions:
            await self._idle.wait()

    def drop(self) -> None:
        """Reset every API connection."""
        for session in list(self._sessions):
            session.reset()

    def admit(self, session: Session) -> bool:
        """A connection was made; whether there is room for it."""
        has_room = len(self._sessions) < self.router.session_limit()
        if has_room:
            self._sessions.add(session)
            self.router.show_connection(id(session), self._service, f"{self.host}:{self.port}", session.peer)
        return has_room

    def forget(self, session: Session) -> None:
        """A connection ended."""
        self._sessions.discard(session)
        self.router.hide_connection(id(session))
        if not self._sessions and self._server is None:
            self._idle.set()

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
        if self.config.cpes:
            self.park.install_all()

    async def apply_faults(self) -> None:
        """Listen or not, as the faults and the power say."""
        self.router.kick_delay_s = self.faults.kick_delay_ms / 1000
        if self.faults.refuse or not self._powered:
            self.close()
        elif self._is_disabled():
            self._stop_listening()
        elif self.faults.half_open:
            self._turn_deaf()
        else:
            if self._deaf is not None:
                self._stop_listening()
            await self.listen()

    def _is_disabled(self) -> bool:
        service = self.router.tables["/ip/service"].named(self._service)
        return service is not None and service["disabled"] == "true"

    def _on_service(self, _what: str, _row: Row) -> None:
        """A disabled service takes no connection any more; those that are open stay."""
        if self._is_disabled() is not self._was_disabled:
            self._was_disabled = self._is_disabled()
            self._do_soon(self.apply_faults())

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
        await asyncio.sleep(self.config.boot_s)
        await self.power(on=True)

    def reboot_soon(self) -> None:
        """Restart once the answer in hand is written."""
        self._do_soon(self.reboot())

    def _do_soon(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
