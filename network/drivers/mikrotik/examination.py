"""Look at a MikroTik before trusting it: what its user may do, its clock, its sessions, who it is. Nothing is written.

Each look is a connection of its own, so that one that hangs or is refused says nothing about the others.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from network.drivers.base import Address, Exchange
from network.drivers.mikrotik.answers import trap_error
from network.drivers.mikrotik.connection import Connection, Sentence

Row = dict[str, str]
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_OFFSET = re.compile(r"([+-]?)(\d{1,2}):(\d{2})$")


@dataclass(frozen=True)
class Rights:
    """What the user may do. `policies` is None where the router does not tell; then `refused` are the menus it shut.

    `addresses` are the networks the user may come from.
    """

    group: str = ""
    policies: frozenset[str] | None = None
    refused: tuple[str, ...] = ()
    addresses: str = ""


@dataclass(frozen=True)
class Sessions:
    """How many may sign in (None: no limit in this version) and how many have; `seen_from` is where we come from."""

    limit: int | None
    used: int
    seen_from: str = ""
    # Whether the API is open to the whole world.
    is_open_to_all: bool = False


def examine_rights(address: Address, *, deadline_s: float) -> Rights:
    """Read the user's group and its policies, and what shut itself to the user. Raises DriverError."""
    users, groups, secrets = _read(
        address,
        [
            _print("/user", "name,group,address,disabled"),
            _print("/user/group", "name,policy"),
            _print("/ppp/profile", "name"),
        ],
        deadline_s,
    )
    refused = tuple(
        menu
        for menu, rows in (("/user", users), ("/user/group", groups), ("/ppp/profile", secrets))
        if isinstance(rows, str) and rows.startswith("not enough permissions")
    )
    mine = _named(users, address.username)
    if mine is None:
        return Rights(refused=refused)
    group = _named(groups, mine.get("group", ""))
    policies = None
    if group is not None:
        words = [word.strip() for word in group.get("policy", "").split(",")]
        policies = frozenset(word for word in words if word and not word.startswith("!"))
    return Rights(mine.get("group", ""), policies, refused, mine.get("address", ""))


def examine_clock(address: Address, *, deadline_s: float) -> datetime | None:
    """Return the router's time, aware; None where it does not tell one. Raises DriverError."""
    (rows,) = _read(address, [Sentence("/system/clock", "print")], deadline_s)
    return read_clock(rows[0]) if isinstance(rows, list) and rows else None


def examine_sessions(address: Address, *, deadline_s: float) -> Sessions:
    """Return who is signed in through the API and how many may be. Raises DriverError."""
    service = "api-ssl" if address.tls else "api"
    services, active = _read(
        address, [Sentence("/ip/service", "print"), _print("/user/active", "name,address,via,when")], deadline_s
    )
    # 7.2x also lists its live connections there; the service itself is the row that is not one of them.
    row = next(
        (
            one
            for one in (services if isinstance(services, list) else [])
            if one.get("name") == service and one.get("dynamic") != "true"
        ),
        {},
    )
    limit = row.get("max-sessions", "")
    signed_in = [one for one in active if one.get("via", "").startswith("api")] if isinstance(active, list) else []
    own = [one for one in signed_in if one.get("name") == address.username]
    return Sessions(
        int(limit) if limit.isdigit() else None,
        len(signed_in),
        own[-1].get("address", "") if own else "",
        is_open_to_all=bool(row) and not row.get("address"),
    )


def examine_serial(address: Address, *, deadline_s: float) -> str:
    """Return what tells the very device: its serial number, or the id of its licence. Raises DriverError."""
    board, licence = _read(
        address, [Sentence("/system/routerboard", "print"), Sentence("/system/license", "print")], deadline_s
    )
    rows = [rows[0] if isinstance(rows, list) and rows else {} for rows in (board, licence)]
    return rows[0].get("serial-number") or rows[1].get("software-id") or rows[1].get("system-id") or ""


def read_clock(row: Row) -> datetime | None:
    """Return the time of a `/system/clock` row, in both of RouterOS's ways to write it; None for what is neither."""
    words = re.split(r"[-/]", row.get("date", "").lower())
    if len(words) != 3:
        return None
    if words[0] in _MONTHS:
        words = [words[2], str(_MONTHS.index(words[0]) + 1), words[1]]
    offset = _OFFSET.match(row.get("gmt-offset", "+00:00"))
    if offset is None:
        return None
    sign = -1 if offset[1] == "-" else 1
    shift = sign * timedelta(hours=int(offset[2]), minutes=int(offset[3]))
    try:
        year, month, day = (int(word) for word in words)
        hour, minute, second = (int(part) for part in row.get("time", "").split(":"))
        return datetime(year, month, day, hour, minute, second, tzinfo=timezone(shift))
    except ValueError:
        return None


def _print(path: str, properties: str) -> Sentence:
    return Sentence(path, "print", {".proplist": properties})


def _read(address: Address, sentences: Sequence[Sentence], deadline_s: float) -> list[list[Row] | str]:
    """Return rows, or the text of the trap where a menu is refused or not there. Raises DriverError."""
    connection = Connection.open(address, deadline_s=deadline_s, listener=_forget)
    try:
        answers = connection.ask(sentences, deadline_s=deadline_s)
    finally:
        connection.close()
    if all(answer.trap is not None for answer in answers):
        raise trap_error(answers[0].trap or "")
    return [list(answer.rows) if answer.trap is None else answer.trap for answer in answers]


def _named(rows: list[Row] | str, name: str) -> Row | None:
    return next((row for row in rows if row.get("name") == name), None) if isinstance(rows, list) else None


def _forget(_exchange: Exchange) -> None:
    """Looking at a router is not logged: it may not be one of ours yet."""
