"""Scripted conversations: read, played through the whole bot on rules and on a model's stand-in, and nothing stays."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from chatbot.evaluation import SETS
from chatbot.evaluation.scripts import BadScript, Heard, Step, faults_of, read_scripts
from chatbot.evaluation.stage import play_scripts
from chatbot.models import Bot, Turn
from customers.models import Customer
from inbox.models import Channel, Message
from simulators.openai.server import KEY, ModelSimulator
from tenants.models import Route

OURS = SETS / "conversations.yaml"


def test_steps_are_read_however_they_are_written(tmp_path):
    file = tmp_path / "a.yaml"
    file.write_text(
        "conversations:\n"
        "- name: one\n  given: {owes: 600}\n  turns:\n"
        "  - {says: hola, expects tool: greet, expects state: bot, must not say: debe}\n"
        "  - says: adios\n    expects: {intent: thanks, text: [gusto]}\n    must_not_say: [a, b]\n"
    )
    [script] = read_scripts(file)
    first, second = script.steps
    assert (script.name, script.given) == ("one", {"owes": 600})
    assert (first.tool, first.state, first.never) == ("greet", "bot", ("debe",))
    assert (second.intent, second.texts, second.never) == ("thanks", ("gusto",), ("a", "b"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "no conversation"),
        ("- name: x\n", "steps"),
        ("- steps: [{expects_intent: x}]", "says"),
        ("- steps: [{says: x, expcts_tool: y}]", "unknown expcts_tool"),
        ("- steps: [hola]", "mapping"),
        ("{a: [", "not YAML"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path, content, said):
    file = tmp_path / "a.yaml"
    file.write_text(content)
    with pytest.raises(BadScript, match=said):
        read_scripts(file)


def test_every_expectation_can_fail():
    step = Step("x", "balance", "balance", "person", ("$600",), ("Perdón",))
    heard = Heard("perdon, nada", "promise", frozenset({"greet"}), "promise:2026-11-01")
    assert len(faults_of(step, heard)) == 5
    assert faults_of(Step("x", state="promise"), heard) == []
    assert faults_of(Step("x", state="bot"), heard) == []


def counted() -> list[int]:
    return [model.objects.count() for model in (Turn, Message, Channel, Customer, Bot, Route)]


@pytest.mark.django_db
def test_ours_pass_on_rules_and_nothing_stays(in_norte):
    before = counted()
    found = play_scripts(read_scripts(OURS), settings={"engine": "rules"})
    assert [(one.script, one.step.says, one.faults, one.heard.said) for one in found.failed] == []
    assert counted() == before


@pytest.mark.django_db
def test_ours_pass_on_a_models_stand_in(in_norte, settings):
    settings.ALLOW_LOCAL_MODELS = True
    with ModelSimulator() as model:

        def before(step: Step) -> None:
            for said in step.model:
                if isinstance(said, dict):
                    arguments = {name: value for name, value in said.items() if name != "call"}
                    model.call((said["call"], arguments))
                else:
                    model.say_text(said)

        bot: dict[str, Any] = {"engine": "openai", "base_url": model.url, "model": "chico", "api_key": KEY}
        found = play_scripts(read_scripts(OURS), settings=bot, before=before)
        assert model.requests
    assert [(one.script, one.step.says, one.faults, one.heard.said) for one in found.failed] == []
    balance = found.played[0].heard
    assert balance.engine == "openai"
    assert 0 < balance.input_tokens <= 900


@pytest.mark.django_db
def test_the_command_prints_a_table_or_json(norte, tmp_path):
    file = tmp_path / "a.yaml"
    file.write_text(
        "- name: uno\n  steps:\n  - {says: cuanto debo, expects_intent: balance, must_not_say: al corriente}\n"
    )
    out = StringIO()
    call_command("bot", "evaluate", str(file), "--tenant", "norte", stdout=out)
    assert "no uno: 'cuanto debo' -> balance, bot" in out.getvalue()
    assert "said 'al corriente'" in out.getvalue()
    assert "0 of 1 conversations, 0 of 1 steps" in out.getvalue()
    out = StringIO()
    call_command("bot", "evaluate", str(file), "--json", stdout=out)
    found = json.loads(out.getvalue())
    assert (found["engine"], found["steps"], found["steps_passed"]) == ("rules", 1, 0)
    assert found["results"][0]["faults"] == ["said 'al corriente'"]
    with pytest.raises(CommandError, match="no such provider"):
        call_command("bot", "evaluate", str(file), "--tenant", "nadie", stdout=StringIO())


@pytest.mark.django_db
@pytest.mark.parametrize("given", ["{owes: mucho}", "{bot: {volar: true}}", "{bot: {engine: openai}}", "{services: x}"])
def test_what_cannot_be_given_is_said(norte, tmp_path, given):
    file = tmp_path / "a.yaml"
    file.write_text(f"- name: uno\n  given: {given}\n  steps: [{{says: hola}}]\n")
    with pytest.raises(CommandError, match="uno: `given` cannot be"):
        call_command("bot", "evaluate", str(file), stdout=StringIO())
