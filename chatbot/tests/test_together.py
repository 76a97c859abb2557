"""Many who write at once: answered in one transaction, each about their own account, and none for the others' sake."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from billing.tests.scenes import owe
from chatbot.domain.claiming import claim_turns
from chatbot.domain.reading import read_words
from chatbot.domain.settling import settle_together
from chatbot.models import Acquaintance, RunningForm, Turn
from chatbot.tests.conftest import add_service, answer, turn_on
from chatbot.tests.test_answers import surs_channel
from customers.models import Customer
from events.domain import Actor
from events.models import Event
from inbox.domain.sending import queue_message
from inbox.models import Conversation, Message
from inbox.tests.conftest import make_channel, make_customer, receive
from tenants.current import entered, tenant_today

pytestmark = pytest.mark.django_db


def phone(number):
    return f"+52444111{number:04d}"


def talk_of(number):
    return Conversation.objects.get(address=f"whatsapp:{phone(number)}")


def said_to(number):
    rows = Message.objects.filter(conversation=talk_of(number), author_kind="bot", direction="out")
    return list(rows.order_by("pk").values_list("body", flat=True))


@pytest.fixture
def crowd(in_norte):
    """Return what makes so many customers write the same; each owes 100 and their own number."""
    turn_on(identity="days")
    channel = make_channel()
    sids = iter(range(10_000))

    def write(many, body="cuanto debo", *, proved=True):
        for number in range(many):
            customer = Customer.objects.filter(code=f"N-{number}").first()
            if customer is None:
                customer = make_customer(phone=phone(number), name=f"Cliente {number}", code=f"N-{number}")
                add_service(customer)
                owe(customer, Decimal(100 + number), days_late=2, today=tenant_today(timezone.now()))
            receive(channel, body, sid=f"SMcrowd{next(sids)}", sender=phone(number))
            if proved:
                known = {"address": f"whatsapp:{phone(number)}", "customer": customer, "proved_at": timezone.now()}
                Acquaintance.objects.update_or_create(conversation=talk_of(number), defaults=known)

    return write


def test_each_hears_of_their_own_account_and_once(crowd, sur):
    crowd(12)
    with entered(sur):
        turn_on(identity="phone")
        owe(make_customer(phone=phone(3)), Decimal(999), days_late=2, today=tenant_today(timezone.now()))
        receive(surs_channel(), "cuanto debo", sid="SMsur", sender=phone(3))
    answer()
    answer(120)
    for number in range(12):
        [said] = said_to(number)
        assert f"{100 + number}.00" in said
        assert not any(f" {100 + other}.00" in said for other in range(12) if other != number)
    assert set(Turn.objects.values_list("state", flat=True)) == {"done"}
    with entered(sur):
        assert Turn.objects.get().state == "due"
        assert not Message.objects.filter(direction="out").exists()


def test_who_has_not_proved_who_they_are_is_asked_in_the_same_batch(crowd):
    crowd(3)
    Acquaintance.objects.filter(conversation=talk_of(1)).delete()
    answer()
    assert "100.00" in said_to(0)[0]
    assert "101" not in said_to(1)[0]
    assert talk_of(1).turns.get().waiting_for == "form:identify"
    assert "102.00" in said_to(2)[0]


def test_data_proved_in_a_batch_count_at_once(crowd):
    """Who gives their number in a form is answered in the same breath what they had asked."""
    crowd(4, proved=False)
    answer()
    assert RunningForm.objects.count() == 4
    channel = talk_of(0).channel
    for number in range(4):
        receive(channel, f"N-{number}" if number != 2 else "N-777", sid=f"SMdatum{number}", sender=phone(number))
    answer(3)
    for number in (0, 1, 3):
        assert f"{100 + number}.00" in said_to(number)[1]
        assert Acquaintance.objects.get(conversation=talk_of(number)).customer.code == f"N-{number}"
    assert "102" not in "".join(said_to(2))
    assert not Acquaintance.objects.filter(conversation=talk_of(2), proved_at__isnull=False).exists()


def test_one_that_breaks_keeps_nobody_else_waiting(crowd, monkeypatch, caplog):
    from chatbot.domain import answers  # noqa: PLC0415 -- broken here on purpose
    from chatbot.intents import BALANCE  # noqa: PLC0415

    sound = answers.TOOLS[BALANCE]
    monkeypatch.setitem(answers.TOOLS, BALANCE, lambda s: 1 / 0 if s.customer.code == "N-1" else sound(s))
    crowd(3)
    due = answer()
    assert "answered together" in caplog.text
    assert [len(said_to(number)) for number in range(3)] == [1, 0, 1]
    broken = talk_of(1).turns.get()
    assert (broken.state, broken.failures) == ("due", 1)
    assert due is not None
    monkeypatch.setitem(answers.TOOLS, BALANCE, sound)
    answer(60)
    assert [len(said_to(number)) for number in range(3)] == [1, 1, 1]


def test_a_batch_that_breaks_has_written_nothing(crowd, monkeypatch):
    from chatbot.domain import settling  # noqa: PLC0415 -- broken here on purpose

    crowd(3, "quiero hablar con una persona")
    now = timezone.now() + timedelta(seconds=1)
    found = [(job, read_words(job)) for job in claim_turns(now=now, limit=8)]
    keep, seen = settling._keep, []

    def break_at_the_third(*args, **kwargs):
        seen.append(1)
        if len(seen) == 3:
            raise RuntimeError("the third")
        keep(*args, **kwargs)

    monkeypatch.setattr(settling, "_keep", break_at_the_third)
    with pytest.raises(RuntimeError):
        settle_together(found, now=now)
    assert not Message.objects.exclude(direction="in").exists()
    assert not Event.objects.filter(type="conversation.handed_over").exists()
    assert set(Turn.objects.values_list("state", flat=True)) == {"due"}
    assert set(Conversation.objects.values_list("bot_active", flat=True)) == {True}


def test_what_was_said_already_is_not_said_again(crowd):
    """An answer whose line is there though its turn is not ended: the batch breaks on it, and it stays one line."""
    crowd(3)
    said = talk_of(1).turns.get()
    queue_message(conversation=talk_of(1), author=Actor.bot(), now=timezone.now(), body="Ya.", key=f"turn:{said.pk}:0")
    answer()
    assert [len(said_to(number)) for number in range(3)] == [1, 1, 1]
    assert said_to(1) == ["Ya."]
    assert set(Turn.objects.values_list("state", flat=True)) == {"done"}


def test_who_a_person_took_meanwhile_is_left_to_them(crowd):
    crowd(3)
    now = timezone.now() + timedelta(seconds=1)
    found = [(job, read_words(job)) for job in claim_turns(now=now, limit=8)]
    Conversation.objects.filter(pk=talk_of(1).pk).update(bot_active=False)
    settle_together(found, now=now)
    assert [len(said_to(number)) for number in range(3)] == [1, 0, 1]
    assert talk_of(1).turns.get().state == "skipped"


def test_a_claim_that_is_no_longer_its_own_answers_nobody(crowd):
    crowd(3)
    now = timezone.now() + timedelta(seconds=1)
    late = [(job, read_words(job)) for job in claim_turns(now=now, limit=8)]
    now += timedelta(seconds=61)
    again = [(job, read_words(job)) for job in claim_turns(now=now, limit=2)]
    settle_together(late, now=now)
    assert sorted(len(said_to(number)) for number in range(3)) == [0, 0, 1]
    settle_together(again, now=now)
    assert [len(said_to(number)) for number in range(3)] == [1, 1, 1]


@pytest.mark.parametrize("many", [1, 20])
def test_claiming_asks_the_same_of_any_number(crowd, many):
    crowd(many)
    with CaptureQueriesContext(connection) as asked:
        jobs = claim_turns(now=timezone.now() + timedelta(seconds=1), limit=40)
    assert len(jobs) == many
    assert len([one for one in asked if "SAVEPOINT" not in one["sql"]]) <= 10


def test_an_answer_in_a_crowd_costs_few_statements(crowd):
    crowd(20)
    with CaptureQueriesContext(connection) as asked:
        answer()
    assert Message.objects.filter(author_kind="bot").count() == 20
    assert len(asked) <= 30 + 20 * 14


def test_models_are_asked_of_so_many_at_once_and_rules_of_all(crowd):
    crowd(6)
    turn_on(engine="openai", base_url="http://127.0.0.1:9/v1", model="x", identity="days")
    assert len(claim_turns(now=timezone.now() + timedelta(seconds=1), limit=40, asking=2)) == 2
    turn_on(engine="rules", identity="days")
    assert len(claim_turns(now=timezone.now() + timedelta(seconds=1), limit=40, asking=0)) == 4
