"""The customers' equipment: it dials by itself, keeps its session until kicked, and dials again."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from .router import Router
from .specs import Row


@dataclass
class Cpe:
    """One house's equipment: how it gets on, and how it is taken off."""

    dial: Callable[[], None]
    drop: Callable[[], None]
    powered: bool = True
    timer: asyncio.TimerHandle | None = field(default=None, repr=False)


def mac_for(name: str) -> str:
    """A stable, locally administered MAC for a PPPoE user."""
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()
    return ":".join(f"{byte:02X}" for byte in (0x02, *digest[:5]))


class CpePark:
    """All equipment behind one router, by the name of its user or its MAC.

    It dials when a change could let it in, not in a loop.
    """

    def __init__(self, router: Router, *, redial_s: float = 0.3) -> None:
        self._router = router
        self._redial_s = redial_s
        self._cpes: dict[str, Cpe] = {}
        self.router_up = True
        router.ppp.on_end.append(self._dial_soon)
        router.dhcp.on_lost.append(self._dial_soon)
        router.hotspot.on_end.append(self._on_hotspot_end)
        router.secrets.watchers.append(self._on_secret)
        router.dhcp.leases.watchers.append(self._on_lease)
        router.hotspot.users.watchers.append(self._on_hotspot_user)

    # Who there is

    def install(self, name: str, password: str) -> None:
        """Put a PPPoE radio at a customer's; it dials at once."""
        mac, router = mac_for(name), self._router

        def dial() -> None:
            if router.active.named(name) is None:
                router.ppp.open(name, password, mac)

        def drop() -> None:
            for session in router.active.where("name", name):
                router.ppp.end(session, "peer-not-responding")

        self._add(name, Cpe(dial, drop))

    def install_lease(self, lease: Row) -> None:
        """Put a DHCP client with this lease's MAC at a customer's."""
        mac, server, dhcp = lease["mac-address"], lease["server"], self._router.dhcp
        name = lease.get("host-name", "")
        self._add(mac, Cpe(lambda: _bind(self._router, mac, server, name), lambda: dhcp.release(mac)))

    def install_hotspot(self, user: Row) -> None:
        """Put a device at a hotspot user who is bound to a MAC."""
        name, mac, hotspot = user["name"], user["mac-address"], self._router.hotspot

        def dial() -> None:
            if not hotspot.active.where("mac-address", mac):
                hotspot.open(name, mac)

        def drop() -> None:
            for session in hotspot.active.where("mac-address", mac):
                hotspot.end(session)

        self._add(mac, Cpe(dial, drop))

    def install_all(self) -> None:
        """Equipment for every secret, static lease and hotspot user with a MAC that has none."""
        for row in self._router.secrets:
            if row["name"] not in self._cpes:
                self.install(row["name"], row["password"])
        for row in list(self._router.dhcp.leases):
            if row.get("mac-address") and row["mac-address"] not in self._cpes:
                self.install_lease(row)
        for row in self._router.hotspot.users:
            if row.get("mac-address") and row["mac-address"] not in self._cpes:
                self.install_hotspot(row)

    def _add(self, key: str, cpe: Cpe) -> None:
        self._cpes[key] = cpe
        self._dial(key)

    # What happens to it

    def power(self, name: str, *, on: bool) -> None:
        """Switch a customer's equipment (by user name or MAC) off or on. Raises KeyError for an unknown one."""
        cpe = self._cpes[name]
        cpe.powered = on
        if on:
            self._dial_soon(name)
        else:
            cpe.drop()

    def dial_everything(self) -> None:
        """After a reboot every house dials again."""
        for name in self._cpes:
            self._dial_soon(name)

    def churn(self, mean_s: float) -> None:
        """From now on, every so often, one at random loses its line and comes back a little later."""
        loop, chance = asyncio.get_running_loop(), random.Random()  # noqa: S311 - weather, not a secret

        def strike() -> None:
            loop.call_later(chance.expovariate(1 / mean_s), strike)
            names = [name for name, cpe in self._cpes.items() if cpe.powered]
            if names and self.router_up:
                name = chance.choice(names)
                self.power(name, on=False)
                loop.call_later(max(self._redial_s, mean_s / 10) * chance.uniform(1, 10), self._return, name)

        loop.call_later(chance.expovariate(1 / mean_s), strike)

    def _return(self, name: str) -> None:
        if name in self._cpes:
            self.power(name, on=True)

    def _on_secret(self, what: str, row: Row) -> None:
        if what != "remove" and row["disabled"] != "true":
            self._dial_soon(row["name"])

    def _on_lease(self, what: str, row: Row) -> None:
        if what == "set" and row["status"] != "bound" and row["disabled"] != "true":
            self._dial_soon(row.get("mac-address", ""))

    def _on_hotspot_user(self, what: str, row: Row) -> None:
        if what == "set" and row["disabled"] != "true":
            self._dial_soon(row.get("mac-address", ""))

    def _on_hotspot_end(self, user: str, mac: str) -> None:
        cpe = self._cpes.get(mac)
        if cpe is not None:
            self._dial_soon(mac)
        else:
            asyncio.get_running_loop().call_later(self._redial_s, self._knock_again, user, mac)

    def _knock_again(self, user: str, mac: str) -> None:
        if self.router_up:
            self._router.hotspot.come_back(user, mac)

    def _dial_soon(self, name: str) -> None:
        cpe = self._cpes.get(name)
        if cpe is None or not cpe.powered or cpe.timer is not None:
            return
        cpe.timer = asyncio.get_running_loop().call_later(self._redial_s, self._dial, name)

    def _dial(self, name: str) -> None:
        cpe = self._cpes[name]
        cpe.timer = None
        if cpe.powered and self.router_up:
            cpe.dial()


def _bind(router: Router, mac: str, server: str, name: str) -> None:
    if not any(row["status"] == "bound" for row in router.dhcp.leases.where("mac-address", mac)):
        router.dhcp.bind(mac, server, name)
