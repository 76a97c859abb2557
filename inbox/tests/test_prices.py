"""What Twilio says a message costs is asked for afterwards and kept."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from inbox.domain import catching_up, sending
from inbox.domain.sending import queue_message
from inbox.models import Channel, Message
from inbox.tests.conftest import ACTOR, CUSTOMER, NUMBER, receive, until
from tenants.current import entered


@pytest.fixture
def sent(channel, twilio):
    """Two messages that were delivered."""
    twilio.world.windows[NUMBER, CUSTOMER] = timezone.now()
    talk = receive(channel).conversation
    rows = [queue_message(conversation=talk, body=text, author=ACTOR, now=timezone.now()) for text in ("uno", "dos")]
    sending.drain(now=timezone.now())
    until(lambda: {m.status for m in twilio.world.messages if not m.inbound} <= {"sent", "delivered", "read"})
    return rows


def prices():
    rows = Message.objects.filter(direction="out").order_by("id")
    return list(rows.values_list("price", "price_currency"))


def look(**later):
    catching_up.drain(now=timezone.now() + timedelta(**later))


def test_what_messages_cost_is_asked_for_and_kept(sent, channel, twilio, sur):
    Message.objects.filter(pk=sent[1].pk).update(price=Decimal("0.02"), price_currency="MXN")  # told before
    look()
    assert prices() == [(Decimal("0.005"), "USD"), (Decimal("0.02"), "MXN")]
    look(hours=1)
    assert Message.objects.get(direction="in").price is None
    assert (channel.config["api_base"], Channel.objects.get().config["api_base"]) == (twilio.url, twilio.url)
    with entered(sur):
        assert not Message.objects.exists()


def test_twilio_away_is_asked_again(sent, channel, twilio):
    Channel.objects.update(config={**channel.config, "api_base": "http://127.0.0.1:9"})
    look()
    assert prices() == [(None, ""), (None, "")]
    Channel.objects.update(config=channel.config)
    look(minutes=10)
    assert prices() == [(Decimal("0.005"), "USD")] * 2


def test_a_message_that_was_reckoned_late_is_met_at_the_next_look(sent, channel, twilio, monkeypatch):
    monkeypatch.setattr("simulators.twilio.rest.PRICED", frozenset())
    look()
    assert prices() == [(None, ""), (None, "")]
    monkeypatch.undo()
    look(hours=1)
    assert prices() == [(None, ""), (None, "")]
    look(hours=7)
    assert prices() == [(Decimal("0.005"), "USD")] * 2
