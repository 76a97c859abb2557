"""One address before the web and live processes: what Caddy does in production, for the demo and the tests.

Streams both ways without buffering (server-sent events), says who the client is in X-Forwarded-For and
X-Forwarded-Proto and drops what the client claims about that, and shows a page that reloads itself while
a process restarts.

    python -m config.launch.front --port 8000 --web 127.0.0.1:9001 --live 127.0.0.1:9002
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import errno
import ipaddress
import os
import socket
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass

from config.launch.pages import unavailable

Address = tuple[str, int]

_HEAD_LIMIT = 64 * 1024
_CHUNK = 64 * 1024
# A process that restarts is back within a few seconds: better a short wait than a page of apology. Less than the 15 s
# that Twilio waits for a webhook, which it does not bring again.
_CONNECT_PATIENCE = 12.0
_IDLE = 75.0

_HOP_BY_HOP = {
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te",
    "trailer", "upgrade", "expect",
}  # fmt: skip
_CLAIMS = {"forwarded", "x-real-ip"}


class BadMessage(Exception):
    """The bytes are not HTTP as we pass it on; answered with 400."""


@dataclass
class Head:
    """The first line and headers of a request or an answer."""

    first: str
    headers: list[tuple[str, str]]

    def get(self, name: str) -> str:
        """The header's values joined with commas, or ""."""
        return ", ".join(value for key, value in self.headers if key.lower() == name)

    @property
    def chunked(self) -> bool:
        """Whether the body comes in chunks. Raises BadMessage for any other transfer coding."""
        coding = self.get("transfer-encoding").lower()
        if coding not in {"", "chunked"}:
            raise BadMessage(f"transfer coding {coding}")
        return coding == "chunked"

    @property
    def length(self) -> int | None:
        """Content-Length, or None. Raises BadMessage when it is repeated, malformed or joined by chunks."""
        text = self.get("content-length")
        if not text:
            return None
        if not text.isdecimal() or self.chunked:
            raise BadMessage("content length")
        return int(text)

    def encode(self) -> bytes:
        """The head as bytes, with the empty line."""
        lines = [self.first, *(f"{name}: {value}" for name, value in self.headers), "", ""]
        return "\r\n".join(lines).encode("latin-1")


class Front:
    """The proxy; `route` names the upstream of a path."""

    def __init__(self, *, web: Address, live: Address) -> None:
        self._web = web
        self._live = live

    def route(self, path: str) -> Address:
        """`/live` goes to the live process, all else to web."""
        return self._live if path.split("?", 1)[0].rstrip("/") == "/live" else self._web

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client connection, request after request, until either side closes."""
        try:
            while await self._one(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            pass  # the client went away, or never said anything we could answer
        except asyncio.CancelledError:
            pass  # it hung up before the answer came; asyncio would log the task's cancelled end as a fault
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Pass one request on; True when the connection may carry another."""
        try:
            request = await read_head(reader, patience=_IDLE)
            if request is None:
                return False
            method, path, _version = request.first.split(" ")
            body = copy_body(reader, chunked=request.chunked, length=request.length or 0)
        except (BadMessage, ValueError):
            await answer(writer, 400, "Solicitud inválida.", "text/plain")
            return False
        upstream = await connect(self.route(path))
        if upstream is None:
            await answer(writer, 502, *unavailable())
            return False
        if request.get("expect").lower() == "100-continue":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        up_reader, up_writer = upstream
        up_writer.write(outgoing(request, client_of(writer)).encode())
        upload = asyncio.ensure_future(drain_into(body, up_writer))
        try:
            async with hangs_up_with(reader):
                reusable = await self._answer(method, up_reader, writer)
            return reusable and upload.done() and upload.exception() is None and keeps_alive(request)
        finally:
            upload.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError, asyncio.IncompleteReadError, BadMessage):
                await upload
            up_writer.close()

    async def _answer(self, method: str, upstream: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Stream the upstream's answer; True when its end was marked, so that the connection can go on."""
        try:
            head = await read_head(upstream, patience=None)
            if head is None:
                raise BadMessage("no answer")  # noqa: TRY301 -- answered like any other broken answer
            status = int(head.first.split(" ", 2)[1])
            chunked, length = head.chunked, head.length
        except (BadMessage, ValueError, OSError, asyncio.IncompleteReadError):
            await answer(writer, 502, *unavailable())
            return False
        empty = method == "HEAD" or status in {204, 304}
        marked = empty or chunked or length is not None
        kept = [(name, value) for name, value in head.headers if name.lower() not in _HOP_BY_HOP]
        writer.write(Head(head.first, [*kept, ("Connection", "keep-alive" if marked else "close")]).encode())
        if empty:
            await writer.drain()
        elif marked:
            await drain_into(copy_body(upstream, chunked=chunked, length=length or 0), writer)
        else:
            await drain_into(copy_rest(upstream), writer)
        return marked


async def read_head(reader: asyncio.StreamReader, *, patience: float | None) -> Head | None:
    """Read up to the empty line; None when the other side closed instead. Raises BadMessage."""
    try:
        raw = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), patience)
    except asyncio.IncompleteReadError as error:
        if error.partial.strip():
            raise BadMessage("cut short") from error
        return None
    except asyncio.LimitOverrunError as error:
        raise BadMessage("head too large") from error
    first, *lines = raw[:-4].decode("latin-1").split("\r\n")
    headers = []
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip() or "\n" in line:
            raise BadMessage("header line")
        headers.append((name, value.strip()))
    return Head(first, headers)


