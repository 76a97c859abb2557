"""A script's words: strings with their escapes, brackets, `name=` and `name~`, ends of lines."""

from __future__ import annotations

import re
from collections.abc import Iterator

_WORD = re.compile(
    r"""
    (?P<space>[ \t\r]+|\\\r?\n\s*|\#[^\n]*)
    |(?P<end>[\n;])
    |(?P<string>"(?:[^"\\]|\\.)*")
    |(?P<sign>[\[\]{}()]|!=|!|[<>=])
    |(?P<name>[A-Za-z][A-Za-z0-9.-]*[=~])
    |(?P<word>[^\s\[\]{}();"!=~]+)
    """,
    re.VERBOSE,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


def words_of(script: str) -> Iterator[str]:
    """The words in order; a string keeps its quotes. Raises ValueError on what is none."""
    position = 0
    while position < len(script):
        found = _WORD.match(script, position)
        if found is None:
            raise ValueError(f"cannot read: {script[position : position + 20]!r}")
        position = found.end()
        if found.lastgroup != "space":
            yield found.group()


class Words:
    """Words taken one by one."""

    def __init__(self, words: Iterator[str]) -> None:
        self._words = list(words)
        self._next = 0

    def at_end(self) -> bool:
        """Whether nothing is left."""
        return self._next >= len(self._words)

    def peek(self) -> str:
        """The next word, which stays; empty at the end."""
        return "" if self.at_end() else self._words[self._next]

    def take(self) -> str:
        """The next word. Raises ValueError at the end."""
        if self.at_end():
            raise ValueError("the script ends too early")
        self._next += 1
        return self._words[self._next - 1]

    def expect(self, word: str) -> None:
        """Take this word. Raises ValueError for another one."""
        found = self.take()
        if found != word:
            raise ValueError(f"expected {word}, not {found}")

    def skip_to(self, end: str) -> None:
        """Leave a block out, with the blocks in it."""
        depth = 1
        while depth:
            word = self.take()
            depth += (word == "{") - (word == end)

    @staticmethod
    def text(word: str) -> str:
        """The value of a word or string. Raises ValueError where a string would be more than text."""
        if not word.startswith('"'):
            return word
        if re.search(r"(?<!\\)(\\\\)*\$", word):
            raise ValueError(f"a variable in a string: {word}")
        return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), word[1:-1])
