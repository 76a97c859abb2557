"""The two published clients, unchanged, behind one small face: what passes with both is the protocol, not a habit."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

import librouteros
import routeros_api
from librouteros.login import plain, token
from routeros_api.exceptions import RouterOsApiCommunicationError

from simulators.routeros.handle import Handle

Row = dict[str, str]


class Refused(Exception):
    """The router answered with a trap; the connection goes on."""

    def __init__(self, message: str, category: int | None = None) -> None:
        super().__init__(message)
        self.category = category


class Broken(Exception):
    """The connection cannot be used any more."""


class Client(Protocol):
    """What the suite asks of a client. `ret` is that of the last `!done`."""

    ret: str

    def ask(self, command: str, *queries: str, **words: str) -> list[Row]:
        """Send a command; in words `_` stands for `-`, `id` and `proplist` get their dot. Raises Refused, Broken."""

    def close(self) -> None:
        """Hang up."""


class Dial(Protocol):
    """Opens a connection with one of the clients. Raises Refused, Broken, or ssl.SSLError."""

    def __call__(
        self,
        router: Handle,
        *,
        user: str = "enlace",
        password: str = "enlace",  # noqa: S107 - a simulator's
        old: bool = False,
        tls: ssl.SSLContext | None = None,
    ) -> Client: ...


def _named(words: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in words.items()}


class Raw:
    """Query words for routeros-api, which else sends equalities alone, in any order."""

    def __init__(self, words: tuple[str, ...]) -> None:
        self._words = words

    def get_api_format(self) -> list[bytes]:
        return [word.encode() for word in self._words]


class Official:
    """routeros-api."""

    def __init__(
        self,
        router: Handle,
        *,
        user: str = "enlace",
        password: str = "enlace",  # noqa: S107 - a simulator's
        old: bool = False,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        more = {} if tls is None else {"ssl_context": tls}
        self._pool = routeros_api.RouterOsApiPool(
            router.host, user, password, port=router.port, plaintext_login=not old, **more
        )
        self.ret = ""
        try:
            self._api = self._pool.get_api()
        except RouterOsApiCommunicationError as error:
            # The library leaves the socket of a failed login to the collector.
            self._pool.socket.close()
            raise Refused(error.original_message.decode()) from None
        except routeros_api.exceptions.RouterOsApiError as error:
            raise Broken(str(error)) from error
        self._pool.socket.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._pool.set_timeout(5)

    def ask(self, command: str, *queries: str, **words: str) -> list[Row]:
        path, _, verb = command.rpartition("/")
        arguments = {name: value.encode() for name, value in _named(words).items()}
        try:
            answer = self._api.get_binary_resource(path or "/").call(
                verb, arguments, additional_queries=(Raw(queries),) if queries else ()
            )
        except RouterOsApiCommunicationError as error:
            raise Refused(error.original_message.decode()) from None
        except (routeros_api.exceptions.RouterOsApiError, OSError, KeyError) as error:
            raise Broken(str(error)) from error
        self.ret = answer.done_message.get("ret", b"").decode()
        return [
            {".id" if name == "id" else name: value.decode(errors="surrogateescape") for name, value in row.items()}
            for row in answer
        ]

    def close(self) -> None:
        with suppress(OSError):
            self._pool.disconnect()


class Other:
    """librouteros, with the encoding its users must ask for."""

    def __init__(
        self,
        router: Handle,
        *,
        user: str = "enlace",
        password: str = "enlace",  # noqa: S107 - a simulator's
        old: bool = False,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        wrapper = (
            {} if tls is None else {"ssl_wrapper": lambda sock: tls.wrap_socket(sock, server_hostname="localhost")}
        )
        self.ret = ""
        try:
            self._api = librouteros.connect(
                router.host,
                user,
                password,
                port=router.port,
                timeout=5,
                encoding="utf-8",
                login_method=token if old else plain,
                **wrapper,
            )
        except librouteros.exceptions.TrapError as error:
            raise Refused(error.message) from None
        except ssl.SSLError:
            raise
        except (librouteros.exceptions.LibRouterosError, OSError) as error:
            raise Broken(str(error)) from error

    def ask(self, command: str, *queries: str, **words: str) -> list[Row]:
        dotted = {f".{name}" if name in {"id", "proplist"} else name: value for name, value in _named(words).items()}
        sent = [f"={name}={value}" for name, value in dotted.items()]
        try:
            replies = list(self._api.rawCmd(command, *sent, *queries))
        except librouteros.exceptions.TrapError as error:
            raise Refused(error.message, error.category) from None
        except (librouteros.exceptions.LibRouterosError, OSError, TypeError) as error:
            raise Broken(str(error)) from error
        rows = [{name: _as_sent(value) for name, value in row.items()} for row in replies]
        self.ret = rows.pop()["ret"] if rows and "ret" in rows[-1] else ""
        return rows

    def close(self) -> None:
        with suppress(OSError, librouteros.exceptions.LibRouterosError):
            self._api.close()


def _as_sent(value: object) -> str:
    """It reads numbers and booleans into values of Python."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


CLIENTS: dict[str, Callable[..., Client]] = {"routeros-api": Official, "librouteros": Other}


def eventually(check: Callable[[], bool], seconds: float = 5.0) -> bool:
    """Whether `check` becomes true in time."""
    end = time.monotonic() + seconds
    while not check():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True
