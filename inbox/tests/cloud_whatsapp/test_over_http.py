"""Meta and the product talk to each other over real HTTP, with all that goes wrong on the way."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from inbox.domain import notifications, sending
from inbox.domain.sending import queue_message
from inbox.models import Conversation, Message, Notification
from inbox.tests.cloud_whatsapp.conftest import make_cloud_channel
from inbox.tests.cloud_whatsapp.payloads import CUSTOMER, PHONE, WABA
from inbox.tests.conftest import ACTOR, until
from tenants.current import entered
from tests.harness.fixtures import host_of

NEWCOMER = "5215550001111"


@pytest.fixture
def meta(fresh_db, norte, site_port, cloud):
    """Meta calls norte's address at the real site; each webhook comes three times, and states come backwards."""
    cloud.world.businesses[WABA].webhook_url = f"http://{host_of(norte)}:{site_port}/webhook"
    cloud.world.faults.duplicates, cloud.world.faults.statuses_out_of_order = 2, True
    cloud.world.pace.sent_after, cloud.world.pace.delivered_after, cloud.world.pace.read_after = 0.05, 0.1, 0.15
    with entered(norte):
        make_cloud_channel(cloud.url)
        yield cloud


def arrived(cloud, count):
    """Wait until the product answered so many webhooks, all with 200, and let its lane read what it kept."""
    until(lambda: len(cloud.world.deliveries) >= count, seconds=20)
    assert {entry["status"] for entry in cloud.world.deliveries} == {200}
    notifications.drain(now=timezone.now())


def test_a_talk_with_lost_answers_doubles_and_states_that_come_backwards(meta):
    meta.customer_sends(PHONE, NEWCOMER, body="¿Cuánto debo? 🙂")
    arrived(meta, 3)
    assert (Notification.objects.count(), Message.objects.get().body) == (1, "¿Cuánto debo? 🙂")
    meta.world.faults.drop_after_accept_next = 1
    answers = [
        queue_message(conversation=Conversation.objects.get(), body=text, author=ACTOR, now=timezone.now())
        for text in ("Debe $450", "Gracias")
    ]
    sending.drain(now=timezone.now())
    arrived(meta, 3 + 2 * 9)
    sending.drain(now=timezone.now() + timedelta(hours=1))
    for answer in answers:
        answer.refresh_from_db()
        assert (answer.status, answer.error_text) == ("read", "")
    sent = meta.received(NEWCOMER)
    assert [(m["body"], m["opaque"]) for m in sent] == [(a.body, str(a.uuid)) for a in answers]
    assert [a.external_id for a in answers] == [m["id"] for m in sent]


def test_forged_webhooks_are_refused_and_not_repeated(meta):
    meta.world.faults.wrong_signature = True
    meta.customer_sends(PHONE, CUSTOMER, body="mentira")
    until(lambda: len(meta.world.deliveries) >= 3, seconds=20)
    assert {entry["status"] for entry in meta.world.deliveries} == {403}
    assert not Notification.objects.exists()