def outgoing(request: Head, client: str) -> Head:
    """The request as the upstream gets it: our word about the client instead of the client's own."""
    named = {name.strip().lower() for name in request.get("connection").split(",")}
    kept = [
        (name, value)
        for name, value in request.headers
        # Servers turn "-" into "_", so that X_Forwarded_For would pass for X-Forwarded-For.
        if "_" not in name
        and name.lower() not in _HOP_BY_HOP | _CLAIMS | named
        and not name.lower().startswith("x-forwarded-")
    ]
    ours = [("X-Forwarded-For", client), ("X-Forwarded-Proto", "http"), ("Connection", "close")]
    return Head(request.first, kept + ours)


def keeps_alive(request: Head) -> bool:
    """Whether the client means to send another request on this connection."""
    return request.first.endswith("HTTP/1.1") and "close" not in request.get("connection").lower()


def client_of(writer: asyncio.StreamWriter) -> str:
    """The client's address as text, without an IPv6 zone."""
    return str(ipaddress.ip_address(writer.get_extra_info("peername")[0].split("%")[0]))


async def copy_body(reader: asyncio.StreamReader, *, chunked: bool, length: int) -> AsyncIterator[bytes]:
    """Yield a body's bytes as they come, chunk marks included. Raises IncompleteReadError, BadMessage."""
    if not chunked:
        while length > 0:
            data = await reader.read(min(length, _CHUNK))
            if not data:
                raise asyncio.IncompleteReadError(b"", length)
            length -= len(data)
            yield data
        return
    while True:
        size_line = await reader.readuntil(b"\r\n")
        yield size_line
        try:
            size = int(size_line.split(b";")[0], 16)
        except ValueError as error:
            raise BadMessage("chunk size") from error
        if size == 0:
            break
        async for data in copy_body(reader, chunked=False, length=size + 2):
            yield data
    line = b""
    while line != b"\r\n":  # trailers, then the empty line
        line = await reader.readuntil(b"\r\n")
        yield line


async def copy_rest(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Yield until the other side closes."""
    while data := await reader.read(_CHUNK):
        yield data


async def drain_into(body: AsyncIterator[bytes], writer: asyncio.StreamWriter) -> None:
    """Write what comes at once, no faster than it is taken."""
    async for data in body:
        writer.write(data)
        await writer.drain()
    await writer.drain()


@contextlib.asynccontextmanager
async def hangs_up_with(reader: asyncio.StreamReader) -> AsyncIterator[None]:
    """Cancel the block when the client closes: nobody listens to its event stream any more."""
    inside = asyncio.current_task()

    async def watch() -> None:
        while not reader.at_eof():  # noqa: ASYNC110 -- a reader tells its end only when asked
            await asyncio.sleep(0.25)
        if inside is not None:
            inside.cancel()

    watcher = asyncio.ensure_future(watch())
    try:
        yield
    finally:
        watcher.cancel()


async def connect(address: Address) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
    """Connect to an upstream, waiting a little for one that restarts; None when it stays away."""
    deadline = asyncio.get_running_loop().time() + _CONNECT_PATIENCE
    while True:
        try:
            return await asyncio.open_connection(*address, limit=_HEAD_LIMIT)
        except OSError:
            if asyncio.get_running_loop().time() > deadline:
                return None
            await asyncio.sleep(0.1)


async def answer(writer: asyncio.StreamWriter, status: int, text: str, kind: str = "text/html") -> None:
    """Answer ourselves and ask the client to close."""
    body = text.encode()
    reason = {400: "Bad Request", 502: "Bad Gateway"}[status]
    head = Head(
        f"HTTP/1.1 {status} {reason}",
        [
            ("Content-Type", f"{kind}; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            ("Connection", "close"),
        ],
    )
    writer.write(head.encode() + body)
    await writer.drain()


def listening_sockets(port: int) -> list[socket.socket]:
    """Bind the port of 127.0.0.1 and, where there is IPv6, of ::1, which browsers try first for *.localhost.

    Raises OSError when someone else has it.
    """
    sockets: list[socket.socket] = []
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            listener = socket.socket(family, socket.SOCK_STREAM)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listener.bind((host, port))
            listener.listen(128)
        except OSError as error:
            listener.close()
            if family == socket.AF_INET6 and sockets and _no_ipv6(error):
                break
            for other in sockets:
                other.close()
            raise
        sockets.append(listener)
        port = listener.getsockname()[1]
    return sockets


def _no_ipv6(error: OSError) -> bool:
    return error.errno in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}


async def serve(front: Front, sockets: list[socket.socket]) -> None:
    """Accept connections on the sockets until cancelled."""
    servers = [await asyncio.start_server(front.handle, sock=sock, limit=_HEAD_LIMIT) for sock in sockets]
    try:
        await asyncio.gather(*(server.serve_forever() for server in servers))
    finally:
        for server in servers:
            server.close()


def _address(text: str) -> Address:
    host, _, port = text.rpartition(":")
    return host, int(port)


def main() -> int:
    """Run the proxy until a signal comes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--web", type=_address, required=True)
    parser.add_argument("--live", type=_address, required=True)
    options = parser.parse_args()
    try:
        sockets = listening_sockets(options.port)
    except OSError as error:
        sys.stderr.write(f"port {options.port}: {os.strerror(error.errno or 0)}\n")
        return 1
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(Front(web=options.web, live=options.live), sockets))
    return 0


if __name__ == "__main__":
    sys.exit(main())
