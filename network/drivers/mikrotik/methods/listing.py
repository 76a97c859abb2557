"""Customers with a fixed IP that pass unless their address is on the list of who is cut."""

from __future__ import annotations

from collections.abc import Iterable

from network.drivers.base import GONE, Account, Found, Key, Setup, Step, Wanted
from network.drivers.mikrotik.methods.base import Method, View, address_of, no_such_cut
from network.drivers.mikrotik.methods.entries import (
    ENTRIES,
    entries_of,
    is_listed,
    of_address,
    of_list,
    put_on,
    take_off,
)
from network.drivers.mikrotik.signing import is_ours
from network.drivers.mikrotik.tables import Read


class Listing(Method):
    """Key: the IP. There is no row for who passes."""

    kind = "list"

    def bulk(self, setup: Setup) -> list[Read]:
        return [of_list(setup.cut_list)]

    def single(self, wanted: Wanted, setup: Setup) -> list[Read]:
        return [of_address(address_of(wanted.key.name), wanted.key, setup.cut_list)]

    def names(self, view: View) -> Iterable[str]:
        return [row["address"] for row in view.tables.where(ENTRIES, "list", view.setup.cut_list)]

    def account(self, view: View, name: str, server: str = "") -> Account | None:
        rows = entries_of(view, view.setup.cut_list, name)
        on = not is_listed(view, view.setup.cut_list, name)
        row = rows[0] if rows else {}
        return Account(row.get(".id", ""), Key(self.kind, name), on, ip=name, comment=row.get("comment", ""))

    def steps(self, view: View, wanted: Wanted) -> list[Step]:
        name, address = view.setup.cut_list, wanted.key.name
        if wanted.state == GONE:
            mine = [row for row in entries_of(view, name, address) if is_ours(row, wanted)]
            return [step for step in take_off(view, wanted, name, address) if step.ref in {row[".id"] for row in mine}]
        if wanted.on:
            return take_off(view, wanted, name, address)
        if wanted.cut_by not in {"", "list"}:
            return [no_such_cut(wanted)]
        return put_on(view, wanted, name, address)

    def survey(self, *, secrets: bool) -> list[Read]:
        return []  # every list is read for the survey's own sake

    def found(self, view: View) -> list[Found]:
        return []  # told as entries of lists
