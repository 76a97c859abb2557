"""`manage.py bot evaluate FILE`: how well an engine understands or converses. `bot train`: learn the rules' weights."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils import translation

from chatbot.engines.base import Engine, EngineError
from chatbot.engines.openai.config import ModelConfig
from chatbot.engines.openai.engine import OpenAIEngine
from chatbot.engines.openai.prices import default_model
from chatbot.engines.registry import RULES, rules_engine
from chatbot.engines.rules.classifier import WEIGHTS
from chatbot.engines.rules.examples import BadExample, Example, read_examples, shipped_examples, without_doubles
from chatbot.engines.rules.training import train
from chatbot.evaluation.scores import IntentScore, Scores, score_sentences
from chatbot.evaluation.scripts import BadScript, read_scripts
from chatbot.evaluation.stage import Performance, play_scripts
from tenants.current import entered
from tenants.models import Tenant

KEY = "ENLACE_MODEL_KEY"  # where the service's key is read from: not from the command line, which others can see
OPENAI = "openai"


def _model_of(options: dict[str, Any]) -> str:
    model: str = options["model"] or default_model(options["base_url"])
    if not model:
        raise CommandError("which --model?")
    return model


def _model_engine(options: dict[str, Any]) -> Engine:
    config = ModelConfig(
        options["base_url"], _model_of(options), os.environ.get(KEY, ""), allow_local=settings.ALLOW_LOCAL_MODELS
    )
    return OpenAIEngine(config)


ENGINES: dict[str, Callable[[dict[str, Any]], Engine]] = {RULES: lambda _options: rules_engine(), OPENAI: _model_engine}


class Command(BaseCommand):
    """Measures an engine on a file, or teaches the rules engine. Only scripted conversations need a database."""

    help = (
        "Measure an engine on labelled sentences (.jsonl) or on scripted conversations (.yaml),"
        " or train the rules engine's classifier."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the two acts."""
        acts = parser.add_subparsers(dest="act", required=True)
        evaluate = acts.add_parser("evaluate", help="precision, recall, confusion, coverage and time")
        evaluate.add_argument(
            "file", type=Path, help='JSON lines ({"lang": "es", "intent": "balance", "text": "…"}), or YAML of scripts'
        )
        evaluate.add_argument("--engine", choices=sorted(ENGINES), default=RULES)
        evaluate.add_argument(
            "--base-url",
            default="https://api.openai.com/v1",
            help=f"of a model; its key is ${KEY}, and one on this machine needs ENLACE_ALLOW_LOCAL_MODELS=1",
        )
        evaluate.add_argument("--model", help="the one our table names for that service, if none is given")
        evaluate.add_argument(
            "--tenant", help="the provider at which scripts are played (the first one); nothing stays"
        )
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
        except (BadExample, BadScript, EngineError, OSError) as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            raise CommandError(f"conversations are played in a database, which did not answer: {error}") from error

    def _evaluate(self, *, file: Path, engine: str, **options: Any) -> None:
        if file.suffix in {".yaml", ".yml"}:
            found: Scores | Performance = _perform(file, engine, options)
            table: Callable[[Any], list[str]] = _lines_of
        elif file.suffix == ".jsonl":
            found = score_sentences(ENGINES[engine](options), read_examples(file))
            table = _table_of
        else:
            raise CommandError(f"{file.name}: can read .jsonl, .yaml, .yml")
        if options["json"]:
            said = json.dumps({"file": file.name, "engine": engine, **found.as_json()}, ensure_ascii=False)
        else:
            said = "\n".join(table(found))
        self.stdout.write(said)

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


def _perform(file: Path, engine: str, options: dict[str, Any]) -> Performance:
    scripts = read_scripts(file)
    tenants = Tenant.objects.exclude(schema_name="public").order_by("pk")
    tenant = (tenants.filter(schema_name=options["tenant"]) if options["tenant"] else tenants).first()
    if tenant is None:
        raise CommandError("there is no such provider at which to play them")
    bot: dict[str, Any] = {"engine": engine}
    if engine == OPENAI:
        bot |= {"base_url": options["base_url"], "model": _model_of(options), "api_key": os.environ.get(KEY, "")}
    with entered(tenant), translation.override(tenant.language):
        return play_scripts(scripts, settings=bot)


def _lines_of(found: Performance) -> list[str]:
    """Return each step with what was wrong, and the sums, as lines to read."""
    lines = []
    for one in found.played:
        mark = "no " if one.faults else "ok "
        lines.append(f"{mark}{one.script}: {one.step.says[:60]!r} -> {one.heard.intent or '-'}, {one.heard.state}")
        lines += [f"     {fault}" for fault in one.faults]
        lines += [f"     said {one.heard.said[:200]!r}"] if one.faults else []
    sums = found.as_json()
    tokens = f"most input tokens of a turn {sums['most_input_tokens']}"
    passed = f"{sums['conversations_passed']} of {sums['conversations']} conversations"
    return [*lines, "", f"{passed}, {sums['steps_passed']} of {sums['steps']} steps as they must be   {tokens}"]


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
