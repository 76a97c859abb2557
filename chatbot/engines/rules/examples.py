"""Labelled sentences: what the classifier learns from and is measured on. One JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from chatbot.engines.base import NONE
from chatbot.intents import MEANINGS

LANGUAGES = ("es", "pt", "en")
TRAINING = Path(__file__).with_name("training")
OURS = Path(__file__).parents[2] / "evaluation" / "es.jsonl"  # what the patterns were written with


class BadExample(ValueError):
    """A line that is no labelled sentence; says which and why."""


@dataclass(frozen=True)
class Example:
    """What somebody wrote, in which language ("es", "pt", "en"), and what it means."""

    language: str
    intent: str
    text: str


def read_examples(path: Path) -> list[Example]:
    """Read {"lang", "intent", "text"} from JSON lines, at least one. Raises BadExample with file and line, OSError."""
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise BadExample(f"{path.name}: not UTF-8") from error
    found = [_read_line(line, f"{path.name}:{n}") for n, line in enumerate(lines, start=1) if line.strip()]
    if not found:
        raise BadExample(f"{path.name}: no sentence in it")
    return found


def _read_line(line: str, place: str) -> Example:
    try:
        row = json.loads(line)
        example = Example(str(row["lang"]), str(row["intent"]), "" + row["text"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadExample(f'{place}: not a line like {{"lang": "es", "intent": "balance", "text": "…"}}') from error
    if example.language not in LANGUAGES:
        raise BadExample(f"{place}: unknown language {example.language!r}")
    if example.intent != NONE and example.intent not in MEANINGS:
        raise BadExample(f"{place}: unknown intent {example.intent!r}")
    return example


def shipped_examples() -> list[Example]:
    """Return everything that ships for training, in a fixed order."""
    return [example for path in [OURS, *sorted(TRAINING.glob("*.jsonl"))] for example in read_examples(path)]


def without_doubles(examples: Iterable[Example]) -> list[Example]:
    """Return each text once per language; of two labels the later one holds, as corrections come last."""
    return list({(e.language, e.text.strip().casefold()): e for e in examples}.values())
