"""A customer who owes, writes to a bot with a simulated model, and is answered."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from typing import Any

from django.conf import settings
from django.utils import timezone

from benchmarks.webhook_scene import NUMBER, connect
from chatbot.domain.bots import change_bot
from chatbot.domain.turns import drain
from chatbot.models import Acquaintance, Turn
from customers.models import Contact, Customer, Plan, Service
from events.domain import Actor
from inbox.channels.items import Inbound
from inbox.domain.receiving import receive_message
from inbox.models import Channel
from simulators.openai.server import KEY, ModelSimulator
from tenants.current import enter

PHONE = "+5214441234567"
_numbers = count(1)


@contextmanager
def model_at_work() -> Iterator[ModelSimulator]:
    """Give norte a bot with a model and a customer with a line of 100 Mbps."""
    with ModelSimulator() as model, enter("norte"):
        settings.ALLOW_LOCAL_MODELS = True
        connect()
        changes: dict[str, Any] = {
            "enabled": True,
            "pause_seconds": 0,
            "identity": "phone",  # measured is the answer, not the question before it
            "turns_an_hour": 0,
            "engine": "openai",
            "base_url": model.url,
            "model": "chico",
        }
        change_bot(actor=Actor.system("Medición"), now=timezone.now(), api_key=KEY, **changes)
        customer = Customer.objects.create(name="Ana Muñoz", code="M-1")
        Contact.objects.create(customer=customer, kind="whatsapp", value=PHONE, is_primary=True)
        plan = Plan.objects.create(name="Hogar 100", price="600.00", download_kbps=100_000, upload_kbps=20_000)
        Service.objects.create(customer=customer, plan=plan, code="M-1")
        yield model


def ask(text: str) -> Turn:
    """Let the customer write and the bot answer; return the turn. Raises RuntimeError when no model answered."""
    now = timezone.now()
    channel = Channel.objects.get(address=NUMBER)
    inbound = Inbound(external_id=f"SM{next(_numbers):032d}", sender=f"whatsapp:{PHONE}", recipient=NUMBER, body=text)
    message = receive_message(channel=channel, inbound=inbound, now=now)
    talk = message.conversation
    known = {"address": talk.address, "customer": talk.customer, "proved_at": now}
    Acquaintance.objects.get_or_create(conversation=talk, defaults=known)
    drain(now=now + timedelta(seconds=1))
    turn = Turn.objects.get(message=message)
    if turn.engine != "openai":
        raise RuntimeError(turn.reason)
    return turn
