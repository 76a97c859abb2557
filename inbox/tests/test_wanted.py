"""Notices go where a person is reached and to who wants them, up to the moment in which they leave."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Role
from customers.models import Contact
from events.domain import Actor
from events.models import Event
from inbox.channels.items import Blocked
from inbox.domain import sending
from inbox.domain.changes import apply_block
from inbox.domain.channels import add_channel
from inbox.domain.conversations import lock_conversation
from inbox.domain.listing import queue_counts
from inbox.domain.marks import block_conversation
from inbox.domain.merging import merge_conversations
from inbox.domain.notices import Notice, notify_conversation, notify_customer, notify_customers, reach_of
from inbox.domain.outbound import outbound_of
from inbox.domain.sending import queue_message, resend_message
from inbox.domain.templates import approve_notices, ensure_default_templates
from inbox.models import Conversation, Message
from inbox.tests.conftest import ACTOR, CUSTOMER, make_channel, make_customer, receive

AGENT = Actor("user", 1, "Agente")
BOT = Actor.bot()
IDS = {"service_restored": "HX1", "payment_reminder": "HX2"}


@pytest.fixture
def web(in_norte):
    return add_channel(
        kind="web_chat", name="Página", address="web", account="web", auth_token="", actor=ACTOR, config={}
    )


def visitor(web, customer, *, ago=timedelta(0), name="web:abc"):
    at = timezone.now() - ago
    with transaction.atomic():
        talk = lock_conversation(channel=web, address=name, now=at)
    talk.last_inbound_at, talk.customer = at, customer
    talk.save()
    return talk


def notify(customer, key="k1"):
    return notify_customer(
        customer_id=customer.pk,
        template="service_restored",
        variables={"name": "Ana"},
        key=key,
        actor=ACTOR,
        now=timezone.now(),
    )


def test_a_notice_goes_to_the_phone_of_who_wrote_from_the_page(web, channel, twilio):
    ensure_default_templates()
    approve_notices(channel=channel, ids=IDS)
    customer = make_customer()
    chat = visitor(web, customer)
    notice = notify(customer)
    assert (notice.channel, notice.as_template) == (channel, True)
    assert notice.conversation_id != chat.pk
    notify_customers(
        template="service_restored",
        notices=[Notice(customer.pk, "k2", {"name": "Ana"})],
        actor=ACTOR,
        now=timezone.now(),
    )
    assert set(Message.objects.filter(direction="out").values_list("channel__kind", flat=True)) == {"twilio_whatsapp"}


def test_who_is_known_from_the_page_alone_gets_none_and_the_provider_is_told(web, channel):
    ensure_default_templates()
    customer = make_customer()
    Contact.objects.all().delete()
    visitor(web, customer)
    assert notify(customer) is None
    notify_customers(template="service_restored", notices=[Notice(customer.pk, "k2")], actor=ACTOR, now=timezone.now())
    events = Event.objects.filter(type="notice.not_sent")
    assert [event.facts["reason"] for event in events] == ["no_phone", "no_phone"]
    assert not Message.objects.exists()


def test_a_person_of_both_is_told_by_whatsapp_and_answered_in_the_chat(web, channel):
    ensure_default_templates()
    approve_notices(channel=channel, ids=IDS)
    customer = make_customer()
    Contact.objects.all().delete()  # the number is known from the talk alone
    talk = receive(channel).conversation
    Conversation.objects.filter(pk=talk.pk).update(
        customer=customer, last_inbound_at=timezone.now() - timedelta(days=3)
    )
    Message.objects.update(created_at=timezone.now() - timedelta(days=3))
    merge_conversations(kept_id=talk.pk, absorbed_id=visitor(web, customer).pk, actor=ACTOR, now=timezone.now())
    notice = notify(customer)
    assert (notice.channel.kind, notice.as_template, notice.conversation_id) == ("twilio_whatsapp", True, talk.pk)
    assert outbound_of(notice).recipient == f"whatsapp:{CUSTOMER}"
    answer = queue_message(conversation=talk, body="Dígame", author=AGENT, now=timezone.now())
    assert answer.channel.kind == "web_chat"


@pytest.mark.parametrize(("ago", "known", "told"), [(1, True, True), (60, True, False), (60, False, True)])
def test_a_ticket_is_told_in_the_chat_while_its_visitor_is_there(web, ago, known, told):
    ensure_default_templates()
    talk = visitor(web, make_customer() if known else None, ago=timedelta(minutes=ago))
    notice = notify_conversation(
        conversation=talk, template="ticket_opened", variables={}, key="t1", actor=ACTOR, now=timezone.now()
    )
    assert (notice is not None) is told


@pytest.mark.parametrize("how", ["words", "contact", "block"])
def test_a_notice_in_line_does_not_leave_once_it_is_not_wanted(channel, twilio, how):
    ensure_default_templates()
    customer = make_customer()
    talk = receive(channel).conversation
    twilio.world.windows["+524440000001", CUSTOMER] = timezone.now()
    notice = notify(customer)
    answer = queue_message(conversation=talk, body="Listo", author=AGENT, now=timezone.now())
    if how == "words":
        receive(channel, "BAJA", sid="SM2")
    elif how == "contact":
        Contact.objects.update(opted_out=True)
    else:
        block_conversation(conversation_id=talk.pk, actor=ACTOR, now=timezone.now())
    sending.drain(now=timezone.now())
    for row in (notice, answer):
        row.refresh_from_db()
    assert (notice.status, notice.next_try_at) == ("failed", None)
    assert notice.error_text.startswith("No se envió: ")
    assert Event.objects.get(type="notice.failed").facts["reason"] == notice.error_text
    # What a person of the staff wrote is their own decision, and the line goes on.
    assert answer.status == "sent"
    assert [m["body"] for m in twilio.received(CUSTOMER)] == ["Listo"]
    resend_message(message_id=notice.pk, now=timezone.now())
    sending.drain(now=timezone.now())
    notice.refresh_from_db()
    assert notice.status == "failed"
    assert len(twilio.received(CUSTOMER)) == 1


@pytest.mark.parametrize(("blocked", "sent"), [(False, True), (True, False)])
def test_the_bot_answers_who_wants_no_notices_and_not_who_is_blocked(channel, twilio, blocked, sent):
    talk = receive(channel, "BAJA").conversation
    twilio.world.windows["+524440000001", CUSTOMER] = timezone.now()
    message = queue_message(conversation=talk, body="Ya no le avisaremos.", author=BOT, now=timezone.now())
    if blocked:
        block_conversation(conversation_id=talk.pk, actor=ACTOR, now=timezone.now())
    sending.drain(now=timezone.now())
    message.refresh_from_db()
    assert (message.status == "sent") is sent
    assert bool(twilio.received(CUSTOMER)) is sent


def test_what_words_refused_no_unblocking_brings_back(in_norte):
    channel = make_channel()
    talk = receive(channel, "BAJA").conversation
    sender = f"whatsapp:{CUSTOMER}"
    for blocked in (True, False):
        apply_block(channel=channel, item=Blocked(sender=sender, blocked=blocked), now=timezone.now())
        talk.refresh_from_db()
        assert talk.opted_out_at is not None
    assert not Event.objects.filter(type="conversation.opted_in").exists()
    receive(channel, "ALTA", sid="SM2")
    talk.refresh_from_db()
    assert (talk.opted_out_at, talk.opted_out_by) == (None, "")


def test_what_words_refused_stays_refused_through_a_merge(in_norte):
    channel = make_channel()
    kept = receive(channel, "hola").conversation
    apply_block(channel=channel, item=Blocked(sender=f"whatsapp:{CUSTOMER}", blocked=True), now=timezone.now())
    other = receive(channel, "BAJA", sid="SM2", sender="+5214441234568").conversation
    merge_conversations(kept_id=kept.pk, absorbed_id=other.pk, actor=ACTOR, now=timezone.now())
    apply_block(channel=channel, item=Blocked(sender=f"whatsapp:{CUSTOMER}", blocked=False), now=timezone.now())
    assert Conversation.objects.get(pk=kept.pk).opted_out_at is not None


def test_who_refuses_advertisements_gets_notices_about_the_service(in_norte):
    ensure_default_templates()
    channel, customer = make_channel(), make_customer()
    talk = receive(channel).conversation
    item = Blocked(sender=f"whatsapp:{CUSTOMER}", blocked=True, marketing=True)
    apply_block(channel=channel, item=item, now=timezone.now())
    talk.refresh_from_db()
    assert talk.marketing_refused_at is not None
    assert (talk.opted_out_at, reach_of(customer).reason) == (None, "")
    assert notify(customer) is not None
    again = Blocked(sender=f"whatsapp:{CUSTOMER}", blocked=False, marketing=True)
    apply_block(channel=channel, item=again, now=timezone.now())
    talk.refresh_from_db()
    assert talk.marketing_refused_at is None


def test_a_notice_to_who_never_wrote_is_nobodys_work_until_they_answer(channel, twilio):
    ensure_default_templates()
    approve_notices(channel=channel, ids=IDS)
    customer = make_customer()
    user = User.objects.create_user("ve@norte.example", "x", name="Vera", role=Role.OWNER)
    talk = notify(customer).conversation
    assert queue_counts(user) == dict.fromkeys(queue_counts(user), 0)
    receive(channel, "ya pagué", sid="SM1", sender=talk.address.removeprefix("whatsapp:"))
    talk.refresh_from_db()
    assert (talk.status, talk.waiting_since is not None, talk.opened_at is not None) == ("open", True, True)
    assert queue_counts(user)["unassigned"] == 1


def test_a_visitor_without_a_name_is_called_one(web):
    assert str(visitor(web, None, name="web:3f2a9c1d")) == "Visitante 3f2a"
