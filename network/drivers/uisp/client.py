"""One UISP over HTTP: requests with a deadline, answers as JSON, every failure a DriverError without a secret in it.

Nothing of an exception of the libraries leaves this module, also not as cause or context: headers carry tokens.
Redirects are never followed: what was checked is what is talked to.
"""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx2
from django.utils.translation import gettext as _

from network.drivers.base import Address, DriverError, Exchange, Key, Listener
from network.drivers.egress import resolve
from network.drivers.uisp.answers import (
    busy,
    connection_error,
    not_uisp,
    said_in,
    status_error,
    unknown_certificate,
)
from network.drivers.uisp.memory import Memory
from network.drivers.uisp.models import Told, read_row, read_rows
from network.drivers.uisp.wire import CONNECTIONS, Dialer, Transport, context_for

T = TypeVar("T")
K = TypeVar("K", bound=Told)
R = TypeVar("R")
_MOST_BYTES = 64 * 1024 * 1024
# Without Retry-After, and at the most.
_WAIT_S, _MOST_WAIT_S = 30.0, 600.0
_SHOWN = 160


@dataclass(frozen=True)
class Call:
    """A request. `account` is whose it is, for the log; `secret` keeps its body out of it."""

    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    account: Key | None = None
    is_secret: bool = False

    @property
    def is_write(self) -> bool:
        """Whether it changes something."""
        return self.method != "GET" and not self.is_secret

    def __str__(self) -> str:
        asked = "&".join(f"{name}={value}" for name, value in self.query.items())
        words = [self.method, f"{self.path}?{asked}" if asked else self.path]
        if self.body is not None and not self.is_secret:
            words.append(json.dumps(self.body, ensure_ascii=False))
        return " ".join(words)


@dataclass(frozen=True)
class Reply:
    """An answer: its status, what its JSON holds (None: nothing or none), and its headers."""

    status: int
    body: Any
    headers: Mapping[str, str]
    is_html: bool = False

    @property
    def ok(self) -> bool:
        """Whether it was done."""
        return 200 <= self.status < 300


