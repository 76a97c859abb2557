"""The router's own state: its menus, its clock, its users, and what a restart loses."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from typing import Any

from . import kinds
from .access.dhcp import Dhcp
from .access.hotspot import Hotspot
from .access.ppp import Ppp
from .access.user_manager import UserManager
from .factory import furnish
from .menus import specs_of
from .menus.interfaces import KINDS
from .menus.system import rights_of
from .specs import Row
from .tables import Table
from .versions import DEFAULT_VERSION, Version, parse_version

ALL_RIGHTS = frozenset({"api", "read", "write", "test", "sensitive", "reboot", "policy"})
_LOG_ROWS = 1000
# What a row gets that is made only because another one names it.
_ANYTHING = {"interface": "ether1", "kind": "pfifo", "owner": "admin", "ranges": "10.5.50.2-10.5.51.254"}


@dataclass
class Router:
    """Everything that is behind the wire. Only the simulator's own loop touches it."""

    version: str = DEFAULT_VERSION
    identity: str = "MikroTik"
    board: str = "RB5009UG+S+"
    max_sessions: int = 20
    # How long a kicked PPP session lingers.
    kick_delay_s: float = 0.0
    tables: dict[str, Table] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.number: Version = parse_version(self.version)
        self.short_version = self.version.split(" ")[0]
        self._referring: dict[str, list[tuple[Table, str]]] = {}
        for spec in specs_of(self.number):
            table = self.tables[spec.path] = Table(spec, exists=self._exists)
            table.on_rename = self._follow
            for column, reference in spec.references.items():
                for path in reference.path.split("|"):
                    self._referring.setdefault(path, []).append((table, column))
        self._mirror_interfaces()
        furnish(self)
        if self.number >= (7, 16):
            for service in self.tables["/ip/service"].where("name", "api"):
                service["max-sessions"] = str(self.max_sessions)
        self.ppp = Ppp(self)
        self.dhcp = Dhcp(self)
        self.hotspot = Hotspot(self)
        self.user_manager = UserManager(self)
        self.lists.watchers.append(self._on_list)
        self.tables["/ip/firewall/filter"].watchers.append(self._on_rule)

    # Menus

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

    def put(self, path: str, **values: str) -> Row:
        """Add a row with read-only properties too."""
        return self.tables[path].add(values, trusted=True)

    def _exists(self, path: str, name: str) -> bool:
        return any(self.tables[one].named(name) is not None for one in path.split("|"))

    def _follow(self, path: str, old: str, new: str | None) -> None:
        """Rows that refer to another one keep doing so when it is renamed, and dangle when it is removed."""
        for table, column in self._referring.get(path, ()):
            for row in table.where(column, old):
                table.write(row, **{column: new if new is not None else "*FFFFFF"})

    def load(self, path: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add rows from a state file, making the profiles, servers and interfaces they name.

        Values are text, or real booleans. Raises Trap on what the menu does not know, KeyError on an unknown menu.
        """
        table = self.tables[path]
        factory = {row[".id"] for row in table}
        for given in rows:
            row = {name: as_text(value) for name, value in given.items() if value is not None}
            for column, reference in table.spec.references.items():
                for name in reference.names(row.get(column, "")) if row.get(column) else []:
                    self._provide(reference.path, name)
            known = next(iter(table)) if table.spec.singleton else table.named(row.get(table.spec.name, ""))
            if known is not None and known[".id"] in factory:
                # A port, a service, the default profile: it is there, only different.
                table.change(known, row, trusted=True)
            else:
                table.add(row, trusted=True)

    def load_all(self, rows: Mapping[str, Iterable[Mapping[str, Any]]]) -> None:
        """Load many menus, in an order in which what is referred to comes first. Raises KeyError on an unknown one."""
        unknown = set(rows) - set(self.tables)
        if unknown:
            raise KeyError(f"RouterOS {self.version} has no {', '.join(sorted(unknown))}")
        for path in self.tables:
            self.load(path, rows.get(path, ()))

    def _provide(self, path: str, name: str) -> None:
        if self._exists(path, name):
            return
        path = "/interface/bridge" if "/interface" in path else path
        table = self.tables[path]
        needed = {name: value for name, value in _ANYTHING.items() if name in table.spec.required}
        table.add({table.spec.name: name, **needed}, trusted=True)

    def load_secrets(self, rows: Iterable[dict[str, Any]]) -> None:
        """Add PPP secrets, making the profiles they name."""
        self.load("/ppp/secret", [{name: value for name, value in row.items() if value != ""} for row in rows])

    def _mirror_interfaces(self) -> None:
        """An ethernet port or a bridge is also a row of /interface, of the same name."""

        def follow(kind: str, shadows: dict[str, Row]) -> Callable[[str, Row], None]:
            def told(what: str, row: Row) -> None:
                known = shadows.get(row[".id"])
                if what == "remove":
                    if known is not None:
                        self.interfaces.remove(shadows.pop(row[".id"]))
                    return
                shown: Row = {name: row[name] for name in ("name", "mtu", "disabled", "comment") if name in row}
                if known is None:
                    shown |= {"type": kind, "_since": repr(time.monotonic())}
                    shown |= {"mac-address": row["mac-address"]} if "mac-address" in row else {}
                    shadows[row[".id"]] = self.interfaces.add(shown, trusted=True)
                else:
                    self.interfaces.change(known, shown, trusted=True)

            return told

        for path, kind in KINDS.items():
            if path in self.tables:
                self.tables[path].watchers.append(follow(kind, {}))

    # Lists and rules

    def _on_list(self, what: str, row: Row) -> None:
        """An entry with a timeout is dynamic, ends by itself, and lives in memory only."""
        if what != "add":
            return
        if row["creation-time"].startswith("1970"):
            row["creation-time"] = self.date_and_time()
        if not row.get("timeout"):
            return
        seconds = kinds.seconds_of(row["timeout"])
        row["dynamic"] = "true"
        row["_ends"] = repr(time.monotonic() + seconds)
        asyncio.get_running_loop().call_later(seconds, self._expire, row)

    def _expire(self, row: Row) -> None:
        if self.lists.find(row[".id"]) is row:
            self.lists.remove(row)

    def list_address(self, list_name: str, address: str, owner: str) -> None:
        """Put an address on a list for as long as its owner (a session, a lease) lives."""
        if not any(row["list"] == list_name for row in self.lists.where("address", address)):
            row = {"list": list_name, "address": address, "disabled": "false", "_owner": owner}
            self.lists.add(row, dynamic=True)

    def _on_rule(self, _what: str, row: Row) -> None:
        """While a fasttrack rule is on, each chain's menu begins with a dummy rule that shows its counters."""
        if row.get("dynamic") == "true":
            return
        filters = self.tables["/ip/firewall/filter"]
        wanted = any(
            rule.get("action") == "fasttrack-connection" and rule.get("disabled") != "true" for rule in filters
        )
        for name in ("filter", "mangle", "raw"):
            table = self.tables[f"/ip/firewall/{name}"]
            if wanted and not table.owned("fasttrack"):
                chain = "forward" if name != "raw" else "prerouting"
                comment = "special dummy rule to show fasttrack counters"
                values = {"chain": chain, "action": "passthrough", "comment": comment, "_owner": "fasttrack"}
                dummy = table.add(values, dynamic=True)
                table.move([dummy], next((rule for rule in table if rule is not dummy), None))
            elif not wanted:
                table.remove_owned("fasttrack")

    # Users

    def add_account(self, name: str, password: str, rights: Iterable[str] = ALL_RIGHTS, address: str = "") -> None:
        """Add or replace a user with a group of its own that has these policies."""
        users, groups = self.tables["/user"], self.tables["/user/group"]
        policy = ",".join(sorted(rights))
        group = groups.named(f"de-{name}")
        if group is None:
            group = groups.add({"name": f"de-{name}", "policy": policy})
        else:
            groups.change(group, {"policy": policy})
        known = users.named(name)
        if known is not None:
            users.remove(known)
        users.add({"name": name, "password": password, "group": group["name"], "address": address})

    def account(self, name: str, client: str) -> tuple[str, frozenset[str]] | None:
        """Password and policies of a user that may sign in from this address."""
        user = self.tables["/user"].named(name)
        if user is None or user["disabled"] == "true":
            return None
        allowed = user.get("address", "")
        if allowed and not any(_within(client, part) for part in allowed.split(",")):
            return None
        return user.get("password", ""), rights_of(self.tables["/user/group"].named(user["group"]))

    def show_connection(self, number: int, service: str, local: str, remote: str) -> None:
        """Late versions list the services' live connections among the services."""
        table = self.tables["/ip/service"]
        known = table.named(service)
        if self.number >= (7, 20) and known is not None:
            shown = {"name": service, "port": known["port"], "proto": "tcp", "local": local, "remote": remote}
            table.add({**shown, "connection": "true", "disabled": "false", "_owner": str(number)}, dynamic=True)

    def hide_connection(self, number: int) -> None:
        """A connection has ended."""
        self.tables["/ip/service"].remove_owned(str(number))

    def log(self, topics: str, message: str) -> None:
        """Write to the router's log, which keeps the last thousand."""
        table = self.tables["/log"]
        table.add({"time": datetime.now(UTC).strftime("%H:%M:%S"), "topics": topics, "message": message}, trusted=True)
        if len(table) > _LOG_ROWS:
            table.remove(next(iter(table)))

    # Version and life

    def answers_empty(self) -> bool:
        """`!empty` came with 7.18; before that a print without rows is just `!done`."""
        return self.number >= (7, 18)

    def plain_login(self) -> bool:
        """One-step login with the clear password came with 6.43."""
        return self.number >= (6, 43)

    def session_limit(self) -> int:
        """API connections it takes; a setting of the service since 7.16."""
        service = self.tables["/ip/service"].named("api") or {}
        return int(service.get("max-sessions", self.max_sessions))

    @property
    def _resource(self) -> Row:
        return next(iter(self.tables["/system/resource"]))

    def date_and_time(self) -> str:
        """Now, as this version writes it."""
        style = "%Y-%m-%d %H:%M:%S" if self.number >= (7, 10) else "%b/%d/%Y %H:%M:%S"
        return datetime.now(UTC).strftime(style).lower()

    def rate_pair(self, text: str) -> str:
        """`up/down` as a simple queue prints it in this version."""
        return self.queues.spec.kinds["max-limit"](text)

    def uptime(self) -> str:
        """Time since boot as RouterOS writes it: 1w2d3h4m5s."""
        return kinds.format_duration(time.monotonic() - float(self._resource["_since"]))

    def boot(self) -> None:
        """What a restart loses: sessions, dynamic rows, rows with a timeout, counters and the uptime."""
        self.ppp.stop()
        self.hotspot.stop()
        self.dhcp.stop()
        for table in self.tables.values():
            for row in list(table):
                if "timeout" in row or (row.get("dynamic") == "true" and row.get("_owner") != "fasttrack"):
                    table.remove(row)
        self.tables["/log"].remove_where(lambda _row: True)
        self.start_clock()

    def start_clock(self) -> None:
        """Power is on: uptime and counters begin."""
        now = repr(time.monotonic())
        self._resource["_since"] = now
        for row in self.interfaces:
            row["_since"] = now


def as_text(value: object) -> str:
    """A value of a state file as a word."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _within(client: str, network: str) -> bool:
    return ip_address(client) in ip_network(network, strict=False)
