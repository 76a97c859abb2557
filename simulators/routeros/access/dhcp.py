"""DHCP: leases that clients get, renew and lose, and what a bound lease brings with it."""

from __future__ import annotations

import time
from collections.abc import Callable
from ipaddress import ip_address
from typing import TYPE_CHECKING

from simulators.routeros import kinds
from simulators.routeros.specs import Row

if TYPE_CHECKING:
    from simulators.routeros.router import Router

LEASES = "/ip/dhcp-server/lease"


class Dhcp:
    """Binds clients. Lists and rates change at once; `block-access` and addresses when the client renews."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self.leases = router.tables[LEASES]
        self.leases.watchers.append(self._on_lease)
        # Told the MAC of a client that has lost its lease and will ask again.
        self.on_lost: list[Callable[[str], None]] = []
        self._settling = False

    def bind(self, mac: str, server: str = "all", host_name: str = "", address: str = "") -> Row | None:
        """A client asks or renews: its static lease, else a dynamic one from the server's pool; None when refused."""
        mac = kinds.mac(mac)
        own = [row for row in self.leases.where("mac-address", mac) if row["disabled"] != "true"]
        lease = next((row for row in own if server == "all" or row["server"] in {"all", server}), None)
        if lease is not None and lease.get("block-access") == "true":
            if lease["status"] != "waiting":
                self._free(lease)
            return None
        if lease is None:
            found = address or self._free_address(server)
            if not found:
                return None
            values = {"address": found, "mac-address": mac, "server": server, "status": "offered"}
            lease = self.leases.add({**self.leases.spec.defaults, **values}, dynamic=True)
        more = {"host-name": host_name} if host_name else {}
        self._bound(lease, lease.get("address") or address or self._free_address(server), mac, more)
        return lease

    def _bound(self, lease: Row, address: str, mac: str, more: Row) -> None:
        now = time.monotonic()
        server = self._router.tables["/ip/dhcp-server"].named(lease["server"]) or {}
        seconds = kinds.seconds_of(lease.get("lease-time") or server.get("lease-time", "10m"))
        self._write(
            lease,
            **more,
            **{
                "status": "bound",
                "active-address": address,
                "active-mac-address": mac,
                "active-server": lease["server"],
                "_seen": repr(now),
                "_expires": repr(now + seconds),
            },
        )

    def _write(self, lease: Row, **values: str) -> None:
        was, self._settling = self._settling, True
        self.leases.write(lease, **values)
        self._settling = was
        self._bring(lease)

    def _free(self, lease: Row) -> None:
        """The lease waits again; a dynamic one is gone."""
        if lease["dynamic"] == "true":
            self.leases.remove(lease)
            return
        for name in ("active-address", "active-mac-address", "active-server", "_expires"):
            lease.pop(name, None)
        self._write(lease, status="waiting")

    def release(self, mac: str) -> None:
        """A client leaves."""
        for lease in self.leases.where("mac-address", kinds.mac(mac)):
            self._free(lease)

    def make_static(self, lease: Row) -> None:
        """What WinBox calls Make Static; a static lease stays one."""
        if lease["dynamic"] == "true":
            self.leases.write(lease, dynamic="false")

    def _free_address(self, server_name: str) -> str:
        server = self._router.tables["/ip/dhcp-server"].named(server_name) or {}
        pool = self._router.tables["/ip/pool"].named(server.get("address-pool", ""))
        for part in (pool or {}).get("ranges", "").split(","):
            first, _, last = part.partition("-")
            if not first:
                continue
            for number in range(int(ip_address(first)), int(ip_address(last or first)) + 1):
                found = str(ip_address(number))
                if not self.leases.where("address", found):
                    return found
        return ""

    def _on_lease(self, what: str, row: Row) -> None:
        if self._settling:
            return
        if what == "remove":
            self._drop_owned(row)
            self._lost(row)
            return
        blocked = row.get("block-access", "false")
        if row.get("blocked") != blocked:
            row["blocked"] = blocked
        if row["disabled"] == "true" and row["status"] == "bound":
            self._free(row)
            self._lost(row)
            return
        self._bring(row)

    def _lost(self, row: Row) -> None:
        for listener in self.on_lost:
            listener(row.get("active-mac-address") or row.get("mac-address", ""))

    def _drop_owned(self, lease: Row) -> None:
        for table in (self._router.lists, self._router.queues):
            table.remove_owned(f"dhcp{lease['.id']}")

    def _bring(self, lease: Row) -> None:
        """Dynamic list entries and queue of a bound lease, made to match what the lease says."""
        router, owner = self._router, f"dhcp{lease['.id']}"
        bound = lease["status"] == "bound" and lease["disabled"] != "true"
        address = lease.get("active-address", "")
        wanted = {name for name in lease.get("address-lists", "").split(",") if name and bound}
        for row in router.lists.owned(owner):
            if row["list"] not in wanted or row["address"] != address:
                router.lists.remove(row)
        for name in sorted(wanted - {row["list"] for row in router.lists.owned(owner)}):
            router.list_address(name, address, owner)
        self._bring_queue(lease, owner, address if bound else "")

    def _bring_queue(self, lease: Row, owner: str, address: str) -> None:
        queues = self._router.queues
        rate = lease.get("rate-limit", "").split(" ")[0] if address else ""
        limit = self._router.rate_pair(rate) if rate else ""
        known = next(iter(queues.owned(owner)), None)
        if known is not None and (known["max-limit"] != limit or known["target"] != f"{address}/32"):
            queues.remove(known)
            known = None
        if known is None and limit:
            name = f"dhcp-ds<{lease['active-mac-address']}>"
            if queues.named(name) is not None:
                return
            shown = {"name": name, "target": f"{address}/32", "max-limit": limit, "_owner": owner}
            queues.add({**queues.spec.defaults, **shown}, dynamic=True)

    def stop(self) -> None:
        """Power is off: clients of static leases wait, dynamic leases are gone."""
        self._settling = True
        for lease in list(self.leases):
            self._drop_owned(lease)
            self._free(lease)
        self._settling = False
