"""The router's terminal, as far as scripts that prepare a router go: commands, `find`, `:if`, `:local`, `:pick`.

What it does not know it refuses, so that a script which passes here says nothing this did not understand.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from .commands import Command
from .console_words import Words, words_of
from .router import ALL_RIGHTS, Router
from .specs import Row
from .tables import BOOLEAN, Table
from .verbs import run

Value = str | list[str]
_NUMBERED = frozenset(["set", "remove", "enable", "disable", "move", "unset", "comment", "make-static", "sign"])


class ScriptError(Exception):
    """What the terminal would complain about, and where."""


@dataclass
class _Path:
    menu: str
    verb: str


class Console:
    """Runs scripts as a user with these policies. Variables live as long as the block they are in."""

    def __init__(self, router: Router, rights: frozenset[str] = ALL_RIGHTS) -> None:
        self._router = router
        self._rights = rights
        self._menu = ""

    def run(self, script: str) -> None:
        """Run a whole script. Raises ScriptError on what is not understood, Trap on what the router refuses."""
        self._block(Words(words_of(script)), {}, "")

    def _block(self, words: Words, variables: dict[str, Value], end: str) -> None:
        inner = dict(variables)
        while not words.at_end():
            word = words.peek()
            if word == end:
                words.take()
                return
            if word in {"\n", ";"}:
                words.take()
            else:
                self._statement(words, inner)
        if end:
            raise ScriptError(f"{end!r} is missing")

    def _statement(self, words: Words, variables: dict[str, Value]) -> None:
        word = words.peek()
        if word == "{":
            words.take()
            self._block(words, variables, "}")
        elif word == ":if":
            words.take()
            self._if(words, variables)
        elif word == ":local":
            words.take()
            name = words.take()
            variables[name] = self._value(words, variables)
        elif word == ":delay":
            words.take()
            words.take()
        elif word.startswith(":"):
            raise ScriptError(f"unknown command {word}")
        else:
            self._command(words, variables, self._path(words))

    def _if(self, words: Words, variables: dict[str, Value]) -> None:
        holds = self._condition(words, variables)
        words.expect("do=")
        self._branch(words, variables, taken=holds)
        if not words.at_end() and words.peek() == "else=":
            words.take()
            self._branch(words, variables, taken=not holds)

    def _branch(self, words: Words, variables: dict[str, Value], *, taken: bool) -> None:
        words.expect("{")
        if taken:
            self._block(words, variables, "}")
        else:
            words.skip_to("}")

    def _condition(self, words: Words, variables: dict[str, Value]) -> bool:
        words.expect("(")
        left = self._value(words, variables)
        operator = words.take()
        right = self._value(words, variables)
        words.expect(")")
        compare: dict[str, Callable[[int, int], bool]] = {
            "=": lambda a, b: a == b,
            "!=": lambda a, b: a != b,
            ">": lambda a, b: a > b,
            "<": lambda a, b: a < b,
        }
        if operator not in compare or not str(left).isdigit() or not str(right).isdigit():
            raise ScriptError(f"cannot judge {left} {operator} {right}")
        return compare[operator](int(str(left)), int(str(right)))

    def _value(self, words: Words, variables: dict[str, Value]) -> Value:
        word = words.take()
        if word == "[":
            found = self._substitution(words, variables)
            words.expect("]")
            return found
        if word.startswith("$"):
            if word[1:] not in variables:
                raise ScriptError(f"unknown variable {word}")
            return variables[word[1:]]
        return words.text(word)

    def _substitution(self, words: Words, variables: dict[str, Value]) -> Value:
        word = words.peek()
        if word == ":len":
            words.take()
            return str(len(self._value(words, variables)))
        if word == ":pick":
            words.take()
            items = self._value(words, variables)
            number = str(self._value(words, variables))
            return items[int(number)] if int(number) < len(items) else ""
        path = self._path(words)
        if path.verb != "find":
            raise ScriptError(f"a value is asked of {path.menu} {path.verb}")
        return [row[".id"] for row in self._find(words, variables, path.menu)]

    def _path(self, words: Words) -> _Path:
        """Menu and verb; `find` alone is meant in the menu of the command around it."""
        parts: list[str] = []
        while not words.at_end():
            word = words.peek()
            parts += words.take().strip("/").split("/")
            menu = "/" + "/".join(parts[:-1])
            if word == "find" and len(parts) == 1:
                return _Path(self._menu, "find")
            if menu in self._router.tables and "/" + "/".join(parts) not in self._router.tables:
                if not words.at_end() and "/" + "/".join([*parts, words.peek()]) in self._router.tables:
                    continue
                return _Path(menu, parts[-1])
        raise ScriptError(f"no such menu: {' '.join(parts)}")

    def _command(self, words: Words, variables: dict[str, Value], path: _Path) -> None:
        outer, self._menu = self._menu, path.menu
        arguments: dict[str, str] = {}
        while not words.at_end() and words.peek() not in {"\n", ";", "}"}:
            word = words.peek()
            if word.endswith("=") and not word.startswith('"'):
                words.take()
                arguments[word[:-1]] = _joined(self._value(words, variables))
            elif path.verb in _NUMBERED and "numbers" not in arguments:
                arguments["numbers"] = _joined(self._value(words, variables))
            else:
                raise ScriptError(f"expected end of command: {word}")
        self._menu = outer
        if (path.menu, path.verb) == ("/certificate", "sign"):
            self._sign(arguments.get("numbers", ""))
        elif path.verb not in _NUMBERED or arguments.get("numbers") != "":
            run(self._router, Command(f"{path.menu}/{path.verb}", arguments), self._rights)

    def _sign(self, name: str) -> None:
        table = self._router.tables["/certificate"]
        row = table.find(name)
        if row is None:
            raise ScriptError(f"no such certificate: {name}")
        table.change(row, {"private-key": "yes", "fingerprint": "00" * 32}, trusted=True)

    # find

    def _find(self, words: Words, variables: dict[str, Value], menu: str) -> list[Row]:
        table = self._router.tables[menu]
        if words.peek() == "where":
            words.take()
        tests = []
        while words.peek() != "]":
            tests.append(self._test(words, variables, table))
        return [row for row in table if all(test(row) for test in tests)]

    def _test(self, words: Words, variables: dict[str, Value], table: Table) -> Callable[[Row], bool]:
        word = words.take()
        if word == "!":
            inner = self._test(words, variables, table)
            return lambda row: not inner(row)
        if word == "(":
            tests = []
            while words.peek() != ")":
                tests.append(self._test(words, variables, table))
            words.take()
            return lambda row: all(test(row) for test in tests)
        if word.endswith("="):
            name, value = word[:-1], _joined(self._value(words, variables))
            if name in table.spec.booleans:
                value = BOOLEAN.get(value, value)
            return lambda row: row.get(name, "") == value
        if word.endswith("~"):
            name, pattern = word[:-1], re.compile(_joined(self._value(words, variables)))
            return lambda row: pattern.search(row.get(name, "")) is not None
        if word in table.spec.known:
            return lambda row: row.get(word) == "true"
        raise ScriptError(f"cannot find by {word}")


def _joined(value: Value) -> str:
    return value if isinstance(value, str) else ",".join(value)
