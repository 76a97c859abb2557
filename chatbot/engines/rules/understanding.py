"""From a text to what it means: the hand-written patterns that stand in it are evidence, the classifier judges."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache

from chatbot.engines.base import NONE
from chatbot.engines.rules.classifier import Classifier
from chatbot.engines.rules.features import Features, features_of
from chatbot.engines.rules.patterns import Pattern, RuleBook
from chatbot.engines.rules.spanish import KNOWN, SHORT_ONLY, TABLE
from chatbot.engines.rules.words import words_of
from chatbot.intents import ACKNOWLEDGED


@dataclass(frozen=True)
class Understanding:
    """What a text means, how sure (0 to 1), in which language ("es", "pt", "en"), and which words said so."""

    intent: str
    confidence: float
    language: str
    evidence: tuple[str, ...] = ()


@cache
def rule_book() -> RuleBook:
    """Return the patterns of Spanish, read once."""
    return RuleBook(TABLE, known=KNOWN, short_only=SHORT_ONLY)


def observe(text: str, familiar: Collection[str]) -> Features:
    """Return all that a text shows: its words, what they are about, and the patterns that stand in it."""
    return _features(text, rule_book().standing_in(words_of(text)), familiar)


def _features(text: str, standing: Mapping[str, Pattern], familiar: Collection[str]) -> Features:
    rules = [f"{intent} {pattern.weight}" for intent, pattern in standing.items()]
    return features_of(text, rules=[*rules, *(pattern.text for pattern in standing.values())], familiar=familiar)


def understand(text: str, classifier: Classifier) -> Understanding:
    """Return what a text means; NONE where the classifier is not sure enough to be believed."""
    words = words_of(text)
    if not words:
        return Understanding(NONE, 0.0, "")
    standing = rule_book().standing_in(words)
    features = _features(text, standing, classifier.familiar)
    judged = classifier.judge(features)
    best, confidence = judged.best, judged.intents[judged.best]
    if best != NONE and confidence < classifier.threshold:
        best, confidence = NONE, 1 - confidence
    if best == NONE and standing.keys() == {ACKNOWLEDGED}:
        best, confidence = ACKNOWLEDGED, standing[ACKNOWLEDGED].weight
    evidence = () if best == NONE else tuple(classifier.evidence(features, best))
    return Understanding(best, confidence, judged.language, evidence)
