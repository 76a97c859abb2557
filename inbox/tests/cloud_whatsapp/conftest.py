"""Numbers at Meta, and the simulator that plays Meta."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from inbox.channels.base import Outbound, OutboundMedia
from inbox.channels.cloud_whatsapp.carrier import CloudWhatsApp
from inbox.domain.channels import add_channel
from inbox.domain.handshakes import route_verify_token
from inbox.domain.notifications import drain
from inbox.models import Channel
from inbox.tests.cloud_whatsapp.payloads import CUSTOMER, PHONE, SECRET, WABA
from inbox.tests.conftest import ACTOR
from simulators.whatsapp_cloud import WhatsAppCloudSimulator
from simulators.whatsapp_cloud.payloads import Change

TOKEN = "EAAB-token"
WORD = "palabra-de-norte"
SUR = {"waba": "202290129340398", "phone": "206540352242922", "token": "EAAB-sur"}
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
    """Meta, with a number of norte's whose customer has just written, and one of sur's under the same app.

    Its webhooks go nowhere by themselves: a test takes them to the product when it wants.
    """
    with WhatsAppCloudSimulator() as simulator:
        simulator.add_business(
            waba_id=WABA,
            token=TOKEN,
            app_secret=SECRET,
            name="Norte",
            phones=[{"id": PHONE, "display": "+52 1 444 000 0001", "name": "Norte Fibra"}],
            templates=[TEMPLATE],
        )
        simulator.add_business(
            waba_id=SUR["waba"],
            token=SUR["token"],
            app_secret=SECRET,
            phones=[{"id": SUR["phone"], "display": "+54 9 11 0000 0001"}],
        )
        simulator.compose(PHONE, CUSTOMER, body="hola")
        simulator.world.pace.sent_after = simulator.world.pace.delivered_after = None
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


def make_cloud_channel(
    api_base: str, *, account: str = WABA, number: str = PHONE, token: str = TOKEN, word: str = WORD
) -> Channel:
    """Connect a number in the present tenant."""
    channel = add_channel(
        kind="cloud_whatsapp",
        name="Ventas",
        address=number,
        account=account,
        auth_token=token,
        hook_secret=SECRET,
        shown="+52 1 444 000 0001",
        config={"phone_number_id": number, "verify_token": word, "api_base": api_base},
        actor=ACTOR,
    )
    route_verify_token(channel)
    return channel


@pytest.fixture
def number(in_norte: Any, cloud: WhatsAppCloudSimulator) -> Channel:
    """norte's number, on the simulator."""
    return make_cloud_channel(cloud.url)


def knock(client: Any, raw: bytes, signature: str, *, path: str = "/webhook") -> Any:
    """POST a call as Meta does, then let the lane read what was stored in the present tenant."""
    answer = client.post(path, raw, content_type="application/json", headers={"X-Hub-Signature-256": signature})
    drain(now=timezone.now())
    return answer


def tell(client: Any, cloud: WhatsAppCloudSimulator, *changes: Change, waba: str = WABA) -> int:
    """Bring changes of an account to the product; returns the status of the answer."""
    raw, signature = cloud.signed(cloud.world.businesses[waba], *changes)
    status: int = knock(client, raw, signature).status_code
    return status
