"""Customers whose speed is the address list they are on: mangle marks it, a queue tree with PCQ limits it."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from network.drivers.base import GONE, Account, Found, Key, Setup, Step, Wanted
from network.drivers.mikrotik.connection import Row
from network.drivers.mikrotik.methods.base import Method, View, address_of, is_on, no_such_cut, refuse, remove
from network.drivers.mikrotik.methods.entries import (
    ENTRIES,
    UNLIST,
    is_listed,
    of_address,
    of_list,
    put_on,
    take_off,
)
from network.drivers.mikrotik.signing import is_marked, is_ours
from network.drivers.mikrotik.tables import Read

MANGLE = "/ip/firewall/mangle"


class Pcq(Method):
    """Key: the IP. `Wanted.profile` is the plan's list; who is cut is on the list of the cut instead."""

    kind = "pcq"

    def bulk(self, setup: Setup) -> list[Read]:
        return [of_list(name) for name in sorted(setup.lists | {setup.cut_list})]

    def single(self, wanted: Wanted, setup: Setup) -> list[Read]:
        return [of_address(address_of(wanted.key.name), wanted.key)]

    def names(self, view: View) -> Iterable[str]:
        return view.tables.values(ENTRIES, "address")

    def account(self, view: View, name: str, server: str = "") -> Account | None:
        rows = [row for row in view.tables.where(ENTRIES, "address", address_of(name)) if _is_plan(view, row)]
        cut = is_listed(view, view.setup.cut_list, name)
        if not rows and not cut:
            return None
        on = next((row for row in rows if not is_on(row, "disabled")), None)
        row = on or next(iter(rows), {})
        return Account(
            row.get(".id", ""),
            Key(self.kind, name),
            on is not None and not cut,
            profile=row.get("list", ""),
            ip=name,
            comment=row.get("comment", ""),
        )

    def steps(self, view: View, wanted: Wanted) -> list[Step]:
        address, cut = wanted.key.name, view.setup.cut_list
        rows = view.tables.where(ENTRIES, "address", address_of(address))
        if wanted.state == GONE:
            known = [row for row in rows if _is_plan(view, row) or row["list"] == cut]
            left = [row for row in known if not is_ours(row, wanted)]
            mine = [remove(wanted, ENTRIES, row, kind=UNLIST) for row in rows if is_ours(row, wanted)]
            return [*mine, *([_left_there(wanted, left[0])] if left else [])]
        if not wanted.profile:
            return [refuse(wanted, _("El plan no tiene lista en este router: dígala para poder cortar y reconectar."))]
        plans = [row for row in rows if _is_plan(view, row) or row["list"] == wanted.profile]
        if not plans and not is_listed(view, cut, address) and not wanted.provision:
            return []
        if wanted.on:
            others = [row for row in plans if row["list"] != wanted.profile]
            joined = put_on(view, wanted, wanted.profile, address)
            # First on the new list, then off the old one: never on none.
            return [*joined, *self._leave(wanted, others), *take_off(view, wanted, cut, address)]
        if wanted.cut_by not in {"", "list"}:
            return [no_such_cut(wanted)]
        return [*put_on(view, wanted, cut, address), *self._leave(wanted, plans)]

    def _leave(self, wanted: Wanted, rows: Iterable[Row]) -> list[Step]:
        return [remove(wanted, ENTRIES, row, kind=UNLIST) for row in rows if not is_on(row, "dynamic")]

    def survey(self, *, secrets: bool) -> list[Read]:
        return []  # lists and mangle are read for the survey's own sake

    def found(self, view: View) -> list[Found]:
        marked = {
            row[side].removeprefix("!")
            for row in view.tables.rows(MANGLE)
            for side in ("src-address-list", "dst-address-list")
            if row.get(side) and row.get("action", "").startswith("mark-")
        }
        plans = (marked | view.setup.lists) - {view.setup.cut_list}
        return [
            Found(
                Key(self.kind, row["address"]),
                row[".id"],
                not is_on(row, "disabled") and not is_listed(view, view.setup.cut_list, row["address"]),
                ip=row["address"],
                profile=row["list"],
                comment=row.get("comment", ""),
            )
            for name in sorted(plans)
            for row in view.tables.where(ENTRIES, "list", name)
            if not is_on(row, "dynamic")
        ]


def _is_plan(view: View, row: Row) -> bool:
    """Whether an entry says what plan an address has: a list named as one, else any entry of our own."""
    if row["list"] == view.setup.cut_list:
        return False
    return row["list"] in view.setup.lists or is_marked(row)


def _left_there(wanted: Wanted, row: Row) -> Step:
    message = _(
        "%(ip)s queda en la lista %(list)s del router: no lo puso el sistema. Quítelo a mano si ya no hace falta."
    )
    return refuse(wanted, message % {"ip": wanted.key.name, "list": row["list"]})
