"""Hotspot customers known by their MAC: a binding that bypasses the login, or blocks the device."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from network.drivers.base import GONE, Account, Found, Key, Live, Setup, Step, Wanted
from network.drivers.mikrotik.connection import Row
from network.drivers.mikrotik.methods.base import (
    KICK,
    Method,
    View,
    add,
    change,
    is_on,
    mac_of,
    no_such_cut,
    refuse,
    remove,
    retire,
)
from network.drivers.mikrotik.tables import Read
from network.drivers.mikrotik.times import seconds_of

BINDINGS, HOSTS = "/ip/hotspot/ip-binding", "/ip/hotspot/host"
_BINDING = (".id", "mac-address", "address", "server", "type", "disabled", "comment")
_HOST = (".id", "mac-address", "address", "uptime", "blocked", "bypassed")
_PASSING = ("bypassed", "regular")


class Binding(Method):
    """Key: the MAC. `Wanted.profile` may name the type of who passes: bypassed (taken when empty) or regular."""

    kind = "binding"

    def bulk(self, setup: Setup) -> list[Read]:
        return [Read(BINDINGS, _BINDING), Read(HOSTS, _HOST)]

    def single(self, wanted: Wanted, setup: Setup) -> list[Read]:
        mac = (("mac-address", mac_of(wanted.key.name)),)
        return [Read(BINDINGS, _BINDING, mac, wanted.key), Read(HOSTS, _HOST, mac, wanted.key)]

    def names(self, view: View) -> Iterable[str]:
        return [mac for mac in view.tables.values(BINDINGS, "mac-address") if mac]

    def account(self, view: View, name: str, server: str = "") -> Account | None:
        rows = view.tables.where(BINDINGS, "mac-address", mac_of(name))
        if not rows:
            return None
        # The router goes by the first that is in force.
        row = next((each for each in rows if not is_on(each, "disabled")), rows[0])
        lives = tuple(
            Live(host[".id"], host.get("address", ""), seconds_of(host.get("uptime", "")), mac_of(name))
            for host in view.tables.where(HOSTS, "mac-address", mac_of(name))
            if not is_on(host, "blocked")
        )
        return Account(
            row[".id"],
            Key(self.kind, name),
            _passes(row),
            lives,
            profile=row.get("type", ""),
            ip=row.get("address", ""),
            mac=mac_of(name),
            comment=row.get("comment", ""),
        )

    def steps(self, view: View, wanted: Wanted) -> list[Step]:
        mac = mac_of(wanted.key.name)
        rows = view.tables.where(BINDINGS, "mac-address", mac)
        if len(rows) > 1:
            message = _("Hay %(count)s entradas de hotspot para %(mac)s en el router: deje una sola.")
            return [refuse(wanted, message % {"count": len(rows), "mac": mac})]
        kind = "blocked" if not wanted.on else wanted.profile if wanted.profile in _PASSING else ""
        if not rows:
            if not wanted.provision or wanted.state == GONE:
                return []
            values = {"mac-address": mac, "address": wanted.ip, "server": wanted.server, "type": kind or "bypassed"}
            return [add(wanted, BINDINGS, values), *self._judge_anew(view, wanted)]
        row = rows[0]
        if wanted.state == GONE:
            return [*retire(wanted, BINDINGS, row)]
        if not wanted.on and wanted.cut_by not in {"", "block"}:
            return [no_such_cut(wanted)]
        kind = kind or ("bypassed" if row.get("type") == "blocked" else row.get("type", "bypassed"))
        writes = change(wanted, BINDINGS, row, {"type": kind, "disabled": "no"})
        return [*writes, *self._judge_anew(view, wanted)]

    def _judge_anew(self, view: View, wanted: Wanted) -> list[Step]:
        """A device is what it was when it showed up: taken off, it is judged by the binding as it is now."""
        hosts = view.tables.where(HOSTS, "mac-address", mac_of(wanted.key.name))
        wrong = [host for host in hosts if wanted.kick or is_on(host, "blocked") == wanted.on]
        return [remove(wanted, HOSTS, host, kind=KICK) for host in wrong]

    def survey(self, *, secrets: bool) -> list[Read]:
        return [Read(BINDINGS, _BINDING, optional=True), Read(HOSTS, _HOST, optional=True)]

    def found(self, view: View) -> list[Found]:
        present = {row.get("mac-address") for row in view.tables.rows(HOSTS)}
        return [
            Found(
                Key(self.kind, mac_of(row["mac-address"])),
                row[".id"],
                _passes(row),
                ip=row.get("address", ""),
                mac=mac_of(row["mac-address"]),
                server=row.get("server", ""),
                profile=row.get("type", ""),
                comment=row.get("comment", ""),
                is_online=row["mac-address"] in present,
            )
            for row in view.tables.rows(BINDINGS)
            if row.get("mac-address")
        ]


def _passes(row: Row) -> bool:
    return not is_on(row, "disabled") and row.get("type") != "blocked"
