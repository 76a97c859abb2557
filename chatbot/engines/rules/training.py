"""Learning the classifier's weights from labelled sentences: the same examples give the same weights.

Softmax regression by stochastic gradient descent, on the sentences and on copies of them with
slips and greetings. A fifth of the sentences is first held back, to learn how far confidence may be trusted; then all
of them teach. In plain Python, a minute or so.
"""

from __future__ import annotations

import math
import random
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import NamedTuple

from chatbot.engines.base import NONE
from chatbot.engines.rules.augmentation import vary
from chatbot.engines.rules.classifier import Classifier, buckets_of, shorten, softmax
from chatbot.engines.rules.examples import LANGUAGES, Example
from chatbot.engines.rules.features import counted_words
from chatbot.engines.rules.understanding import observe

EPOCHS = 8
STEP = 0.6
DROPPED = 0.2  # share of features hidden from each look, so that no single one is leaned on
SMALL = 0.004  # a gradient below this is not worth the work
COPY_WEIGHT = 0.5  # of a varied copy, the original being 1
FAMILIAR_FROM = 3  # sentences with a word, from which it is one of ours
FOLDS = 5
WANTED_PRECISION = 0.95  # on what was held back
SEEN_FROM = 2  # sentences and copies with a feature, from which it is worth a row
FAINT = 4  # of 127: a row with no weight above this says nothing
THRESHOLDS = [round(0.20 + 0.02 * step, 2) for step in range(36)]
TEMPERATURES = [0.4 + 0.1 * step for step in range(22)]

Row = list[float]


class Lesson(NamedTuple):
    """One sentence ready to learn from: its buckets, its columns (intent, language), how much it counts."""

    sorts: list[list[int]]
    intent: int
    language: int
    weight: float


@dataclass(frozen=True)
class Held:
    """What a classifier said of a sentence it had not seen."""

    due: int
    scores: list[float]


def train(examples: Sequence[Example], *, seed: int = 1) -> Classifier:
    """Learn from all examples, with the confidence measured on a fifth that was held back."""
    folds = [fold_of(example) for example in examples]
    trial = fit([e for e, fold in zip(examples, folds, strict=True) if fold], seed=seed)
    held = [e for e, fold in zip(examples, folds, strict=True) if not fold]
    temperature, threshold = calibrate(trial, held)
    return replace(fit(examples, seed=seed), temperature=temperature, threshold=threshold)


def fold_of(example: Example) -> int:
    """Return the part an example belongs to, by its words alone, so that it stays there as others come."""
    return zlib.crc32(example.text.strip().casefold().encode()) % FOLDS


def fit(examples: Iterable[Example], *, seed: int) -> Classifier:
    """Return a classifier with learnt weights, not yet calibrated."""
    rng = random.Random(seed)  # noqa: S311 -- chooses what is learnt next; nothing secret
    examples = list(examples)
    intents = tuple(sorted({example.intent for example in examples} | {NONE}))
    familiar = familiar_words(examples)
    lessons = _lessons(examples, intents, familiar, rng)
    learner = Learner(_worth_a_row(lessons), intents=len(intents), rng=rng)
    learner.learn(lessons)
    scale, rows = _as_bytes(learner.table)
    return Classifier(intents, LANGUAGES, familiar, rows, scale, temperature=1.0, threshold=0.5)


def familiar_words(examples: Iterable[Example]) -> frozenset[str]:
    """Return the words said by several of those who wanted something."""
    spoken = Counter(word for e in examples if e.intent != NONE for word in set(counted_words(e.text)))
    return frozenset(word for word, times in spoken.items() if times >= FAMILIAR_FROM)


def _lessons(
    examples: list[Example], intents: tuple[str, ...], familiar: frozenset[str], rng: random.Random
) -> list[Lesson]:
    """Return originals and copies; a rare intent's count for more (by the root of how rare), so that it is heard."""
    counts = Counter(example.intent for example in examples)
    usual = sum(counts.values()) / len(counts)
    found = []
    for example in examples:
        rarity = min(2.0, math.sqrt(usual / counts[example.intent]))
        for one, share in [(example, 1.0), *((copy, COPY_WEIGHT) for copy in vary(example, rng))]:
            sorts = buckets_of(observe(one.text, familiar))
            language = len(intents) + LANGUAGES.index(one.language)
            found.append(Lesson(sorts, intents.index(one.intent), language, rarity * share))
    return found


