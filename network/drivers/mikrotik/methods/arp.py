"""Customers with a static ARP entry on an interface that answers nobody else."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from network.drivers.base import GONE, Account, Found, Key, Setup, Step, Wanted
from network.drivers.mikrotik.connection import Row
from network.drivers.mikrotik.methods.base import (
    Method,
    View,
    add,
    address_of,
    change,
    is_on,
    mac_of,
    no_such_cut,
    refuse,
    retire,
    switch,
)
from network.drivers.mikrotik.tables import Read

ARP = "/ip/arp"
_PROPERTIES = (".id", "address", "mac-address", "interface", "disabled", "dynamic", "comment")
# Where an interface says how it answers ARP: `/interface` itself does not tell.
_INTERFACES = tuple(
    f"/interface/{kind}"
    for kind in ("bridge", "ethernet", "vlan", "bonding", "wireless", "wifi", "wifiwave2", "eoip", "vpls")
)


class Arp(Method):
    """Key: the IP. Disabling the entry cuts only where the interface has `arp=reply-only`."""

    kind = "arp"

    def bulk(self, setup: Setup) -> list[Read]:
        return [Read(ARP, _PROPERTIES), *_interfaces()]

    def single(self, wanted: Wanted, setup: Setup) -> list[Read]:
        reads = [Read(ARP, _PROPERTIES, (("address", address_of(wanted.key.name)),), wanted.key)]
        return reads if wanted.on else [*reads, *_interfaces()]

    def names(self, view: View) -> Iterable[str]:
        return [row["address"] for row in view.tables.rows(ARP) if not is_on(row, "dynamic")]

    def account(self, view: View, name: str, server: str = "") -> Account | None:
        rows = _entries(view, name, server)
        if not rows:
            return None
        row = rows[0]
        return Account(
            row[".id"],
            Key(self.kind, name),
            any(not is_on(each, "disabled") for each in rows),
            ip=name,
            mac=row.get("mac-address", ""),
            comment=row.get("comment", ""),
        )

    def steps(self, view: View, wanted: Wanted) -> list[Step]:
        rows = _entries(view, wanted.key.name, wanted.server)
        if len(rows) > 1:
            message = _("Hay %(count)s entradas ARP de %(ip)s: diga en qué interfaz está el cliente.")
            return [refuse(wanted, message % {"count": len(rows), "ip": wanted.key.name})]
        if not rows:
            return self._provide(wanted) if wanted.provision and wanted.state != GONE else []
        row = rows[0]
        if wanted.state == GONE:
            return retire(wanted, ARP, row)
        if wanted.on:
            mac = {"mac-address": mac_of(wanted.mac)} if wanted.provision and wanted.mac else {}
            return change(wanted, ARP, row, {"disabled": "no", **mac})
        return self._cut(view, wanted, row)

    def _cut(self, view: View, wanted: Wanted, row: Row) -> list[Step]:
        if wanted.cut_by not in {"", "disable"}:
            return [no_such_cut(wanted)]
        interface = row.get("interface", "")
        mode = _mode(view, interface)
        if mode not in {"", "reply-only"}:
            message = _(
                "La interfaz %(interface)s tiene arp=%(mode)s: deshabilitar la entrada no corta a nadie. "
                "Póngala en reply-only o elija otra forma de corte."
            )
            return [refuse(wanted, message % {"interface": interface, "mode": mode})]
        return switch(wanted, ARP, row, on=False)

    def _provide(self, wanted: Wanted) -> list[Step]:
        if not wanted.mac or not wanted.server:
            return [refuse(wanted, _("Faltan la MAC y la interfaz del cliente: sin ellas no hay entrada ARP."))]
        values = {
            "address": address_of(wanted.key.name),
            "mac-address": mac_of(wanted.mac),
            "interface": wanted.server,
            "disabled": "no" if wanted.on else "yes",
        }
        return [add(wanted, ARP, values)]

    def survey(self, *, secrets: bool) -> list[Read]:
        return [Read(ARP, _PROPERTIES)]

    def found(self, view: View) -> list[Found]:
        return [
            Found(
                Key(self.kind, row["address"]),
                row[".id"],
                not is_on(row, "disabled"),
                ip=row["address"],
                mac=row.get("mac-address", ""),
                server=row.get("interface", ""),
                comment=row.get("comment", ""),
            )
            for row in view.tables.rows(ARP)
            if not is_on(row, "dynamic") and row.get("address")
        ]


def _interfaces() -> list[Read]:
    return [Read(menu, (".id", "name", "arp"), optional=True) for menu in _INTERFACES]


def _mode(view: View, interface: str) -> str:
    """How an interface answers ARP; "" when it is of a kind that does not tell."""
    rows = (view.tables.first(menu, "name", interface) for menu in _INTERFACES)
    return next((row.get("arp", "") for row in rows if row is not None), "")


def _entries(view: View, name: str, server: str) -> list[Row]:
    rows = view.tables.where(ARP, "address", address_of(name))
    return [row for row in rows if not is_on(row, "dynamic") and (not server or row.get("interface") == server)]
