"""The chosen model answers through the whole bot; when it fails, rules do and the reason is kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from chatbot.domain import turns
from chatbot.domain.turns import drain
from chatbot.models import Bot
from chatbot.tests.conftest import answer, turn_on
from simulators.openai.server import KEY, ModelSimulator

pytestmark = pytest.mark.django_db
ODD = "oiga y eso de la lana que hay que soltar como va"


@pytest.fixture
def model() -> Iterator[ModelSimulator]:
    with ModelSimulator() as simulator:
        yield simulator


@pytest.fixture
def with_model(chat, model, settings):
    settings.ALLOW_LOCAL_MODELS = True
    turn_on(engine="openai", base_url=model.url, model="chico", api_key=KEY)
    return chat


def test_the_model_reads_what_rules_cannot(with_model, model):
    model.call("balance")
    model.say_text("No debe nada, gracias.")
    assert with_model.asks(ODD) == "No debe nada, gracias."
    turn = with_model.turn
    assert (turn.intent, turn.engine, turn.rounds) == ("balance", "openai", 2)
    assert [(use["name"], use["outcome"]) for use in turn.tools] == [("balance", "ok")]
    assert turn.input_tokens > 0


def test_the_model_is_told_nothing_of_the_customer(with_model, model, customer):
    with_model.asks(ODD)
    sent = str(model.requests)
    for secret in (customer.name, customer.code, "4441234567", "Ana"):
        assert secret not in sent


@pytest.mark.parametrize("fault", ["error", "rate", "quota", "json", "html", "empty"])
def test_when_the_model_fails_rules_answer_and_the_reason_is_kept(with_model, model, fault):
    model.fail(fault, times=2)
    assert with_model.asks("cuanto debo") == "No debe nada: está al corriente."
    turn = with_model.turn
    assert turn.engine == "rules"
    assert len(turn.reason) > 10
    assert Bot.objects.get().engine_error in turn.reason


def test_a_model_that_failed_is_left_alone_for_a_while(with_model, model):
    model.fail("quota")
    with_model.asks("cuanto debo")
    asked = len(model.requests)
    with_model.asks("gracias")
    assert len(model.requests) == asked
    assert "no tiene saldo" in with_model.turn.reason
    Bot.objects.update(engine_error_at=timezone.now() - timedelta(minutes=2))
    model.say_text("Claro.")
    with_model.asks(ODD)
    assert with_model.turn.engine == "openai"
    assert Bot.objects.get().engine_error == ""


def test_a_model_that_guesses_what_a_picture_is_for_is_not_believed(with_model, model):
    model.say("cancel", 0.2)
    with_model.sends(body=ODD)
    answer()
    assert "Recibimos su comprobante" in with_model.said()[0]
    assert with_model.conversation.bot_active


def test_a_refusal_is_asked_again(with_model, model):
    model.fail("refusal")
    assert "No le entendí" in with_model.asks(ODD)
    assert not Bot.objects.get().engine_error


def test_no_words_ask_no_model(with_model, model):
    with_model.sends()
    answer()
    assert model.requests == []
    assert len(with_model.said()) == 1


def test_many_conversations_are_read_at_once(with_model, model):
    for n in range(6):
        with_model.writes(ODD, sender=f"+52155500000{n:02d}")
    model.fail("slow", times=6, seconds=0.4)
    began = timezone.now()
    drain(now=began + timedelta(seconds=1))
    assert len(model.requests) == 6
    assert timezone.now() - began < timedelta(seconds=2)


def test_a_local_model_is_out_of_reach_unless_the_installation_allows_it(with_model, model, settings):
    settings.ALLOW_LOCAL_MODELS = False
    assert with_model.asks("cuanto debo") == "No debe nada: está al corriente."
    assert model.requests == []
    assert "https" in with_model.turn.reason


def test_a_key_that_cannot_be_opened_is_said_and_rules_answer(with_model, model):
    Bot.objects.update(api_key=b"basura que nadie puede abrir")
    assert with_model.asks("cuanto debo") == "No debe nada: está al corriente."
    assert model.requests == []
    assert "clave guardada" in with_model.turn.reason


def test_a_model_that_hangs_holds_nobody(with_model, model, monkeypatch):
    """Whatever the engine's own limits are, the lane has one of its own."""
    monkeypatch.setattr(turns, "DEADLINE", 0.4)
    model.fail("slow", seconds=4)
    began = timezone.now()
    assert with_model.asks("cuanto debo") == "No debe nada: está al corriente."
    assert timezone.now() - began < timedelta(seconds=3)
    assert with_model.turn.engine == "rules"
    assert "no contestó a tiempo" in with_model.turn.reason
