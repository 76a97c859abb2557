"""The rules engine: the heaviest pattern that stands in the text names the intent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chatbot.engines.base import NONE, Choice, Context
from chatbot.engines.rules.patterns import Pattern, Vocabulary, find_pattern, read_table
from chatbot.engines.rules.spanish import FIRST, KNOWN, SHORT_ONLY, TABLE, WAITING
from chatbot.engines.rules.words import words_of

FEW = 4  # words of a text that only acknowledges


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
        found: dict[str, Pattern] = {}
        for intent, patterns in self._patterns_for(intents, context, long=len(words) > FEW):
            for pattern in patterns:
                best = found.get(intent)
                if (best is None or pattern.weight > best.weight) and find_pattern(pattern, meanings):
                    found[intent] = pattern
        if not found:
            return Choice(NONE, 0.0, "ninguna regla")
        intent = min(found, key=lambda name: (-found[name].weight, FIRST.index(name)))
        return Choice(intent, found[intent].weight, " ".join(found[intent].text.split())[:120])

    def _patterns_for(
        self, intents: Mapping[str, str], context: Context, *, long: bool
    ) -> Iterator[tuple[str, tuple[Pattern, ...]]]:
        for intent, patterns in self._patterns.items():
            if intent in intents and not (long and intent in SHORT_ONLY):
                yield intent, patterns
        if context.waiting_for == "receipt_photo":
            yield from ((intent, patterns) for intent, patterns in self._waiting.items() if intent in intents)
