"""One API connection on routeros-api, with the library's faults kept inside.

The library's framing is used, and not what stands on it: that puts passwords in exception texts, has no outer
deadline, stays "connected" after `!fatal` and half-read streams after timeouts, sends an empty value as none at all,
drops the category of a trap, and fails on a trap without a message or not in UTF-8. Here any exception but an
answered trap ends the connection, and nothing of the library's leaves this module, also not as cause or context.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from network.drivers.base import Address, DriverError, Exchange, Key, Listener
from network.drivers.egress import resolve
from network.drivers.mikrotik.answers import Fatal, connection_error, fatal_error, trap_error
from network.drivers.mikrotik.wire import Sentences, Wire, dial

Row = dict[str, str]
_SHOWN_ROWS = 3
# Values of these are never shown, whichever way they go.
SECRET = frozenset({"password", "response", "otp-secret", "wireless-psk", "shared-secret", "secret"})
_MASK = "•••"


@dataclass(frozen=True)
class Sentence:
    """A command: path, verb, `=` words and `?name=value` words. `account` is whose it is, for the log.

    `forgives`: beginnings of traps that mean there was nothing left to do. `optional`: a router without the menu
    has no rows in it. `encoding`: of names, where a router keeps them as an old Windows typed them.
    """

    path: str
    verb: str
    arguments: Mapping[str, str | bool | int] = field(default_factory=dict)
    queries: Sequence[tuple[str, str]] = ()
    account: Key | None = None
    forgives: tuple[str, ...] = ()
    optional: bool = False
    encoding: str = "utf-8"

    @property
    def is_write(self) -> bool:
        """Whether it changes something."""
        return self.verb != "print"

    def words(self) -> list[bytes]:
        """The words as they go on the wire. An empty value is sent as such: it clears a field."""
        words = [f"{self.path}/{self.verb}"]
        words += [f"={name}={_value(value)}" for name, value in self.arguments.items()]
        words += [f"?{name}={value}" for name, value in self.queries]
        return [word.encode(self.encoding, "replace") for word in words]

    def __str__(self) -> str:
        words = [f"{self.path}/{self.verb}"]
        words += [f"={n}={_MASK if n in SECRET and v else _value(v)}" for n, v in self.arguments.items()]
        words += [f"?{name}={value}" for name, value in self.queries]
        return " ".join(words)


@dataclass
class Answer:
    """Rows, what an `add` returned, or the text and the category of the trap."""

    rows: list[Row] = field(default_factory=list)
    ret: str = ""
    trap: str | None = None
    category: str = ""
    took_ms: float = 0.0
    is_complete: bool = False


class Connection:
    """Signed in to a router. After a DriverError it is closed; a trap is an answer and leaves it open."""

    def __init__(self, address: Address, wire: Wire, listener: Listener) -> None:
        self._address = address
        self._wire = wire
        self._sentences = Sentences(wire)
        self._listener = listener
        self._tag = 0
        self.is_open = True

    @classmethod
    def open(cls, address: Address, *, deadline_s: float, listener: Listener) -> Connection:
        """Connect and sign in (both login protocols). Raises DriverError."""
        ip = resolve(address)
        wire: Wire | None = None
        connection: Connection | None = None
        failure: DriverError | None = None
        try:
            wire = dial(address, ip, deadline_s=deadline_s)
            connection = cls(address, wire, listener)
            failure = connection._sign_in()
        except Exception as error:  # noqa: BLE001 -- whatever the library throws, nothing of it may leave
            failure = _translate(error, address, wire, signing_in=True)
        if failure is not None or connection is None:
            if wire is not None:
                wire.close()
            # Raised here and not above: a cause or context would carry the password.
            raise failure or DriverError("unreachable")
        return connection

    def _sign_in(self) -> DriverError | None:
        name, password = self._address.username, self._address.password
        answer = self._converse([Sentence("", "login", {"name": name, "password": password})])[0]
        if answer.ret:
            # Before 6.43: the password proves itself against a challenge.
            digest = hashlib.md5(b"\x00" + password.encode() + bytes.fromhex(answer.ret), usedforsecurity=False)
            response = Sentence("", "login", {"name": name, "response": f"00{digest.hexdigest()}"})
            answer = self._converse([response])[0]
        return None if answer.trap is None else trap_error(answer.trap, answer.category)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate met, if any."""
        return self._wire.fingerprint

    def ask(self, sentences: Sequence[Sentence], *, deadline_s: float) -> list[Answer]:
        """Send the sentences together and return an answer for each, in order. Raises DriverError."""
        if not self.is_open:
            raise connection_error(OSError(), self._address)
        self._wire.expire_in(deadline_s)
        answers = [Answer() for _sentence in sentences]
        failure: DriverError | None = None
        started = time.monotonic()
        try:
            self._converse(sentences, answers)
        except Exception as error:  # noqa: BLE001 -- whatever the library throws, nothing of it may leave
            failure = _translate(error, self._address, self._wire)
            self.close()
        took_ms = (time.monotonic() - started) * 1000
        for sentence, answer in zip(sentences, answers, strict=True):
            self._log(sentence, answer, failure.message if failure else "", took_ms)
        if failure is not None:
            raise failure
        return answers

    def _converse(self, sentences: Sequence[Sentence], answers: list[Answer] | None = None) -> list[Answer]:
        answers = [Answer() for _sentence in sentences] if answers is None else answers
        waiting: dict[bytes, Answer] = {}
        started = time.monotonic()
        for sentence, answer in zip(sentences, answers, strict=True):
            self._tag += 1
            tag = b".tag=%d" % self._tag
            waiting[tag] = answer
            self._sentences.send_sentence([*sentence.words(), tag])
        self._wire.flush()
        receive = self._sentences.receive_sentence
        while waiting:
            words = receive()
            if words:
                _take(words, waiting, started)
        return answers

    def _log(self, sentence: Sentence, answer: Answer, failure: str, took_ms: float) -> None:
        if not answer.is_complete:
            reply, ok = failure, False
        elif answer.trap is not None:
            reply, ok = _scrubbed(f"!trap {answer.trap}", sentence), sentence.optional
        else:
            reply, ok, took_ms = _summary(answer.rows), True, answer.took_ms
        self._listener(Exchange(str(sentence), reply, ok, took_ms, sentence.account, sentence.is_write))

    def close(self) -> None:
        """Close; never raises."""
        self.is_open = False
        self._wire.close()

    def abort(self) -> None:
        """Break it from another thread."""
        self.is_open = False
        self._wire.abort()


