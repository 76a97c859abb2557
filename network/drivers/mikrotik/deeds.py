"""Deeds on a MikroTik: a stranger's row taken off, the rules of the cut put in place, one list's work given to another.

Each reads first and writes only what differs, so that a deed interrupted anywhere is done again without harm; each
reads back. A row is named by its id and by what it said when a person decided: another is not touched.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _

from network.drivers.base import Deed
from network.drivers.mikrotik.answers import trap_error
from network.drivers.mikrotik.connection import Answer, Connection, Row, Sentence

LISTS, FILTER = "/ip/firewall/address-list", "/ip/firewall/filter"
CHUNK = 50
# Where the sessions of a row's user are, and by which property.
_SESSIONS = {
    "/ppp/secret": ("/ppp/active", "name"),
    "/ip/hotspot/user": ("/ip/hotspot/active", "user"),
}
# Where the accounts of a method are, and what names them there.
_METHODS = {
    "pppoe": (("/ppp/secret", "name"),),
    "queue": (("/queue/simple", "name"),),
    "dhcp": (("/ip/dhcp-server/lease", "mac-address"),),
    "hotspot": (("/ip/hotspot/user", "name"),),
    "binding": (("/ip/hotspot/ip-binding", "mac-address"),),
    "arp": (("/ip/arp", "address"),),
    "user_manager": (("/user-manager/user", "name"), ("/tool/user-manager/user", "username")),
}
# What a print tells of a rule and an add does not take.
_COUNTED = frozenset(
    {".id", "dynamic", "invalid", "bytes", "packets", "builtin", "about", "creation-time", "nth-counter"}
)
_KEEPS_OFF = frozenset({"drop", "reject", "tarpit"})
_LIST_WORDS = ("src-address-list", "dst-address-list")
_GONE = "no such item"
_YES = frozenset({"true", "yes"})


class DeedFailed(Exception):
    """It could not be done, in words for a person."""


def do_deed(connection: Connection, deed: Deed, *, deadline_s: float) -> str:
    """Carry out a deed; return why not, empty when done. Raises DriverError."""
    verb = _VERBS.get(deed.kind)
    if verb is None:
        return _("Este equipo no admite esa orden: %(kind)s.") % {"kind": deed.kind}
    try:
        verb(_Talk(connection, deadline_s), deed.detail)
    except DeedFailed as failure:
        return str(failure)
    return ""


class _Talk:
    """What is said within one deadline."""

    def __init__(self, connection: Connection, deadline_s: float) -> None:
        self._connection = connection
        self._ends = time.monotonic() + deadline_s

    def ask(self, sentences: Sequence[Sentence]) -> list[Answer]:
        left = max(0.1, self._ends - time.monotonic())
        return self._connection.ask(sentences, deadline_s=left) if sentences else []

    def read(self, path: str, **queries: str) -> list[Row]:
        given = [(name.replace("_", "-"), value) for name, value in queries.items()]
        answer = self.ask([Sentence(path, "print", {}, given)])[0]
        if answer.trap is not None:
            raise trap_error(answer.trap)
        return list(answer.rows)

    def has(self, path: str) -> bool:
        """Whether this version has a menu."""
        return self.ask([Sentence(path, "print", {"count-only": ""})])[0].trap is None

    def write(self, sentences: Iterable[Sentence], *, gone_is_done: bool = False) -> None:
        """Send in chunks. Raises DeedFailed at the first refusal."""
        remaining = iter(sentences)
        while chunk := list(islice(remaining, CHUNK)):
            for answer in self.ask(chunk):
                if answer.trap is None or (gone_is_done and answer.trap.startswith(_GONE)):
                    continue
                # The same entry, added meanwhile by somebody else, is there: that is what was wanted.
                if answer.trap.startswith("failure: already have such entry"):
                    continue
                raise DeedFailed(trap_error(answer.trap).message)


# Rows of anybody


def _same(row: Row, match: Mapping[str, str]) -> bool:
    return all(row.get(name, "").casefold() == value.casefold() for name, value in match.items())


def _named(talk: _Talk, detail: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows meant, each with its menu and what it must still say."""
    if "method" not in detail:
        return [{"menu": detail.get("menu", "")} | dict(named) for named in detail["rows"]]
    places = _METHODS.get(str(detail["method"]), ())
    for menu, name in places:
        if menu == places[-1][0] or talk.has(menu):
            return [{"menu": menu, "ref": row["ref"], "match": {name: row["name"]}} for row in detail["rows"]]
    raise DeedFailed(_("Este equipo no admite esa orden: %(kind)s.") % {"kind": detail["method"]})


