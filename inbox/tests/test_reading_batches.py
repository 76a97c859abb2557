"""A batch is read whole; what breaks it breaks itself alone, and nothing is left half done."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers.models import Contact, Customer
from inbox.channels.base import Envelope
from inbox.channels.items import Inbound
from inbox.domain import notifications
from inbox.domain.merging import merge_conversations
from inbox.domain.notifications import drain, store
from inbox.models import Address, Conversation, Message, Notification
from inbox.signals import message_received
from inbox.tests.conftest import ACTOR, CUSTOMER, NUMBER, SID, inbound_fields, make_channel, receive
from tenants.current import current_tenant, enter


@pytest.fixture
def channel(fresh_db, in_norte, sur, monkeypatch):
    monkeypatch.setattr(notifications, "BATCH_SECONDS", 60)  # one batch, however slow the machine is
    yield make_channel()
    with enter("sur"):
        assert not Notification.objects.exists()
        assert not Conversation.objects.exists()


def phone(number):
    return f"+52444{number:07d}"


def keep(channel, *rows):
    """Store what came in: (the call's own id, the message's id, who wrote, the words)."""
    envelopes = []
    for call, sid, sender, body in rows:
        form = inbound_fields(MessageSid=sid, From=f"whatsapp:{sender}", Body=body, WaId=sender.lstrip("+"))
        payload = {"form": form, "key": "", "is_state": False}
        envelopes.append(Envelope(SID, f"whatsapp:{NUMBER}", call, payload))
    store(tenant=current_tenant(), channel_id=channel.pk, envelopes=envelopes, now=timezone.now())


def states():
    return list(Notification.objects.order_by("id").values_list("state", flat=True))


def test_a_copy_amid_others_makes_one_message_and_stops_nobody(channel):
    receive(channel, "uno")
    before = Conversation.objects.get()
    keep(channel, ("a", "SM2", phone(1), "dos"), ("b", "SM1", CUSTOMER, "uno"), ("c", "SM3", CUSTOMER, "tres"))
    drain(now=timezone.now())
    assert states()[-3:] == ["done", "done", "done"]
    assert list(Message.objects.order_by("id").values_list("body", flat=True)) == ["uno", "dos", "tres"]
    after = Conversation.objects.get(pk=before.pk)
    assert (after.seq, after.unread) == (before.seq + 1, before.unread + 1)


def test_a_listener_that_fails_for_one_loses_none(channel):
    told = []

    def listener(message, **_):
        told.append(message.body)
        if message.body == "mal":
            raise RuntimeError("the bot is ill")

    message_received.connect(listener)
    try:
        keep(channel, ("a", "SM1", phone(1), "bien"), ("b", "SM2", phone(2), "mal"), ("c", "SM3", phone(3), "bien"))
        drain(now=timezone.now())
    finally:
        message_received.disconnect(listener)
    assert states() == ["done", "done", "done"]
    assert Message.objects.count() == Conversation.objects.filter(waiting_since__isnull=False).count() == 3
    assert told == ["bien", "mal", "bien", "mal", "bien"]  # tried whole, then one by one


def test_one_that_the_database_refuses_is_put_off_and_the_others_are_read(channel, monkeypatch):
    class Odd:
        def read(self, payload, *, now):
            form = payload["form"]
            kind = "k" * 500 if form["Body"] == "mal" else "text"  # longer than its column
            words = {"external_id": form["MessageSid"], "sender": form["From"], "recipient": form["To"]}
            return [Inbound(**words, body=form["Body"], kind=kind)]

    monkeypatch.setattr(notifications, "door_of", lambda _kind: Odd())
    keep(channel, ("a", "SM1", phone(1), "uno"), ("b", "SM2", phone(2), "mal"), ("c", "SM3", phone(3), "tres"))
    drain(now=timezone.now())
    assert states() == ["done", "pending", "done"]
    put_off = Notification.objects.get(provider_id="b")
    assert put_off.attempts == 1
    assert "DataError" in put_off.error
    assert list(Message.objects.order_by("id").values_list("body", flat=True)) == ["uno", "tres"]
    assert set(Address.objects.values_list("value", flat=True)) == {f"whatsapp:{phone(1)}", f"whatsapp:{phone(3)}"}
    drain(now=timezone.now() + timedelta(seconds=2))
    assert (states(), Message.objects.count()) == (["done", "pending", "done"], 2)


@pytest.mark.parametrize("rows", [1, 25])
def test_each_row_costs_three_statements_and_a_batch_twelve_more(channel, rows):
    people = [(f"a{n}", f"SMa{n}", phone(n), "hola") for n in range(rows)]
    keep(channel, *people)
    drain(now=timezone.now())
    keep(channel, *[(f"b{n}", f"SMb{n}", phone(n), "otra vez") for n in range(rows)])
    with CaptureQueriesContext(connection) as asked:
        drain(now=timezone.now())
    assert Message.objects.filter(body="otra vez").count() == rows
    batches = sum(1 for query in asked if query["sql"] == "BEGIN")
    assert len(asked) <= 3 * rows + 12 * batches


def test_the_senders_of_a_batch_are_who_they_are_alone(channel):
    juan, ana = (Customer.objects.create(code=f"N-{n}", name=name) for n, name in enumerate(("Juan", "Ana")))
    for who, number in ((juan, 1), (ana, 2), (juan, 3), (ana, 3)):
        Contact.objects.create(customer=who, kind="phone", value=phone(number))
    others = "+5214440000002"  # Ana's, as WhatsApp writes it
    first = [(f"a{n}", f"SMa{n}", number, "hola") for n, number in enumerate((phone(1), others, phone(3), phone(9)))]
    keep(channel, *first, ("b", "SMb", phone(9), "otra vez"))
    drain(now=timezone.now())
    keep(channel, *[(f"c{n}", f"SMc{n}", number, "y otra") for n, (_, _, number, _) in enumerate(first)])
    keep(channel, ("d", "SMd", phone(2), "en la otra escritura"))
    drain(now=timezone.now())
    assert Conversation.objects.count() == 4
    assert set(Conversation.objects.values_list("customer__name", flat=True)) == {"Juan", "Ana", None}
    assert Conversation.objects.get(customer=juan).seq == 2
    assert Conversation.objects.get(customer=ana).seq == 3
    assert sorted(Conversation.objects.filter(customer=None).values_list("seq", flat=True)) == [2, 3]


def test_a_merge_while_a_batch_is_read_leads_to_where_it_went(channel, monkeypatch):
    keep(channel, ("a", "SM1", phone(1), "uno"), ("b", "SM2", phone(2), "dos"))
    drain(now=timezone.now())
    kept, gone = Conversation.objects.order_by("id")
    foresee = notifications.foresee

    def merged_meanwhile(senders):
        foresee(senders)
        merge_conversations(kept_id=kept.pk, absorbed_id=gone.pk, actor=ACTOR, now=timezone.now())

    monkeypatch.setattr(notifications, "foresee", merged_meanwhile)
    keep(channel, ("c", "SM3", phone(1), "tres"), ("d", "SM4", phone(2), "cuatro"))
    drain(now=timezone.now())
    assert set(Message.objects.filter(body__in=("tres", "cuatro")).values_list("conversation", flat=True)) == {kept.pk}
    assert states() == ["done"] * 4
