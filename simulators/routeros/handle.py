"""A running router as its tests see it: look inside it, change it, break it, from any thread."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, TypeVar

from .commands import Command
from .console import Console
from .engine import Engine, Received
from .faults import Rule
from .printing import shown_rows
from .router import ALL_RIGHTS, as_text
from .specs import Row
from .verbs import run

T = TypeVar("T")


class Handle:
    """One router of those that run in a loop. Its methods cross into that loop and wait."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.host = engine.config.host
        self.user = engine.config.user
        self.password = engine.config.password

    # Looking inside

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._engine.port

    @property
    def received_count(self) -> int:
        """How many sentences have arrived since the start."""
        return self._engine.received_count

    @property
    def connection_count(self) -> int:
        """API connections open now."""
        return self._engine.connection_count

    def on_sentence(self, hook: Callable[[Received], None] | None) -> None:
        """Call `hook` in the simulator's thread for each sentence that arrives, before it is obeyed."""
        self._engine.on_sentence = hook

    def sentences(self, match: str = "", after: int = 0) -> list[Received]:
        """Sentences received after number `after` whose command starts with `match`."""
        return self._in_loop(lambda: self._engine.notes(match, after))

    def writes(self, after: int = 0) -> list[Received]:
        """Sentences that change something."""
        return [note for note in self.sentences(after=after) if note.is_write]

    def secret(self, name: str) -> Row | None:
        """A copy of a secret, or None."""

        def look() -> Row | None:
            row = self._engine.router.secrets.named(name)
            return dict(row) if row else None

        return self._in_loop(look)

    def disabled_names(self) -> set[str]:
        """Names of the disabled secrets."""
        secrets = self._engine.router.secrets
        return self._in_loop(lambda: {row["name"] for row in secrets if row["disabled"] == "true"})

    def online_names(self) -> set[str]:
        """Names with a session now."""
        return self._in_loop(lambda: {row["name"] for row in self._engine.router.active})

    def rows(self, path: str) -> list[Row]:
        """Copies of a menu's rows as a full user sees them. Raises KeyError for an unknown menu."""
        table = self._engine.router.tables[path]
        return self._in_loop(lambda: shown_rows(table, list(table), ALL_RIGHTS))

    # Changing it, as a technician or a customer would

    def add_row(self, path: str, values: Mapping[str, Any]) -> str:
        """Add a row to any menu by hand; returns its id. Raises Trap where RouterOS would."""
        row = {name: as_text(value) for name, value in values.items()}
        return self._in_loop(lambda: self._engine.router.tables[path].add(row)[".id"])

    def change_row(self, path: str, ref: str, values: Mapping[str, Any]) -> None:
        """Change a row by id or name, read-only properties too; the ref of a menu of one row does not matter.

        Raises KeyError when it is not there.
        """
        changes = {name: as_text(value) for name, value in values.items()}
        self._in_loop(lambda: self._engine.router.tables[path].change(self._row(path, ref), changes, trusted=True))

    def remove_row(self, path: str, ref: str) -> None:
        """Remove a row as a technician would, kicking a session. Raises KeyError when it is not there."""

        def remove() -> None:
            command = Command(f"{path}/remove", {".id": self._row(path, ref)[".id"]})
            run(self._engine.router, command, ALL_RIGHTS)

        self._in_loop(remove)

    def _row(self, path: str, ref: str) -> Row:
        table = self._engine.router.tables[path]
        row = next(iter(table)) if table.spec.singleton else table.find(ref)
        if row is None:
            raise KeyError(f"{path} {ref}")
        return row

    def open_hotspot_session(self, user: str, mac: str) -> bool:
        """A device logs in to the hotspot; whether it was let in."""
        return self._in_loop(lambda: self._engine.router.hotspot.open(user, mac) is not None)

    def bind_lease(self, mac: str, server: str = "all", *, host_name: str = "", address: str = "") -> Row | None:
        """A DHCP client asks or renews; a copy of its lease, None when it gets none."""

        def bind() -> Row | None:
            lease = self._engine.router.dhcp.bind(mac, server, host_name, address)
            return dict(lease) if lease else None

        return self._in_loop(bind)

    def open_user_manager_session(self, user: str, mac: str = "02:00:00:00:00:01") -> bool:
        """A RADIUS client starts a session in User Manager; whether it was let in."""
        return self._in_loop(lambda: self._engine.router.user_manager.open_session(user, mac) is not None)

    def add_secret(self, **values: str | bool) -> None:
        """Add a secret, with equipment that dials. Underscores in property names become dashes."""
        row = {name.replace("_", "-"): value for name, value in values.items()}
        self._in_loop(lambda: self._engine.install(row))

    def set_secret(self, name: str, **values: str) -> None:
        """Change a secret by hand, as in WinBox. Raises KeyError for an unknown name."""

        def change() -> None:
            row = self._engine.router.secrets.named(name)
            if row is None:
                raise KeyError(name)
            changes = {key.replace("_", "-"): value for key, value in values.items()}
            self._engine.router.secrets.change(row, changes)

        self._in_loop(change)

    def remove_secret(self, name: str) -> None:
        """Remove a secret; its session stays, as on the real thing. Raises KeyError for an unknown name."""

        def remove() -> None:
            row = self._engine.router.secrets.named(name)
            if row is None:
                raise KeyError(name)
            self._engine.router.secrets.remove(row)

        self._in_loop(remove)

    def add_account(self, name: str, password: str, rights: Iterable[str] = ALL_RIGHTS) -> None:
        """Add or replace an API user with these policies."""
        self._in_loop(lambda: self._engine.router.add_account(name, password, rights))

    def open_extra_session(self, name: str) -> None:
        """A second session of the same name: two radios with one user."""

        def dial() -> None:
            row = self._engine.router.secrets.named(name)
            if row is not None:
                self._engine.router.ppp.open(name, row["password"], "02:00:00:00:00:99")

        self._in_loop(dial)

    def power_cpe(self, name: str, *, on: bool) -> None:
        """Switch a customer's equipment."""
        self._in_loop(lambda: self._engine.park.power(name, on=on))

    def paste(self, script: str) -> None:
        """Paste a script into the router's terminal as a full user. Raises ScriptError, ValueError, or Trap."""
        self._in_loop(lambda: Console(self._engine.router).run(script))

    # Breaking it

    def set_faults(self, **changes: float | bool) -> None:
        """Change standing faults (see faults.Faults); `refuse=True` stops listening and drops connections."""
        self._in_loop(lambda: self._engine.faults.update(changes))
        self._await(self._engine.apply_faults())

    def fail_on(
        self,
        match: str,
        action: str,
        *,
        message: str = "failure",
        after: int = 0,
        times: int | None = 1,
        delay_ms: float = 0.0,
    ) -> None:
        """Add a rule for commands that start with `match` (see faults.Rule)."""
        rule = Rule(match, action, message, after, times, delay_ms)
        self._in_loop(lambda: self._engine.faults.rules.append(rule))

    def clear_faults(self) -> None:
        """Back to health."""
        self._in_loop(self._engine.faults.clear)
        self._await(self._engine.apply_faults())

    def drop_connections(self) -> None:
        """Reset every API connection once."""
        self._in_loop(self._engine.drop)

    def reboot(self) -> None:
        """Restart: connections and sessions gone, a silence, then equipment dials again. Blocks."""
        self._await(self._engine.reboot())

    def power(self, *, on: bool) -> None:
        """Pull or push the plug of the whole router."""
        self._await(self._engine.power(on=on))

    # Crossing into the loop

    def _in_loop(self, work: Callable[[], T]) -> T:
        async def call() -> T:
            return work()

        return self._await(call())

    def _await(self, work: Awaitable[T]) -> T:
        async def call() -> T:
            return await work

        return asyncio.run_coroutine_threadsafe(call(), self._engine.loop).result(timeout=60)