def _present(talk: _Talk, detail: Mapping[str, Any]) -> list[tuple[str, Row]]:
    """Return (menu, row) of those meant that are still there. Raises DeedFailed when one is another row by now."""
    found = []
    rows = _named(talk, detail)
    by_menu: dict[str, dict[str, Row]] = {}
    for named in rows:
        menu = str(named["menu"])
        if menu not in by_menu:
            by_menu[menu] = _rows_of(talk, menu, [str(one["ref"]) for one in rows if one["menu"] == menu])
        row = by_menu[menu].get(str(named["ref"]))
        if row is None:
            continue
        if not _same(row, named["match"]):
            what = ", ".join(str(value) for value in named["match"].values())
            raise DeedFailed(
                _("«%(what)s» cambió en el router desde la comparación: compare de nuevo.") % {"what": what}
            )
        found.append((menu, row))
    return found


def _rows_of(talk: _Talk, menu: str, refs: Sequence[str]) -> dict[str, Row]:
    answers = talk.ask([Sentence(menu, "print", {}, [(".id", ref)]) for ref in refs])
    found: dict[str, Row] = {}
    for answer in answers:
        if answer.trap is not None and not answer.trap.startswith(_GONE):
            raise trap_error(answer.trap)
        found.update({row[".id"]: dict(row) for row in answer.rows})
    return found


def _remove(talk: _Talk, detail: Mapping[str, Any]) -> None:
    present = _present(talk, detail)
    talk.write((Sentence(menu, "remove", {".id": row[".id"]}) for menu, row in present), gone_is_done=True)
    _kick(talk, present)
    if _present(talk, detail):
        raise DeedFailed(_("El router no quitó todo lo que se le pidió."))


def _disable(talk: _Talk, detail: Mapping[str, Any]) -> None:
    present = _present(talk, detail)
    _switch_off(talk, present)
    _kick(talk, present)
    if any(row.get("disabled") not in _YES for _menu, row in _present(talk, detail)):
        raise DeedFailed(_("El router no deshabilitó todo lo que se le pidió."))


def _switch_off(talk: _Talk, present: Iterable[tuple[str, Row]]) -> None:
    awake = [(menu, row) for menu, row in present if row.get("disabled") not in _YES]
    words = {"disabled": "yes"}
    talk.write((Sentence(menu, "set", {".id": row[".id"], **words}) for menu, row in awake), gone_is_done=True)


def _kick(talk: _Talk, present: Iterable[tuple[str, Row]]) -> None:
    """End the sessions of users that were taken off: being disabled alone leaves them online."""
    for menu, row in present:
        if menu in _SESSIONS:
            sessions, name = _SESSIONS[menu]
            live = talk.read(sessions, **{name: row.get("name", "")})
            talk.write((Sentence(sessions, "remove", {".id": one[".id"]}) for one in live), gone_is_done=True)


def _entry(talk: _Talk, detail: Mapping[str, Any]) -> None:
    wanted = {"list": str(detail["list"]), "address": str(detail["address"])}
    if not talk.read(LISTS, **wanted):
        talk.write([Sentence(LISTS, "add", {**wanted, "comment": str(detail.get("comment", ""))})])
    if not talk.read(LISTS, **wanted):
        raise DeedFailed(_("El router no guardó %(address)s en la lista.") % wanted)


# Rules


