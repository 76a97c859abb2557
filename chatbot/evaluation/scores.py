"""What an engine made of labelled sentences: precision, recall, coverage, confusion and time.

Precision is counted over what was answered (with an intent other than none); coverage is the share answered where an
answer was due.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from chatbot import intents
from chatbot.engines.base import NONE, Context, Engine
from chatbot.engines.rules.examples import Example

# The bot tells these apart for its own ends; a set that only knows the common labels calls them so.
COMMON = {intents.ACKNOWLEDGED: NONE, intents.MY_PLAN: intents.SERVICE_STATE}
PLAIN = Context()


@dataclass(frozen=True)
class Outcome:
    """One sentence: the intent that was due, the one chosen, and the seconds it took."""

    due: str
    chosen: str
    seconds: float


@dataclass(frozen=True)
class IntentScore:
    """One intent's figures; `precision` and `recall` are None where nothing was answered, or nothing due."""

    due: int
    answered: int
    right: int

    @property
    def precision(self) -> float | None:
        """Return the share of its answers that were right."""
        return self.right / self.answered if self.answered else None

    @property
    def recall(self) -> float | None:
        """Return the share of what was due that was answered so."""
        return self.right / self.due if self.due else None


@dataclass(frozen=True)
class Scores:
    """The outcomes of a whole set."""

    outcomes: tuple[Outcome, ...]

    @cached_property
    def answered(self) -> list[Outcome]:
        """Return those that were answered with an intent."""
        return [one for one in self.outcomes if one.chosen != NONE]

    @property
    def precision(self) -> float:
        """Return the share of answers that were right; 1 when nothing was answered, which is never wrong."""
        right = sum(one.due == one.chosen for one in self.answered)
        return right / len(self.answered) if self.answered else 1.0

    @property
    def coverage(self) -> float:
        """Return the share answered with an intent where one was due; 1 when none was."""
        due = [one for one in self.outcomes if one.due != NONE]
        return sum(one.chosen != NONE for one in due) / len(due) if due else 1.0

    @property
    def milliseconds(self) -> float:
        """Return the median time of a turn in milliseconds."""
        times = sorted(one.seconds for one in self.outcomes)
        return 1000 * times[len(times) // 2] if times else 0.0

    def by_intent(self) -> dict[str, IntentScore]:
        """Return each intent's figures, by name."""
        due = Counter(one.due for one in self.outcomes)
        answered = Counter(one.chosen for one in self.outcomes)
        right = Counter(one.due for one in self.outcomes if one.due == one.chosen)
        return {name: IntentScore(due[name], answered[name], right[name]) for name in sorted(due | answered)}

    def confusion(self) -> dict[str, dict[str, int]]:
        """Return {due: {chosen: how many}} of what went wrong, the most frequent first."""
        wrong = Counter((one.due, one.chosen) for one in self.outcomes if one.due != one.chosen)
        found: dict[str, dict[str, int]] = {}
        for (due, chosen), count in wrong.most_common():
            found.setdefault(due, {})[chosen] = count
        return found

    def as_json(self) -> dict[str, Any]:
        """Return every figure as plain values."""
        return {
            "sentences": len(self.outcomes),
            "precision": round(self.precision, 4),
            "coverage": round(self.coverage, 4),
            "milliseconds": round(self.milliseconds, 3),
            "intents": {
                name: {"due": s.due, "answered": s.answered, "precision": s.precision, "recall": s.recall}
                for name, s in self.by_intent().items()
            },
            "confusion": self.confusion(),
        }


def score_sentences(engine: Engine, examples: Iterable[Example]) -> Scores:
    """Let an engine read each sentence by itself. Raises EngineError of an engine that fails."""
    return Scores(tuple(_read(engine, example) for example in examples))


def _read(engine: Engine, example: Example) -> Outcome:
    began = time.perf_counter()
    choice = engine.choose(example.text, intents=intents.MEANINGS, context=PLAIN)
    took = time.perf_counter() - began
    return Outcome(COMMON.get(example.intent, example.intent), COMMON.get(choice.intent, choice.intent), took)
