"""The bot looks in the knowledge where it would have called a person or asked again."""

from __future__ import annotations

import pytest
from django.utils import timezone

from chatbot.domain.knowledge import add_faq
from chatbot.models import OpenQuestion, Turn
from chatbot.tests.conftest import STAFF, turn_on
from inbox.models import Conversation, Message

pytestmark = pytest.mark.django_db
QUESTION, ANSWER = "¿Dan servicio para cámaras de vigilancia?", "Sí: un técnico le hace el presupuesto sin costo."


@pytest.fixture
def known(in_norte):
    return add_faq(question=QUESTION, answer=ANSWER, actor=STAFF, now=timezone.now())


def test_what_is_known_is_answered_with_its_source_and_nobody_is_called(chat, known):
    said = chat.asks("oiga y ponen camaras de vijilancia")
    assert said == f"{ANSWER}\n\nSegún: {QUESTION}"
    assert chat.conversation.bot_active
    assert (chat.turn.misses, chat.turn.reason) == (0, f"Según: {QUESTION}")
    assert not OpenQuestion.objects.exists()
    assert not Message.objects.filter(direction="note").exists()


def test_a_stranger_hears_it_too(stranger, known):
    assert ANSWER in stranger.asks("ponen camaras de vigilancia?")
    assert stranger.conversation.bot_active
    assert Conversation.objects.get().customer is None


def test_prices_are_told_instead_of_calling_a_person(chat, in_norte):
    assert "persona" in chat.asks("que planes tienen")
    add_faq(question="¿Qué planes tienen?", answer="Desde $399.", actor=STAFF, now=timezone.now())
    Conversation.objects.update(bot_active=True, status="pending")
    assert chat.asks("que planes tienen") == "Desde $399.\n\nSegún: ¿Qué planes tienen?"


def test_what_nobody_knows_is_collected_once(chat):
    assert "No le entendí" in chat.asks("¿rentan salones para fiestas?")
    question = OpenQuestion.objects.get()
    assert (question.text, question.times) == ("¿rentan salones para fiestas?", 1)
    assert question.conversation == chat.conversation
    chat.asks("rentan salones para fiestas")
    question.refresh_from_db()
    assert question.times == 2
    assert not chat.conversation.bot_active


def test_an_account_is_not_looked_up_in_the_knowledge(chat, in_norte):
    add_faq(question="¿Cuánto debo?", answer="Mil pesos.", actor=STAFF, now=timezone.now())
    assert "Mil pesos" not in chat.asks("cuanto debo")
    assert Turn.objects.get().intent == "balance"
    assert not OpenQuestion.objects.exists()


def test_a_bot_that_says_little_still_cites_and_one_kept_from_it_says_nothing_of_it(chat, known):
    turn_on(answer_length=80)
    said = chat.asks("ponen camaras de vigilancia?")
    assert len(said) <= 80
    assert said.startswith("Sí: un técnico")
    assert "\n\nSegún: ¿Dan servicio" in said
    turn_on(tools_off=["knowledge"])
    assert "Según" not in chat.asks("ponen camaras de vigilancia?")
    assert not OpenQuestion.objects.exists()
