"""DHCP customers: leases, cut by refusing them, by a list while bound, or by a rate."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from network.drivers.base import GONE, Account, Found, Key, Live, Setup, Step, Wanted
from network.drivers.mikrotik.connection import Row, Sentence
from network.drivers.mikrotik.methods.base import (
    Method,
    View,
    add,
    change,
    is_on,
    mac_of,
    no_such_cut,
    no_way_back,
    refuse,
    retire,
)
from network.drivers.mikrotik.rates import is_cut_rate, parse_rate_limit, plain, rate_limit_text, rate_text
from network.drivers.mikrotik.signing import is_ours
from network.drivers.mikrotik.tables import Read

LEASES = "/ip/dhcp-server/lease"
_PROPERTIES = (
    *(".id", "address", "mac-address", "server", "dynamic", "disabled", "block-access", "address-lists", "rate-limit"),
    *("status", "active-address", "comment"),
)


class Dhcp(Method):
    """Key: the MAC, with its server where it has leases on several. A dynamic lease is made static before a write."""

    kind = "dhcp"

    def bulk(self, setup: Setup) -> list[Read]:
        return [Read(LEASES, _PROPERTIES)]

    def single(self, wanted: Wanted, setup: Setup) -> list[Read]:
        return [Read(LEASES, _PROPERTIES, (("mac-address", mac_of(wanted.key.name)),), wanted.key)]

    def names(self, view: View) -> Iterable[str]:
        return [mac for mac in view.tables.values(LEASES, "mac-address") if mac]

    def account(self, view: View, name: str, server: str = "") -> Account | None:
        rows = _leases(view, name, server)
        if not rows:
            return None
        row = rows[0]
        return Account(
            row[".id"],
            Key(self.kind, name),
            all(_passes(view, each) for each in rows),
            tuple(
                Live(each[".id"], _address(each), -1, mac_of(name)) for each in rows if each.get("status") == "bound"
            ),
            speed=parse_rate_limit(row.get("rate-limit", "")),
            ip=_address(row),
            mac=mac_of(name),
            comment=row.get("comment", ""),
        )

    def steps(self, view: View, wanted: Wanted) -> list[Step]:
        rows = _leases(view, wanted.key.name, wanted.server)
        if len(rows) > 1:
            message = _("Hay %(count)s concesiones DHCP de %(mac)s: diga en qué servidor está el cliente.")
            return [refuse(wanted, message % {"count": len(rows), "mac": wanted.key.name})]
        if not rows:
            return self._provide(view, wanted) if wanted.provision and wanted.state != GONE else []
        row = rows[0]
        if wanted.state == GONE:
            return [] if is_on(row, "dynamic") else retire(wanted, LEASES, row, self._blocked(wanted, row))
        steps = self._open(view, wanted, row) if wanted.on else self._cut(view, wanted, row)
        if is_on(row, "dynamic") and any(step.kind != "refuse" for step in steps):
            # Its id may change with this: the rest is written after it has been read again.
            call = Sentence(LEASES, "make-static", {".id": row[".id"]}, account=wanted.key)
            return [Step(wanted.key, "static", row[".id"], call)]
        return steps

    def _blocked(self, wanted: Wanted, row: Row) -> list[Step]:
        """What is retired and not ours is at least refused its address."""
        if is_ours(row, wanted):
            return []
        return change(wanted, LEASES, row, {"block-access": "yes"}, sign=False)

    def _open(self, view: View, wanted: Wanted, row: Row) -> list[Step]:
        lists = [name for name in _lists(row) if name != view.setup.cut_list]
        values = {"block-access": "no", "disabled": "no", "address-lists": ",".join(lists)}
        rate = parse_rate_limit(row.get("rate-limit", ""))
        refused = []
        if wanted.speed is not None:
            if rate != plain(wanted.speed):
                values["rate-limit"] = rate_limit_text(wanted.speed)
        elif is_cut_rate(rate, view.setup.cut_kbps):
            refused = [no_way_back(wanted)]
        if wanted.provision and wanted.ip:
            values["address"] = wanted.ip
        return [*change(wanted, LEASES, row, values), *refused]

    def _cut(self, view: View, wanted: Wanted, row: Row) -> list[Step]:
        match wanted.cut_by:
            case "" | "block":
                return change(wanted, LEASES, row, {"block-access": "yes", "disabled": "no"})
            case "list":
                lists = _lists(row)
                if view.setup.cut_list not in lists:
                    lists.append(view.setup.cut_list)
                return change(wanted, LEASES, row, {"address-lists": ",".join(lists), "disabled": "no"})
            case "speed":
                if wanted.speed is None:
                    return [no_way_back(wanted)]
                if is_cut_rate(parse_rate_limit(row.get("rate-limit", "")), view.setup.cut_kbps):
                    return []
                rate = rate_text(view.setup.cut_kbps)
                return change(wanted, LEASES, row, {"rate-limit": f"{rate}/{rate}", "disabled": "no"})
            case _:
                return [no_such_cut(wanted)]

    def _provide(self, view: View, wanted: Wanted) -> list[Step]:
        if not wanted.ip:
            return [refuse(wanted, _("Falta la IP del cliente: sin ella no se puede fijar su concesión DHCP."))]
        row = {
            "address": wanted.ip,
            "mac-address": mac_of(wanted.key.name),
            "server": wanted.server or "all",
            "rate-limit": rate_limit_text(wanted.speed) if wanted.speed else "",
        }
        if not wanted.on:
            cuts = self._cut(view, wanted, {".id": ""})
            if any(step.kind == "refuse" for step in cuts):
                return cuts
            for step in cuts:
                if isinstance(step.call, Sentence):
                    row |= {name: str(value) for name, value in step.call.arguments.items() if name != ".id"}
            row.pop("comment", None)
        return [add(wanted, LEASES, row)]

    def survey(self, *, secrets: bool) -> list[Read]:
        return [Read(LEASES, (*_PROPERTIES, "host-name"))]

    def found(self, view: View) -> list[Found]:
        return [
            Found(
                Key(self.kind, mac_of(row["mac-address"])),
                row[".id"],
                _passes(view, row),
                label=row.get("host-name", ""),
                ip=_address(row),
                mac=mac_of(row["mac-address"]),
                server=row.get("server", ""),
                speed=parse_rate_limit(row.get("rate-limit", "")),
                comment=row.get("comment", ""),
                is_dynamic=is_on(row, "dynamic"),
                is_online=row.get("status") == "bound",
            )
            for row in view.tables.rows(LEASES)
            if row.get("mac-address")
        ]


def _leases(view: View, name: str, server: str) -> Sequence[Row]:
    """The leases of a MAC: those of its server, where one is named; what was fixed goes before what came by itself."""
    rows = view.tables.where(LEASES, "mac-address", mac_of(name))
    if server:
        rows = [row for row in rows if row.get("server", "all") in {server, "all", ""}]
    fixed = [row for row in rows if not is_on(row, "dynamic")]
    return fixed or rows


def _passes(view: View, row: Row) -> bool:
    if is_on(row, "block-access") or is_on(row, "disabled"):
        return False
    rate = parse_rate_limit(row.get("rate-limit", ""))
    return view.setup.cut_list not in _lists(row) and not is_cut_rate(rate, view.setup.cut_kbps)


def _lists(row: Row) -> list[str]:
    return [name for name in row.get("address-lists", "").split(",") if name]


def _address(row: Row) -> str:
    return row.get("active-address") or row.get("address", "")
