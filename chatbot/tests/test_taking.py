"""Which messages the bot takes, when it answers, and that it answers once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from chatbot.domain.claiming import claim_turns
from chatbot.domain.turns import drain
from chatbot.models import Turn
from chatbot.tests.conftest import STAFF, Chat, answer, turn_on
from events.models import Event
from inbox.domain.conversations import assign_conversation, hand_over
from inbox.domain.sending import queue_message
from inbox.models import Conversation, Message
from inbox.tests.conftest import make_channel
from tenants.current import entered
from tenants.models import Wake

pytestmark = pytest.mark.django_db


def test_a_message_is_taken_with_its_wake(chat, norte, sur):
    message = chat.writes("hola")
    assert (chat.turn.message, chat.turn.state) == (message, "due")
    assert Wake.objects.filter(tenant=norte, lane="chatbot").count() == 1
    assert chat.conversation.status == "pending"  # nobody waits for a person
    with entered(sur):
        assert not Turn.objects.exists()
        assert drain(now=timezone.now()) is None


def test_a_bot_that_is_off_takes_nothing(in_norte):
    chat = Chat(make_channel())
    chat.writes("hola")
    assert not Turn.objects.exists()
    assert chat.conversation.status == "open"


def test_the_same_message_again_is_one_turn(chat):
    chat.writes("hola")
    from inbox.tests.conftest import receive  # noqa: PLC0415 -- the very same id

    receive(chat.channel, "hola", sid=Message.objects.get().external_id)
    assert Turn.objects.count() == 1


def test_an_answer_is_queued_once_whoever_drains(chat):
    chat.writes("gracias")
    answer()
    answer(120)
    assert chat.said() == ["Con gusto."]
    assert chat.turn.replies == [f"turn:{chat.turn.pk}:0"]
    assert Message.objects.get(direction="out").key == chat.turn.replies[0]
    assert Message.objects.get(direction="out").author_kind == "bot"
    assert (chat.turn.state, chat.turn.next_try_at) == ("done", None)


def test_a_burst_is_answered_once(chat):
    turn_on(pause_seconds=2)
    for text in ("hola", "buenas tardes", "cuanto debo"):
        chat.writes(text)
    assert len(set(Turn.objects.values_list("next_try_at", flat=True))) == 1
    due = answer(0)
    assert chat.said() == []
    assert due is not None
    answer(3)
    assert chat.said() == ["No debe nada: está al corriente."]
    assert list(Turn.objects.order_by("pk").values_list("state", flat=True)) == ["skipped", "skipped", "done"]


def test_who_keeps_writing_is_answered_all_the_same(chat):
    turn_on(pause_seconds=2)
    first = chat.writes("hola")
    Turn.objects.update(created_at=first.created_at - timedelta(seconds=30))
    chat.writes("cuanto debo")
    assert Turn.objects.order_by("pk")[0].next_try_at < timezone.now()


def test_a_line_is_answered_in_order(chat):
    chat.writes("hola")
    now = timezone.now() + timedelta(seconds=1)
    [job] = claim_turns(now=now, limit=8)
    chat.writes("gracias")
    assert claim_turns(now=now + timedelta(seconds=1), limit=8) == []
    assert len(job.turn_ids) == 1


def test_a_worker_that_dies_leaves_its_turn_to_the_next(chat):
    chat.writes("gracias")
    now = timezone.now() + timedelta(seconds=1)
    assert len(claim_turns(now=now, limit=8)) == 1
    drain(now=now + timedelta(seconds=5))
    assert chat.said() == []
    drain(now=now + timedelta(seconds=61))
    assert chat.said() == ["Con gusto."]


def test_a_worker_that_comes_back_late_changes_nothing(chat):
    from chatbot.domain.reading import read_words  # noqa: PLC0415 -- what a worker does between
    from chatbot.domain.settling import settle_turns  # noqa: PLC0415

    chat.writes("gracias")
    now = timezone.now() + timedelta(seconds=1)
    [late] = claim_turns(now=now, limit=8)
    reading = read_words(late)
    [job] = claim_turns(now=now + timedelta(seconds=61), limit=8)
    settle_turns(job=late, reading=reading, now=now)
    assert chat.said() == []
    settle_turns(job=job, reading=reading, now=now)
    settle_turns(job=job, reading=reading, now=now)
    assert chat.said() == ["Con gusto."]


def test_a_person_who_answers_first_silences_the_bot(chat):
    chat.writes("cuanto debo")
    queue_message(conversation=chat.conversation, author=STAFF, now=timezone.now(), body="Yo le atiendo")
    answer()
    assert chat.said() == []
    assert (chat.turn.state, chat.turn.reason) == ("skipped", "Lo atiende una persona.")
    assert chat.conversation.bot_active is False
    chat.writes("cuanto debo")
    assert Turn.objects.count() == 1
    assert chat.conversation.status == "open"


def test_an_assigned_conversation_is_a_persons(chat):
    from accounts.models import User  # noqa: PLC0415 -- one person, here only

    chat.writes("hola")
    person = User.objects.create_user("ana@correo.example", name="Ana", role="support")
    assign_conversation(conversation_id=chat.conversation.pk, assignee=person, actor=STAFF, now=timezone.now())
    answer()
    assert chat.said() == []


def test_a_bot_turned_off_leaves_its_turns_to_people(chat):
    chat.writes("cuanto debo")
    turn_on(enabled=False)
    answer()
    assert chat.said() == []
    assert chat.conversation.status == "open"
    assert chat.turn.state == "skipped"


def test_what_cannot_be_answered_goes_to_a_person(chat, monkeypatch):
    """A fault of our own: four tries, then a person."""
    from chatbot.domain import answers  # noqa: PLC0415 -- broken here on purpose
    from chatbot.intents import BALANCE  # noqa: PLC0415

    monkeypatch.setitem(answers.TOOLS, BALANCE, lambda _s: 1 / 0)
    chat.writes("cuanto debo")
    now = timezone.now()
    for _try in range(4):
        drain(now=now)
        now += timedelta(hours=1)
    assert chat.turn.state == "failed"
    assert chat.said() == []
    assert (chat.conversation.status, chat.conversation.bot_active) == ("open", False)
    event = Event.objects.get(type="conversation.handed_over")
    assert event.facts["reason"] == "El asistente no pudo contestar."


def test_a_failure_keeps_nobody_else_waiting(chat, monkeypatch):
    from chatbot.domain import answers  # noqa: PLC0415 -- broken here on purpose
    from chatbot.intents import BALANCE  # noqa: PLC0415

    monkeypatch.setitem(answers.TOOLS, BALANCE, lambda _s: 1 / 0)
    chat.writes("cuanto debo")
    chat.writes("quiero hablar con alguien", sender="+5215550001111")
    due = answer()
    assert len(chat.said()) == 1
    assert due is not None
    assert Conversation.objects.get(customer=None).status == "open"


def test_what_was_handed_over_stays_so_until_it_is_closed(chat):
    chat.writes("hola")
    hand_over(conversation_id=chat.conversation.pk, reason="x", actor=STAFF, now=timezone.now())
    answer()
    chat.writes("cuanto debo")
    answer()
    assert chat.said() == []
