"""What a driver must do, for any kind of equipment that lets customers through.

A driver knows its wire and nothing else: no models, no database. One thread uses a session at a time, except for
`abort`, which may be called from any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from django.utils.translation import gettext as _


class DriverError(Exception):
    """Talking to the equipment failed. `message` is a sentence for people and never holds a secret.

    `permanent`: trying again cannot help until a person changes something (wrong password, no permission).
    """

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.permanent = permanent


class Key(NamedTuple):
    """Names an account on a piece of equipment: the method (`pppoe`, `dhcp`...) and what the equipment finds it by.

    `name` is a user name, an IP, a MAC, the name of a queue or the id of a site, as the method says.
    """

    kind: str
    name: str


class Speed(NamedTuple):
    """Rates in kbit/s as the customer sees them; 0 is no limit. Without a burst its parts are 0; time in seconds."""

    down: int
    up: int
    burst_down: int = 0
    burst_up: int = 0
    threshold_down: int = 0
    threshold_up: int = 0
    burst_s: int = 0


@dataclass(frozen=True)
class Setup:
    """How a provider works on a piece of equipment.

    `kinds` are the (method, way of cutting) pairs in use on it: what a reading of everything must read.
    """

    kinds: frozenset[tuple[str, str]] = frozenset({("pppoe", "")})
    # The address list whose members the rules keep off, the profile of the cut, and the rate that is as good as none.
    cut_list: str = "cortados"
    cut_profile: str = "cortado"
    cut_kbps: int = 8
    # Whether the speed of any account on it is ours to set; the address lists that plans are there (PCQ).
    speeds: bool = False
    lists: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Address:
    """How to reach a piece of equipment. The password is not part of its representation."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    # "" plain, "certificate" proven by an authority, "pinned" proven by `fingerprint` (any while it is empty),
    # "anonymous" encrypted and not proven.
    tls: str = ""
    # SHA-256 of the certificate, lower-case hex without colons.
    fingerprint: str = ""
    # Networks (CIDR) a host must be in; empty is anywhere that is not refused.
    allowed: tuple[str, ...] = ()
    # Exact "host:port" pairs that are never refused: the demo's and the tests' simulators.
    exceptions: frozenset[str] = frozenset()
    # The platform's own addresses and networks.
    forbidden: frozenset[str] = frozenset()
    setup: Setup = Setup()


@dataclass(frozen=True)
class Identity:
    """Who answered. `fingerprint` is that of its certificate, when the link has one."""

    identity: str
    version: str
    board: str
    uptime: str
    latency_ms: float
    fingerprint: str = ""
    # Load and memory as the equipment tells them, for a person to look at.
    resource: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Live:
    """A session of an account: `ref` names it on the equipment, `seconds` is how long it has been up (-1: not told)."""

    ref: str
    address: str
    seconds: int
    mac: str = ""


@dataclass(frozen=True)
class Account:
    """An account as the equipment has it. `enabled` says whether it lets the customer through, however it is cut.

    `speed` is None where none is set or it cannot be known. `rows` are what the driver needs to write: the raw rows
    behind the account by menu, opaque to everyone else.
    """

    ref: str
    key: Key
    enabled: bool
    lives: tuple[Live, ...] = ()
    speed: Speed | None = None
    profile: str = ""
    ip: str = ""
    mac: str = ""
    comment: str = ""
    # What people call it there, where its key is an id.
    label: str = ""
    rows: Mapping[str, Sequence[Mapping[str, str]]] = field(default_factory=dict, repr=False, compare=False)


class Accounts(Mapping[Key, Account]):
    """Accounts by key. One of an `implied` method that has no row is there and lets the customer through.

    So it is with an address list of who is cut: who is not on it is on. Walking over it gives what has rows.
    """

    def __init__(self, rows: Mapping[Key, Account], implied: frozenset[str] = frozenset()) -> None:
        self._rows = rows
        self._implied = implied

    def __getitem__(self, key: Key) -> Account:
        found = self._rows.get(key)
        if found is not None:
            return found
        if key.kind in self._implied:
            return Account("", key, True)
        raise KeyError(key)

    def __iter__(self) -> Iterator[Key]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


@dataclass(frozen=True)
class Snapshot:
    """Accounts by key. `complete` when everything was read, so that an absent key is missing on the equipment."""

    accounts: Mapping[Key, Account]
    complete: bool


ON, OFF, GONE = "on", "off", "gone"