def _take(words: list[bytes], waiting: dict[bytes, Answer], started: float) -> None:
    """Put a reply to the answer it belongs to. Raises Fatal, KeyError on a tag nobody waits for, ValueError."""
    kind = words[0]
    if kind == b"!fatal":
        raise Fatal(b" ".join(words[1:]).decode("utf-8", "replace"))
    row: Row = {}
    tag = b""
    for word in words[1:]:
        if word[:1] == b"=":
            name, _equals, value = text_of(word)[1:].partition("=")
            row[name] = value
        elif word[:5] == b".tag=":
            tag = word
    answer = waiting[tag]
    if kind == b"!re":
        answer.rows.append(row)
    elif kind == b"!done":
        answer.ret, answer.is_complete = row.get("ret", ""), True
        answer.took_ms = (time.monotonic() - started) * 1000
        del waiting[tag]
    elif kind == b"!trap":
        if answer.trap is None:
            answer.trap, answer.category = row.get("message", ""), row.get("category", "")
    elif kind != b"!empty":
        raise ValueError("not a reply")


def text_of(raw: bytes) -> str:
    """Names typed in WinBox on an old Windows are Latin-1."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _value(value: str | bool | int) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _translate(error: BaseException, address: Address, wire: Wire | None, *, signing_in: bool = False) -> DriverError:
    if isinstance(error, DriverError):
        return DriverError(error.message, permanent=error.permanent)
    if isinstance(error, Fatal):
        return fatal_error(error.reason)
    # Whoever resets was reached, also when it comes before the connection is ours to use.
    reached = wire is not None or isinstance(error, ConnectionResetError | ConnectionAbortedError | BrokenPipeError)
    return connection_error(error, address, greeting=wire.greeting if wire else b"", signing_in=signing_in and reached)


def _scrubbed(text: str, sentence: Sentence) -> str:
    """A trap may quote what it was given."""
    for name in SECRET & sentence.arguments.keys():
        value = _value(sentence.arguments[name])
        if value:
            text = text.replace(value, _MASK)
    return text


def _summary(rows: Sequence[Row]) -> str:
    if not rows:
        return "!done"
    if len(rows) > _SHOWN_ROWS:
        return f"!re ({len(rows)})"
    shown = [" ".join(f"={name}={value}" for name, value in row.items() if name not in SECRET) for row in rows]
    return " · ".join(f"!re {row}" for row in shown)
