"""`manage.py bot evaluate FILE`: how well an engine understands. `manage.py bot train`: learn the rules' weights."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chatbot.engines.base import Engine
from chatbot.engines.registry import RULES, rules_engine
from chatbot.engines.rules.classifier import WEIGHTS
from chatbot.engines.rules.examples import BadExample, Example, read_examples, shipped_examples, without_doubles
from chatbot.engines.rules.training import train
from chatbot.evaluation.scores import IntentScore, Scores, score_sentences

ENGINES: dict[str, Callable[[], Engine]] = {RULES: rules_engine}


class Command(BaseCommand):
    """Measures an engine on a file, or teaches the rules engine. Neither needs a database."""

    help = "Measure an engine on labelled sentences (JSON lines), or train the rules engine's classifier."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the two acts."""
        acts = parser.add_subparsers(dest="act", required=True)
        evaluate = acts.add_parser("evaluate", help="precision, recall, confusion, coverage and time")
        evaluate.add_argument("file", type=Path, help='JSON lines: {"lang": "es", "intent": "balance", "text": "…"}')
        evaluate.add_argument("--engine", choices=sorted(ENGINES), default=RULES)
        evaluate.add_argument("--json", action="store_true", help="print one JSON object")
        teach = acts.add_parser("train", help="learn the weights from what ships and from files of your own")
        teach.add_argument("--from", dest="files", nargs="+", type=Path, default=[], metavar="FILE")
        teach.add_argument("--to", type=Path, default=WEIGHTS, help="where the weights go (those that ship)")
        teach.add_argument("--seed", type=int, default=1, help="the same seed and sentences give the same weights")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do the act. Raises CommandError for a file that cannot be read."""
        try:
            if options["act"] == "evaluate":
                self._evaluate(**options)
            else:
                self._train(**options)
        except (BadExample, OSError) as error:
            raise CommandError(str(error)) from error

    def _evaluate(self, *, file: Path, engine: str, **options: Any) -> None:
        reader = READERS.get(file.suffix)
        if reader is None:
            raise CommandError(f"{file.name}: can read {', '.join(READERS)}")
        scores = reader(file, ENGINES[engine]())
        if options["json"]:
            self.stdout.write(json.dumps({"file": file.name, "engine": engine, **scores.as_json()}))
        else:
            self.stdout.write("\n".join(_table_of(scores)))

    def _train(self, *, files: list[Path], to: Path, seed: int, **options: Any) -> None:
        examples: list[Example] = shipped_examples()
        for file in files:
            examples += read_examples(file)
        examples = without_doubles(examples)
        began = time.monotonic()
        classifier = train(examples, seed=seed)
        classifier.save(to)
        self.stdout.write(
            f"{len(examples)} sentences, {len(classifier.rows)} features, threshold {classifier.threshold}, "
            f"temperature {classifier.temperature:.1f}, {time.monotonic() - began:.0f} s -> {to}"
        )


def _sentences(file: Path, engine: Engine) -> Scores:
    return score_sentences(engine, read_examples(file))


# What can be evaluated, by the file's suffix.
READERS: dict[str, Callable[[Path, Engine], Scores]] = {".jsonl": _sentences}


def _table_of(scores: Scores) -> list[str]:
    """Return the figures as lines to read."""
    lines = [f"{'intent':<16}{'due':>6}{'answered':>10}{'precision':>11}{'recall':>9}"]
    lines += [_line_of(name, score) for name, score in scores.by_intent().items()]
    lines += ["", "confused (due -> chosen)"]
    lines += [
        f"  {due:<16} {', '.join(f'{chosen} {count}' for chosen, count in row.items())}"
        for due, row in scores.confusion().items()
    ]
    shares = f"precision {scores.precision:.3f}   coverage {scores.coverage:.3f}"
    return [*lines, "", f"sentences {len(scores.outcomes)}   {shares}   {scores.milliseconds:.2f} ms a turn"]


def _line_of(name: str, score: IntentScore) -> str:
    precision, recall = ("-" if share is None else f"{share:.3f}" for share in (score.precision, score.recall))
    return f"{name:<16}{score.due:>6}{score.answered:>10}{precision:>11}{recall:>9}"