@dataclass(frozen=True)
class Wanted:
    """What an account should be: on, off, or gone from the equipment.

    `cut_by` names the way of cutting ("" is the method's own); `provision`: make it when it is missing; `speed`: None
    leaves whatever the equipment has; `kick`: end its sessions, once. `signature` marks in the comment what is ours.
    """

    key: Key
    state: str = ON
    cut_by: str = ""
    provision: bool = False
    speed: Speed | None = None
    profile: str = ""
    password: str = field(default="", repr=False)
    ip: str = ""
    mac: str = ""
    # The DHCP or hotspot server, the interface of an ARP entry.
    server: str = ""
    comment: str = ""
    signature: str = ""
    kick: bool = False
    # How long an assignment of the profile lasts (0: until changed), and whether it is given only once.
    validity_s: int = 0
    trial: bool = False

    @property
    def on(self) -> bool:
        """Whether the customer is to be let through."""
        return self.state == ON


@dataclass(frozen=True)
class Step:
    """One write. `call` is the driver's own, opaque to whoever carries it to `perform`; `account` is whose it is."""

    account: Key
    kind: str
    ref: str = ""
    call: object = field(default=None, repr=False)


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
    account: Key | None = None
    is_write: bool = False


@dataclass(frozen=True)
class Found:
    """Something on the equipment that lets a customer through, as a survey finds it. Two may have one key."""

    key: Key
    ref: str
    enabled: bool
    label: str = ""
    ip: str = ""
    mac: str = ""
    server: str = ""
    profile: str = ""
    speed: Speed | None = None
    comment: str = ""
    external: str = ""
    is_dynamic: bool = False
    is_online: bool = False
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class Listed:
    """An entry of an address list."""

    list: str
    address: str
    ref: str
    comment: str = ""
    enabled: bool = True
    is_dynamic: bool = False


@dataclass(frozen=True)
class Rule:
    """A firewall rule in its order: `menu` is filter, nat or mangle; `place` counts from 0 within menu and chain."""

    menu: str
    chain: str
    place: int
    ref: str
    action: str
    enabled: bool
    source_list: str = ""
    destination_list: str = ""
    comment: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Survey:
    """All that matters on a piece of equipment, read in few bulk reads: for drift, rules and imports."""

    found: tuple[Found, ...] = ()
    listed: tuple[Listed, ...] = ()
    rules: tuple[Rule, ...] = ()
    # What a profile does, by (method, name).
    profiles: Mapping[Key, Speed | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Deed:
    """Something to be done once that concerns no account; the kinds and what they need are the driver's own."""

    kind: str
    detail: Mapping[str, Any] = field(default_factory=dict)


Listener = Callable[[Exchange], None]


class Session(Protocol):
    """An open connection. After any DriverError it is closed and must be opened anew."""

    def identify(self, *, deadline_s: float) -> Identity:
        """Ask who it is. Raises DriverError."""

    def observe(self, wanted: Sequence[Wanted] | None, *, deadline_s: float) -> Snapshot:
        """Read these accounts by key, or all of the setup's kinds in few bulk reads when None. Raises DriverError."""

    def steps(self, snapshot: Snapshot, wanted: Sequence[Wanted]) -> list[Step]:
        """Return the writes, in order, that make `wanted` true; only differences.

        None are left for a key when it is as wanted. What is missing and is not to be provisioned gets no step.
        """

    def perform(self, steps: Sequence[Step], *, deadline_s: float) -> list[Outcome]:
        """Carry out a chunk of steps, sent together. Raises DriverError; then each must be read again."""

    def survey(self, *, deadline_s: float, secrets: bool = False) -> Survey:
        """Read all that matters, whatever the setup's kinds; passwords only with `secrets`. Raises DriverError."""

    def do(self, deed: Deed, *, deadline_s: float) -> str:
        """Carry out a deed and read back; return why it could not be done, empty when it is so. Raises DriverError.

        Done already is done: asking twice changes nothing.
        """
        return _("Este equipo no admite esa orden: %(kind)s.") % {"kind": deed.kind}

    def close(self) -> None:
        """Say goodbye; never raises."""

    def abort(self) -> None:
        """Break the connection from another thread: whoever waits on it gets a DriverError."""


class Driver(Protocol):
    """Opens sessions."""

    def open(self, address: Address, *, deadline_s: float, listener: Listener) -> Session:
        """Connect and sign in. Raises DriverError."""
