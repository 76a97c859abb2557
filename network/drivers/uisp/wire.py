"""What httpx lacks for us: connections to an address already checked, proven as asked, with one deadline for a call.

- httpx looks names up by itself. Here whoever was checked is who is dialled, and the name only serves to prove them.
- Its timeouts are per read, so that a server which trickles holds a call for ever.
- It proves certificates by authority or not at all. UISP usually signs its own: that one is known by its fingerprint,
  compared before anything is sent.
"""

from __future__ import annotations

import contextlib
import hashlib
import select
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any, cast

import httpcore2
import httpx2

# Requests of one session under way at a time.
CONNECTIONS = 4
_IDLE_S = 30.0


class UnprovenError(Exception):
    """The certificate is not the one it should be. `fingerprint` is that of the one met."""

    def __init__(self, fingerprint: str) -> None:
        super().__init__("unproven")
        self.fingerprint = fingerprint


class Dialer(httpcore2.NetworkBackend):
    """Dials one address, whatever httpx asks for, and breaks off all it dialled when told to."""

    def __init__(self, ip: str, port: int, *, pin: str) -> None:
        self._ip, self._port, self._pin = ip, port, pin
        self._sockets: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._deadline = 0.0
        self._broken_off = False
        # Of the certificate last met.
        self.fingerprint = ""

    def expire_in(self, seconds: float) -> None:
        """Everything from now on must be done within `seconds`."""
        self._deadline = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds until the deadline. Raises TimeoutError when it has passed."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline of the call has passed")
        return left

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to the checked address. Raises OSError."""
        wire = socket.create_connection((self._ip, self._port), timeout=self.left())
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        return Stream(self, self.keep(wire))

    def keep(self, wire: socket.socket) -> socket.socket:
        """Know a socket, to break it off. Raises OSError when that has happened already."""
        with self._lock:
            if self._broken_off:
                wire.close()
                raise ConnectionAbortedError("broken off")
            self._sockets.add(wire)
        return wire

    def forget(self, wire: socket.socket) -> None:
        """A socket is closed."""
        with self._lock:
            self._sockets.discard(wire)

    def prove(self, certificate: bytes) -> None:
        """Take note of who is there. Raises UnprovenError when another certificate is expected."""
        self.fingerprint = hashlib.sha256(certificate).hexdigest()
        if self._pin and self._pin != self.fingerprint:
            raise UnprovenError(self.fingerprint)

    def break_off(self) -> None:
        """Wake whoever waits on any of its sockets; nothing is dialled any more."""
        with self._lock:
            self._broken_off, sockets = True, list(self._sockets)
        for wire in sockets:
            with contextlib.suppress(OSError):  # not connected any more, which is what is wanted
                wire.shutdown(socket.SHUT_RDWR)


class Stream(httpcore2.NetworkStream):
    """A connection whose every read and write ends by the dialer's deadline."""

    def __init__(self, dialer: Dialer, wire: socket.socket) -> None:
        self._dialer, self._wire = dialer, wire

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what came. Raises OSError."""
        self._wire.settimeout(self._dialer.left())
        return self._wire.recv(max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send it all. Raises OSError."""
        self._wire.settimeout(self._dialer.left())
        self._wire.sendall(buffer)

    def close(self) -> None:
        """Close the socket."""
        self._dialer.forget(self._wire)
        self._wire.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        """Encrypt and see who is there. Raises OSError (ssl.SSLError among them), UnprovenError."""
        self._wire.settimeout(self._dialer.left())
        self._dialer.forget(self._wire)
        try:
            wire = ssl_context.wrap_socket(self._wire, server_hostname=server_hostname)
        except ssl.SSLError:
            self._wire.close()
            raise
        except OSError as error:
            self._wire.close()
            # A port without TLS hangs up or stays silent: what failed is the handshake.
            raise ssl.SSLError(str(error)) from error
        try:
            self._dialer.keep(wire)
            self._dialer.prove(wire.getpeercert(binary_form=True) or b"")
        except (OSError, UnprovenError):
            self._dialer.forget(wire)
            wire.close()
            raise
        return Stream(self._dialer, wire)

    def get_extra_info(self, info: str) -> Any:
        """What the pool asks: whether something waits to be read on an idle connection."""
        if info == "is_readable":
            return self._wire.fileno() < 0 or _is_readable(self._wire)
        return None


class Transport(httpx2.BaseTransport):
    """httpx over a pool that dials by our dialer. What goes wrong is raised as the socket said it."""

    def __init__(self, dialer: Dialer, context: ssl.SSLContext | None) -> None:
        self._pool = httpcore2.ConnectionPool(
            ssl_context=context,
            max_connections=CONNECTIONS,
            max_keepalive_connections=CONNECTIONS,
            keepalive_expiry=_IDLE_S,
            network_backend=dialer,
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send it. Raises OSError, UnprovenError, httpcore2's own."""
        url = request.url
        sent = httpcore2.Request(
            method=request.method,
            url=httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=cast("Iterable[bytes]", request.stream),
            extensions=request.extensions,
        )
        answer = self._pool.handle_request(sent)
        return httpx2.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_Body(cast("Iterable[bytes]", answer.stream)),
            extensions=answer.extensions,
        )

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()


class _Body(httpx2.SyncByteStream):
    """The answer's bytes, as the pool gives them."""

    def __init__(self, stream: Iterable[bytes]) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream

    def close(self) -> None:
        close = getattr(self._stream, "close", None)
        if close is not None:
            close()


def context_for(tls: str) -> ssl.SSLContext | None:
    """Return how to encrypt: proven by authorities, proven by us (`pinned`, see Dialer.prove), or not at all."""
    if not tls:
        return None
    context = ssl.create_default_context()
    if tls != "certificate":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _is_readable(wire: socket.socket) -> bool:
    """Whether the other side said something unasked, which is that it hangs up."""
    poll = select.poll()
    poll.register(wire, select.POLLIN)
    return bool(poll.poll(0))
