"""Hotspot: devices that show up, log in, keep a cookie, and come back by themselves while it lasts."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from simulators.routeros import kinds
from simulators.routeros.specs import Row

if TYPE_CHECKING:
    from simulators.routeros.router import Router


class Hotspot:
    """Opens and ends sessions. Disabling a user or blocking a binding ends none: a removed session or host does."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self.users = router.tables["/ip/hotspot/user"]
        self.active = router.tables["/ip/hotspot/active"]
        self.cookies = router.tables["/ip/hotspot/cookie"]
        self.hosts = router.tables["/ip/hotspot/host"]
        self.bindings = router.tables["/ip/hotspot/ip-binding"]
        # Told (user, MAC) of a device that was thrown out.
        self.on_end: list[Callable[[str, str], None]] = []
        self._count = 0

    def knock(self, mac: str, address: str = "") -> Row:
        """A device sends traffic: it gets a host row, judged by the bindings as they are now."""
        mac = kinds.mac(mac)
        known = next(iter(self.hosts.where("mac-address", mac)), None)
        if known is not None:
            return known
        self._count += 1
        address = address or f"10.5.{50 + (self._count >> 8 & 127)}.{self._count & 255}"
        binding = self._binding(mac, address)
        now = repr(time.monotonic())
        values = {
            "mac-address": mac,
            "address": binding.get("address") or address,
            "to-address": binding.get("to-address") or address,
            "server": self._server(),
            "authorized": "false",
            "bypassed": "true" if binding.get("type") == "bypassed" else "false",
            "blocked": "true" if binding.get("type") == "blocked" else "false",
            "_since": now,
        }
        return self.hosts.add(values, trusted=True)

    def _server(self) -> str:
        first = next(iter(self._router.tables["/ip/hotspot"]), None)
        return first["name"] if first else "hotspot1"

    def _binding(self, mac: str, address: str) -> Row:
        """The first enabled binding that speaks of this device."""
        for row in self.bindings:
            if row["disabled"] == "true":
                continue
            if row.get("mac-address") == mac or (not row.get("mac-address") and row.get("address") == address):
                return row
        return {}

    def open(self, user: str, mac: str, password: str | None = None, *, by: str = "http-chap") -> Row | None:
        """A device logs in; None when it is blocked, the user is off, the password wrong, or too many share it."""
        mac = kinds.mac(mac)
        account = self.users.named(user)
        host = self.knock(mac)
        if account is None or account["disabled"] == "true" or host["blocked"] == "true":
            return None
        if password is not None and account.get("password", "") != password:
            return None
        if account.get("mac-address") and account["mac-address"] != mac:
            return None
        profile = self._router.tables["/ip/hotspot/user/profile"].named(account["profile"]) or {}
        shared = profile.get("shared-users", "1")
        if shared.isdigit() and len(self.active.where("user", user)) >= int(shared):
            return None
        return self._opened(account, host, profile, by)

    def _opened(self, account: Row, host: Row, profile: Row, by: str) -> Row:
        router, user, mac = self._router, account["name"], host["mac-address"]
        address = account.get("address") or host["address"]
        session = self.active.add(
            {
                "server": host["server"],
                "user": user,
                "address": address,
                "mac-address": mac,
                "login-by": by,
                "idle-time": "0s",
                "keepalive-timeout": profile.get("keepalive-timeout", "2m"),
                "bytes-in": "0",
                "bytes-out": "0",
                "radius": "false",
                "_since": repr(time.monotonic()),
            },
            trusted=True,
        )
        host["authorized"] = "true"
        owner = f"hotspot{session['.id']}"
        rate = profile.get("rate-limit", "").split(" ")[0]
        name = f"<hotspot-{user}>"
        if rate and router.queues.named(name) is None:
            values = {"name": name, "target": f"{address}/32", "max-limit": router.rate_pair(rate), "_owner": owner}
            router.queues.add({**router.queues.spec.defaults, **values}, dynamic=True)
        for wanted in filter(None, profile.get("address-list", "").split(",")):
            router.list_address(wanted, address, owner)
        if profile.get("add-mac-cookie") == "true" and not self.cookies.where("mac-address", mac):
            values = {"user": user, "mac-address": mac, "mac-cookie": "true"}
            self.cookies.add({**values, "expires-in": profile.get("mac-cookie-timeout", "3d")}, trusted=True)
        return session

    def end(self, session: Row) -> None:
        """Throw a session out; the device stays a host and, with its cookie, logs in again."""
        self.active.remove(session)
        for table in (self._router.queues, self._router.lists):
            table.remove_owned(f"hotspot{session['.id']}")
        for host in self.hosts.where("mac-address", session["mac-address"]):
            host["authorized"] = "false"
        for listener in self.on_end:
            listener(session["user"], session["mac-address"])

    def forget_host(self, host: Row) -> None:
        """Take a host off with its session; it will be judged anew when it shows up."""
        self.hosts.remove(host)
        for session in self.active.where("mac-address", host["mac-address"]):
            self.end(session)

    def come_back(self, user: str, mac: str) -> None:
        """A thrown out device knocks again; with a cookie it is logged in without asking."""
        self.knock(mac)
        if any(row["user"] == user for row in self.cookies.where("mac-address", mac)):
            self.open(user, mac, by="mac-cookie")

    def stop(self) -> None:
        """Power is off."""
        for session in list(self.active):
            self.end(session)
        self.hosts.remove_where(lambda _row: True)
