"""User Manager: profiles that are assigned, run and are used up, and its sessions."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from simulators.routeros import kinds
from simulators.routeros.specs import Row
from simulators.routeros.tables import Table
from simulators.routeros.traps import Trap

if TYPE_CHECKING:
    from simulators.routeros.router import Router

OLD, NEW = "/tool/user-manager", "/user-manager"


class UserManager:
    """Both generations of it; a router has one."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._count = 0
        if router.number >= (7, 0):
            self._of("user-profile").watchers.append(self._on_assigned)

    def _of(self, name: str) -> Table:
        root = NEW if self._router.number >= (7, 0) else OLD
        return self._router.tables[f"{root}/{name}"]

    # Version 7

    def _on_assigned(self, what: str, row: Row) -> None:
        """A profile that starts when assigned runs at once if none is in use."""
        if what == "add" and "state" not in row:
            profile = self._of("profile").named(row["profile"]) or {}
            if profile.get("starts-when", "assigned") == "assigned":
                self._start(row, profile)
                row["_active"] = "false" if self._in_use(row["user"], row) else "true"

    def _in_use(self, user: str, other_than: Row) -> Row | None:
        state = self._of("user-profile").spec.live["state"]
        now = time.monotonic()
        for row in self._of("user-profile").where("user", user):
            if row is not other_than and state(row, now) == "running active":
                return row
        return None

    def _start(self, row: Row, profile: Row) -> None:
        row["_started"] = "true"
        validity = profile.get("validity", "unlimited")
        if validity != "unlimited":
            seconds = kinds.seconds_of(validity)
            row["_ends"] = repr(time.monotonic() + seconds)
            row["end-time"] = (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M:%S")
        else:
            row["end-time"] = "unlimited"

    def activate(self, row: Row) -> None:
        """`activate-user-profile`: this one is in use, the others of the user only run. Raises Trap when used up."""
        if self._of("user-profile").spec.live["state"](row, time.monotonic()) == "used":
            raise Trap("failure: profile is already used")
        for other in self._of("user-profile").where("user", row["user"]):
            if other.get("_active") == "true":
                other["_active"] = "false"
                other.pop("state", None)
        row.pop("state", None)
        if row.get("_started") != "true":
            self._start(row, self._of("profile").named(row["profile"]) or {})
        self._of("user-profile").write(row, _active="true")

    # Version 6

    def create_and_activate(self, user: Row, profile_name: str) -> None:
        """`create-and-activate-profile` of version 6. Raises Trap for an unknown profile."""
        if self._of("profile").named(profile_name) is None:
            raise Trap("input does not match any value of profile", category=1)
        self._of("user").write(user, **{"actual-profile": profile_name})

    def clear_profiles(self, user: Row) -> None:
        """`clear-profiles` of version 6."""
        user.pop("actual-profile", None)
        self._of("user").write(user)

    # Both

    def open_session(self, user: str, mac: str = "02:00:00:00:00:01", address: str = "10.5.50.10") -> Row | None:
        """A RADIUS client starts a session for a user; None when the user is off or has no profile in use."""
        row = self._of("user").named(user)
        if row is None or row["disabled"] == "true":
            return None
        if self._router.number >= (7, 0):
            uses = next(iter(self._router.tables[NEW]))["use-profiles"] == "true"
            if uses and not self._admitted(user):
                return None
        self._count += 1
        return self._of("session").add(
            {
                "user": user,
                "active": "true",
                "acct-session-id": f"{self._count:08x}",
                "nas-ip-address": "10.0.0.1",
                "calling-station-id": kinds.mac(mac),
                "user-address": address,
                "status": "start",
                "started": self._router.date_and_time(),
                "_since": repr(time.monotonic()),
            },
            trusted=True,
        )

    def _admitted(self, user: str) -> bool:
        table = self._of("user-profile")
        state = table.spec.live["state"]
        for row in table.where("user", user):
            if state(row, time.monotonic()) == "waiting":
                # `first-auth`: the clock starts with the first session.
                self._start(row, self._of("profile").named(row["profile"]) or {})
                row["_active"] = "true"
            if state(row, time.monotonic()) == "running active":
                return True
        return False

    def close_session(self, session: Row) -> None:
        """`close-session`: it stays in the menu, ended. Raises Trap when it has ended before."""
        if session.get("active") != "true":
            raise Trap("failure: session is not active")
        since = float(session.pop("_since", time.monotonic()))
        self._of("session").write(
            session,
            active="false",
            **{
                "uptime": kinds.format_duration(time.monotonic() - since),
                "ended": self._router.date_and_time(),
                "status": "stop",
                "terminate-cause": "admin-reset",
            },
        )
