"""Entries of address lists: putting an address on the list of who is cut, and taking it off."""

from __future__ import annotations

from collections.abc import Sequence

from network.drivers.base import Key, Step, Wanted
from network.drivers.mikrotik.connection import Row
from network.drivers.mikrotik.methods.base import View, add, address_of, change, remove
from network.drivers.mikrotik.tables import Read

ENTRIES = "/ip/firewall/address-list"
PROPERTIES = (".id", "list", "address", "comment", "disabled", "dynamic", "timeout")
LIST, UNLIST = "list", "unlist"
_THERE = ("failure: already have",)


def of_list(name: str) -> Read:
    """All entries of a list."""
    return Read(ENTRIES, PROPERTIES, (("list", name),))


def of_address(address: str, account: Key, name: str = "") -> Read:
    """The entries of an address, in one list or in all."""
    query = (("list", name), ("address", address)) if name else (("address", address),)
    return Read(ENTRIES, PROPERTIES, query, account)


def entries_of(view: View, name: str, address: str) -> Sequence[Row]:
    """Return the entries of an address in a list, whoever made them."""
    if not address:
        return ()
    return [row for row in view.tables.where(ENTRIES, "address", address_of(address)) if row["list"] == name]


def is_listed(view: View, name: str, address: str) -> bool:
    """Whether an entry is in force."""
    return any(row.get("disabled") != "true" for row in entries_of(view, name, address))


def put_on(view: View, wanted: Wanted, name: str, address: str) -> list[Step]:
    """Put an address on a list for good: an entry with a timeout lives in memory and is lost with a restart."""
    steps: list[Step] = []
    for row in entries_of(view, name, address):
        if "timeout" in row:
            steps.append(remove(wanted, ENTRIES, row, kind=UNLIST))
        elif row.get("dynamic") == "true":
            return []  # a session or a lease put it there, and keeps it there
        else:
            return change(wanted, ENTRIES, row, {"disabled": "no"}, kind=LIST) if row.get("disabled") == "true" else []
    values = {"list": name, "address": address_of(address)}
    return [*steps, add(wanted, ENTRIES, values, kind=LIST, forgives=_THERE)]


def take_off(view: View, wanted: Wanted, name: str, address: str) -> list[Step]:
    """Take an address off a list, all of its entries: also one that WispHub or a technician made."""
    return [
        remove(wanted, ENTRIES, row, kind=UNLIST)
        for row in entries_of(view, name, address)
        if row.get("dynamic") != "true" or "timeout" in row
    ]
