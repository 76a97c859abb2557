"""Two conversations become one: lines by time, addresses, whatever points there, and messages that come meanwhile."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from events.models import Event
from inbox.addresses import phone_variants
from inbox.channels.items import Inbound
from inbox.domain.conversations import lock_conversation, locked
from inbox.domain.merging import CannotMerge, merge_conversations, plan_merge
from inbox.domain.receiving import receive_message
from inbox.domain.sending import queue_message
from inbox.models import Address, Conversation, Label, Message
from inbox.tests.conftest import ACTOR, make_channel, make_customer, receive
from tenants.current import enter, entered

ONE, TWO = "+5214441111111", "+5214442222222"


def two_talks(channel):
    now = timezone.now()
    for number in range(6):
        at = now - timedelta(hours=6 - number)
        receive(channel, f"línea {number}", sid=f"SM{number}", sender=(ONE, TWO)[number % 2], at=at)
    kept = Address.objects.get(value=f"whatsapp:{ONE}").conversation
    return kept, Address.objects.get(value=f"whatsapp:{TWO}").conversation


def bodies(conversation):
    rows = Message.objects.filter(conversation=conversation).order_by("seq")
    return [(row.seq, row.body) for row in rows]


def test_lines_are_in_order_of_time_and_addresses_lead_here(in_norte, sur):
    channel = make_channel()
    kept, absorbed = two_talks(channel)
    label = Label.objects.create(name="Falla")
    absorbed.labels.add(label)
    plan = plan_merge(kept_id=kept.pk, absorbed_id=absorbed.pk)
    assert (plan.lines, plan.addresses) == (3, [f"whatsapp:{TWO}"])
    merged = merge_conversations(kept_id=kept.pk, absorbed_id=absorbed.pk, actor=ACTOR, now=timezone.now())
    assert bodies(merged) == [(number + 1, f"línea {number}") for number in range(6)]
    assert (merged.seq, merged.unread, merged.address) == (6, 6, f"whatsapp:{TWO}")
    assert list(merged.labels.all()) == [label]
    gone = Conversation.objects.get(pk=absorbed.pk)
    assert (gone.merged_into_id, gone.status, gone.seq, gone.waiting_since) == (kept.pk, "resolved", 0, None)
    assert locked(absorbed.pk).pk == kept.pk
    later = receive(channel, "otra", sid="SM9", sender=TWO)
    assert (later.conversation_id, later.seq) == (kept.pk, 7)
    queue_message(conversation=gone, body="respuesta", author=ACTOR, now=timezone.now())
    assert Message.objects.get(body="respuesta").conversation_id == kept.pk
    assert Event.objects.get(type="conversation.merged").subject_id == kept.pk
    with enter("sur"):
        assert not Event.objects.filter(type="conversation.merged").exists()


def test_its_address_leads_to_the_one_that_stays(in_norte, client_norte):
    kept, absorbed = two_talks(make_channel())
    merge_conversations(kept_id=kept.pk, absorbed_id=absorbed.pk, actor=ACTOR, now=timezone.now())
    assert client_norte.get(f"/bandeja/{absorbed.pk}/")["Location"] == f"/bandeja/{kept.pk}/"
    assert client_norte.get(f"/bandeja/{kept.pk}/").status_code == 200


def test_what_cannot_be_one_stays_two(in_norte):
    kept, absorbed = two_talks(make_channel())
    with pytest.raises(CannotMerge, match="same"):
        merge_conversations(kept_id=kept.pk, absorbed_id=kept.pk, actor=ACTOR, now=timezone.now())
    Conversation.objects.filter(pk=kept.pk).update(customer=make_customer(code="A-1", phone="+524449990001"))
    Conversation.objects.filter(pk=absorbed.pk).update(customer=make_customer(code="A-2", phone="+524449990002"))
    with pytest.raises(CannotMerge, match="customers"):
        merge_conversations(kept_id=kept.pk, absorbed_id=absorbed.pk, actor=ACTOR, now=timezone.now())
    assert len(bodies(kept)) == len(bodies(absorbed)) == 3


def test_messages_that_come_meanwhile_are_all_there_once(fresh_db, norte):
    with entered(norte):
        channel = make_channel()
        kept, absorbed = two_talks(channel)
    start = threading.Barrier(5)

    def write(sender, first):
        try:
            with entered(norte):
                start.wait()
                for number in range(8):
                    inbound = Inbound(
                        external_id=f"SMx{first + number}",
                        sender=f"whatsapp:{sender}",
                        recipient=channel.address,
                        body=f"nuevo {first + number}",
                    )
                    receive_message(channel=channel, inbound=inbound, now=timezone.now())
        finally:
            connections.close_all()

    def merge():
        try:
            with entered(norte):
                start.wait()
                merge_conversations(kept_id=kept.pk, absorbed_id=absorbed.pk, actor=ACTOR, now=timezone.now())
        finally:
            connections.close_all()

    jobs = [threading.Thread(target=write, args=args) for args in ((ONE, 0), (TWO, 100), (ONE, 200), (TWO, 300))]
    jobs.append(threading.Thread(target=merge))
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    with entered(norte):
        rows = Message.objects.all()
        assert rows.count() == 6 + 32
        assert set(rows.values_list("conversation", flat=True)) == {kept.pk}
        assert sorted(rows.values_list("seq", flat=True)) == list(range(1, 39))
        assert Conversation.objects.get(pk=kept.pk).seq == 38
    connection.close()


MEXICO = st.from_regex(r"\+521?444[0-9]{7}", fullmatch=True)
ARGENTINA = st.from_regex(r"\+549?11[0-9]{8}", fullmatch=True)
BRAZIL = st.from_regex(r"\+5511(9[6-9][0-9]{7}|[6-9][0-9]{7}|[2-5][0-9]{7})", fullmatch=True)
PHONES = st.one_of(MEXICO, ARGENTINA, BRAZIL)


def subscriber(phone):
    """The number without the marks that only some writings carry: what makes two writings one person."""
    if phone.startswith("+52"):
        return "52", phone[-10:]
    if phone.startswith("+54"):
        return "54", phone[-10:]
    local = phone[5:]
    return "55", phone[3:5], local[1:] if len(local) == 9 else local


@pytest.fixture
def place(in_norte):
    """A channel to be written to."""
    return make_channel()


def test_variants_are_one_person_and_never_two(place):
    @settings(max_examples=60, deadline=None)
    @given(st.lists(PHONES, min_size=2, max_size=6, unique=True))
    def check(phones):
        found = {}
        with transaction.atomic():
            for phone in phones:
                row = lock_conversation(channel=place, address=f"whatsapp:{phone}", now=timezone.now())
                found[phone] = row.pk
            transaction.set_rollback(True)  # the next begins with nobody
        for one in phones:
            for two in phones:
                assert (found[one] == found[two]) == (subscriber(one) == subscriber(two)), (one, two)

    check()


@given(PHONES)
def test_variants_lead_to_each_other(phone):
    assert {subscriber(variant) for variant in phone_variants(phone)} == {subscriber(phone)}
    for variant in phone_variants(phone):
        assert set(phone_variants(variant)) >= {phone} or variant == phone
