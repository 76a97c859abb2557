"""Sentences as commands, and the verbs that every menu has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from .printing import shown, shown_rows
from .router import Router
from .specs import Row
from .tables import Table
from .traps import Trap

_READS = frozenset({"print", "getall", "get", "listen"})
_PRINT_PARAMETERS = frozenset(
    {".proplist", "count-only", "detail", "stats", "terse", "brief", "from", "without-paging"}
)
_REFERENCES = frozenset({".id", "numbers"})


@dataclass
class Command:
    """A parsed sentence."""

    path: str
    verb: str
    arguments: dict[str, str] = field(default_factory=dict)
    queries: list[str] = field(default_factory=list)
    tag: str | None = None

    @property
    def name(self) -> str:
        """Path and verb, as sent."""
        return f"{self.path}/{self.verb}"

    @classmethod
    def parse(cls, words: Sequence[str]) -> Command:
        """Split words into command, arguments, queries and tag. Raises Trap on any other word."""
        path, _, verb = words[0].rpartition("/")
        command = cls(path, verb)
        for word in words[1:]:
            first = word[0]
            if first == "=":
                name, _, value = word[1:].partition("=")
                command.arguments[name] = value
            elif first == "?":
                command.queries.append(word)
            elif word.startswith(".tag="):
                command.tag = word[5:]
            elif first != ".":
                raise Trap(f"unknown word {word}")
        return command


@dataclass
class Result:
    """Rows for `!re` and, for add, get and count-only, the value of `!done =ret=`."""

    rows: Sequence[Row] = ()
    ret: str | None = None
    is_print: bool = False
    # Between rows, for commands that answer as they go.
    pause_s: float = 0.0
    endless: bool = False


Verb = Callable[[Router, Table, Command], Result]
Tool = Callable[[Router, Command], Result]


def run(router: Router, command: Command, rights: frozenset[str]) -> Result:
    """Carry a command out. Raises Trap when RouterOS would."""
    from .tools import MENU_VERBS, TOOLS  # noqa: PLC0415 - they are written with what this module defines

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
    verb = MENU_VERBS.get((command.path, command.verb)) or _VERBS.get(command.verb)
    if verb is None or not _offers(table, command.verb):
        raise Trap("no such command", category=0)
    _require(rights, "write")
    _require(rights, table.spec.policy_to_write)
    return verb(router, table, command)


def _require(rights: frozenset[str], right: str) -> None:
    if right not in rights:
        raise Trap("not enough permissions (9)")


def _offers(table: Table, verb: str) -> bool:
    spec = table.spec
    offered = {
        "add": spec.addable and not spec.singleton,
        "set": spec.settable,
        "unset": spec.settable and not spec.singleton,
        "enable": spec.settable and "disabled" in spec.columns,
        "disable": spec.settable and "disabled" in spec.columns,
        "comment": spec.settable and "comment" in spec.columns,
        "remove": spec.removable and not spec.singleton,
        "move": spec.ordered,
    }
    return offered.get(verb, True)


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


def reference(command: Command) -> str:
    """The rows a command means. Raises Trap when it does not say."""
    given = command.arguments.get(".id") or command.arguments.get("numbers")
    if not given:
        raise Trap("missing =.id=", category=0)
    return given


def targets(table: Table, given: str) -> list[Row]:
    """Rows by id or name, several with commas. Raises Trap if one is missing, before anything is changed."""
    found = []
    for one in given.split(","):
        row = table.find(one)
        if row is None:
            raise Trap("no such item (4)", category=0)
        found.append(row)
    return found


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
