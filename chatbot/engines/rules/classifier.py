"""A linear classifier (softmax) over hashed features, in plain Python: two sums a turn, intent and language.

The file of weights is a line of JSON (classes, familiar words, scale, temperature, threshold) and a compressed table:
the numbers of the buckets that hold anything, and for each a row of signed bytes, one for each class.
"""

from __future__ import annotations

import json
import math
import sys
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from chatbot.engines.rules.features import Features

BUCKETS = 1 << 18
WEIGHTS = Path(__file__).with_name("weights.bin")


def bucket_of(feature: str) -> int:
    """Return the bucket of a feature: the same on every machine and in every run."""
    return zlib.crc32(feature.encode()) % BUCKETS


def buckets_of(features: Features) -> list[list[int]]:
    """Return the buckets of the words, of what they are about, and of their pieces: each sort has names of its own."""
    sorts = (("", features.words), ("+", features.concepts), ("~", features.pieces))
    return [[bucket_of(mark + name) for name in names] for mark, names in sorts]


def softmax(scores: Sequence[float]) -> list[float]:
    """Return scores as shares of one."""
    top = max(scores)
    powers = [math.exp(score - top) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]


def shorten(count: int) -> float:
    """Return what one feature of `count` weighs, so that a long text shouts no louder than a short one."""
    return 1 / math.sqrt(count) if count else 0.0


@dataclass(frozen=True)
class Judgement:
    """How likely each intent and each language is (shares of one)."""

    intents: dict[str, float]
    languages: dict[str, float]

    @property
    def best(self) -> str:
        """Return the likeliest intent."""
        return max(self.intents, key=self.intents.__getitem__)

    @property
    def language(self) -> str:
        """Return the likeliest language."""
        return max(self.languages, key=self.languages.__getitem__)


@dataclass(frozen=True)
class Classifier:
    """Weights ready to read with.

    `threshold` is the confidence below which nothing is said to be understood; `familiar` are the words that
    customers use when they want something.
    """

    intents: tuple[str, ...]
    languages: tuple[str, ...]
    familiar: frozenset[str]
    rows: dict[int, Sequence[int]]
    scale: float
    temperature: float
    threshold: float

    def judge(self, features: Features) -> Judgement:
        """Return what a text means and in which language. Pure; any thread."""
        scores = self._sums(features)
        intents = softmax([score / self.temperature for score in scores[: len(self.intents)]])
        languages = softmax(scores[len(self.intents) :])
        return Judgement(
            dict(zip(self.intents, intents, strict=True)), dict(zip(self.languages, languages, strict=True))
        )

    def evidence(self, features: Features, intent: str, most: int = 3) -> list[str]:
        """Return the words that spoke most for an intent, for a person to read."""
        column = self.intents.index(intent)
        rows = ((self.rows.get(bucket_of(name)), name) for name in features.words)
        spoke = sorted(((row[column], name) for row, name in rows if row and row[column] > 0), reverse=True)
        return [name for _weight, name in spoke[:most]]

    def scores(self, features: Features) -> list[float]:
        """Return the bare score of each intent, before any temperature."""
        return self._sums(features)[: len(self.intents)]

    def _sums(self, features: Features) -> list[float]:
        sums = [0.0] * (len(self.intents) + len(self.languages))
        for buckets in buckets_of(features):
            rows = [self.rows[bucket] for bucket in buckets if bucket in self.rows]
            if rows:
                short = self.scale * shorten(len(rows))
                sums = [one + short * sum(column) for one, column in zip(sums, zip(*rows, strict=True), strict=True)]
        return sums

    def save(self, path: Path) -> None:
        """Write the weights as one file."""
        head = {
            "intents": self.intents,
            "languages": self.languages,
            "familiar": sorted(self.familiar),
            "scale": self.scale,
            "temperature": self.temperature,
            "threshold": self.threshold,
            "rows": len(self.rows),
        }
        numbers = sorted(self.rows)
        steps = array("I", [after - before for before, after in zip([0, *numbers], numbers, strict=False)])
        table = b"".join(array("b", self.rows[number]).tobytes() for number in numbers)
        body = zlib.compress(_little(steps).tobytes() + table, level=9)
        path.write_bytes(json.dumps(head).encode() + b"\n" + body)

    @classmethod
    def load(cls, path: Path = WEIGHTS) -> Self:
        """Read the weights. Raises OSError, ValueError for a file that is none of ours."""
        line, _, body = path.read_bytes().partition(b"\n")
        head = json.loads(line)
        count, width = head["rows"], len(head["intents"]) + len(head["languages"])
        raw = zlib.decompress(body)
        steps = array("I", raw[: 4 * count])
        table = memoryview(raw)[4 * count :].cast("b")
        if len(table) != count * width:
            raise ValueError(f"{path.name}: the table has another size than its head says")
        rows: dict[int, Sequence[int]] = {}
        number = 0
        for place, step in enumerate(_little(steps)):
            number += step
            rows[number] = table[place * width : (place + 1) * width]
        return cls(
            intents=tuple(head["intents"]),
            languages=tuple(head["languages"]),
            familiar=frozenset(head["familiar"]),
            rows=rows,
            scale=head["scale"],
            temperature=head["temperature"],
            threshold=head["threshold"],
        )


def _little(numbers: array[int]) -> array[int]:
    """Return the numbers in the file's order of bytes, or back."""
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