class Client:
    """Talks to one UISP. After a DriverError of the connection it is closed."""

    def __init__(self, address: Address, listener: Listener, memory: Memory, *, deadline_s: float) -> None:
        memory.check(address)
        self.address = address
        self.memory = memory
        self._listener = listener
        self._headers: dict[str, str] = {}
        self._renew: Callable[[], None] | None = None
        self._renewing = threading.Lock()
        self._listening = threading.Lock()
        self._failing = threading.Lock()
        self._failure: DriverError | None = None
        ip = resolve(address)
        pin = address.fingerprint if address.tls == "pinned" else ""
        self._dialer = Dialer(ip, address.port, pin=pin)
        self._dialer.expire_in(deadline_s)
        scheme = "https" if address.tls else "http"
        host = f"[{address.host}]" if ":" in address.host else address.host
        self._http = httpx2.Client(
            base_url=f"{scheme}://{host}:{address.port}",
            transport=Transport(self._dialer, context_for(address.tls)),
            follow_redirects=False,
            trust_env=False,
            headers={"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "Enlace"},
        )
        self.is_open = True

    @property
    def fingerprint(self) -> str:
        """Of the certificate last met; empty without one."""
        return self._dialer.fingerprint

    def sign(self, header: str, value: str, *, renew: Callable[[], None] | None = None) -> None:
        """Send this with every request; `renew` signs anew when it is not accepted any more."""
        self._headers, self._renew = {header: value}, renew

    def expire_in(self, seconds: float) -> None:
        """Everything from now on must be done within `seconds`."""
        self._dialer.expire_in(seconds)

    def has_time(self) -> bool:
        """Whether another request is worth beginning."""
        try:
            return self._dialer.left() > 0.2
        except TimeoutError:
            return False

    def read(self, path: str, *, query: Mapping[str, Any] | None = None, account: Key | None = None) -> Any:
        """Return what is at a path. Raises DriverError, also for what does not exist."""
        reply = self.send(Call("GET", path, query or {}, account=account))
        if not reply.ok:
            raise self.refusal(reply)
        if reply.body is None:
            raise self._fail(not_uisp(self.address))
        return reply.body

    def told(self, kind: type[K], path: str) -> K:
        """Return what a path tells. Raises DriverError."""
        raw = self.read(path)
        return self.parsed(lambda: read_row(kind, raw))

    def told_rows(
        self, kind: type[K], path: str, *, query: Mapping[str, Any] | None = None, account: Key | None = None
    ) -> list[K]:
        """Return the rows that a path tells. Raises DriverError."""
        raw = self.read(path, query=query, account=account)
        return self.parsed(lambda: read_rows(kind, raw))

    def parsed(self, act: Callable[[], T]) -> T:
        """Return what `act` makes of an answer. Raises DriverError when it is not what UISP tells."""
        with contextlib.suppress(ValueError):
            return act()
        raise self._fail(not_uisp(self.address))

    def changing(self) -> DriverError:
        """Return the error for a list that never stood still."""
        return self._fail(DriverError(_("La lista de UISP cambió mientras se leía; se intenta de nuevo.")))

    def find(self, path: str, *, account: Key | None = None) -> Any:
        """Return what is at a path, or None when it does not exist. Raises DriverError."""
        reply = self.send(Call("GET", path, account=account))
        if reply.status == 404 and not reply.is_html:
            return None
        if not reply.ok:
            raise self.refusal(reply)
        if reply.body is None:
            raise self._fail(not_uisp(self.address))
        return reply.body

    def send(self, call: Call) -> Reply:
        """Send a request and return its answer. Raises DriverError when there is none, or it is not UISP's.

        It is sent again only when it was refused for a token that has run out, which is that nothing was done.
        """
        signed = self._headers
        reply = self._send(call, signed)
        if reply.status == 401 and self._renew is not None and not call.is_secret:
            with self._renewing:
                if self._headers is signed:
                    self._renew()
            reply = self._send(call, self._headers)
        return reply

    def _send(self, call: Call, signed: Mapping[str, str]) -> Reply:
        if not self.is_open:
            raise self._fail(connection_error(OSError(), self.address))
        started = time.monotonic()
        failure: DriverError | None = None
        reply: Reply | None = None
        try:
            reply = self._exchange(call, signed)
        except Exception as error:  # noqa: BLE001 -- whatever the libraries throw, nothing of it may leave
            failure = self._translate(error)
        if failure is None and reply is not None:
            failure = self._judge(call, reply)
        self._log(call, reply, failure, started)
        if failure is not None or reply is None:
            # Raised here and not above: a cause or context would carry the token.
            raise self._fail(failure or not_uisp(self.address))
        return reply

    def each(self, act: Callable[[T], R], things: Sequence[T]) -> list[R]:
        """Do something with each, a few at a time, and return what came of them in order. Raises DriverError."""
        if len(things) < 2:
            return [act(thing) for thing in things]
        with ThreadPoolExecutor(max_workers=CONNECTIONS, thread_name_prefix="uisp") as pool:
            return list(pool.map(act, things))

    def refusal(self, reply: Reply) -> DriverError:
        """Return the error for an answer that is no; the client is closed, as its error is the session's."""
        refused = not_uisp(self.address) if reply.is_html else status_error(reply.status, reply.body)
        return self._fail(refused)

    def _exchange(self, call: Call, signed: Mapping[str, str]) -> Reply:
        headers = dict(signed)
        content = None
        if call.body is not None:
            content, headers["Content-Type"] = json.dumps(call.body).encode(), "application/json"
        stream = self._http.stream(
            call.method, call.path, params=dict(call.query) or None, content=content, headers=headers
        )
        with stream as response:
            raw = bytearray()
            for part in response.iter_raw():
                raw += part
                if len(raw) > _MOST_BYTES:
                    raise ConnectionAbortedError("an answer without end")
            kind = response.headers.get("content-type", "").casefold()
            is_html = "html" in kind or bytes(raw[:64]).lstrip().startswith(b"<")
            body = None if is_html or not raw.strip() else json.loads(raw)
            return Reply(response.status_code, body, dict(response.headers), is_html)

    def _judge(self, call: Call, reply: Reply) -> DriverError | None:
        """Return what makes an answer as good as none."""
        if reply.status == 429:
            wait_s = _wait_of(reply.headers.get("retry-after", ""))
            self.memory.rest(self.address, wait_s)
            return busy(wait_s)
        if reply.status in {502, 503, 504}:
            return status_error(reply.status, reply.body)
        if 300 <= reply.status < 400:
            return status_error(reply.status, None)
        if reply.is_html and (reply.ok or call.method == "GET"):
            return not_uisp(self.address)
        return None

    def _translate(self, error: BaseException) -> DriverError:
        if isinstance(error, ssl.SSLCertVerificationError):
            return unknown_certificate(self.address, self._met())
        if isinstance(error, ValueError) and not isinstance(error, OSError):
            return not_uisp(self.address)
        return connection_error(error, self.address)

    def _met(self) -> str:
        """Return the fingerprint of who is there, saying nothing to them."""
        with contextlib.suppress(Exception):
            dialer = Dialer(resolve(self.address), self.address.port, pin="")
            dialer.expire_in(self._dialer.left())
            context = context_for("pinned")
            if context is not None:
                plain = dialer.connect_tcp("", 0)
                plain.start_tls(context, self.address.host).close()
            return dialer.fingerprint
        return ""

    def _log(self, call: Call, reply: Reply | None, failure: DriverError | None, started: float) -> None:
        if failure is not None:
            said = failure.message
        elif reply is not None and not reply.ok:
            said = f"{reply.status} {said_in(reply.body)}".strip()
        else:
            said = str(reply.status) if reply is not None else ""
        took_ms = (time.monotonic() - started) * 1000
        exchange = Exchange(
            str(call), said[:_SHOWN], failure is None and reply is not None and reply.ok, took_ms,
            account=call.account, is_write=call.is_write,
        )  # fmt: skip
        with self._listening:
            self._listener(exchange)

    def _fail(self, error: DriverError) -> DriverError:
        """Close and return the error; of several requests under way the first to fail says why."""
        with self._failing:
            self._failure = self._failure or error
            first = self._failure
        self.close()
        return DriverError(first.message, permanent=first.permanent)

    def close(self) -> None:
        """Close all connections; never raises."""
        self.is_open = False
        self._dialer.break_off()
        with contextlib.suppress(Exception):  # closing what is broken
            self._http.close()

    def abort(self) -> None:
        """Break all connections from another thread."""
        self.is_open = False
        self._dialer.break_off()


def _wait_of(header: str) -> float:
    """Return the seconds of a Retry-After; a date or nonsense is the usual wait."""
    try:
        return min(max(float(header), 1.0), _MOST_WAIT_S)
    except ValueError:
        return _WAIT_S
