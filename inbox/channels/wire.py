"""HTTP to a far side: one deadline for a whole call, no proxy and no netrc of this machine, no redirect by itself.

What httpx lacks for us: its timeouts are per read, so that a server which trickles holds a call for ever; and it does
not say whether a request can have left, which is what makes a lost answer doubtful or not.
"""

from __future__ import annotations

import contextlib
import ipaddress
import select
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import httpcore2
import httpx2

CONNECTIONS = 16
# A connection that was idle for longer may be closing at the other end just as we write to it.
IDLE_S = 3.0
ANSWER_LIMIT = 8 * 1024 * 1024  # bytes of an answer that is no file


class NeverSentError(Exception):
    """No connection was made: the request certainly did not leave."""


class LostAnswerError(Exception):
    """The request may have arrived, and its answer did not."""


class TooLargeError(Exception):
    """The answer is longer than allowed."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    data: bytes

    @property
    def ok(self) -> bool:
        """Whether it was done."""
        return 200 <= self.status < 300


class _Deadline(threading.local):
    """When the call of this thread must be over."""

    at = 0.0

    def left(self) -> float:
        left = self.at - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline of the call has passed")
        return left


class Dialer(httpcore2.NetworkBackend):
    """Connects by the deadline of whoever calls; with `only_public` to no address inside a network of ours."""

    def __init__(self, *, only_public: bool) -> None:
        self.deadline = _Deadline()
        self._only_public = only_public

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to the first address that answers. Raises NeverSentError."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError, OverflowError):
            raise NeverSentError from None
        ips = [str(row[4][0]) for row in found]
        if self._only_public and not all(ipaddress.ip_address(ip.partition("%")[0]).is_global for ip in ips):
            raise NeverSentError
        for ip in ips:
            with contextlib.suppress(OSError):  # the next address may answer
                wire = socket.create_connection((ip, port), timeout=self.deadline.left())
                wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return _Stream(self.deadline, wire)
        raise NeverSentError


class _Stream(httpcore2.NetworkStream):
    """A connection whose every read and write ends by the deadline of the call under way."""

    def __init__(self, deadline: _Deadline, wire: socket.socket) -> None:
        self._deadline, self._wire = deadline, wire

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._wire.settimeout(self._deadline.left())
        return self._wire.recv(max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._wire.settimeout(self._deadline.left())
        self._wire.sendall(buffer)

    def close(self) -> None:
        self._wire.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        """Encrypt, and prove who is there. Raises NeverSentError: nothing of the request has left yet."""
        try:
            self._wire.settimeout(self._deadline.left())
            wire = ssl_context.wrap_socket(self._wire, server_hostname=server_hostname)
        except OSError:
            self._wire.close()
            raise NeverSentError from None
        return _Stream(self._deadline, wire)

    def get_extra_info(self, info: str) -> Any:
        """Tell the pool whether something waits on an idle connection: that is the other side hanging up."""
        if info != "is_readable":
            return None
        if self._wire.fileno() < 0:
            return True
        poll = select.poll()
        poll.register(self._wire, select.POLLIN)
        return bool(poll.poll(0))


class _Transport(httpx2.BaseTransport):
    """httpx over a pool that dials by our dialer."""

    def __init__(self, dialer: Dialer) -> None:
        self._pool = httpcore2.ConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_connections=CONNECTIONS,
            keepalive_expiry=IDLE_S,
            network_backend=dialer,
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url
        answer = self._pool.handle_request(
            httpcore2.Request(
                method=request.method,
                url=httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=cast("Iterable[bytes]", request.stream),
                extensions={**request.extensions, "timeout": {"pool": 5.0}},
            )
        )
        stream = _Body(cast("Iterable[bytes]", answer.stream))
        return httpx2.Response(answer.status, headers=answer.headers, stream=stream, extensions=answer.extensions)

    def close(self) -> None:
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


class Wire:
    """Calls over HTTP. Safe to use from many threads; nothing of what the libraries raise leaves it."""

    def __init__(self, *, only_public: bool = False) -> None:
        self._dialer = Dialer(only_public=only_public)
        self._http = httpx2.Client(transport=_Transport(self._dialer), follow_redirects=False, trust_env=False)

    def call(self, method: str, url: str, *, deadline_s: float, limit: int = ANSWER_LIMIT, **parts: Any) -> Answer:
        """Send a request (headers, params, json, data, files) and read its answer whole.

        Raises NeverSentError, LostAnswerError, TooLargeError; never with a cause, which could carry a token.
        """
        self._dialer.deadline.at = time.monotonic() + deadline_s
        failure: Exception
        try:
            return self._exchange(method, url, limit, parts)
        except (NeverSentError, TooLargeError) as error:
            failure = type(error)()
        except httpcore2.PoolTimeout:
            failure = NeverSentError()
        except Exception:  # noqa: BLE001 -- whatever went wrong from here on, the request may have arrived
            failure = LostAnswerError()
        raise failure

    def _exchange(self, method: str, url: str, limit: int, parts: Mapping[str, Any]) -> Answer:
        headers = {"User-Agent": "Enlace", "Accept-Encoding": "identity", **parts.get("headers", {})}
        with self._http.stream(method, url, **{**parts, "headers": headers}) as response:
            data = bytearray()
            for part in response.iter_raw():
                data += part
                if len(data) > limit:
                    raise TooLargeError
            return Answer(response.status_code, {k.lower(): v for k, v in response.headers.items()}, bytes(data))
