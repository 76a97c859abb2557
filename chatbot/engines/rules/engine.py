"""The rules engine: the heaviest pattern that stands in the text names the intent."""

from __future__ import annotations

from collections.abc import Mapping

from chatbot.engines.base import NONE, Choice, Context
from chatbot.engines.rules.patterns import Pattern, Vocabulary, find_pattern, read_table
from chatbot.engines.rules.spanish import FIRST, KNOWN, TABLE, WAITING
from chatbot.engines.rules.words import words_of


class RulesEngine:
    """Reads Spanish by a table of patterns, without any service. Same text, same answer."""

    def __init__(self) -> None:
        self._patterns = read_table(TABLE)
        self._waiting = read_table(WAITING)
        every = [p for table in (self._patterns, self._waiting) for group in table.values() for p in group]
        self._vocabulary = Vocabulary(every, KNOWN)

    def choose(self, text: str, *, intents: Mapping[str, str], context: Context) -> Choice:
        """Return the intent whose pattern weighs most; of equals, the one that is answered first."""
        words = words_of(text)
        meanings = [self._vocabulary.meanings(word) for word in words]
        tables = [self._patterns, self._waiting] if context.waiting_for else [self._patterns]
        found: dict[str, Pattern] = {}
        for table in tables:
            for intent, patterns in table.items():
                if intent not in intents:
                    continue
                for pattern in patterns:
                    best = found.get(intent)
                    if (best is None or pattern.weight > best.weight) and find_pattern(pattern, meanings):
                        found[intent] = pattern
        if not found:
            return Choice(NONE, 0.0, "ninguna regla")
        intent = min(found, key=lambda name: (-found[name].weight, FIRST.index(name)))
        return Choice(intent, found[intent].weight, " ".join(found[intent].text.split())[:120])
