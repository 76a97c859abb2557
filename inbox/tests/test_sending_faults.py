"""States that come in any order, and senders killed after the far side's yes: no step back, nothing sent twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inbox.domain.notifications import drain
from inbox.domain.sending import drain as send
from inbox.domain.sending import queue_message
from inbox.domain.telegram_polling import bots_to_ask, keep_updates
from inbox.models import Conversation, Message, Notification
from inbox.tests.cloud_whatsapp import payloads
from inbox.tests.cloud_whatsapp.conftest import cloud, make_cloud_channel  # noqa: F401 -- a fixture
from inbox.tests.conftest import ACTOR, CUSTOMER, FORM, NUMBER, SID, make_channel, receive, until
from inbox.tests.telegram_scenes import connect
from inbox.tests.test_ingestion_faults import call, died, nothing_in_sur
from simulators.telegram.server import TelegramSimulator
from simulators.telegram.world import Hook
from tests.harness.fixtures import host_of

SENDER = """
from django.utils import timezone
from inbox.domain.sending import drain
from tenants.current import enter
with enter("norte"):
    drain(now=timezone.now())
"""


# --- States in any order --------------------------------------------------------------------------------------------

STATES = ("queued", "sent", "delivered", "read", "failed")
RANK = {"queued": 0, "sending": 1, "sent": 2, "delivered": 3, "read": 4}


@pytest.mark.django_db
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations([*STATES, "delivered"]), pauses=st.sets(st.integers(0, 4)))
def test_states_in_any_order_and_rhythm_never_take_a_message_back(in_norte, client_norte, order, pauses):
    with transaction.atomic():
        channel, host = make_channel(), host_of(in_norte)
        sent = queue_message(conversation=receive(channel).conversation, body="Va", author=ACTOR, now=timezone.now())
        Message.objects.filter(pk=sent.pk).update(status="sending", attempts=1)
        before = "sending"
        for place, state in enumerate(order):
            numbers = {"From": f"whatsapp:{NUMBER}", "To": f"whatsapp:{CUSTOMER}", "ErrorCode": "63024"}
            fields = {"MessageSid": "SMx", "AccountSid": SID, "MessageStatus": state, **numbers}
            made = call(host, fields, f"/hooks/twilio/?message={sent.uuid}")
            assert (
                client_norte.post(made["path"], made["body"], content_type=FORM, headers=made["headers"]).status_code
                == 204
            )
            if place in pauses:
                continue
            drain(now=timezone.now())
            sent.refresh_from_db()
            if before == "failed" or sent.status == "failed":
                assert before in {"failed", "sending", "sent"}
                assert sent.status == "failed"
            else:
                assert RANK[sent.status] >= RANK[before]
            before = sent.status
        assert not Notification.objects.exclude(state="done").exists()
        first = min(order.index("delivered"), order.index("read"))
        assert sent.status == ("failed" if order.index("failed") < first else "read")
        transaction.set_rollback(True)


# --- A sender is killed between the far side's yes and our commit ----------------------------------------------------


def kill_after_acceptance(message, accepted, children):
    """Run a sender until the far side has the message; it waits for the row, which we hold, and is killed."""
    sender = children(SENDER, settings={"TELEGRAM_API_BASE": django_settings.TELEGRAM_API_BASE})
    until(lambda: Message.objects.get(pk=message.pk).status == "sending", 30)
    with transaction.atomic():
        Message.objects.select_for_update(of=("self",)).get(pk=message.pk)
        until(accepted, 20)
        sender.kill()
        sender.wait()
        assert Message.objects.get(pk=message.pk).status == "sending"
    assert died(sender)


def far_twilio(request):
    twilio = request.getfixturevalue("twilio")
    twilio.world.windows[NUMBER, CUSTOMER] = timezone.now()
    twilio.world.faults.latency_ms = 1500
    talk = receive(make_channel(api_base=twilio.url)).conversation
    return talk, lambda: [m["body"] for m in twilio.received(CUSTOMER)]


def far_cloud(request):
    far = request.getfixturevalue("cloud")
    far.world.faults.latency_ms = 1500
    talk = receive(make_cloud_channel(far.url), sender=f"+{payloads.CUSTOMER}").conversation
    return talk, lambda: [m["body"] for m in far.received(payloads.CUSTOMER)]


def far_telegram(request):
    far = request.getfixturevalue("telegram")
    connect(now=timezone.now())
    far.bot.hook = Hook()
    [bot] = bots_to_ask()
    keep_updates(bot=bot, updates=[far.person(501).writes("hola")])
    drain(now=timezone.now())
    far.fail("slow", seconds=1.5, method="sendMessage")
    return Conversation.objects.get(), lambda: [shown.text for shown in far.shown]


@pytest.fixture
def telegram(settings):
    with TelegramSimulator() as simulator:
        settings.TELEGRAM_API_BASE = simulator.url
        yield simulator


@pytest.mark.usefixtures("fresh_db", "in_norte")
@pytest.mark.parametrize(
    ("far_side", "end"), [(far_twilio, "sent"), (far_cloud, "doubtful"), (far_telegram, "doubtful")]
)
def test_a_sender_killed_after_the_far_sides_yes_never_has_it_sent_twice(request, children, far_side, end):
    talk, received = far_side(request)
    message = queue_message(conversation=talk, body="una vez", author=ACTOR, now=timezone.now())
    kill_after_acceptance(message, received, children)
    for minutes in (2, 4, 40, 600):
        send(now=timezone.now() + timedelta(minutes=minutes))
    message.refresh_from_db()
    assert (message.status, message.next_try_at, message.attempts) == (end, None, 1)
    assert bool(message.error_text) == (end == "doubtful")
    assert received() == ["una vez"]
    following = queue_message(conversation=talk, body="después", author=ACTOR, now=timezone.now())
    send(now=timezone.now())
    following.refresh_from_db()
    assert (following.status, received()) == ("sent", ["una vez", "después"])
    nothing_in_sur()
