"""Messages leave once, in order, and whatever happens on the way is told."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from events.domain import Actor
from events.models import Event
from inbox.channels.items import Action, InboundMedia, StatusReport
from inbox.domain import media
from inbox.domain.notices import notify_customer
from inbox.domain.outcomes import apply_status
from inbox.domain.pacing import Pace
from inbox.domain.sending import (
    SENDING,
    NothingToSend,
    TooLong,
    Upload,
    claim_jobs,
    drain,
    outbound_of,
    queue_message,
    resend_message,
)
from inbox.domain.templates import approve_notices, ensure_default_templates
from inbox.models import Attachment, Conversation, Message, Template
from inbox.tests.conftest import ACTOR, CUSTOMER, NUMBER, make_customer, receive
from tenants.current import enter

JPEG = b"\xff\xd8\xff\xe0" + b"0" * 400


def later(**delta):
    return timezone.now() + timedelta(**delta)


@pytest.fixture
def conversation(channel, twilio):
    """Ana wrote, so that free text may be sent."""
    twilio.world.windows[NUMBER, CUSTOMER] = timezone.now()
    return receive(channel).conversation


def say(conversation, body="Buenas", **rest):
    return queue_message(conversation=conversation, body=body, author=ACTOR, now=timezone.now(), **rest)


def test_a_message_is_sent_and_gets_its_id(conversation, twilio, sur):
    message = say(conversation)
    drain(now=timezone.now())
    message.refresh_from_db()
    assert (message.status, message.next_try_at) == ("sent", None)
    assert message.external_id in twilio.world.by_sid
    assert [m["body"] for m in twilio.received(CUSTOMER)] == ["Buenas"]
    with enter("sur"):
        assert not Message.objects.exists()


def test_the_order_of_a_conversation_is_kept(conversation, twilio):
    for number in range(12):
        say(conversation, f"línea {number}")
    drain(now=timezone.now())
    assert [m["body"] for m in twilio.received(CUSTOMER)] == [f"línea {n}" for n in range(12)]


def test_what_follows_waits_for_the_head_of_the_line(conversation, twilio):
    twilio.world.faults.rate_limit_next = 1
    first, second = say(conversation, "uno"), say(conversation, "dos")
    drain(now=timezone.now())
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, second.status) == ("queued", "queued")
    assert not twilio.received(CUSTOMER)
    drain(now=later(minutes=2))
    assert [m["body"] for m in twilio.received(CUSTOMER)] == ["uno", "dos"]


def test_a_key_sends_once(conversation, twilio):
    assert say(conversation, key="k1").pk == say(conversation, "otra cosa", key="k1").pk
    drain(now=timezone.now())
    assert len(twilio.received(CUSTOMER)) == 1


def test_an_answer_lost_after_acceptance_is_found_not_repeated(conversation, twilio):
    twilio.world.faults.drop_after_accept_next = 1
    message = say(conversation, "solo una vez")
    due = drain(now=timezone.now())
    message.refresh_from_db()
    assert message.status == "doubtful"
    assert due is not None
    drain(now=later(seconds=10))
    message.refresh_from_db()
    assert message.status == "sent"
    assert len(twilio.received(CUSTOMER)) == 1


def test_what_is_certainly_not_there_is_sent_again(conversation, twilio):
    twilio.world.faults.fail_next = 1
    message = say(conversation, "dos intentos")
    drain(now=timezone.now())
    message.refresh_from_db()
    assert message.status == "doubtful"  # a 500 says nothing about what was done
    for seconds in (10, 90, 180):
        drain(now=later(seconds=seconds))
    message.refresh_from_db()
    assert message.status == "sent"
    assert len(twilio.received(CUSTOMER)) == 1


def test_an_equal_earlier_message_is_not_taken_for_the_lost_one(conversation, twilio):
    say(conversation, "ok")
    drain(now=timezone.now())
    twilio.world.faults.fail_next = 1
    second = say(conversation, "ok")
    for seconds in (0, 10, 90, 180):
        drain(now=later(seconds=seconds))
    second.refresh_from_db()
    assert second.status == "sent"
    assert len(twilio.received(CUSTOMER)) == 2


def test_a_worker_that_died_while_sending_leaves_a_doubt_not_a_double(conversation, twilio):
    message = say(conversation, "a medias")
    Message.objects.filter(pk=message.pk).update(
        status="sending", attempts=1, attempted_at=timezone.now(), next_try_at=timezone.now() - timedelta(seconds=1)
    )
    twilio.world.faults.latency_ms = 0
    # The dead worker's request had reached the far side.
    message.refresh_from_db()
    outbound = outbound_of(message)
    job = claim_jobs(now=timezone.now(), limit=1, carriers={}, pace=Pace())[0]
    assert job.look
    sid = job.carrier.send(outbound).external_id
    drain(now=later(minutes=2))
    message.refresh_from_db()
    assert (message.status, message.external_id) == ("sent", sid)
    assert len(twilio.received(CUSTOMER)) == 1


def test_a_far_side_that_is_off_is_tried_again(conversation, twilio):
    port = twilio.url
    channel = conversation.channel
    channel.config = {**channel.config, "api_base": "http://127.0.0.1:9"}
    channel.save()
    message = say(conversation)
    drain(now=timezone.now())
    message.refresh_from_db()
    assert (message.status, message.error_code) == ("queued", "connect")  # it certainly never left
    channel.config = {**channel.config, "api_base": port}
    channel.save()
    drain(now=later(minutes=5))
    message.refresh_from_db()
    assert message.status == "sent"


def test_a_tenant_sends_with_one_worker_at_a_time(conversation, twilio, norte):
    say(conversation)

    with psycopg.connect(**connection.get_connection_params()) as theirs:
        theirs.execute("SELECT pg_advisory_lock(%s, %s)", [SENDING, norte.pk])
        assert drain(now=timezone.now()) is not None  # comes back later
        assert not twilio.received(CUSTOMER)
        theirs.execute("SELECT pg_advisory_unlock(%s, %s)", [SENDING, norte.pk])  # a server ends a moment later
    drain(now=timezone.now())
    assert len(twilio.received(CUSTOMER)) == 1


def test_states_never_go_backwards(conversation, channel):
    message = say(conversation)
    drain(now=timezone.now())
    message.refresh_from_db()

    def report(status, **rest):
        found = StatusReport(external_id=message.external_id, status=status, key=str(message.uuid), **rest)
        assert apply_status(channel=channel, report=found, now=timezone.now())
        message.refresh_from_db()
        return message.status

    assert report("read") == "read"
    assert report("delivered") == "read"
    assert report("sent") == "read"
    assert report("failed", error_code="63003") == "read"
    assert message.delivered_at
    assert message.read_at


def test_a_state_may_come_before_the_answer(conversation, channel):
    message = say(conversation)
    Message.objects.filter(pk=message.pk).update(status="sending")
    report = StatusReport(external_id="SMearly", status="delivered", key=str(message.uuid))
    assert apply_status(channel=channel, report=report, now=timezone.now())
    message.refresh_from_db()
    assert (message.status, message.external_id) == ("delivered", "SMearly")


def test_a_state_of_somebody_elses_message_changes_nothing(conversation, channel):
    say(conversation)
    report = StatusReport(external_id="SMother", status="read", key="0" * 32)
    assert not apply_status(channel=channel, report=report, now=timezone.now())
    assert Message.objects.get(direction="out").status == "queued"


def test_outside_the_window_a_notice_goes_as_its_template(conversation, channel, twilio):
    customer = make_customer()
    Conversation.objects.update(customer=customer, last_inbound_at=timezone.now() - timedelta(days=2))
    twilio.world.windows.clear()
    ensure_default_templates()
    approve_notices(channel=channel, ids={"payment_reminder": "HX1"})
    values = {"name": "Ana", "amount": "$450.00", "due_date": "3 de noviembre"}
    message = notify_customer(
        customer_id=customer.pk,
        template="payment_reminder",
        variables=values,
        key="r1",
        actor=ACTOR,
        now=timezone.now(),
    )
    assert message.as_template
    drain(now=timezone.now())
    assert twilio.received(CUSTOMER)[-1]["body"] == "Hola Ana, su pago de $450.00 vence el 3 de noviembre."
    assert twilio.received(CUSTOMER)[-1]["content_sid"] == "HX1"
    assert Event.objects.filter(type="notice.sent", customer_id=customer.pk).count() == 1


def test_a_notice_goes_once_and_as_text_inside_the_window(conversation, channel, twilio):
    customer = make_customer()
    Conversation.objects.update(customer=customer)
    ensure_default_templates()
    for _ in range(2):
        notify_customer(
            customer_id=customer.pk,
            template="service_restored",
            variables={"name": "Ana"},
            key="s1",
            actor=ACTOR,
            now=timezone.now(),
        )
    drain(now=timezone.now())
    sent = twilio.received(CUSTOMER)
    assert len(sent) == 1
    assert sent[0]["content_sid"] == ""


def test_63016_after_the_fact_turns_free_text_into_the_template(conversation, channel):
    customer = make_customer()
    Conversation.objects.update(customer=customer)
    ensure_default_templates()
    approve_notices(channel=channel, ids={"service_restored": "HX1"})
    message = notify_customer(
        customer_id=customer.pk, template="service_restored", variables={}, key="s2", actor=ACTOR, now=timezone.now()
    )
    drain(now=timezone.now())
    message.refresh_from_db()
    assert not message.as_template
    old = message.external_id
    report = StatusReport(
        external_id=old, status="failed", key=str(message.uuid), error_code="63016", action=Action.TEMPLATE
    )
    for _ in range(2):  # the second copy of the callback must not queue it again
        apply_status(channel=channel, report=report, now=timezone.now())
    message.refresh_from_db()
    assert (message.status, message.as_template, message.attempts) == ("queued", True, 1)


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        (lambda _: None, "no_approved_template"),
        (lambda c: c.contacts.update(opted_out=True), "opted_out"),
        (lambda c: c.contacts.all().delete(), "no_phone"),
        (lambda _: Template.objects.all().delete(), "no_template"),
    ],
)
def test_a_notice_that_cannot_go_says_why(channel, prepare, reason):
    customer = make_customer()
    ensure_default_templates()
    prepare(customer)
    message = notify_customer(
        customer_id=customer.pk, template="service_cut", variables={}, key="c1", actor=ACTOR, now=timezone.now()
    )
    assert message is None
    event = Event.objects.get(type="notice.not_sent")
    assert (event.facts["reason"], event.customer_id) == (reason, customer.pk)
    assert not Message.objects.filter(direction="out").exists()


@pytest.mark.parametrize(
    ("phone", "code", "words"),
    [("+15005550004", "21610", "no recibir"), ("+15005550001", "21211", "no es válido")],
)
def test_refusals_are_told_in_words(channel, phone, code, words):
    customer = make_customer(phone=phone)
    conversation = receive(channel, sender=phone).conversation
    message = say(conversation)
    drain(now=timezone.now())
    message.refresh_from_db()
    assert (message.status, message.error_code) == ("failed", code)
    assert words in message.error_text
    assert customer.contacts.get().opted_out == (code == "21610")


def test_a_failed_message_does_not_hold_up_the_line_and_can_be_sent_again(conversation, twilio):
    first, second = say(conversation, "uno"), say(conversation, "dos")
    Message.objects.filter(pk=first.pk).update(status="failed", next_try_at=None)
    drain(now=timezone.now())
    assert [m["body"] for m in twilio.received(CUSTOMER)] == ["dos"]
    resend_message(message_id=first.pk, now=timezone.now())
    resend_message(message_id=second.pk, now=timezone.now())  # was sent: stays
    drain(now=timezone.now())
    assert [m["body"] for m in twilio.received(CUSTOMER)] == ["dos", "uno"]


@pytest.mark.parametrize(("body", "error"), [("  ", NothingToSend), ("x" * 1601, TooLong)])
def test_what_cannot_be_sent_is_refused(conversation, body, error):
    with pytest.raises(error):
        say(conversation, body)
    assert Message.objects.filter(direction="out").count() == 0


def test_a_persons_reply_pauses_the_bot_and_ends_the_waiting(conversation, norte):
    assert conversation.bot_active
    queue_message(conversation=conversation, body="Hola", author=Actor("user", 1, "Eva"), now=timezone.now())
    conversation.refresh_from_db()
    assert (conversation.bot_active, conversation.status, conversation.unread) == (False, "open", 0)
    assert conversation.waiting_since is None


def inbound_photo(channel, twilio, data=JPEG):
    stored = twilio.customer_writes(number=NUMBER, customer=CUSTOMER, photo=data)
    url = f"{twilio.url}/2010-04-01/Accounts/{stored.account_sid}/Messages/{stored.sid}/Media/{stored.media[0].sid}"
    return receive(channel, "", sid=stored.sid, media=(InboundMedia(url=url, content_type="image/jpeg"),))


@pytest.mark.parametrize("redirect", [False, True])
def test_a_photo_is_fetched_typed_and_stored_under_the_tenant(channel, twilio, norte, settings, redirect):
    twilio.world.faults.redirect_media = redirect
    message = inbound_photo(channel, twilio)
    media.drain(now=timezone.now())
    attachment = Attachment.objects.get(message=message)
    assert (attachment.content_type, attachment.size, attachment.error) == ("image/jpeg", len(JPEG), "")
    assert str(norte.uuid) in attachment.file.path
    with attachment.file.open("rb") as file:
        assert file.read() == JPEG


def test_what_calls_itself_a_picture_is_typed_by_its_bytes(channel, twilio):
    inbound_photo(channel, twilio, data=b"<script>alert(1)</script>")
    media.drain(now=timezone.now())
    attachment = Attachment.objects.get()
    assert (attachment.kind, attachment.content_type) == ("document", "application/octet-stream")


def test_a_download_that_fails_is_tried_again_and_then_told(channel, twilio):
    inbound_photo(channel, twilio)
    twilio.world.faults.fail_media_next = 1
    media.drain(now=timezone.now())
    assert Attachment.objects.get().error
    media.drain(now=later(minutes=1))
    assert Attachment.objects.get().fetched_at


def test_credentials_go_to_nobody_else(channel, twilio):
    elsewhere = (InboundMedia(url="http://127.0.0.1:1/steal", content_type="image/jpeg"),)
    receive(channel, "", media=elsewhere)
    media.drain(now=timezone.now())
    attachment = Attachment.objects.get()
    assert attachment.error
    assert attachment.next_try_at is None


def test_media_links_are_the_tenants_own(channel, conversation, client_norte, client_sur):
    message = say(conversation, files=[Upload(JPEG)])
    link = media.media_link(message.attachments.get(), "")
    assert b"".join(client_norte.get(link).streaming_content) == JPEG
    assert client_sur.get(link).status_code == 404
    assert client_norte.get(link.replace("media/", "media/x")).status_code == 404