def _rule(talk: _Talk, detail: Mapping[str, Any]) -> None:
    """Make one of our rules as it should be, known by its comment, above what lets running connections pass."""
    menu, values = str(detail["menu"]), {name: str(value) for name, value in detail["values"].items()}
    row = _ours(talk.read(menu, chain=values["chain"]), values)
    if row is None:
        place = _anchor(talk.read(menu, chain=values["chain"]), values, str(detail["list"]), menu)
        before = {"place-before": place} if place else {}
        talk.write([Sentence(menu, "add", {**values, **before})])
    elif row.get("disabled") in _YES or not _same(row, values):
        talk.write([Sentence(menu, "set", {".id": row[".id"], **values, "disabled": "no"})])
    rows = talk.read(menu, chain=values["chain"])
    row = _ours(rows, values)
    if row is None or row.get("disabled") in _YES or not _same(row, values):
        raise DeedFailed(_("El router no guardó la regla «%(what)s».") % {"what": values["comment"]})
    place = _anchor([one for one in rows if one[".id"] != row[".id"]], values, str(detail["list"]), menu)
    if place and _number(rows, place) < _number(rows, row[".id"]):
        talk.write([Sentence(menu, "move", {"numbers": row[".id"], "destination": place})])
        rows = talk.read(menu, chain=values["chain"])
        if _number(rows, place) < _number(rows, row[".id"]):
            raise DeedFailed(_("El router no movió la regla «%(what)s».") % {"what": values["comment"]})


def _ours(rows: Iterable[Row], values: Mapping[str, str]) -> Row | None:
    return next((row for row in rows if row.get("comment") == values["comment"]), None)


def _number(rows: Sequence[Row], ref: str) -> int:
    return next((number for number, row in enumerate(rows) if row[".id"] == ref), len(rows))


def _anchor(rows: Sequence[Row], values: Mapping[str, str], cut_list: str, menu: str) -> str:
    """Return the rule that ours must stand above: what lets running connections pass; for an exception also the cut."""
    is_exception = values["action"] not in _KEEPS_OFF
    for row in rows:
        if row.get("dynamic") in _YES:
            continue
        # Also while it is disabled: it may be switched on again.
        if is_exception and row.get("src-address-list") == cut_list and row.get("action") in _KEEPS_OFF:
            return row[".id"]
        if row.get("disabled") in _YES:
            continue
        if _lets_pass(row, cut_list) if menu == FILTER else row.get("src-address-list") != cut_list:
            return row[".id"]
    return ""


def _lets_pass(row: Row, cut_list: str) -> bool:
    if row.get("src-address-list", "") == f"!{cut_list}":
        return False
    narrow = row.get("src-address-list") or row.get("dst-address-list")
    if row.get("action") == "fasttrack-connection":
        return not row.get("src-address-list") or row.get("src-address-list") == cut_list
    return row.get("action") == "accept" and not narrow and "established" in row.get("connection-state", "")


def _raise(talk: _Talk, detail: Mapping[str, Any]) -> None:
    """Move rules, whoever made them, above what lets running connections pass; their order among them stays."""
    menu = str(detail["menu"])
    for named in detail["rows"]:
        rows = talk.read(menu, chain=str(named["match"]["chain"]))
        row = next((one for one in rows if one[".id"] == named["ref"]), None)
        if row is None:
            continue
        if not _same(row, named["match"]):
            raise DeedFailed(_("Las reglas cambiaron desde la comparación: compare de nuevo."))
        cut_list = row.get("src-address-list", "")
        passer = next((o for o in rows if o.get("disabled") not in _YES and _lets_pass(o, cut_list)), None)
        if passer is None or _number(rows, row[".id"]) < _number(rows, passer[".id"]):
            continue
        talk.write([Sentence(menu, "move", {"numbers": row[".id"], "destination": passer[".id"]})])
        rows = talk.read(menu, chain=str(named["match"]["chain"]))
        if _number(rows, row[".id"]) > _number(rows, passer[".id"]):
            raise DeedFailed(_("El router no movió la regla."))


# From one list to another


