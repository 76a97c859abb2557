"""What a method of letting customers through must know: what to read, what it means, what to write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from django.utils.translation import gettext as _

from network.drivers.base import Account, Found, Setup, Step, Wanted
from network.drivers.mikrotik.connection import Row, Sentence
from network.drivers.mikrotik.signing import is_ours, signed
from network.drivers.mikrotik.tables import Read, Tables

Values = Mapping[str, str]
ENABLE, DISABLE, CHANGE, ADD, REMOVE, KICK = "enable", "disable", "change", "add", "remove", "kick"


@dataclass
class View:
    """What was read of a router, how its provider works on it, and what other steps of this turn make already."""

    tables: Tables
    setup: Setup
    making: set[tuple[str, str]] = field(default_factory=set)


@dataclass(frozen=True)
class Refusal:
    """In place of a sentence: why nothing is sent. A person has to change something first."""

    message: str


class Method(Protocol):
    """One way of letting a customer through, keyed by what the router finds it by."""

    kind: str

    def bulk(self, setup: Setup) -> list[Read]:
        """Few prints of whole menus that tell all its accounts."""
        ...

    def single(self, wanted: Wanted, setup: Setup) -> list[Read]:
        """Prints by key that tell one account."""
        ...

    def more(self, view: View, wanted: Wanted) -> list[Read]:
        """What only the first answers tell is needed: sent together for all, once."""
        return []

    def names(self, view: View) -> Iterable[str]:
        """The keys of all accounts that were read."""
        ...

    def account(self, view: View, name: str, server: str = "") -> Account | None:
        """Return an account as it was read; `server` where the same key may be on several."""
        ...

    def steps(self, view: View, wanted: Wanted) -> list[Step]:
        """Return the writes that make `wanted` true, only differences."""
        ...

    def survey(self, *, secrets: bool) -> list[Read]:
        """Prints of whole menus for `found`; menus a version lacks are optional."""
        ...

    def found(self, view: View) -> list[Found]:
        """Return what a survey read of it."""
        ...


def change(wanted: Wanted, menu: str, row: Row, values: Values, *, kind: str = CHANGE, sign: bool = True) -> list[Step]:
    """Write the values that differ; the first write on a row signs it."""
    differing = {name: value for name, value in values.items() if not _is_so(row, name, value)}
    if not differing:
        return []
    comment = signed(row.get("comment", ""), wanted) if sign else row.get("comment", "")
    if comment != row.get("comment", ""):
        differing["comment"] = comment
    call = Sentence(menu, "set", {".id": row[".id"], **differing}, account=wanted.key)
    return [Step(wanted.key, kind, row[".id"], call)]


def _is_so(row: Row, name: str, value: str) -> bool:
    return is_on(row, name) == (value == "yes") if value in {"yes", "no"} else row.get(name, "") == value


def switch(wanted: Wanted, menu: str, row: Row, *, on: bool, sign: bool = True) -> list[Step]:
    """Enable or disable a row that is not so."""
    return change(wanted, menu, row, {"disabled": "no" if on else "yes"}, kind=ENABLE if on else DISABLE, sign=sign)


def add(wanted: Wanted, menu: str, values: Values, *, kind: str = ADD, forgives: tuple[str, ...] = ()) -> Step:
    """Add a row, signed. Empty values are left out."""
    given = {name: value for name, value in values.items() if value}
    comment = signed("", wanted) or wanted.comment
    if comment:
        given["comment"] = comment
    return Step(wanted.key, kind, "", Sentence(menu, "add", given, account=wanted.key, forgives=forgives))


def remove(wanted: Wanted, menu: str, row: Row, *, kind: str = REMOVE) -> Step:
    """Remove a row; one that is gone already was removed."""
    call = Sentence(menu, "remove", {".id": row[".id"]}, account=wanted.key, forgives=("no such item",))
    return Step(wanted.key, kind, row[".id"], call)


def refuse(wanted: Wanted, message: str) -> Step:
    """Say why nothing is sent."""
    return Step(wanted.key, "refuse", "", Refusal(message))


def retire(wanted: Wanted, menu: str, row: Row, off: Sequence[Step] = ()) -> list[Step]:
    """Take away a row that is ours, once `off` (what switches it off first) has nothing left to do.

    One that is not ours is switched off and left where it is, and a person is told.
    """
    if is_ours(row, wanted):
        return list(off) or [remove(wanted, menu, row)]
    message = _("«%(name)s» queda en el router: no lo hizo el sistema. Quítelo a mano si ya no hace falta.")
    return [*off, refuse(wanted, message % {"name": wanted.key.name})]


def is_on(row: Row, name: str) -> bool:
    """Whether a boolean property says yes; absent is no."""
    return row.get(name) in {"true", "yes"}


def mac_of(text: str) -> str:
    """A MAC as RouterOS prints it."""
    return text.strip().upper().replace("-", ":")


def address_of(text: str) -> str:
    """An address without the prefix of a single host."""
    return text.strip().removesuffix("/32").removesuffix("/128")


def no_such_cut(wanted: Wanted) -> Step:
    """Say that the way of cutting is not one of this method."""
    message = _("Este tipo de acceso no se puede cortar así («%(way)s»). Elija otra forma de corte.")
    return refuse(wanted, message % {"way": wanted.cut_by})


def no_way_back(wanted: Wanted) -> Step:
    """Say that what a customer would have to get back is not known, so nothing is taken."""
    return refuse(
        wanted,
        _("No se sabe qué velocidad o perfil devolverle después. Dele un perfil o maneje aquí su velocidad."),
    )
