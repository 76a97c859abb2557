"""A Telegram of our own with a bot of norte's, and updates as the Bot API documents them."""

from __future__ import annotations

from typing import Any

from events.domain import Actor
from inbox.domain.telegram_channels import connect_telegram
from inbox.models import Channel

ACTOR = Actor.system("Pruebas")
TOKEN = "123456:simulado"
ANA = {"id": 501, "is_bot": False, "first_name": "Ana", "last_name": "Muñoz", "username": "ana", "language_code": "es"}
CHAT = {"id": 501, "first_name": "Ana", "last_name": "Muñoz", "username": "ana", "type": "private"}
GROUP = {"id": -100123, "title": "Vecinos", "type": "supergroup"}
JPEG = b"\xff\xd8\xff\xe0" + b"1" * 200


def update(number: int = 1, **content: Any) -> dict[str, Any]:
    """An update with a message of Ana's."""
    message = {"message_id": 7, "from": ANA, "chat": CHAT, "date": 1790000000, **content}
    return {"update_id": number, "message": message}


def connect(*, now: Any, token: str = TOKEN, name: str = "Telegram") -> Channel:
    """Connect a bot in the current tenant."""
    return connect_telegram(channel=None, name=name, token=token, actor=ACTOR, now=now).channel
