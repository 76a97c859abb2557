"""A socket for routeros-api with the three things the library's own lacks.

- One deadline for a whole call: its timeout is per read, so a router that trickles holds a call for ever.
- Whole sentences leave in one segment without Nagle's delay: it sends each word by itself, and the delayed
  acknowledgement of the other side then costs 44 ms a call.
- Reads go through a buffer: it reads the length of each word with a system call of its own.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import time

from routeros_api.exceptions import RouterOsApiConnectionClosedError

_END_OF_SENTENCE = b"\x00"
_READ = 65536
# A router that says nothing for so long in the middle of a long answer will not go on.
_STALL_S = 8.0


class Wire:
    """Stands in for routeros_api.api_socket.SocketWrapper (send, receive, close, settimeout)."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._unsent = bytearray()
        self._unread = memoryview(b"")
        self._deadline = 0.0

    def expire_in(self, seconds: float) -> None:
        """Everything from now on must be done within `seconds`."""
        self._deadline = time.monotonic() + seconds

    def send(self, data: bytes) -> None:
        """Collect words; send when the sentence ends. Raises OSError."""
        self._unsent += data
        # A word is never empty, so a lone zero byte is the end of a sentence.
        if data == _END_OF_SENTENCE:
            self._sock.settimeout(self._left())
            self._sock.sendall(self._unsent)
            self._unsent.clear()

    def receive(self, length: int) -> bytes:
        """Return between 1 and `length` bytes. Raises OSError, or the library's error at the end of the stream."""
        if not self._unread:
            self._sock.settimeout(min(self._left(), _STALL_S))
            data = self._sock.recv(_READ)
            if not data:
                raise RouterOsApiConnectionClosedError
            self._unread = memoryview(data)
        part, self._unread = self._unread[:length], self._unread[length:]
        return bytes(part)

    def settimeout(self, timeout: float) -> None:
        """The library's per-read timeout; the deadline is stricter."""
        self._sock.settimeout(timeout)

    def close(self) -> None:
        """Close the socket."""
        self._sock.close()

    def abort(self) -> None:
        """Wake whoever waits on the socket, then close it."""
        with contextlib.suppress(OSError):  # not connected any more, which is what is wanted
            self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline of the call has passed")
        return left


def dial(ip: str, port: int, *, host: str, use_tls: bool, deadline_s: float) -> Wire:
    """Connect to an address already checked. Raises OSError (ssl.SSLError among them)."""
    started = time.monotonic()
    sock = socket.create_connection((ip, port), timeout=deadline_s)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if use_tls:
            sock.settimeout(max(0.1, deadline_s - (time.monotonic() - started)))
            sock = _tls_handshake(sock, host)
    except OSError:
        sock.close()
        raise
    wire = Wire(sock)
    wire.expire_in(deadline_s - (time.monotonic() - started))
    return wire


def _tls_handshake(sock: socket.socket, host: str) -> ssl.SSLSocket:
    try:
        return _tls_context().wrap_socket(sock, server_hostname=host)
    except ssl.SSLError:
        raise
    except OSError as error:
        # A port without TLS hangs up or stays silent: what failed is the handshake.
        raise ssl.SSLError(str(error)) from error


def _tls_context() -> ssl.SSLContext:
    """Routers sign their own certificates: the link is encrypted, the other side is not proven."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
