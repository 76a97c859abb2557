"""The whole line with real commits and several workers: from a customer's phone to the receipt and the thanks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from billing.models import Receipt
from chatbot.domain import turns
from chatbot.models import Turn
from chatbot.tests.conftest import JPEG, turn_on
from customers.models import Customer
from events.models import Event
from inbox.channels.items import InboundMedia
from inbox.domain import media, sending
from inbox.models import Message
from inbox.tests.conftest import CUSTOMER, NUMBER, SID, TOKEN, make_channel, make_customer, receive
from simulators.twilio import TwilioSimulator
from tenants.current import enter


def together(*jobs: Callable[[], object]) -> None:
    """Run jobs in threads of their own, inside norte; raise what any of them raised."""
    failed: list[BaseException] = []

    def run(job: Callable[[], object]) -> None:
        try:
            with enter("norte"):
                job()
        except Exception as error:  # noqa: BLE001 -- handed to the test
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert failed == []


@pytest.mark.django_db
def test_a_photo_goes_all_the_way_over_the_wire(in_norte, sur):
    with TwilioSimulator() as twilio:
        twilio.add_account(sid=SID, token=TOKEN, name="Norte", numbers=[NUMBER], webhook_url="")
        turn_on()
        channel, customer = make_channel(api_base=twilio.url), make_customer()
        stored = twilio.customer_writes(number=NUMBER, customer=CUSTOMER, body="ya pagué", photo=JPEG)
        url = f"{twilio.url}/2010-04-01/Accounts/{SID}/Messages/{stored.sid}/Media/{stored.media[0].sid}"
        receive(channel, "ya pagué", sid=stored.sid, media=(InboundMedia(url=url, content_type="image/jpeg"),))
        later = timezone.now() + timedelta(seconds=1)
        turns.drain(now=later)  # the file is not here yet: nothing is said
        media.drain(now=later)
        turns.drain(now=later + timedelta(seconds=5))
        sending.drain(now=later + timedelta(seconds=30))
        [told] = twilio.received(CUSTOMER)
    assert told["body"].startswith("Recibimos su comprobante")
    receipt = Receipt.objects.get()
    assert (receipt.customer, receipt.status) == (customer, "waiting")
    assert list(Event.objects.filter(customer_id=customer.pk).values_list("type", flat=True)) == ["receipt.filed"]
    with enter("sur"):
        assert not Receipt.objects.exists()
        assert not Message.objects.exists()


def phones(count: int) -> list[str]:
    return [f"+52155500000{number:02d}" for number in range(count)]


def test_workers_that_race_answer_each_customer_once(fresh_db, norte):
    with enter("norte"):
        turn_on()
        channel = make_channel()
        for number, phone in enumerate(phones(8)):
            make_customer(phone=phone.replace("+521", "+52"), name=f"Cliente {number}", code=f"R-{number}")
            receive(channel, "cuanto debo", sid=f"SM{number}", sender=phone)
    now = timezone.now() + timedelta(seconds=1)
    together(*[lambda: turns.drain(now=now)] * 4)
    with enter("norte"):
        said = Message.objects.filter(direction="out")
        assert said.count() == said.values("conversation").distinct().count() == 8
        assert set(Turn.objects.values_list("state", flat=True)) == {"done"}


def test_who_writes_while_the_bot_answers_blocks_nobody(fresh_db, norte):
    """Receiving locks the conversation and then its turns; answering must never hold them the other way round."""
    with enter("norte"):
        turn_on(pause_seconds=0)
        channel = make_channel()
        customer = make_customer()

    def write(part: int) -> None:
        for number in range(12):
            receive(channel, "gracias" if number % 2 else "cuanto debo", sid=f"SM{part}-{number}")

    def work() -> None:
        for _ in range(25):
            turns.drain(now=timezone.now() + timedelta(seconds=1))

    together(lambda: write(1), lambda: write(2), work, work)
    with enter("norte"):
        turns.drain(now=timezone.now() + timedelta(seconds=120))
        assert not Turn.objects.pending().exists()
        assert Turn.objects.count() == 24
        assert not Turn.objects.filter(state="failed").exists()
        keys = [key for row in Turn.objects.values_list("replies", flat=True) for key in row]
        assert sorted(keys) == sorted(Message.objects.filter(direction="out").values_list("key", flat=True))
        assert Customer.objects.get() == customer
