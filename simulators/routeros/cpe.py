"""The customers' equipment: it dials by itself, keeps its session until kicked, and dials again."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass

from .router import Router
from .specs import Row


@dataclass
class Cpe:
    """One house's radio with its PPPoE user and password."""

    name: str
    password: str
    mac: str
    powered: bool = True
    timer: asyncio.TimerHandle | None = None


def mac_for(name: str) -> str:
    """A stable, locally administered MAC for a PPPoE user."""
    digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()
    return ":".join(f"{byte:02X}" for byte in (0x02, *digest[:5]))


class CpePark:
    """All equipment behind one router. It dials when a change could let it in, not in a loop."""

    def __init__(self, router: Router, *, redial_s: float = 0.3) -> None:
        self._router = router
        self._redial_s = redial_s
        self._cpes: dict[str, Cpe] = {}
        self.router_up = True
        router.ppp.on_end.append(self._dial_soon)
        router.secrets.watchers.append(self._on_secret)

    def install(self, name: str, password: str) -> None:
        """Put equipment at a customer's; it dials at once."""
        self._cpes[name] = Cpe(name, password, mac_for(name))
        self._dial(name)

    def install_all(self) -> None:
        """Equipment for every secret that has none, with the right password."""
        for row in self._router.secrets:
            if row["name"] not in self._cpes:
                self.install(row["name"], row["password"])

    def power(self, name: str, *, on: bool) -> None:
        """Switch a customer's equipment off or on. Raises KeyError for an unknown one."""
        cpe = self._cpes[name]
        cpe.powered = on
        if on:
            self._dial_soon(name)
            return
        for session in [row for row in self._router.active if row["name"] == name]:
            self._router.ppp.end(session, "peer-not-responding")

    def dial_everything(self) -> None:
        """After a reboot every house dials again."""
        for name in self._cpes:
            self._dial_soon(name)

    def _on_secret(self, what: str, row: Row) -> None:
        if what != "remove" and row["disabled"] != "true":
            self._dial_soon(row["name"])

    def _dial_soon(self, name: str) -> None:
        cpe = self._cpes.get(name)
        if cpe is None or not cpe.powered or cpe.timer is not None:
            return
        cpe.timer = asyncio.get_running_loop().call_later(self._redial_s, self._dial, name)

    def _dial(self, name: str) -> None:
        cpe = self._cpes[name]
        cpe.timer = None
        if cpe.powered and self.router_up and self._router.active.named(name) is None:
            self._router.ppp.open(name, cpe.password, cpe.mac)
