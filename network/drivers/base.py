"""What a driver must do, for any kind of equipment that lets customers through.

A driver knows its wire and nothing else: no models, no database. One thread uses a session at a time, except for
`abort`, which may be called from any.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


class DriverError(Exception):
    """Talking to the equipment failed. `message` is a sentence for people and never holds a secret.

    `permanent`: trying again cannot help until a person changes something (wrong password, no permission).
    """

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.permanent = permanent


@dataclass(frozen=True)
class Address:
    """How to reach a piece of equipment. The password is not part of its representation."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    use_tls: bool = False
    # Loopback and the like are refused unless allowed; `forbidden` are the platform's own addresses.
    allow_local: bool = False
    forbidden: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Identity:
    """Who answered."""

    identity: str
    version: str
    board: str
    uptime: str
    latency_ms: float


@dataclass(frozen=True)
class Live:
    """A session of an account: `ref` names it on the equipment, `seconds` is how long it has been up."""

    ref: str
    address: str
    seconds: int
    mac: str = ""


@dataclass(frozen=True)
class Account:
    """An account as the equipment has it."""

    ref: str
    name: str
    enabled: bool
    lives: tuple[Live, ...] = ()


@dataclass(frozen=True)
class Snapshot:
    """Accounts by name. `complete` when everything was read, so that an absent name is missing on the equipment."""

    accounts: Mapping[str, Account]
    complete: bool


@dataclass(frozen=True)
class Step:
    """One write, opaque to whoever carries it to `perform`. `account` is whose it is."""

    account: str
    kind: str
    ref: str


@dataclass(frozen=True)
class Outcome:
    """What came of a step: an empty error means done, or that there was nothing left to do."""

    step: Step
    error: str = ""
    permanent: bool = False


@dataclass(frozen=True)
class Exchange:
    """A sentence and its answer, for the log a person reads. Already scrubbed of secrets."""

    sentence: str
    reply: str
    ok: bool
    took_ms: float
    account: str = ""
    is_write: bool = False


Listener = Callable[[Exchange], None]


class Session(Protocol):
    """An open connection. After any DriverError it is closed and must be opened anew."""

    def identify(self, *, deadline_s: float) -> Identity:
        """Ask who it is. Raises DriverError."""

    def observe(self, names: Sequence[str] | None, *, deadline_s: float) -> Snapshot:
        """Read these accounts by key, or all of them in few bulk reads when None. Raises DriverError."""

    def steps(self, snapshot: Snapshot, wanted: Mapping[str, bool]) -> list[Step]:
        """Return the writes, in order, that make `wanted` (name -> on) true; only differences."""

    def perform(self, steps: Sequence[Step], *, deadline_s: float) -> list[Outcome]:
        """Carry out a chunk of steps, sent together. Raises DriverError; then each must be read again."""

    def close(self) -> None:
        """Say goodbye; never raises."""

    def abort(self) -> None:
        """Break the connection from another thread: whoever waits on it gets a DriverError."""


class Driver(Protocol):
    """Opens sessions."""

    def open(self, address: Address, *, deadline_s: float, listener: Listener) -> Session:
        """Connect and sign in. Raises DriverError."""
