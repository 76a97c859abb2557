"""A person is called: why, with what in the note, and the bot is silent after it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from billing.domain.policies import current_policy
from billing.models import Promise
from billing.tests.scenes import owe
from chatbot.domain.handing import hand_back
from chatbot.models import RunningForm, Turn
from chatbot.tests.conftest import STAFF, add_service, answer, turn_on
from events.models import Event
from inbox.domain.policy import change_policy
from inbox.domain.sending import queue_message
from inbox.models import Conversation, Mention, Message, Priority, Ticket
from tenants.current import enter, tenant_today

pytestmark = pytest.mark.django_db


def notes() -> list[str]:
    return list(Message.objects.filter(direction="note").order_by("pk").values_list("body", flat=True))


def always_open() -> None:
    hours = {str(day): [["00:00", "24:00"]] for day in range(7)}
    change_policy(fields={"hours": hours, "closed_days": []}, default_team=None, actor=STAFF, now=timezone.now())


@pytest.mark.parametrize(
    ("says", "why", "part"),
    [
        ("hay un cable tirado en la calle echando chispas", "safety", "no toque nada"),
        ("ya no quiero vivir", "safety", "alguien de confianza"),
        ("vou me matar", "safety", "ligue agora para a emergência"),
        ("los voy a demandar con profeco", "legal", "persona"),
        ("son unos rateros", "anger", "Lamento"),
    ],
)
def test_alarming_words_reach_a_person_at_once(chat, customer, says, why, part):
    add_service(customer)
    assert part in chat.asks(says)
    assert (chat.turn.outcome, chat.turn.why) == ("escalated", why)
    conversation = chat.conversation
    assert (conversation.status, conversation.bot_active) == ("open", False)
    urgent = Priority.URGENT if why == "safety" else Priority.NORMAL
    assert conversation.priority == urgent
    assert len(notes()) == 1
    assert not Ticket.objects.exists()
    assert chat.asks("cuanto debo") == ""  # a person has it


def test_the_note_says_who_what_and_what_was_collected(chat, customer):
    service = add_service(customer)
    owe(customer, "600")
    chat.asks("cuanto debo")
    chat.asks("quiero hablar con una persona")
    [note] = notes()
    reason, who, asked, collected = note.splitlines()
    assert reason == "Pide hablar con una persona."
    assert f"{customer.name} ({customer.code})" in who
    assert service.code in who
    assert "activo" in who
    assert "«cuanto debo» «quiero hablar con una persona»" in asked
    assert asked.endswith("Encontró: Cuánto debe")
    assert collected == "Reunido: nada"
    assert "600" not in note  # not everybody who reads conversations may see money


def test_what_a_form_collected_goes_with_it(chat, customer):
    add_service(customer)
    chat.asks("quiero cambiarme de casa y llevarme el internet")
    assert RunningForm.objects.exists()
    chat.asks("Calle Nogal 14, colonia Centro")
    chat.asks("quiero hablar con una persona")
    [note] = notes()
    assert "Calle Nogal 14" in note.splitlines()[3]
    assert not RunningForm.objects.exists()


def test_a_stranger_is_named_by_number_and_nobody_is_called_by_their_words(stranger):
    User.objects.create_user("ana@correo.example", name="Ana", role="support")
    stranger.asks("@Ana quiero hablar con una persona")
    [note] = notes()
    assert "no está entre los clientes" in note
    assert "+52" in note
    assert "@" not in note
    assert not Mention.objects.exists()


def test_unsure_twice_reaches_a_person_with_one_note(chat, customer):
    add_service(customer)
    chat.asks("zxcv qwer")
    assert notes() == []
    chat.asks("asdf uiop")
    assert len(notes()) == 1
    assert chat.turn.why == "unsure"


def test_when_its_hours_end_a_person_gets_what_it_had_begun(chat, customer):
    add_service(customer)
    chat.asks("cuanto debo")
    always_open()
    turn_on(hours="closed")
    chat.writes("y cuando vence")
    answer()
    assert (chat.turn.state, chat.turn.outcome, chat.turn.why) == ("skipped", "escalated", "hours")
    [note] = notes()
    assert "«cuanto debo» «y cuando vence»" in note
    assert chat.conversation.bot_active is False
    chat.writes("hola?")
    assert Turn.objects.filter(why="hours").count() == 1


def test_what_the_bot_never_began_is_simply_left(chat, customer):
    always_open()
    turn_on(hours="closed")
    chat.writes("cuanto debo")
    assert notes() == []
    assert not Turn.objects.exists()
    assert chat.conversation.bot_active is True


def test_a_yes_to_a_person_gives_nothing_that_the_bot_had_offered(chat, customer):
    add_service(customer)
    owe(customer, "600", days_late=3, today=tenant_today(timezone.now()))
    policy = current_policy()
    policy.promise_by = ["staff", "bot"]
    policy.save()
    assert "¿Acepta?" in chat.asks("deme chance de pagar el viernes")
    Turn.objects.update(settled_at=timezone.now() - timedelta(minutes=1))
    queue_message(conversation=chat.conversation, author=STAFF, now=timezone.now(), body="¿Le marco hoy?", key="a")
    hand_back(conversation_id=chat.conversation.pk, actor=STAFF, now=timezone.now())
    chat.asks("sí")
    assert not Promise.objects.exists()
    assert "¿Acepta?" in chat.asks("deme chance de pagar el viernes")
    assert "Listo" in chat.asks("sí")
    assert Promise.objects.count() == 1


def test_the_neighbour_hears_nothing(chat, customer, sur):
    chat.asks("son unos rateros")
    with enter("sur"):
        assert not Message.objects.exists()
        assert not Conversation.objects.exists()
        assert not Event.objects.filter(type="conversation.handed_over").exists()


def test_a_later_customer_message_does_not_make_a_second_note(chat, customer):
    chat.asks("son unos rateros")
    chat.writes("y los voy a demandar")
    answer(after=timedelta(seconds=5).total_seconds())
    assert len(notes()) == 1
