"""What each command does to the router: the verbs of the menus, and the few menus with one row."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from .router import Router, format_duration
from .tables import Row, Table, pick
from .traps import Trap

_WRITES = frozenset({"add", "set", "unset", "enable", "disable", "remove", "comment", "reboot"})
_PRINT_PARAMETERS = frozenset({".proplist", "count-only", "detail", "stats", "terse", "from", "interval", "once"})


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
            if word.startswith(".tag="):
                command.tag = word[5:]
            elif word.startswith("="):
                name, _, value = word[1:].partition("=")
                command.arguments[name] = value
            elif word.startswith("?"):
                command.queries.append(word)
            elif not word.startswith("."):
                raise Trap(f"unknown word {word}")
        return command


@dataclass
class Result:
    """Rows for `!re` and, for add and count-only, the value of `!done =ret=`."""

    rows: list[Row] = field(default_factory=list)
    ret: str | None = None
    is_print: bool = False


def required_right(command: Command) -> str:
    """The policy a user needs for this command."""
    if command.verb == "reboot":
        return "reboot"
    return "write" if command.verb in _WRITES else "read"


def run(router: Router, command: Command, rights: frozenset[str]) -> Result:
    """Carry a command out. Raises Trap when RouterOS would."""
    if required_right(command) not in rights:
        raise Trap("not enough permissions (9)")
    if command.path.startswith("/system"):
        return _system(router, command)
    table = router.tables.get(command.path)
    if table is None:
        raise Trap("no such command prefix", category=0)
    if command.verb in {"print", "getall", "get"}:
        return _print(router, table, command, rights)
    verb = _VERBS.get(command.verb)
    if verb is None or (command.verb == "add" and not table.spec.addable):
        raise Trap("no such command", category=0)
    return verb(router, table, command)


def visible(router: Router, table: Table, row: Row, rights: frozenset[str]) -> Row:
    """A row as a print shows it: no secrets without the `sensitive` policy, uptime computed."""
    hidden = frozenset() if "sensitive" in rights else table.spec.sensitive
    shown = {name: value for name, value in row.items() if name not in hidden and name != "since"}
    if table is router.active:
        shown.pop("dynamic", None)
        shown["uptime"] = format_duration(time.monotonic() - float(row["since"]))
    return shown


def _print(router: Router, table: Table, command: Command, rights: frozenset[str]) -> Result:
    for name in command.arguments:
        if name not in _PRINT_PARAMETERS:
            raise Trap(f"unknown parameter {name}", category=1)
    rows = table.select(command.queries)
    if "count-only" in command.arguments:
        return Result(ret=str(len(rows)))
    shown = [visible(router, table, row, rights) for row in rows]
    wanted = command.arguments.get(".proplist")
    if wanted:
        names = wanted.split(",")
        shown = [pick(row, names) for row in shown]
    return Result(rows=shown, is_print=True)


def targets(table: Table, command: Command) -> list[Row]:
    """Rows meant by `.id` or `numbers`: ids or names, several with commas. Raises Trap if one is missing."""
    given = command.arguments.get(".id") or command.arguments.get("numbers")
    if not given:
        raise Trap("missing =.id=", category=0)
    found = []
    for reference in given.split(","):
        row = table.find(reference)
        if row is None:
            raise Trap("no such item (4)", category=0)
        found.append(row)
    return found


def _values(command: Command) -> dict[str, str]:
    return {name: value for name, value in command.arguments.items() if name not in {".id", "numbers"}}


def _add(_router: Router, table: Table, command: Command) -> Result:
    return Result(ret=table.add(_values(command))[".id"])


def _set(_router: Router, table: Table, command: Command) -> Result:
    for row in targets(table, command):
        table.change(row, _values(command))
    return Result()


def _unset(_router: Router, table: Table, command: Command) -> Result:
    name = command.arguments.get("value-name", "")
    for row in targets(table, command):
        table.unset(row, name)
    return Result()


def _switch(value: str) -> Callable[[Router, Table, Command], Result]:
    def switch(_router: Router, table: Table, command: Command) -> Result:
        for row in targets(table, command):
            table.change(row, {"disabled": value})
        return Result()

    return switch


def _remove(router: Router, table: Table, command: Command) -> Result:
    for row in targets(table, command):
        if table is router.active:
            router.end_session(row, "admin-reset")
        elif row.get("default") == "true" or row.get("dynamic") == "true":
            raise Trap("failure: cannot remove default or dynamic entry")
        else:
            table.remove(row)
    return Result()


_VERBS: dict[str, Callable[[Router, Table, Command], Result]] = {
    "add": _add,
    "set": _set,
    "unset": _unset,
    "enable": _switch("no"),
    "disable": _switch("yes"),
    "remove": _remove,
}


def _system(router: Router, command: Command) -> Result:
    match command.name:
        case "/system/resource/print":
            row = router.resource()
        case "/system/identity/print":
            row = {"name": router.identity}
        case "/system/identity/set":
            router.identity = command.arguments.get("name", router.identity)
            return Result()
        case _:
            raise Trap("no such command prefix", category=0)
    wanted = command.arguments.get(".proplist")
    return Result(rows=[pick(row, wanted.split(",")) if wanted else row], is_print=True)
