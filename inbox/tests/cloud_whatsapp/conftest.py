"""A number at Meta, and the simulator that plays Meta."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from inbox.channels.base import Outbound, OutboundMedia
from inbox.channels.cloud_whatsapp.carrier import CloudWhatsApp
from inbox.tests.cloud_whatsapp.payloads import CUSTOMER, PHONE, SECRET, WABA
from simulators.whatsapp_cloud import WhatsAppCloudSimulator

TOKEN = "EAAB-token"
JPEG = b"\xff\xd8\xff\xe0 jpeg"
TEMPLATE = {
    "name": "recordatorio",
    "language": "es_MX",
    "components": [
        {"type": "HEADER", "format": "IMAGE"},
        {"type": "BODY", "text": "Hola {{1}}, su pago de {{2}} vence pronto."},
        {"type": "BUTTONS", "buttons": [{"type": "URL", "text": "Pagar", "url": "https://x/{{1}}"}]},
    ],
}


@pytest.fixture
def cloud() -> Iterator[WhatsAppCloudSimulator]:
    """Meta, with one number whose customer has just written; states follow only when a test says so."""
    with WhatsAppCloudSimulator() as simulator:
        simulator.add_business(
            waba_id=WABA,
            token=TOKEN,
            app_secret=SECRET,
            name="Norte",
            phones=[{"id": PHONE, "display": "+52 1 444 000 0001", "name": "Norte Fibra"}],
            templates=[TEMPLATE],
        )
        simulator.compose(PHONE, CUSTOMER, body="hola")
        yield simulator


@pytest.fixture
def carrier(cloud: WhatsAppCloudSimulator) -> CloudWhatsApp:
    """The number's wire."""
    return make_carrier(cloud.url)


def make_carrier(api_base: str, *, token: str = TOKEN, account: str = WABA, number: str = PHONE) -> CloudWhatsApp:
    """A wire to the simulator."""
    return CloudWhatsApp(account=account, secret=token, config={"api_base": api_base, "phone_number_id": number})


def outbound(**parts: Any) -> Outbound:
    """A message to the customer."""
    return Outbound(**{"key": "key-1", "sender": PHONE, "recipient": f"whatsapp:+{CUSTOMER}", **parts})


def file(content_type: str = "image/jpeg", data: bytes = JPEG, filename: str = "recibo.jpg") -> OutboundMedia:
    """A file of ours."""
    return OutboundMedia(url="", content_type=content_type, filename=filename, size=len(data), read=lambda: data)
