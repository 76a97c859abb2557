"""In: what a visitor's page said, kept as a notification by `inbox.domain.web_chat`, read like any other call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from inbox.addresses import VISITOR
from inbox.channels.base import Call, Envelope, Malformed
from inbox.channels.items import Inbound, InboundMedia, Item
from inbox.kinds import ContentKind


class WebChatDoor:
    """Nobody calls it from outside: our own page writes its rows."""

    def route(self, call: Call) -> Sequence[Envelope]:
        """Refuse: visitors come by the chat's own addresses. Raises Malformed."""
        raise Malformed("the chat has no webhook")

    def is_genuine(self, call: Call, *, secrets: Sequence[str]) -> bool:
        """Believe nobody."""
        return False

    def read(self, payload: Mapping[str, Any], *, now: datetime) -> Sequence[Item]:
        """Read one message. Raises ValueError."""
        visitor, own_id = str(payload["visitor"]), str(payload["id"])
        if not visitor or not own_id:
            raise ValueError("a message of nobody")
        choice, file = payload.get("choice"), payload.get("file")
        media = (
            (InboundMedia(url=str(file["url"]), content_type=str(file["type"]), filename=str(file["name"])),)
            if file
            else ()
        )
        kind = ContentKind.CHOICE if choice else _kind_of(str(file["type"])) if file else ContentKind.TEXT
        return [
            Inbound(
                external_id=f"{visitor}:{own_id}",
                sender=VISITOR + visitor,
                recipient=str(payload.get("channel", "")),
                body=str(choice["title"]) if choice else str(payload.get("body", "")),
                sender_name=str(payload.get("name", "")),
                phone=str(payload.get("phone", "")),
                media=media,
                kind=kind,
                content={"id": str(choice["id"]), "title": str(choice["title"])} if choice else {},
                reply_to=str(choice.get("of", "")) if choice else "",
            )
        ]


def _kind_of(content_type: str) -> ContentKind:
    return ContentKind.IMAGE if content_type.startswith("image/") else ContentKind.DOCUMENT
