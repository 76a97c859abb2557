"""Patterns of words: written as a line, matched in order with a few words between."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from chatbot.engines.rules.words import is_near, sound

FEW = 4  # words of a text that only acknowledges
GAP = 3  # words that may stand between two of a pattern
BEFORE = 3  # words before a pattern in which a «no» turns it round
NEAR_FROM = 5  # letters from which a word may have a slip
REMEMBERED = 5_000  # typed words whose meanings are kept


@dataclass(frozen=True)
class Pattern:
    """Groups of alternatives in order; a word of `denied_by` shortly before or inside turns it round."""

    groups: tuple[frozenset[str], ...]
    weight: float
    denied_by: frozenset[str]
    text: str


def read_pattern(line: str, weight: float) -> Pattern:
    """Read «cuanto|cuantos debo|adeudo -no|aun»: alternatives by bar, what must not come before after a minus."""
    groups, denied = [], frozenset[str]()
    for part in line.split():
        found = frozenset(_sound_of(word) for word in part.lstrip("-").split("|"))
        if part.startswith("-"):
            denied = found
        else:
            groups.append(found)
    return Pattern(tuple(groups), weight, denied, line)


def _sound_of(word: str) -> str:
    return sound(word[:-1]) + "*" if word.endswith("*") else sound(word)


class Vocabulary:
    """Every word of the patterns, and which of them a typed word stands for."""

    def __init__(self, patterns: Iterable[Pattern], known: Iterable[str]) -> None:
        listed = {word for p in patterns for group in (*p.groups, p.denied_by) for word in group}
        self.words = frozenset(word for word in listed if not word.endswith("*"))
        self.stems = tuple(sorted(word[:-1] for word in listed if word.endswith("*")))
        # Real words that are one slip away from ours and mean something else.
        self.known = frozenset(sound(word) for word in known)
        self.by_letter: dict[str, list[str]] = {}
        for word in sorted(self.words):
            if len(word) >= NEAR_FROM:
                self.by_letter.setdefault(word[0], []).append(word)
        self.meanings = lru_cache(maxsize=REMEMBERED)(self._meanings)

    def _meanings(self, typed: str) -> frozenset[str]:
        """Return the words and stems a typed word stands for; a slip is forgiven only in a word nobody knows."""
        heard = sound(typed)
        found = {stem + "*" for stem in self.stems if heard.startswith(stem)}
        if heard in self.words:
            found.add(heard)
        if found or heard in self.known or len(heard) < NEAR_FROM - 1:
            return frozenset(found)
        return frozenset(w for w in self.by_letter.get(heard[0], ()) if is_near(w, heard))


def find_pattern(pattern: Pattern, text: list[frozenset[str]]) -> bool:
    """Say whether a pattern stands in a text and is not turned round by a word before it or inside it."""
    for start in range(len(text)):
        end = _end_of(pattern.groups, text, start)
        if end and not any(meaning & pattern.denied_by for meaning in text[max(0, start - BEFORE) : end]):
            return True
    return False


def _end_of(groups: tuple[frozenset[str], ...], text: list[frozenset[str]], start: int) -> int:
    """Return where a pattern that begins at `start` ends, or 0 when it does not stand there."""
    if not text[start] & groups[0]:
        return 0
    if len(groups) == 1:
        return start + 1
    nexts = range(start + 1, min(len(text), start + 2 + GAP))
    return next((end for place in nexts if (end := _end_of(groups[1:], text, place))), 0)


class RuleBook:
    """A table of patterns, and which of them stand in a text."""

    def __init__(
        self, table: Mapping[str, Mapping[float, str]], *, known: Iterable[str], short_only: Collection[str] = ()
    ) -> None:
        """`known` are real words that are no slip of ours; `short_only` intents hold in a text of few words."""
        self._patterns = read_table(table)
        self._short_only = frozenset(short_only)
        self._vocabulary = Vocabulary([p for group in self._patterns.values() for p in group], known)

    def standing_in(self, words: list[str]) -> dict[str, Pattern]:
        """Return for each intent that is spoken of its heaviest pattern."""
        text = [self._vocabulary.meanings(word) for word in words]
        said = frozenset[str]().union(*text)
        found: dict[str, Pattern] = {}
        for intent, patterns in self._patterns.items():
            if intent in self._short_only and len(words) > FEW:
                continue
            for pattern in patterns:
                best = found.get(intent)
                if (best is None or pattern.weight > best.weight) and _stands(pattern, text, said):
                    found[intent] = pattern
        return found


def _stands(pattern: Pattern, text: list[frozenset[str]], said: frozenset[str]) -> bool:
    # Nearly all patterns miss a word altogether, which is quick to see.
    return not any(group.isdisjoint(said) for group in pattern.groups) and find_pattern(pattern, text)


def read_table(table: Mapping[str, Mapping[float, str]]) -> dict[str, tuple[Pattern, ...]]:
    """Read a table {intent: {weight: one pattern a line}}."""
    return {
        intent: tuple(
            read_pattern(line, weight)
            for weight, lines in weights.items()
            for line in lines.strip().splitlines()
            if line.strip()
        )
        for intent, weights in table.items()
    }
