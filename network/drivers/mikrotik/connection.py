"""One API connection on routeros-api, with the library's faults kept inside.

Known faults and what is done here: passwords in exception texts (nothing of the library's exceptions leaves this
module, also not as cause or context); no outer deadline and 44 ms a call (see wire.py); "connected" after `!fatal`
and half-read streams after timeouts (any exception but an answered trap ends the connection); not thread-safe (one
thread uses it); values of type bool or int (only text is sent); KeyError on a trap without a message.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from routeros_api.api import RouterOsApi
from routeros_api.api_communicator import ApiCommunicator
from routeros_api.base_api import Connection as Framing
from routeros_api.exceptions import RouterOsApiCommunicationError

from network.drivers.base import Address, DriverError, Exchange, Key, Listener
from network.drivers.egress import resolve
from network.drivers.mikrotik.answers import connection_error, trap_error
from network.drivers.mikrotik.wire import Wire, dial

Row = dict[str, str]
_SHOWN_ROWS = 3


@dataclass(frozen=True)
class Sentence:
    """A command: path, verb, `=` words and `?name=value` words. `account` is whose it is, for the log."""

    path: str
    verb: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    queries: Mapping[str, str] = field(default_factory=dict)
    account: Key | None = None

    @property
    def is_write(self) -> bool:
        """Whether it changes something."""
        return self.verb not in {"print", "getall"}

    def __str__(self) -> str:
        words = [f"={name}={value}" for name, value in self.arguments.items()]
        words += [f"?{name}={value}" for name, value in self.queries.items()]
        return " ".join([f"{self.path}/{self.verb}", *words])


@dataclass(frozen=True)
class Answer:
    """Rows, or the text of the trap."""

    rows: Sequence[Row] = ()
    trap: str | None = None


class Connection:
    """Signed in to a router. After a DriverError it is closed; a trap is an answer and leaves it open."""

    def __init__(self, address: Address, wire: Wire, api: RouterOsApi, listener: Listener) -> None:
        self._address = address
        self._wire = wire
        self._api = api
        self._listener = listener
        self.is_open = True

    @classmethod
    def open(cls, address: Address, *, deadline_s: float, listener: Listener) -> Connection:
        """Connect and sign in (both login protocols). Raises DriverError."""
        ip = resolve(address)
        wire: Wire | None = None
        failure: DriverError | None = None
        try:
            wire = dial(ip, address.port, host=address.host, use_tls=bool(address.tls), deadline_s=deadline_s)
            api = RouterOsApi(ApiCommunicator(Framing(wire)))
            api.login(address.username, address.password, plaintext_login=True)
        except Exception as error:  # noqa: BLE001 -- whatever the library throws, nothing of it may leave
            failure = _translate(error, address)
        if failure is not None or wire is None:
            if wire is not None:
                wire.close()
            # Raised here and not above: a cause or context would carry the password.
            raise failure or DriverError("unreachable")
        return cls(address, wire, api, listener)

    def ask(self, sentences: Sequence[Sentence], *, deadline_s: float) -> list[Answer]:
        """Send the sentences together and return an answer for each, in order. Raises DriverError."""
        if not self.is_open:
            raise connection_error(OSError(), self._address)
        started = time.monotonic()
        self._wire.expire_in(deadline_s)
        answers: list[Answer] = []
        failure: DriverError | None = None
        try:
            promises = [self._send(sentence) for sentence in sentences]
            for sentence, promise in zip(sentences, promises, strict=True):
                answers.append(_receive(promise))
                self._log(sentence, answers[-1], started)
        except Exception as error:  # noqa: BLE001 -- whatever the library throws, nothing of it may leave
            failure = _translate(error, self._address)
        if failure is not None:
            self.close()
            for sentence in sentences[len(answers) :]:
                took = (time.monotonic() - started) * 1000
                self._listener(
                    Exchange(str(sentence), failure.message, False, took, sentence.account, sentence.is_write)
                )
            raise failure
        return answers

    def _send(self, sentence: Sentence) -> object:
        arguments = {_key(name): value.encode() for name, value in sentence.arguments.items()}
        queries = {_key(name): value.encode() for name, value in sentence.queries.items()}
        return self._api.get_binary_resource(sentence.path).call_async(sentence.verb, arguments, queries)

    def _log(self, sentence: Sentence, answer: Answer, started: float) -> None:
        ok = answer.trap is None
        reply = _summary(answer.rows) if ok else f"!trap {answer.trap}"
        took = (time.monotonic() - started) * 1000
        self._listener(Exchange(str(sentence), reply, ok, took, sentence.account, sentence.is_write))

    def close(self) -> None:
        """Close; never raises."""
        self.is_open = False
        self._wire.close()

    def abort(self) -> None:
        """Break it from another thread."""
        self.is_open = False
        self._wire.abort()


def _key(name: str) -> str:
    """The library puts the dot before `id` and `proplist` by itself."""
    return name.removeprefix(".")


def _receive(promise: object) -> Answer:
    try:
        rows = promise.get()  # type: ignore[attr-defined]
    except RouterOsApiCommunicationError as trap:
        # A complete, tagged answer: the stream is where it should be.
        return Answer(trap=_text(trap.original_message))
    return Answer([{name: _text(value) for name, value in row.items()} for row in rows])


def _text(raw: bytes) -> str:
    """Names typed in WinBox on an old Windows are Latin-1."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _translate(error: BaseException, address: Address) -> DriverError:
    if isinstance(error, RouterOsApiCommunicationError):
        return trap_error(_text(error.original_message))
    return connection_error(error, address)


def _summary(rows: Sequence[Row]) -> str:
    if not rows:
        return "!done"
    if len(rows) > _SHOWN_ROWS:
        return f"!re ({len(rows)})"
    shown = [" ".join(f"={name}={value}" for name, value in row.items() if name != "password") for row in rows]
    return " · ".join(f"!re {row}" for row in shown)