class Learner:
    """The weights while they are learnt, and how far each row has moved, which slows it down (AdaGrad)."""

    def __init__(self, buckets: Iterable[int], *, intents: int, rng: random.Random) -> None:
        self.intents = intents
        self.table: dict[int, Row] = {bucket: [0.0] * (intents + len(LANGUAGES)) for bucket in buckets}
        self.moved = dict.fromkeys(self.table, 1e-3)
        self.rng = rng

    def learn(self, lessons: list[Lesson]) -> None:
        """Go through the lessons again and again, in another order and with smaller steps."""
        for epoch in range(EPOCHS):
            self.rng.shuffle(lessons)
            step = STEP * (1 - epoch / (EPOCHS + 1))
            for lesson in lessons:
                self._look(lesson, step)

    def _look(self, lesson: Lesson, step: float) -> None:
        """Move the weights of one sentence's features a little towards its labels."""
        chance, table = self.rng.random, self.table
        kept = ([bucket for bucket in buckets if chance() > DROPPED] for buckets in lesson.sorts)
        parts = [(buckets, shorten(len(buckets))) for buckets in kept if buckets]
        scores = [0.0] * (self.intents + len(LANGUAGES))
        for buckets, short in parts:
            sums = map(sum, zip(*[table[bucket] for bucket in buckets], strict=True))
            scores = [score + short * more for score, more in zip(scores, sums, strict=True)]
        wrong = softmax(scores[: self.intents]) + softmax(scores[self.intents :])
        wrong[lesson.intent] -= 1
        wrong[lesson.language] -= 1
        gradient = [(column, lesson.weight * share) for column, share in enumerate(wrong) if abs(share) > SMALL]
        size = sum(share * share for _column, share in gradient)
        for buckets, short in parts:
            for bucket in buckets:
                self.moved[bucket] += size * short * short
                pace = step * short / math.sqrt(self.moved[bucket])
                row = table[bucket]
                for column, share in gradient:
                    row[column] -= pace * share


def _worth_a_row(lessons: list[Lesson]) -> list[int]:
    """Return the buckets seen often enough, and take the others out of the lessons."""
    seen = Counter(bucket for lesson in lessons for bucket in chain(*lesson.sorts))
    kept = {bucket for bucket, times in seen.items() if times >= SEEN_FROM}
    for lesson in lessons:
        for buckets in lesson.sorts:
            buckets[:] = [bucket for bucket in buckets if bucket in kept]
    return sorted(kept)


def _as_bytes(table: dict[int, Row]) -> tuple[float, dict[int, Sequence[int]]]:
    """Return the table in steps of `scale`, without the rows that say nothing."""
    weights = sorted(abs(weight) for row in table.values() for weight in row)
    scale = (weights[int(len(weights) * 0.9999)] or 1.0) / 127
    rows = {bucket: [max(-127, min(127, round(weight / scale))) for weight in row] for bucket, row in table.items()}
    return scale, {bucket: row for bucket, row in rows.items() if max(map(abs, row)) > FAINT}


def calibrate(classifier: Classifier, held: Sequence[Example]) -> tuple[float, float]:
    """Return the temperature that makes confidence honest and the lowest threshold that is precise enough."""
    seen = [
        Held(classifier.intents.index(e.intent), classifier.scores(observe(e.text, classifier.familiar)))
        for e in held
        if e.intent in classifier.intents
    ]
    if not seen:
        return 1.0, 0.5
    temperature = min(TEMPERATURES, key=lambda one: _surprise(seen, one))
    none = classifier.intents.index(NONE)
    for threshold in THRESHOLDS:
        answered, right = 0, 0
        for one in seen:
            shares = softmax([score / temperature for score in one.scores])
            best = max(range(len(shares)), key=shares.__getitem__)
            if best != none and shares[best] >= threshold:
                answered += 1
                right += best == one.due
        if answered and right / answered >= WANTED_PRECISION:
            return temperature, threshold
    return temperature, THRESHOLDS[-1]


def _surprise(seen: Sequence[Held], temperature: float) -> float:
    """Return how little the truth was expected, on average (the log loss)."""
    return -sum(
        math.log(max(softmax([score / temperature for score in one.scores])[one.due], 1e-9)) for one in seen
    ) / len(seen)
