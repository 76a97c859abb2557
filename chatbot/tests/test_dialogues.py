"""A form from its first question to its act: left, too old, unreadable, twice; nothing of it at another provider."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from chatbot.domain.claiming import claim_turns
from chatbot.domain.reading import read_words
from chatbot.domain.settling import settle_turns
from chatbot.models import RunningForm, Turn
from chatbot.tests.conftest import STAFF, Chat, answer, turn_on
from customers.models import Customer
from events.models import Event
from inbox.domain.conversations import give_to_bot
from inbox.domain.linking import link_conversation
from inbox.domain.sending import queue_message
from inbox.kinds import ContentKind
from inbox.models import Message, Ticket
from inbox.tests.conftest import receive
from network.domain.outages import open_outage
from tenants.current import entered

pytestmark = pytest.mark.django_db


def notes() -> str:
    return "\n".join(Message.objects.filter(direction="note").values_list("body", flat=True))


def to_read_back(chat: Chat) -> str:
    chat.asks("me voy a mudar de casa")
    chat.asks("Calle Juárez 15, colonia Centro")
    return chat.asks("el próximo lunes")


def test_a_form_asks_reads_back_and_acts_after_a_yes(chat, customer, sur):
    assert "¿A qué dirección" in chat.asks("me voy a mudar de casa")
    running = RunningForm.objects.get()
    assert (running.form, running.waiting_for, running.customer) == ("move", "address", customer)
    assert chat.turn.waiting_for == "form:move"
    assert "¿Para qué día" in chat.asks("Calle Juárez 15, colonia Centro")
    said = chat.asks("el próximo lunes")
    assert "Calle Juárez 15, colonia Centro" in said
    assert "el próximo lunes" in said
    assert not Ticket.objects.exists()
    said = chat.asks("Sí")
    ticket = Ticket.objects.get()
    assert f"folio {ticket.number}" in said
    assert (ticket.customer, ticket.source, ticket.category) == (customer, "bot", "change")
    assert "Dirección nueva: Calle Juárez 15, colonia Centro" in ticket.comments.get().body
    assert not RunningForm.objects.exists()
    assert (chat.turn.intent, chat.turn.waiting_for) == ("move", "")
    assert len(chat.said()) == 4  # one answer is one message: no notice besides
    chat.asks("Sí")
    assert Ticket.objects.count() == 1
    with entered(sur):
        assert not Ticket.objects.exists()
        assert not RunningForm.objects.exists()


@pytest.mark.parametrize("no", ["No", "no, mejor no", "nao", "2"])
def test_a_no_to_the_read_back_does_nothing(chat, no):
    to_read_back(chat)
    assert "no hice ningún cambio" in chat.asks(no)
    assert not Ticket.objects.exists()
    assert not RunningForm.objects.exists()


@pytest.mark.parametrize(
    "words", ["cancelar", "Cancela por favor", "otra cosa", "olvídalo", "never mind", "deixa pra lá"]
)
def test_it_is_left_with_a_word(chat, words):
    to_read_back(chat)
    assert "no hice ningún cambio" in chat.asks(words)
    assert not RunningForm.objects.exists()
    chat.asks("sí")
    assert not Ticket.objects.exists()


def test_another_wish_leaves_it_politely(chat):
    to_read_back(chat)
    said = chat.asks("cuanto debo")
    assert "al corriente" in said
    assert said.endswith("¿Confirma?")  # only told in between: it goes on
    open_outage(actor=STAFF, now=timezone.now())
    said = chat.asks("no tengo internet")
    assert "falla general" in said
    assert "sin terminar" in said
    assert not RunningForm.objects.exists()
    chat.asks("sí")
    assert not Ticket.objects.exists()


def test_a_person_gets_what_was_collected(chat):
    chat.asks("me voy a mudar de casa")
    chat.asks("Calle Juárez 15, colonia Centro")
    assert "Una persona" in chat.asks("quiero hablar con una persona") or not chat.conversation.bot_active
    assert not chat.conversation.bot_active
    assert "Dirección nueva: Calle Juárez 15" in notes()
    assert not RunningForm.objects.exists()


def test_what_cannot_be_read_is_asked_again_and_then_a_person_helps(chat):
    to_read_back(chat)
    assert "No le entendí." in chat.asks("pues quién sabe, depende de mi prima")
    assert chat.conversation.bot_active
    assert "con lo que ya me dijo" in chat.asks("depende de mi prima y de mi tía también")
    assert not chat.conversation.bot_active
    assert "Para cuándo: el próximo lunes" in notes()
    assert not Ticket.objects.exists()


def test_too_late_a_yes_does_nothing(chat):
    to_read_back(chat)
    RunningForm.objects.update(asked_at=timezone.now() - timedelta(hours=2))
    assert "quedó atrás" in chat.asks("sí")
    assert not Ticket.objects.exists()
    assert not RunningForm.objects.exists()


def test_a_yes_after_a_person_spoke_does_nothing(chat):
    to_read_back(chat)
    queue_message(
        conversation=chat.conversation, author=STAFF, now=timezone.now() + timedelta(seconds=1), body="¿Sigue ahí?"
    )
    conversation = chat.conversation
    conversation.bot_active = True
    conversation.save()
    give_to_bot(conversation)
    assert "quedó atrás" in chat.asks("sí")
    assert not Ticket.objects.exists()


def test_a_yes_for_another_customer_does_nothing(chat):
    to_read_back(chat)
    other = Customer.objects.create(name="Beto", code="N-9")
    link_conversation(conversation_id=chat.conversation.pk, customer=other, actor=STAFF, now=timezone.now())
    assert "quedó atrás" in chat.asks("sí")
    assert not Ticket.objects.exists()


def test_a_notification_read_twice_acts_once(chat):
    to_read_back(chat)
    message = chat.writes("Sí")
    receive(chat.channel, "Sí", sid=message.external_id)
    answer()
    answer(120)
    assert Ticket.objects.count() == 1
    assert len(chat.said()) == 4


def test_a_worker_that_dies_and_comes_back_acts_once(chat):
    to_read_back(chat)
    chat.writes("Sí")
    now = timezone.now() + timedelta(seconds=1)
    [dead] = claim_turns(now=now, limit=8)
    [job] = claim_turns(now=now + timedelta(seconds=61), limit=8)
    for one in (job, dead, job):
        settle_turns(job=one, reading=read_words(one), now=now + timedelta(seconds=62))
    assert Ticket.objects.count() == 1
    assert Turn.objects.filter(state="done").count() == 4


def test_two_messages_in_one_burst_are_one_answer(chat):
    turn_on(pause_seconds=2)
    chat.asks("me voy a mudar de casa")
    answer(5)
    chat.writes("Calle Juárez 15")
    chat.writes("colonia Centro")
    answer(5)
    assert RunningForm.objects.get().slots["address"] == "Calle Juárez 15 colonia Centro"


def test_a_place_on_the_map_is_an_address(chat):
    chat.asks("me voy a mudar de casa")
    point = {"latitude": 22.15, "longitude": -100.98, "name": "", "address": ""}
    chat.writes("", kind=ContentKind.LOCATION, content=point)
    answer()
    assert RunningForm.objects.get().slots["address"]["latitude"] == 22.15
    assert "22.15,-100.98" in chat.asks("mañana")


def test_an_open_request_is_not_filed_twice(chat):
    to_read_back(chat)
    chat.asks("sí")
    assert "ya está anotado" in chat.asks("me voy a mudar de casa")
    assert Ticket.objects.count() == 1


def test_a_form_that_was_switched_off_meanwhile_is_a_persons(chat):
    to_read_back(chat)
    turn_on(intents_off=["move"])
    chat.asks("sí")
    assert not chat.conversation.bot_active
    assert not Ticket.objects.exists()


def test_a_stranger_is_not_asked(stranger: Any):
    stranger.asks("me voy a mudar de casa")
    assert not RunningForm.objects.exists()
    assert not Ticket.objects.exists()
    assert Event.objects.filter(type="conversation.handed_over").count() == 1


def buttons(chat: Chat) -> list[dict[str, str]]:
    return Message.objects.filter(direction="out").order_by("-pk")[0].content["options"]


def takes(chat: Chat, option: dict[str, str]) -> str:
    before = len(chat.said())
    chat.writes(option["title"], kind=ContentKind.CHOICE, content={"id": option["id"], "title": option["title"]})
    answer()
    return "\n".join(chat.said()[before:])


def test_buttons_answer_their_own_question_and_no_other(chat):
    to_read_back(chat)
    old = buttons(chat)[0]
    assert old["title"] == "Sí"
    chat.asks("no")
    to_read_back(chat)
    assert "No le entendí" in takes(chat, old)
    assert not Ticket.objects.exists()
    assert "folio" in takes(chat, buttons(chat)[0])
    assert Ticket.objects.count() == 1
    assert "quedó atrás" in takes(chat, old)
    assert Ticket.objects.count() == 1


def test_where_there_are_no_buttons_a_number_answers(chat):
    from inbox.domain.outbound import outbound_of  # noqa: PLC0415 -- what this channel is given

    to_read_back(chat)
    sent = outbound_of(Message.objects.filter(direction="out").order_by("-pk")[0])
    assert sent.choices is None
    assert sent.body.endswith("1. Sí\n2. No")
    assert "folio" in chat.asks("1")


def test_a_read_back_is_never_cut(chat):
    turn_on(answer_length=80)
    assert "Calle Juárez 15" in to_read_back(chat)
    assert "el próximo lunes" in chat.said()[-1]
