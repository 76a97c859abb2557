"""Query words of `print`: a stack machine over one row.

Source: MikroTik, "API", section "Queries": each word pushes the result of a test, `?#` operators work on
the stack, and what is left is joined with AND.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_address
from typing import Any

from .traps import Trap

Row = Mapping[str, str]
Test = Callable[[Row], bool]
_TRUE = {"yes": "true", "no": "false"}


def matches(row: Row, words: Sequence[str], booleans: frozenset[str] = frozenset()) -> bool:
    """Whether the row passes the query words (each with its leading `?`). Raises Trap on a bad query."""
    return compile_query(words, booleans)[0](row)


def compile_query(words: Sequence[str], booleans: frozenset[str]) -> tuple[Test, list[tuple[str, str]]]:
    """The test for a row, and the equalities that each passing row is sure to fulfil (to look up by them)."""
    if any(word.startswith("?#") for word in words):
        return lambda row: _run(row, words, booleans), []
    equal = [found for word in words if (found := _equality(word[1:], booleans)) is not None]
    if len(equal) == len(words):
        return lambda row: all(row.get(name) == value for name, value in equal), equal
    return lambda row: all(_test(row, word[1:], booleans) for word in words), equal


def _equality(text: str, booleans: frozenset[str]) -> tuple[str, str] | None:
    if text[:1] in {"-", "<", ">"}:
        return None
    name, equals, value = text.removeprefix("=").partition("=")
    if not equals:
        return None
    return name, _TRUE.get(value, value) if name in booleans else value


def _run(row: Row, words: Sequence[str], booleans: frozenset[str]) -> bool:
    stack: list[bool] = []
    for word in words:
        text = word[1:]
        if text.startswith("#"):
            _operate(stack, text[1:])
        else:
            stack.append(_test(row, text, booleans))
    return all(stack)


def _test(row: Row, text: str, booleans: frozenset[str]) -> bool:
    if text.startswith("-"):
        return text[1:] not in row
    if text.startswith("<"):
        return _compare(row, text[1:], lambda mine, theirs: mine < theirs)
    if text.startswith(">"):
        return _compare(row, text[1:], lambda mine, theirs: mine > theirs)
    equality = _equality(text, booleans)
    if equality is None:
        return text.removeprefix("=") in row
    return row.get(equality[0]) == equality[1]


def _compare(row: Row, text: str, holds: Callable[[Any, Any], bool]) -> bool:
    name, _, value = text.partition("=")
    if name not in row:
        return False
    return holds(*_comparable(row[name], value))


def _comparable(mine: str, theirs: str) -> tuple[Any, Any]:
    """Numbers compare as numbers, addresses as addresses, the rest as text."""
    for kind in (int, ip_address):
        try:
            return kind(mine), kind(theirs)
        except ValueError:
            continue
    return mine, theirs


def _operate(stack: list[bool], operators: str) -> None:
    index = ""
    for position, operator in enumerate(operators):
        if operator.isdigit():
            index += operator
            if position + 1 == len(operators):
                stack.append(_at(stack, int(index)))
            continue
        if index:
            # "12." copies the value at that index; without the dot the index itself is the copy.
            stack.append(_at(stack, int(index)))
            index = ""
        if operator == "!":
            stack.append(not _pop(stack))
        elif operator == "&":
            second, first = _pop(stack), _pop(stack)
            stack.append(first and second)
        elif operator == "|":
            second, first = _pop(stack), _pop(stack)
            stack.append(first or second)
        elif operator != ".":
            raise Trap("invalid query", category=1)


def _at(stack: list[bool], index: int) -> bool:
    if index >= len(stack):
        raise Trap("invalid query: stack index", category=1)
    return stack[-1 - index]


def _pop(stack: list[bool]) -> bool:
    if not stack:
        raise Trap("invalid query: empty stack", category=1)
    return stack.pop()
