"""A provider with its bot on, a customer who writes, and what the bot said."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from chatbot.domain.bots import change_bot
from chatbot.domain.turns import drain
from chatbot.models import Bot, Turn
from customers.models import Customer, Plan, Service
from events.domain import Actor
from inbox.channels.items import InboundMedia
from inbox.domain.media import store_bytes
from inbox.models import Attachment, Channel, Conversation, Message
from inbox.tests.conftest import make_channel, make_customer, receive

STAFF = Actor("user", 1, "Ana")
JPEG = b"\xff\xd8\xff" + b"una foto" * 40
_sids = itertools.count(1)


def turn_on(**changes: Any) -> Bot:
    """Turn the current tenant's bot on, answering at once and known numbers without asking, unless told otherwise."""
    settings: dict[str, Any] = {"enabled": True, "pause_seconds": 0, "identity": "phone", **changes}
    return change_bot(actor=STAFF, now=timezone.now(), **settings)


def add_service(customer: Customer, **fields: Any) -> Service:
    """Give a customer a line of 100 Mbps at 600.00 a month."""
    plan, _ = Plan.objects.get_or_create(
        name="Hogar 100", defaults={"price": "600.00", "download_kbps": 100_000, "upload_kbps": 20_000}
    )
    return Service.objects.create(customer=customer, plan=plan, code=f"S-{customer.code}", **fields)


class Chat:
    """One phone writing to one number."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel

    def writes(self, body: str = "", *, files: tuple[str, ...] = (), **rest: Any) -> Message:
        """The customer writes; `files` are claimed types, still to be fetched."""
        media = tuple(InboundMedia(url=f"http://127.0.0.1:9/{n}", content_type=kind) for n, kind in enumerate(files))
        return receive(self.channel, body, sid=f"SM{next(_sids)}", media=media, **rest)

    def sends(self, data: bytes = JPEG, body: str = "", kind: str = "image/jpeg") -> Message:
        """The customer sends a file, which has been fetched."""
        message = self.writes(body, files=(kind,))
        fetched(message, data, kind)
        return message

    def said(self) -> list[str]:
        """What the bot said, oldest first."""
        rows = Message.objects.filter(direction="out", author_kind="bot").order_by("pk")
        return list(rows.values_list("body", flat=True))

    def asks(self, body: str) -> str:
        """The customer writes, the bot answers; return the answer, or nothing when it said nothing."""
        before = len(self.said())
        self.writes(body)
        answer()
        return "\n".join(self.said()[before:])

    @property
    def conversation(self) -> Conversation:
        """The conversation as it is now."""
        return Conversation.objects.get()

    @property
    def turn(self) -> Turn:
        """The last turn as it is now."""
        return Turn.objects.order_by("-pk")[0]


def fetched(message: Message, data: bytes, kind: str) -> None:
    """A file arrived."""
    for attachment in Attachment.objects.filter(message=message):
        store_bytes(attachment=attachment, data=data, content_type=kind, now=timezone.now())


def answer(after: float = 0.5) -> datetime | None:
    """Let the bot work, so many seconds from now."""
    return drain(now=timezone.now() + timedelta(seconds=after))


@pytest.fixture
def customer(in_norte: Any) -> Customer:
    """Ana, whose phone is the one that writes."""
    return make_customer()


@pytest.fixture
def chat(customer: Customer) -> Chat:
    """Ana's chat with norte, whose bot is on."""
    turn_on()
    return Chat(make_channel())


@pytest.fixture
def stranger(in_norte: Any) -> Chat:
    """Somebody nobody knows."""
    turn_on()
    return Chat(make_channel())
