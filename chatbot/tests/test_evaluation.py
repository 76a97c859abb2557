"""`manage.py bot`: measuring and training, without a database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from chatbot.engines.base import NONE, Choice
from chatbot.engines.rules.classifier import Classifier
from chatbot.engines.rules.examples import Example, shipped_examples, without_doubles
from chatbot.engines.rules.training import fit, train
from chatbot.engines.rules.understanding import understand
from chatbot.evaluation import SETS
from chatbot.evaluation.scores import score_sentences
from chatbot.intents import MEANINGS

ROOT = Path(__file__).parents[2]


class Parrot:
    """Answers what it is told to."""

    def __init__(self, **answers):
        self.answers = answers

    def choose(self, text, *, intents, context):
        return Choice(self.answers[text], 1.0)


def write(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_precision_counts_answers_and_coverage_what_was_due():
    engine = Parrot(a="balance", b="balance", c=NONE, d="greeting", e="acknowledged")
    due = {"a": "balance", "b": "move", "c": "move", "d": NONE, "e": NONE}
    scores = score_sentences(engine, [Example("es", intent, text) for text, intent in due.items()])
    assert scores.precision == pytest.approx(1 / 3)
    assert scores.coverage == pytest.approx(2 / 3)
    assert scores.confusion() == {"move": {"balance": 1, NONE: 1}, NONE: {"greeting": 1}}
    assert scores.by_intent()["balance"].precision == 0.5
    assert scores.by_intent()["move"].recall == 0
    assert scores.by_intent()["move"].precision is None


def test_it_runs_where_no_database_answers():
    environment = {**os.environ, "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing"}
    command = [sys.executable, "manage.py", "bot", "evaluate", str(SETS / "es.jsonl"), "--engine", "rules", "--json"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=True)
    found = json.loads(done.stdout)
    assert found["sentences"] == 604
    assert found["precision"] > 0.98
    assert set(found["intents"]) <= {*MEANINGS, NONE}


def test_the_table_names_every_intent_and_what_was_confused(tmp_path):
    file = write(
        tmp_path / "a.jsonl",
        {"lang": "es", "intent": "balance", "text": "cuanto debo"},
        {"lang": "es", "intent": "move", "text": "cuanto debo"},
    )
    out = StringIO()
    call_command("bot", "evaluate", str(file), stdout=out)
    assert "precision 0.500" in out.getvalue()
    assert "move             balance 1" in out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.jsonl", "nothing\n", "a.jsonl:1"),
        ("a.jsonl", '{"lang": "es", "intent": "fly", "text": "x"}\n', "fly"),
        ("a.jsonl", '{"lang": "xx", "intent": "move", "text": "x"}\n', "xx"),
        ("a.jsonl", '{"lang": "es", "intent": "move", "text": null}\n', "a.jsonl:1"),
        ("a.jsonl", "[1]\n", "a.jsonl:1"),
        ("a.jsonl", "\n", "no sentence"),
        ("a.jsonl", b"cu\xe1nto", "not UTF-8"),
        ("a.txt", "", "jsonl"),
        (None, "", "No such file"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path, name, content, said):
    file = tmp_path / (name or "missing.jsonl")
    if name:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(CommandError, match=said):
        call_command("bot", "evaluate", str(file), stdout=StringIO())


def test_a_mark_before_the_first_line_is_no_word(tmp_path):
    file = tmp_path / "a.jsonl"
    file.write_bytes(b'\xef\xbb\xbf{"lang": "es", "intent": "balance", "text": "cuanto debo"}\r\n')
    out = StringIO()
    call_command("bot", "evaluate", str(file), "--json", stdout=out)
    assert json.loads(out.getvalue())["sentences"] == 1


def test_a_model_that_no_table_names_must_be_named(tmp_path):
    file = write(tmp_path / "a.jsonl", {"lang": "es", "intent": "balance", "text": "cuanto debo"})
    asked = ["bot", "evaluate", str(file), "--engine", "openai", "--base-url", "https://otro.ejemplo/v1"]
    with pytest.raises(CommandError, match="--model"):
        call_command(*asked, stdout=StringIO())


def few():
    wanted = ("balance", "report_fault", "greeting", NONE)
    found = [e for e in without_doubles(shipped_examples()) if e.intent in wanted and e.language == "es"]
    return [e for intent in wanted for e in [one for one in found if one.intent == intent][:25]]


def test_the_same_sentences_teach_the_same(tmp_path):
    one, two = fit(few(), seed=3), fit(few(), seed=3)
    one.save(tmp_path / "one")
    two.save(tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_what_was_learnt_is_kept_and_read_back(tmp_path):
    learnt = train(few())
    learnt.save(tmp_path / "weights")
    read = Classifier.load(tmp_path / "weights")
    assert (read.intents, read.threshold, read.temperature) == (learnt.intents, learnt.threshold, learnt.temperature)
    assert {bucket: list(row) for bucket, row in read.rows.items()} == dict(learnt.rows)


def test_a_provider_teaches_words_of_its_own():
    ours = [Example("es", "balance", f"{word} mi chimichurri") for word in ("dime", "quiero", "necesito", "dame")]
    before, after = (fit(examples, seed=1) for examples in (few(), [*few(), *ours]))
    assert understand("chimichurri", before).intent != "balance"
    assert understand("chimichurri", after).intent == "balance"


def test_a_damaged_file_of_weights_is_refused(tmp_path):
    learnt = fit(few(), seed=1)
    learnt.save(tmp_path / "weights")
    head, _, body = (tmp_path / "weights").read_bytes().partition(b"\n")
    grown = json.dumps({**json.loads(head), "rows": len(learnt.rows) - 1}).encode()
    (tmp_path / "weights").write_bytes(grown + b"\n" + body)
    with pytest.raises(ValueError, match="another size"):
        Classifier.load(tmp_path / "weights")
