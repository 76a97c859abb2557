"""PPPoE sessions, and what appears and vanishes with them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from simulators.routeros.specs import Row

if TYPE_CHECKING:
    from simulators.routeros.router import Router


class Ppp:
    """Opens and ends sessions. Disabling a secret ends none: only a kick, the equipment or a restart does."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._count = 0
        self.on_end: list[Callable[[str], None]] = []

    def open(self, name: str, password: str, mac: str) -> Row | None:
        """A customer's equipment dials: a session when its secret is enabled and the password right."""
        router = self._router
        secret = router.secrets.named(name)
        if secret is None or secret["disabled"] == "true" or secret["password"] != password:
            return None
        if secret["caller-id"] and secret["caller-id"].upper() != mac:
            return None
        profile = router.profiles.named(secret["profile"]) or {}
        if profile.get("only-one") == "yes" and router.active.named(name):
            return None
        self._count += 1
        address = secret.get("remote-address") or f"100.64.{self._count >> 8 & 255}.{self._count & 255}"
        now = repr(time.monotonic())
        session = router.active.add(
            {
                "name": name,
                "service": "pppoe",
                "caller-id": mac,
                "address": address,
                "session-id": f"0x81{self._count:06x}",
                "encoding": "",
                "radius": "false",
                "_since": now,
                "_number": str(self._count),
            },
            trusted=True,
        )
        self._add_dynamic(session, profile, now)
        return session

    def _add_dynamic(self, session: Row, profile: Row, now: str) -> None:
        router = self._router
        owner = f"ppp{session['.id']}"
        port = f"<pppoe-{session['name']}>"
        number = 1
        while router.interfaces.named(port) is not None:
            # Two radios with one user: <pppoe-ana>, <pppoe-ana-1>.
            port, number = f"<pppoe-{session['name']}-{number}>", number + 1
        shown = {"name": port, "type": "pppoe-in", "mtu": "1480", "_since": now, "_owner": owner}
        router.interfaces.add(shown, dynamic=True)
        if profile.get("rate-limit") and router.queues.named(port) is None:
            limit = router.rate_pair(profile["rate-limit"].split(" ")[0])
            shown = {"name": port, "target": port, "max-limit": limit, "parent": "none", "_owner": owner}
            router.queues.add(shown, dynamic=True)
        for wanted in filter(None, profile.get("address-list", "").split(",")):
            router.list_address(wanted, session["address"], owner)

    def end(self, session: Row, reason: str = "peer-request") -> None:
        """Take a session down with everything dynamic that came with it."""
        router = self._router
        router.active.remove(session)
        for table in (router.interfaces, router.queues, router.lists):
            table.remove_owned(f"ppp{session['.id']}")
        secret = router.secrets.named(session["name"])
        if secret:
            secret["last-caller-id"] = session["caller-id"]
            secret["last-disconnect-reason"] = reason
            secret["last-logged-out"] = router.date_and_time()
        for listener in self.on_end:
            listener(session["name"])

    def stop(self) -> None:
        """Power is off."""
        for session in list(self._router.active):
            self.end(session, "nas-reboot")
