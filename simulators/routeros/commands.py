"""Sentences as commands, and what a command answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from .router import Router
from .specs import Row
from .tables import Table
from .traps import Trap


@dataclass
class Command:
    """A parsed sentence."""

    name: str
    arguments: dict[str, str] = field(default_factory=dict)
    queries: list[str] = field(default_factory=list)
    tag: str | None = None

    def __post_init__(self) -> None:
        self.path, _, self.verb = self.name.rpartition("/")

    @classmethod
    def parse(cls, words: Sequence[str]) -> Command:
        """Split words into command, arguments, queries and tag. Raises Trap on any other word."""
        command = cls(words[0])
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
