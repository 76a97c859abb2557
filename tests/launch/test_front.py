"""The front proxy: what it passes on, what it does not believe, and what it shows when nobody is behind it."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from config.launch import front as front_module
from config.launch.children import free_port
from config.launch.front import Front, listening_sockets, serve

Handler = Callable[[socket.socket, bytes], None]


@contextmanager
def upstream(handler: Handler, port: int = 0) -> Iterator[tuple[str, int]]:
    """A server that hands each connection, with its request's head, to `handler`."""
    listener = socket.create_server(("127.0.0.1", port))

    def one(connection: socket.socket) -> None:
        with connection:
            head = b""
            while b"\r\n\r\n" not in head and (data := connection.recv(65536)):
                head += data
            if head:
                handler(connection, head)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=one, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield ("127.0.0.1", listener.getsockname()[1])
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@contextmanager
def proxy(web: tuple[str, int], live: tuple[str, int] = ("127.0.0.1", 1)) -> Iterator[int]:
    """The front in a thread; gives its port."""
    sockets = listening_sockets(0)
    loop = asyncio.new_event_loop()
    task = loop.create_task(serve(Front(web=web, live=live), sockets))

    def run() -> None:
        try:
            loop.run_until_complete(task)
        except asyncio.CancelledError:
            for other in asyncio.all_tasks(loop):
                other.cancel()
            loop.run_until_complete(asyncio.sleep(0.05))
        finally:
            loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield sockets[0].getsockname()[1]
    loop.call_soon_threadsafe(task.cancel)
    thread.join(5)


def ask(port: int, request: bytes, host: str = "127.0.0.1") -> bytes:
    """Send raw bytes and read until the other side closes."""
    with socket.create_connection((host, port), timeout=10) as client:
        client.sendall(request)
        answer = b""
        while data := client.recv(65536):
            answer += data
    return answer