def _copy_list(talk: _Talk, detail: Mapping[str, Any]) -> None:
    source, target = str(detail["source"]), str(detail["target"])
    missing = _missing(talk, source, target)
    talk.write(
        Sentence(LISTS, "add", {"list": target, "address": row["address"], "comment": row.get("comment", "")})
        for row in missing
    )
    left = _missing(talk, source, target)
    if left:
        raise DeedFailed(_("Quedaron %(count)s direcciones sin copiar.") % {"count": len(left)})


def _missing(talk: _Talk, source: str, target: str) -> list[Row]:
    """Return the entries of `source` that are obeyed and have no like in `target`."""
    there = {row["address"] for row in talk.read(LISTS, list=target) if row.get("disabled") not in _YES}
    return [
        row for row in talk.read(LISTS, list=source) if row.get("disabled") not in _YES and row["address"] not in there
    ]


def _clone_rule(talk: _Talk, detail: Mapping[str, Any]) -> None:
    """Put beside a rule the same for the other list, right before it."""
    menu = str(detail["menu"])
    rows = talk.read(menu)
    row = next((one for one in rows if one[".id"] == detail["ref"]), None)
    if row is None or not _same(row, detail["match"]):
        raise DeedFailed(_("Las reglas cambiaron desde la comparación: compare de nuevo."))
    values = _cloned(row, str(detail["source"]), str(detail["target"]))
    found = _ours(rows, values)
    if found is None:
        talk.write([Sentence(menu, "add", {**values, "place-before": row[".id"]})])
    elif found.get("disabled") in _YES or not _same(found, values):
        talk.write([Sentence(menu, "set", {".id": found[".id"], **values, "disabled": "no"})])
    after = _ours(talk.read(menu), values)
    if after is None or after.get("disabled") in _YES:
        raise DeedFailed(_("El router no guardó la copia de una regla."))


def _cloned(row: Row, source: str, target: str) -> dict[str, str]:
    values = {name: value for name, value in row.items() if name not in _COUNTED and name != "disabled" and value}
    for name in _LIST_WORDS:
        if values.get(name, "").lstrip("!") == source:
            values[name] = values[name].replace(source, target)
    values["comment"] = f"{row.get('comment', '')} · crm:copia {row['.id']} {target}".strip(" ·")
    return values


def _verify_list(talk: _Talk, detail: Mapping[str, Any]) -> None:
    """Make sure that the other list keeps off whoever the first does: everyone is in it, every rule has its like."""
    source, target = str(detail["source"]), str(detail["target"])
    if _missing(talk, source, target):
        raise DeedFailed(_("Hay direcciones sin copiar: pida el cambio de nuevo."))
    for menu in sorted({str(named["menu"]) for named in detail["rows"]}):
        rows = talk.read(menu)
        for named in detail["rows"]:
            row = next((one for one in rows if one[".id"] == named["ref"]), None)
            if named["menu"] != menu or row is None or row.get("disabled") in _YES:
                continue
            clone = _ours(rows, _cloned(row, source, target))
            if (
                clone is None
                or clone.get("disabled") in _YES
                or _number(rows, clone[".id"]) > _number(rows, row[".id"])
            ):
                raise DeedFailed(_("Falta la copia de una regla: pida el cambio de nuevo."))


def _retire_rules(talk: _Talk, detail: Mapping[str, Any]) -> None:
    """Switch the old rules off, once whoever was added meanwhile is in the other list too."""
    _copy_list(talk, detail)
    _verify_list(talk, detail)
    _switch_off(talk, _present(talk, detail))
    if any(row.get("disabled") not in _YES for _menu, row in _present(talk, detail)):
        raise DeedFailed(_("El router no deshabilitó las reglas anteriores."))


_VERBS: Mapping[str, Callable[[_Talk, Mapping[str, Any]], None]] = {
    "remove": _remove,
    "disable": _disable,
    "entry": _entry,
    "rule": _rule,
    "raise": _raise,
    "copy_list": _copy_list,
    "clone_rule": _clone_rule,
    "verify_list": _verify_list,
    "retire_rules": _retire_rules,
}
