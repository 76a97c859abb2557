"""The router's own state: its menus, its clock, and what appears and vanishes with a session."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from . import menus
from .tables import Row, Table

DEFAULT_VERSION = "7.20.2 (stable)"
ALL_RIGHTS = frozenset({"api", "read", "write", "test", "sensitive", "reboot"})


@dataclass
class Account:
    """A user of the router and the policies of its group."""

    password: str
    rights: frozenset[str] = ALL_RIGHTS


@dataclass
class Router:
    """Everything that is behind the wire. Only the simulator's own loop touches it."""

    version: str = DEFAULT_VERSION
    identity: str = "MikroTik"
    board: str = "RB5009UG+S+"
    accounts: dict[str, Account] = field(default_factory=dict)
    max_sessions: int = 20
    started_at: float = field(default_factory=time.monotonic)
    tables: dict[str, Table] = field(default_factory=dict)
    on_session_end: list[Callable[[str], None]] = field(default_factory=list)
    _session_counter: int = 0

    def __post_init__(self) -> None:
        for spec in menus.ALL:
            self.tables[spec.path] = Table(spec, exists=self._exists)
        for name in ("default", "default-encryption"):
            self.profiles.add({"name": name, "default": "yes"})
        for name in ("ether1", "ether2"):
            self.interfaces.add({"name": name})

    @property
    def secrets(self) -> Table:
        return self.tables["/ppp/secret"]

    @property
    def profiles(self) -> Table:
        return self.tables["/ppp/profile"]

    @property
    def active(self) -> Table:
        return self.tables["/ppp/active"]

    @property
    def lists(self) -> Table:
        return self.tables["/ip/firewall/address-list"]

    @property
    def queues(self) -> Table:
        return self.tables["/queue/simple"]

    @property
    def interfaces(self) -> Table:
        return self.tables["/interface"]

    def _exists(self, path: str, name: str) -> bool:
        return self.tables[path].named(name) is not None

    def answers_empty(self) -> bool:
        """`!empty` came with 7.18; before that a print without rows is just `!done`."""
        major, minor, *_ = (*self.version.split(" ")[0].split("."), "0")
        return (int(major), int("".join(filter(str.isdigit, minor)) or 0)) >= (7, 18)

    def plain_login(self) -> bool:
        """One-step login with the clear password came with 6.43."""
        major, minor, *_ = (*self.version.split(" ")[0].split("."), "0")
        return (int(major), int("".join(filter(str.isdigit, minor)) or 0)) >= (6, 43)

    def uptime(self) -> str:
        """Time since boot as RouterOS writes it: 1w2d3h4m5s."""
        return format_duration(time.monotonic() - self.started_at)

    def load_secrets(self, rows: Iterable[dict[str, str]]) -> None:
        """Add secrets, making the profiles they name. Values are text; `disabled` may be a real boolean."""
        for given in rows:
            row = {name: str(value) for name, value in given.items() if value not in (None, "")}
            row["disabled"] = "yes" if row.get("disabled", "no").lower() in {"yes", "true"} else "no"
            profile = row.setdefault("profile", "default")
            if not self.profiles.named(profile):
                self.profiles.add({"name": profile})
            self.secrets.add(row)

    def open_session(self, name: str, password: str, mac: str) -> Row | None:
        """A customer's equipment dials: a session when its secret is enabled and the password right."""
        secret = self.secrets.named(name)
        if secret is None or secret["disabled"] == "true" or secret["password"] != password:
            return None
        self._session_counter += 1
        number = self._session_counter
        address = secret.get("remote-address") or f"100.64.{number >> 8 & 255}.{number & 255}"
        session = self.active.add(
            {
                "name": name,
                "service": "pppoe",
                "caller-id": mac,
                "address": address,
                "session-id": f"0x81{number:06x}",
                "encoding": "",
                "radius": "false",
                "since": repr(time.monotonic()),
            },
            dynamic=True,
        )
        self._add_dynamic(name, address, self.profiles.named(secret["profile"]) or {})
        return session

    def _add_dynamic(self, name: str, address: str, profile: Row) -> None:
        port = f"<pppoe-{name}>"
        if self.interfaces.named(port) is None:
            self.interfaces.add(
                {"name": port, "type": "pppoe-in", "mtu": "1480", "running": "true", "disabled": "false"},
                dynamic=True,
            )
        if profile.get("rate-limit") and self.queues.named(port) is None:
            limit = profile["rate-limit"].split(" ")[0]
            self.queues.add({"name": port, "target": port, "max-limit": limit, "parent": "none"}, dynamic=True)
        wanted = profile.get("address-list")
        if wanted and not any(row["list"] == wanted and row["address"] == address for row in self.lists):
            self.lists.add({"list": wanted, "address": address, "disabled": "false"}, dynamic=True)

    def end_session(self, session: Row, reason: str = "peer-request") -> None:
        """Take a session down with everything dynamic that came with it."""
        self.active.remove(session)
        name, port = session["name"], f"<pppoe-{session['name']}>"
        for table in (self.interfaces, self.queues):
            row = table.named(port)
            if row:
                table.remove(row)
        self.lists.remove_where(lambda row: row.get("dynamic") == "true" and row["address"] == session["address"])
        secret = self.secrets.named(name)
        if secret:
            secret["last-caller-id"] = session["caller-id"]
            secret["last-disconnect-reason"] = reason
        for listener in self.on_session_end:
            listener(name)

    def boot(self) -> None:
        """What a restart loses: sessions, dynamic rows, rows with a timeout, and the uptime."""
        for session in list(self.active):
            self.end_session(session, "nas-reboot")
        for table in self.tables.values():
            table.remove_where(lambda row: row.get("dynamic") == "true" or "timeout" in row)
        self.started_at = time.monotonic()

    def resource(self) -> Row:
        """`/system/resource`."""
        return {
            "uptime": self.uptime(),
            "version": self.version,
            "cpu-load": "7",
            "free-memory": "805306368",
            "total-memory": "1073741824",
            "architecture-name": "arm64",
            "board-name": self.board,
            "platform": "MikroTik",
        }


def format_duration(seconds: float) -> str:
    """Seconds as RouterOS prints a duration."""
    left = int(seconds)
    text = ""
    for unit, size in (("w", 604800), ("d", 86400), ("h", 3600), ("m", 60)):
        count, left = divmod(left, size)
        if count:
            text += f"{count}{unit}"
    return f"{text}{left}s" if left or not text else text
