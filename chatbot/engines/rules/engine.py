"""The rules engine: patterns and a small classifier that ship with the project, without any service."""

from __future__ import annotations

from collections.abc import Mapping

from chatbot.engines.base import NONE, Choice, Context
from chatbot.engines.rules.classifier import Classifier
from chatbot.engines.rules.patterns import RuleBook
from chatbot.engines.rules.spanish import KNOWN, WAITING
from chatbot.engines.rules.understanding import rule_book, understand
from chatbot.engines.rules.words import words_of
from chatbot.intents import PROMISE

UNSURE = "sin seguridad"
PLAIN = 0.95  # how sure it must be to be no word about the photo that is awaited


class RulesEngine:
    """Reads Spanish, Portuguese and English. Same text, same answer."""

    def __init__(self, classifier: Classifier | None = None) -> None:
        """`classifier` is read from the weights that ship when none is given."""
        self._classifier = classifier or Classifier.load()
        self._waiting = RuleBook(WAITING, known=KNOWN)
        rule_book()  # built now rather than with the first customer waiting

    def choose(self, text: str, *, intents: Mapping[str, str], context: Context) -> Choice:
        """Return what the text means, or NONE when that is not sure or not allowed."""
        found = understand(text, self._classifier)
        asks_for_time = found.intent == PROMISE and found.confidence >= PLAIN  # «pago mañana, ¿me esperan?»
        awaited = context.waiting_for == "receipt_photo" and not asks_for_time
        if awaited and (choice := self._about_the_photo(text, intents)):
            return choice
        if found.intent == NONE or found.intent not in intents:
            return Choice(NONE, found.confidence if found.intent == NONE else 0.0, UNSURE, language=found.language)
        return Choice(found.intent, found.confidence, ", ".join(found.evidence)[:120], language=found.language)

    def _about_the_photo(self, text: str, intents: Mapping[str, str]) -> Choice | None:
        """While a photo is awaited, some words say that it is coming, or that it will not come."""
        standing = self._waiting.standing_in(words_of(text))
        standing = {intent: pattern for intent, pattern in standing.items() if intent in intents}
        if not standing:
            return None
        intent = max(standing, key=lambda name: standing[name].weight)
        return Choice(intent, standing[intent].weight, " ".join(standing[intent].text.split())[:120])
