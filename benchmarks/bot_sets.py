"""The rules engine on sentences that its authors never read: chatbot/evaluation/held_*.jsonl."""

from __future__ import annotations

from functools import cache

from chatbot.engines.registry import rules_engine
from chatbot.engines.rules.examples import LANGUAGES, Example, read_examples
from chatbot.evaluation import SETS
from chatbot.evaluation.scores import Scores, score_sentences


@cache
def held(language: str) -> tuple[Example, ...]:
    """Return one language's sentences."""
    return tuple(read_examples(SETS / f"held_{language}.jsonl"))


def measure_sets() -> dict[str, Scores]:
    """Let the rules read each language's sentences."""
    return {language: score_sentences(rules_engine(), held(language)) for language in LANGUAGES}