def echo(connection: socket.socket, head: bytes) -> None:
    """Answer with the request's head as body."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(head), head))


def get(path: str = "/", *extra: str) -> bytes:
    """A request that asks to close."""
    lines = [f"GET {path} HTTP/1.1", "Host: norte.localhost:8000", "Connection: close", *extra, "", ""]
    return "\r\n".join(lines).encode()


def test_it_says_who_the_client_is_and_drops_what_the_client_says():
    claims = [
        "X-Forwarded-For: 1.2.3.4",
        "X-Forwarded-Proto: https",
        "X-Forwarded-Host: evil",
        "X_Forwarded_For: 6.6.6.6",
        "X-Real-IP: 5.5.5.5",
        "Forwarded: for=9.9.9.9",
        "Cookie: a=1",
    ]
    with upstream(echo) as web, proxy(web) as port:
        seen = ask(port, get("/", *claims)).decode()
    assert "X-Forwarded-For: 127.0.0.1\r\n" in seen
    assert "X-Forwarded-Proto: http\r\n" in seen
    assert "Host: norte.localhost:8000\r\n" in seen
    assert "Cookie: a=1\r\n" in seen
    assert not any(lie in seen for lie in ("1.2.3.4", "6.6.6.6", "5.5.5.5", "9.9.9.9", "evil", "https"))


def test_headers_named_by_connection_stay_here():
    request = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close, X-Secret\r\nX-Secret: 1\r\nTE: trailers\r\n\r\n"
    with upstream(echo) as web, proxy(web) as port:
        seen = ask(port, request)
    assert b"X-Secret" not in seen
    assert b"TE:" not in seen


def test_it_listens_on_ipv6_too():
    if not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    with upstream(echo) as web, proxy(web) as port:
        assert b"X-Forwarded-For: ::1\r\n" in ask(port, get(), host="::1")


def test_live_goes_to_live_and_only_that():
    def named(name: bytes) -> Handler:
        return lambda connection, _head: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n" + name)

    with upstream(named(b"page")) as web, upstream(named(b"live")) as live, proxy(web, live) as port:
        assert ask(port, get("/live?token=x")).endswith(b"live")
        assert ask(port, get("/live")).endswith(b"live")
        assert ask(port, get("/livery")).endswith(b"page")
        assert ask(port, get("/?next=/live")).endswith(b"page")


def test_events_come_through_as_they_are_sent_and_closing_reaches_the_other_end():
    ended = threading.Event()

    def stream(connection: socket.socket, _head: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        connection.sendall(b"8\r\ndata: 1\n\r\n")
        connection.settimeout(5)
        if connection.recv(1) == b"":
            ended.set()

    with upstream(stream) as live, proxy(live, live) as port:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
            client.sendall(get("/live"))
            seen = b""
            while b"data: 1\n" not in seen:
                seen += client.recv(4096)
        assert ended.wait(3)


def test_bodies_stream_up_counted_and_chunked():
    def count(connection: socket.socket, head: bytes) -> None:
        head, _, body = head.partition(b"\r\n\r\n")
        ends = (lambda: body.endswith(b"0\r\n\r\n")) if b"chunked" in head else (lambda: len(body) >= 300_000)
        while not ends():
            body += connection.recv(65536)
        text = str(len(body)).encode()
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text))

    post = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    with upstream(count) as web, proxy(web) as port:
        counted = ask(port, post + b"Content-Length: 300000\r\n\r\n" + b"x" * 300_000)
        chunks = b"".join(b"400\r\n" + b"y" * 1024 + b"\r\n" for _ in range(50)) + b"0\r\n\r\n"
        chunked = ask(port, post + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)
    assert counted.endswith(b"300000")
    assert chunked.endswith(str(len(chunks)).encode())


def test_one_connection_carries_many_requests():
    with upstream(echo) as web, proxy(web) as port, socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        for number in range(3):
            client.sendall(f"GET /{number} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            seen = b""
            while f"GET /{number} ".encode() not in seen or not seen.endswith(b"\r\n\r\n"):
                seen += client.recv(65536)
            assert b"Connection: keep-alive" in seen


def test_a_head_request_has_no_body_to_wait_for():
    def head(connection: socket.socket, _head: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")

    with upstream(head) as web, proxy(web) as port:
        began = time.monotonic()
        answer = ask(port, get().replace(b"GET", b"HEAD"))
        assert b"Content-Length: 1000" in answer
        assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5, 6\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(request_bytes):
    reached = threading.Event()
    with upstream(lambda *_: reached.set()) as web, proxy(web) as port:
        assert ask(port, request_bytes).startswith(b"HTTP/1.1 400 ")
    assert not reached.is_set()


def test_a_process_that_is_away_is_waited_for_and_then_excused(monkeypatch):
    monkeypatch.setattr(front_module, "_CONNECT_PATIENCE", 0.3)
    with proxy(("127.0.0.1", free_port())) as port:
        answer = ask(port, get())
    assert answer.startswith(b"HTTP/1.1 502 ")
    assert "se está reiniciando".encode() in answer
    assert b'http-equiv="refresh"' in answer


def test_a_process_that_comes_back_soon_is_not_missed():
    place = free_port()
    with proxy(("127.0.0.1", place)) as port:
        answers: list[bytes] = []
        asking = threading.Thread(target=lambda: answers.append(ask(port, get())))
        asking.start()
        time.sleep(0.3)
        with upstream(echo, place):
            asking.join(5)
    assert answers[0].startswith(b"HTTP/1.1 200 ")


def test_an_upstream_that_dies_before_it_answers_is_excused():
    with upstream(lambda connection, _head: connection.close()) as web, proxy(web) as port:
        assert ask(port, get()).startswith(b"HTTP/1.1 502 ")


def test_a_client_that_hangs_up_before_the_answer_leaves_no_fault_in_the_log(caplog):
    came, left = threading.Event(), threading.Event()

    def wait_for_the_end(connection: socket.socket, _head: bytes) -> None:
        came.set()
        if not connection.recv(1):
            left.set()

    with upstream(wait_for_the_end) as web, proxy(web) as port:
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(get())
            assert came.wait(5)
        assert left.wait(5), "the process behind is told, and need not finish"
        time.sleep(0.1)
    assert not [record for record in caplog.records if record.name == "asyncio"]


def test_a_taken_port_is_refused():
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        listening_sockets(taken.getsockname()[1])
