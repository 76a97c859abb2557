"""The verbs that every menu has, and the way from a command to what carries it out."""

from __future__ import annotations

from .commands import Command, Result, Verb, reference, targets
from .printing import shown, shown_rows
from .router import Router
from .specs import Row
from .tables import Table
from .tools import MENU_VERBS, TOOLS
from .traps import Trap

_READS = frozenset({"print", "getall", "get", "listen"})
_PRINT_PARAMETERS = frozenset({".proplist", "count-only", "detail", "stats", "terse", "brief", "from"})
_REFERENCES = frozenset({".id", "numbers"})


def run(router: Router, command: Command, rights: frozenset[str]) -> Result:
    """Carry a command out. Raises Trap when RouterOS would."""
    tool = TOOLS.get(command.name)
    if tool is not None:
        right, work = tool
        _require(rights, right)
        return work(router, command)
    table = router.tables.get(command.path)
    if table is None:
        raise Trap("no such command prefix", category=0)
    if command.verb in _READS:
        _require(rights, "read")
        return _get(router, table, command, rights) if command.verb == "get" else _print(table, command, rights)
    verb = MENU_VERBS.get((command.path, command.verb))
    if verb is None and command.verb in table.offered:
        verb = _VERBS[command.verb]
    if verb is None:
        raise Trap("no such command", category=0)
    _require(rights, "write")
    _require(rights, table.spec.policy_to_write)
    return verb(router, table, command)


def may_read(rights: frozenset[str]) -> None:
    """Raise the trap of a user without the `read` policy."""
    _require(rights, "read")


def _require(rights: frozenset[str], right: str) -> None:
    if right not in rights:
        raise Trap("not enough permissions (9)")


def _print(table: Table, command: Command, rights: frozenset[str]) -> Result:
    for name in command.arguments:
        if name not in _PRINT_PARAMETERS:
            raise Trap(f"unknown parameter {name}", category=1)
    rows = table.select(command.queries)
    if "from" in command.arguments:
        chosen = {row[".id"] for row in targets(table, command.arguments["from"])}
        rows = [row for row in rows if row[".id"] in chosen]
    if "count-only" in command.arguments:
        return Result(ret=str(len(rows)))
    wanted = command.arguments.get(".proplist")
    names = wanted.split(",") if wanted else None
    return Result(rows=shown_rows(table, rows, rights, names), is_print=True)


def _get(_router: Router, table: Table, command: Command, rights: frozenset[str]) -> Result:
    rows = list(table) if table.spec.singleton else targets(table, reference(command))
    name = command.arguments.get("value-name", "name")
    return Result(ret=shown(table, rows[0], rights, [name]).get(name, ""))


def _chosen(table: Table, command: Command) -> list[Row]:
    return list(table) if table.spec.singleton else targets(table, reference(command))


def _values(command: Command, *others: str) -> dict[str, str]:
    return {name: value for name, value in command.arguments.items() if name not in _REFERENCES and name not in others}


def _add(_router: Router, table: Table, command: Command) -> Result:
    before = command.arguments.get("place-before") if table.spec.ordered else None
    place = targets(table, before)[0] if before else None
    row = table.add(_values(command, "place-before") if table.spec.ordered else _values(command))
    if place is not None:
        table.move([row], place)
    return Result(ret=row[".id"])


def _set(_router: Router, table: Table, command: Command) -> Result:
    for row in _chosen(table, command):
        table.change(row, _values(command))
    return Result()


def _unset(_router: Router, table: Table, command: Command) -> Result:
    name = command.arguments.get("value-name", "")
    for row in _chosen(table, command):
        table.unset(row, name)
    return Result()


def _switch(value: str) -> Verb:
    def switch(_router: Router, table: Table, command: Command) -> Result:
        for row in _chosen(table, command):
            table.change(row, {"disabled": value})
        return Result()

    return switch


def _comment(_router: Router, table: Table, command: Command) -> Result:
    for row in _chosen(table, command):
        table.change(row, {"comment": command.arguments.get("comment", "")})
    return Result()


def _remove(_router: Router, table: Table, command: Command) -> Result:
    for row in _chosen(table, command):
        fixed = row.get("dynamic") == "true" and not table.spec.dynamic_removable
        if row.get("default") == "true" or fixed:
            raise Trap("failure: cannot remove default or dynamic entry")
        table.remove(row)
    return Result()


def _move(_router: Router, table: Table, command: Command) -> Result:
    rows = _chosen(table, command)
    destination = command.arguments.get("destination")
    before = targets(table, destination)[0] if destination else None
    if before is not None and any(row is before for row in rows):
        raise Trap("failure: cannot move an item before itself")
    table.move(rows, before)
    return Result()


_VERBS: dict[str, Verb] = {
    "add": _add,
    "set": _set,
    "unset": _unset,
    "enable": _switch("no"),
    "disable": _switch("yes"),
    "comment": _comment,
    "remove": _remove,
    "move": _move,
}
