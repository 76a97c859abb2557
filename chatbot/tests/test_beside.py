"""Beside the composer: taken over, handed back, and replies that a model suggests and nobody sends but a person."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from billing.tests.scenes import owe
from chatbot.domain.spending import change_budget, note_use
from chatbot.engines.base import Usage
from chatbot.models import Acquaintance, MonthSpend, Turn
from chatbot.tests.conftest import STAFF, Chat, add_service, answer, turn_on
from events.models import Event
from events.sentences import sentence
from inbox.models import Conversation, Message
from inbox.tests.conftest import make_channel, make_customer
from simulators.openai.server import KEY, ModelSimulator
from tenants.current import entered

pytestmark = pytest.mark.django_db
HTMX = {"headers": {"hx-request": "true"}}


@pytest.fixture
def model() -> Iterator[ModelSimulator]:
    with ModelSimulator() as simulator:
        yield simulator


@pytest.fixture
def talk(norte, settings, model) -> Any:
    """Ana owes norte 600 and was answered by rules; the bot has a model by now. Her conversation's address."""
    settings.ALLOW_LOCAL_MODELS = True
    with entered(norte):
        customer = make_customer()
        add_service(customer)
        owe(customer, "600")
        turn_on()
        chat = Chat(make_channel())
        chat.asks("cuanto debo")
        turn_on(engine="openai", base_url=model.url, model="chico", api_key=KEY)
        known = {"address": chat.conversation.address, "customer": customer, "proved_at": timezone.now()}
        Acquaintance.objects.update_or_create(conversation=chat.conversation, defaults=known)
        return f"/asistente/junto/{chat.conversation.pk}/"


def replies(*said: str, summary: str = "Quiere saber cuánto debe.") -> str:
    return json.dumps({"summary": summary, "replies": list(said)})


def out() -> int:
    return Message.objects.filter(direction="out").count()


def test_a_person_takes_over_and_hands_back(client_norte, client_sur, talk, norte):
    assert "Atender yo" in client_norte.get(talk).content.decode()
    for path in (talk, f"{talk}sugerir/", f"{talk}atender/", f"{talk}devolver/"):
        assert (client_sur.post if path != talk else client_sur.get)(path).status_code == 404
    assert client_norte.post(f"{talk}atender/", **HTMX).status_code == 204
    with entered(norte):
        conversation = Conversation.objects.get()
        assert (conversation.status, conversation.bot_active) == ("open", False)
        assert conversation.assignee is not None
        chat, before = Chat(conversation.channel), out()
        assert chat.asks("cuanto debo") == ""
        assert Turn.objects.count() == 1
        turn_on(engine="rules")
    assert "Devolver al asistente" in client_norte.get(talk).content.decode()
    told = client_norte.post(f"{talk}devolver/", **HTMX)
    assert "contesta lo último" in json.loads(told.headers["HX-Trigger"])["toast"]["text"]
    with entered(norte):
        answer()
        assert out() == before + 1
        conversation = Conversation.objects.get()
        assert (conversation.status, conversation.bot_active, conversation.assignee) == ("pending", True, None)
        assert "devolvió" in sentence(Event.objects.get(type="conversation.handed_back"))
        assert chat.asks("gracias") == "Con gusto."


def test_what_was_answered_is_not_answered_again(client_norte, talk, norte):
    client_norte.post(f"{talk}atender/", **HTMX)
    with entered(norte):
        before = out()
    client_norte.post(f"{talk}devolver/", **HTMX)
    with entered(norte):
        answer()
        assert out() == before
        assert Turn.objects.count() == 1


def test_it_is_not_handed_to_a_bot_that_does_not_answer(client_norte, talk, norte):
    client_norte.post(f"{talk}atender/", **HTMX)
    with entered(norte):
        turn_on(enabled=False)
    assert "apagado" in client_norte.get(talk).content.decode()
    told = json.loads(client_norte.post(f"{talk}devolver/", **HTMX).headers["HX-Trigger"])["toast"]
    assert told["kind"] == "bad"
    with entered(norte):
        assert Conversation.objects.get().bot_active is False


def test_replies_are_suggested_and_nothing_is_sent(client_norte, talk, model, norte):
    with entered(norte):
        before = out()
    model.say_text(replies("Ana, debe $600.00.", "¿Le ayudo en algo más?"))
    page = client_norte.post(f"{talk}sugerir/", **HTMX).content.decode()
    assert 'data-suggestion="Ana, debe $600.00."' in page
    assert "Quiere saber cuánto debe." in page
    with entered(norte):
        assert out() == before
        assert Turn.objects.count() == 1
        assert MonthSpend.objects.get().purpose == "suggestion"


def test_invented_figures_are_not_suggested(client_norte, talk, model):
    model.say_text(replies("Debe $5.00.", "Pague en https://evil.example/x", summary="Debe $9.00."))
    page = client_norte.post(f"{talk}sugerir/", **HTMX).content.decode()
    assert "$5.00" not in page
    assert "evil" not in page
    assert "$9.00" not in page
    assert "No hay respuestas" in page


def test_who_may_not_see_money_is_not_told_it_by_a_model(sign_in, norte, talk, model):
    client = sign_in(norte, role="technician")
    with entered(norte):
        Message.objects.filter(direction="out").delete()
    model.say_text(replies("Con gusto."))
    found = client.post(f"{talk}sugerir/", **HTMX)
    if found.status_code == 200:
        assert "600" not in json.dumps(model.requests[-1])


@pytest.mark.parametrize("said", ["hola", "{}", '{"summary": 1, "replies": 2}', "[1]", '{"summary": "x"'])
def test_nonsense_is_said_to_be_so(client_norte, talk, model, said):
    model.say_text(said)
    page = client_norte.post(f"{talk}sugerir/", **HTMX)
    assert page.status_code == 200
    assert "no se esperaba" in page.content.decode()


def test_a_failure_says_so_and_can_be_tried_again(client_norte, talk, model):
    model.fail("error", times=4)
    page = client_norte.post(f"{talk}sugerir/", **HTMX).content.decode()
    assert "falló de su lado" in page
    assert "Intentar de nuevo" in page


def test_over_budget_nothing_is_asked(client_norte, talk, model, norte):
    with entered(norte):
        change_budget(monthly=Decimal("0.01"), warn_at=80, actor=STAFF, now=timezone.now())
        note_use(purpose="turn", model="x", usage=Usage(1, 1, Decimal(1)), now=timezone.now())
    assert "presupuesto" in client_norte.post(f"{talk}sugerir/", **HTMX).content.decode()
    assert model.requests == []


def test_without_a_model_nothing_is_asked_for(client_norte, talk, model, norte):
    with entered(norte):
        turn_on(engine="rules")
    page = client_norte.get(talk).content.decode()
    assert "sugerir" not in page
    assert "No hay un modelo" in client_norte.post(f"{talk}sugerir/", **HTMX).content.decode()
