"""A socket for routeros-api with what the library's own lacks.

- One deadline for a whole call: its timeout is per read, so a router that trickles holds a call for ever.
- Whole calls leave in one segment without Nagle's delay: it sends each word by itself, and the delayed
  acknowledgement of the other side then costs 44 ms a call.
- Reads go through a buffer: it reads the length of each word with a system call of its own.
"""

from __future__ import annotations

import contextlib
import socket
import time

from routeros_api.base_api import Connection as Framing
from routeros_api.exceptions import RouterOsApiConnectionClosedError

from network.drivers.base import Address
from network.drivers.mikrotik.tls import fingerprint_of, shake_hands

_READ = 65536
_LONG = 0x80
# A router that says nothing for so long in the middle of a long answer will not go on.
_STALL_S = 8.0


class Wire:
    """Stands in for routeros_api.api_socket.SocketWrapper (send, receive, close, settimeout)."""

    def __init__(self, sock: socket.socket, fingerprint: str = "") -> None:
        self._sock = sock
        self._unsent = bytearray()
        self._deadline = 0.0
        # SHA-256 of the other side's certificate, when the link has one.
        self.fingerprint = fingerprint
        # What has been read and not been taken yet: `data` from `at` on.
        self.data = b""
        self.at = 0
        # The first bytes that came: they tell a web server and an encrypted port from an API.
        self.greeting = b""

    def expire_in(self, seconds: float) -> None:
        """Everything from now on must be done within `seconds`."""
        self._deadline = time.monotonic() + seconds

    def send(self, data: bytes) -> None:
        """Collect what is to be sent."""
        self._unsent += data

    def flush(self) -> None:
        """Send what was collected. Raises OSError."""
        self._sock.settimeout(self._left())
        self._sock.sendall(self._unsent)
        self._unsent.clear()

    def receive(self, length: int) -> bytes:
        """Return between 1 and `length` bytes. Raises OSError, or the library's error at the end of the stream."""
        if self.at >= len(self.data):
            self._sock.settimeout(min(self._left(), _STALL_S))
            self.data, self.at = self._sock.recv(_READ), 0
            if not self.data:
                raise RouterOsApiConnectionClosedError
            self.greeting = self.greeting or self.data[:8]
        part = self.data[self.at : self.at + length]
        self.at += len(part)
        return part

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


class Sentences(Framing):
    """The library's framing, quick where a word is short and already here, as nearly all are."""

    socket: Wire

    def receive_sentence(self) -> list[bytes]:
        """Return the words of the next sentence. Raises OSError and the library's errors."""
        wire = self.socket
        words: list[bytes] = []
        while True:
            data, at, size = wire.data, wire.at, len(wire.data)
            while at < size:
                length = data[at]
                if not length:
                    wire.at = at + 1
                    return words
                end = at + 1 + length
                if length >= _LONG or end > size:
                    break
                words.append(data[at + 1 : end])
                at = end
            wire.at = at
            word: bytes = self.receive_word()
            if not word:
                return words
            words.append(word)


def dial(address: Address, ip: str, *, deadline_s: float) -> Wire:
    """Connect to an address already checked. Raises OSError (ssl.SSLError among them), DriverError by `tls`."""
    started = time.monotonic()
    sock = socket.create_connection((ip, address.port), timeout=deadline_s)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        fingerprint = ""
        if address.tls:
            sock.settimeout(max(0.1, deadline_s - (time.monotonic() - started)))
            sock = secured = shake_hands(sock, address)
            fingerprint = fingerprint_of(secured, address)
    except BaseException:
        sock.close()
        raise
    wire = Wire(sock, fingerprint)
    wire.expire_in(deadline_s - (time.monotonic() - started))
    return wire
