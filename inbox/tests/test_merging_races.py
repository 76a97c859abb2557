"""What is under way while two conversations become one: sends, answers, notices. Nothing of it is lost."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connections, transaction
from django.utils import timezone

from customers.models import Contact, Customer
from inbox.channels.base import ChannelError, Sent
from inbox.channels.items import Action
from inbox.domain.channels import add_channel
from inbox.domain.conversations import add_line, lock_conversation, locked
from inbox.domain.marks import block_conversation
from inbox.domain.merging import merge_conversations
from inbox.domain.notices import Notice, notify_customer, notify_customers, reach_of
from inbox.domain.outbound import outbound_of
from inbox.domain.outcomes import note_error, note_sent
from inbox.domain.sending import queue_message
from inbox.domain.templates import ensure_default_templates
from inbox.models import Conversation, Message
from inbox.tests.conftest import ACTOR, make_channel, make_customer, receive
from inbox.tests.test_merging import ONE, TWO
from tenants.current import entered

INBOUND = {"direction": "in", "status": "received"}


def telegram():
    return add_channel(
        kind="telegram",
        name="Bot",
        address="telegram:900",
        account="900",
        auth_token="900:abcdef",
        actor=ACTOR,
        config={"api_base": "http://127.0.0.1:9"},
    )


def two_places():
    """A person on WhatsApp, and the same one later on Telegram."""
    now, bot = timezone.now(), telegram()
    kept = receive(make_channel(), "hola", sid="SM1", sender=ONE, at=now - timedelta(hours=2)).conversation
    with transaction.atomic():
        other = lock_conversation(channel=bot, address="telegram:501", now=now)
    other.last_inbound_at = other.last_message_at = now
    other.save()
    return kept, other


def merge(kept, other):
    merge_conversations(kept_id=kept.pk, absorbed_id=other.pk, actor=ACTOR, now=timezone.now())


def while_uncommitted(tenant, first, then):
    """Do `first` in a transaction of another thread and hold it open until `then` of a third waits for it."""
    done, failed = threading.Event(), []

    def hold():
        try:
            with entered(tenant), transaction.atomic():
                first()
                done.set()
                second.start()
                # Long enough for the other to come to the lock.
                second.join(0.5)
        finally:
            done.set()
            connections.close_all()

    def follow():
        try:
            with entered(tenant):
                then()
        except Exception as error:  # noqa: BLE001 -- whatever it is, the test tells it
            failed.append(error)
        finally:
            connections.close_all()

    second = threading.Thread(target=follow)
    one = threading.Thread(target=hold)
    one.start()
    one.join()
    second.join()
    assert done.is_set()
    assert not failed, failed


@pytest.mark.parametrize("fails", [False, True])
def test_what_came_of_a_message_is_noted_though_it_moved_meanwhile(fresh_db, norte, fails):
    with entered(norte):
        kept, other = two_places()
        message = queue_message(conversation=kept, body="respuesta", author=ACTOR, now=timezone.now())
        Message.objects.filter(pk=message.pk).update(status="sending", attempted_at=timezone.now())

    def note():
        if fails:
            error = ChannelError("no", permanent=True, code="1", action=Action.OPT_OUT)
            note_error(message_id=message.pk, error=error, looked=False, now=timezone.now())
        else:
            note_sent(message_id=message.pk, sent=Sent(external_id="SM77"), now=timezone.now())

    while_uncommitted(norte, lambda: merge(other, kept), note)
    with entered(norte):
        message.refresh_from_db()
        assert message.conversation_id == other.pk
        assert message.status == ("failed" if fails else "sent")
        assert (Conversation.objects.get(pk=other.pk).opted_out_at is not None) is fails


def test_a_merge_that_meets_what_comes_in_the_other_way_round_is_done_all_the_same(fresh_db, norte):
    with entered(norte):
        kept, other = two_places()
    first, second = sorted([kept.pk, other.pk])
    waits, failed = threading.Event(), []

    def join():
        try:
            with entered(norte):
                waits.set()
                merge(kept, other)
        except Exception as error:  # noqa: BLE001 -- whatever it is, the test tells it
            failed.append(error)
        finally:
            connections.close_all()

    merging = threading.Thread(target=join)
    with entered(norte):
        with transaction.atomic():
            add_line(conversation=locked(second), author=ACTOR, now=timezone.now(), body="b", **INBOUND)
            merging.start()
            waits.wait()
            # The merge holds the first by now and waits for the second: PostgreSQL ends it, who waited longer.
            threading.Event().wait(0.4)
            add_line(conversation=locked(first), author=ACTOR, now=timezone.now(), body="a", **INBOUND)
        merging.join()
        assert not failed, failed
        assert set(Message.objects.filter(conversation=kept).values_list("body", flat=True)) == {"hola", "a", "b"}


def test_notices_to_many_that_meet_what_comes_in_the_other_way_round_go_out_once(fresh_db, norte):
    with entered(norte):
        ensure_default_templates()
        channel, notices, talks = make_channel(), [], []
        for number, phone in enumerate((ONE, TWO)):
            customer = make_customer(phone=phone, code=f"N-{number}")
            talks.append(receive(channel, "hola", sid=f"SM{number}", sender=phone).conversation)
            Conversation.objects.filter(pk=talks[-1].pk).update(customer=customer)
            notices.append(Notice(customer.pk, f"k{number}", {"name": "Ana"}))
    waits, failed = threading.Event(), []

    def tell():
        try:
            with entered(norte):
                waits.set()
                notify_customers(template="service_restored", notices=notices, actor=ACTOR, now=timezone.now())
        except Exception as error:  # noqa: BLE001 -- whatever it is, the test tells it
            failed.append(error)
        finally:
            connections.close_all()

    telling = threading.Thread(target=tell)
    with entered(norte):
        with transaction.atomic():
            add_line(conversation=locked(talks[1].pk), author=ACTOR, now=timezone.now(), body="b", **INBOUND)
            telling.start()
            waits.wait()
            # They hold the first by now and wait for the second: PostgreSQL ends them, who waited longer.
            threading.Event().wait(0.4)
            add_line(conversation=locked(talks[0].pk), author=ACTOR, now=timezone.now(), body="a", **INBOUND)
        telling.join()
        assert not failed, failed
        told = Message.objects.filter(direction="out").values_list("key", "conversation")
        assert set(told) == {("k0", talks[0].pk), ("k1", talks[1].pk)}
        assert Message.objects.filter(body__in="ab").count() == len(told) == 2


def test_an_answer_goes_out_though_the_person_changed_places_meanwhile(fresh_db, norte):
    with entered(norte):
        kept, other = two_places()

    def answer():
        queue_message(conversation=kept, body="respuesta", author=ACTOR, now=timezone.now())

    while_uncommitted(norte, lambda: merge(kept, other), answer)
    with entered(norte):
        assert Message.objects.get(body="respuesta").channel.kind == "telegram"


def test_whose_it_is_survives_a_merge_that_waited_for_the_link(fresh_db, norte):
    with entered(norte):
        kept, other = two_places()
        customer = Customer.objects.create(name="Ana", code="A1")

    def link():
        row = locked(kept.pk)
        row.customer = customer
        row.save(update_fields=["customer"])

    while_uncommitted(norte, link, lambda: merge(kept, other))
    with entered(norte):
        assert Conversation.objects.get(pk=kept.pk).customer_id == customer.pk


def test_what_waits_goes_to_the_address_of_its_own_channel(in_norte):
    kept, other = two_places()
    message = queue_message(conversation=kept, body="respuesta", author=ACTOR, now=timezone.now())
    merge(kept, other)
    message = Message.objects.get(pk=message.pk)
    assert message.conversation.address == "telegram:501"
    assert outbound_of(message).recipient == f"whatsapp:{ONE}"


def test_a_merged_and_blocked_person_gets_no_notice(in_norte):
    ensure_default_templates()
    customer = make_customer(phone=ONE)
    channel = make_channel()
    kept = receive(channel, "hola", sid="SM1", sender=ONE).conversation
    other = receive(channel, "hola", sid="SM2", sender=TWO).conversation
    Conversation.objects.update(customer=customer)
    merge(kept, other)
    block_conversation(conversation_id=kept.pk, actor=ACTOR, now=timezone.now())
    assert reach_of(customer).reason == "opted_out"
    values = {"customer_id": customer.pk, "template": "service_restored", "variables": {"name": "Ana"}}
    assert notify_customer(**values, key="k1", actor=ACTOR, now=timezone.now()) is None
    assert not Message.objects.filter(direction="out").exists()


def test_who_never_wrote_and_is_blocked_gets_no_notice(in_norte):
    customer = make_customer(phone=ONE)
    Contact.objects.update(opted_out=False)
    talk = lock_conversation(channel=make_channel(), address=f"whatsapp:{ONE}", now=timezone.now())
    block_conversation(conversation_id=talk.pk, actor=ACTOR, now=timezone.now())
    assert reach_of(customer).reason == "opted_out"
