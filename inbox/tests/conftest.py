"""A Twilio account for norte, and the simulator that plays it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.utils import timezone
from twilio.request_validator import RequestValidator

from customers.models import Contact, Customer
from events.domain import Actor
from inbox.channels.items import Inbound
from inbox.domain.channels import add_channel
from inbox.domain.notifications import drain
from inbox.domain.receiving import receive_message
from inbox.models import Channel, Message
from simulators.twilio import TwilioSimulator

SID, TOKEN, NUMBER, CUSTOMER = "AC" + "1" * 32, "clave-norte", "+524440000001", "+5214441234567"
ACTOR = Actor.system("Pruebas")
FORM = "application/x-www-form-urlencoded"


def make_channel(*, api_base: str = "http://127.0.0.1:9", public_base: str = "") -> Channel:
    """Connect norte's number in the current tenant."""
    return add_channel(
        kind="twilio_whatsapp",
        name="WhatsApp",
        address=f"whatsapp:{NUMBER}",
        account=SID,
        auth_token=TOKEN,
        actor=ACTOR,
        config={"api_base": api_base, "public_base": public_base},
    )


def make_customer(*, phone: str = "+524441234567", name: str = "Ana Muñoz", code: str = "N-1") -> Customer:
    """A customer reached at a phone."""
    customer = Customer.objects.create(name=name, code=code)
    Contact.objects.create(customer=customer, kind="whatsapp", value=phone, is_primary=True)
    return customer


def receive(channel: Channel, body: str = "hola", *, sid: str = "SM1", sender: str = CUSTOMER, **rest: Any) -> Message:
    """A message came in."""
    inbound = Inbound(external_id=sid, sender=f"whatsapp:{sender}", recipient=channel.address, body=body, **rest)
    return receive_message(channel=channel, inbound=inbound, now=timezone.now())


def webhook(
    client: Any, path: str = "/hooks/twilio/", *, token: str = TOKEN, host: str = "", signed: bool = True, **fields: str
) -> Any:
    """POST a webhook signed as Twilio signs it, then let the lane read what was stored in the present tenant."""
    host = host or client.defaults["HTTP_HOST"]
    signature = RequestValidator(token).compute_signature(f"http://{host}{path}", fields)
    headers = {"Host": host} | ({"X-Twilio-Signature": signature} if signed else {})
    answer = client.post(path, urlencode(fields), content_type=FORM, headers=headers)
    drain(now=timezone.now())
    return answer


def inbound_fields(**changes: str) -> dict[str, str]:
    """The form of an inbound message."""
    fields = {
        "MessageSid": "SM1",
        "AccountSid": SID,
        "From": f"whatsapp:{CUSTOMER}",
        "To": f"whatsapp:{NUMBER}",
        "Body": "¿Cuánto debo?",
        "NumMedia": "0",
        "ProfileName": "Ana",
    }
    return {**fields, **changes}


def until(check: Callable[[], Any], seconds: float = 8.0) -> Any:
    """Wait for something to become true and return it."""
    deadline = time.monotonic() + seconds
    while not (found := check()):
        if time.monotonic() > deadline:
            pytest.fail("it did not happen in time")
        time.sleep(0.03)
    return found


@pytest.fixture
def twilio() -> Iterator[TwilioSimulator]:
    """Twilio, with norte's account; states follow quickly. Its callbacks go nowhere unless a test runs the site."""
    with TwilioSimulator() as simulator:
        simulator.add_account(
            sid=SID,
            token=TOKEN,
            numbers=[NUMBER],
            contents=[{"sid": "HX1", "body": "Hola {{1}}, su pago de {{2}} vence el {{3}}."}],
        )
        simulator.world.pace.sent_after, simulator.world.pace.delivered_after = 0.02, 0.06
        yield simulator


@pytest.fixture
def channel(in_norte: Any, twilio: TwilioSimulator) -> Channel:
    """norte's channel, on the simulator."""
    return make_channel(api_base=twilio.url)
