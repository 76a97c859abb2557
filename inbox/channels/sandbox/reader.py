"""In: what was written on the phone, kept as a notification by `inbox.domain.sandbox`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from inbox.channels.base import Call, Envelope, Malformed
from inbox.channels.items import Inbound, InboundMedia, Item
from inbox.kinds import ContentKind


class SandboxDoor:
    """Nobody calls it from outside: the phone's page writes its rows."""

    def route(self, call: Call) -> Sequence[Envelope]:
        """Refuse. Raises Malformed."""
        raise Malformed("the phone has no webhook")

    def is_genuine(self, call: Call, *, secrets: Sequence[str]) -> bool:
        """Believe nobody."""
        return False

    def read(self, payload: Mapping[str, Any], *, now: datetime) -> Sequence[Item]:
        """Read one message. Raises KeyError."""
        choice, file = payload.get("choice"), payload.get("file")
        media: tuple[InboundMedia, ...] = ()
        kind = ContentKind.CHOICE if choice else ContentKind.TEXT
        if file:
            media = (InboundMedia(url=str(file["url"]), content_type=str(file["type"]), filename=str(file["name"])),)
            kind = ContentKind.IMAGE if str(file["type"]).startswith("image/") else ContentKind.DOCUMENT
        return [
            Inbound(
                external_id=str(payload["id"]),
                sender=str(payload["from"]),
                recipient="",
                body=str(payload.get("body", "")),
                sender_name=str(payload.get("name", "")),
                media=media,
                kind=kind,
                content={"id": str(choice["id"]), "title": str(choice["title"])} if choice else {},
                reply_to=str(choice["of"]) if choice else "",
            )
        ]
