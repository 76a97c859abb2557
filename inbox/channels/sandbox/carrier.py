"""Out: nobody is reached. What comes of a message is what the switches of the phone say."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from inbox.channels.base import ChannelError, FarTemplate, FetchedMedia, Outbound, Sent
from inbox.channels.items import Action, Inbound
from inbox.channels.sniff import sniff_type
from inbox.channels.twilio_whatsapp.errors import explain

# Addresses are «sandbox:…» and never a WhatsApp one: what is tried here touches nobody's real number.
PREFIX = "sandbox:"
OUTCOMES = ("sent", "delivered", "read", "failed", "blocked")


class Sandbox:
    """The phone. ``config``: `outcome`, what becomes of messages, and `code`, the error of those that fail."""

    def __init__(self, *, config: Mapping[str, Any], **_kept: Any) -> None:
        self.outcome = str(config.get("outcome") or "read")
        self.code = str(config.get("code") or "30008")

    def send(self, message: Outbound) -> Sent:
        """Do as the switches say. Raises ChannelError."""
        if self.outcome == "blocked":
            text = _("La persona bloqueó el número.")
            raise ChannelError(text, permanent=True, code="63014", action=Action.OPT_OUT)
        if self.outcome == "failed":
            text, action = explain(self.code)
            raise ChannelError(text, permanent=action is not Action.RETRY, code=self.code, action=action)
        return Sent(external_id=PREFIX + message.key, status=self.outcome if self.outcome in OUTCOMES else "sent")

    def find_sent(self, message: Outbound, *, since: datetime, known: Collection[str]) -> str | None:
        """Return nothing: what has no answer was never sent."""

    def list_inbound(self, *, recipient: str, since: datetime) -> list[Inbound]:
        """Nothing waits anywhere else."""
        return []

    def fetch_media(self, url: str) -> FetchedMedia:
        """Read a file that was given on the phone. Raises ChannelError."""
        try:
            with default_storage.open(url, "rb") as file:
                data = file.read()
        except OSError:
            raise ChannelError(_("El archivo ya no está."), permanent=True, code="gone") from None
        return FetchedMedia(data=data, content_type=sniff_type(data))

    def check(self) -> str:
        """There is nobody to ask."""
        return ""

    def templates(self) -> list[FarTemplate]:
        """Nobody approves texts here."""
        return []

    def react(self, *, recipient: str, external_id: str, emoji: str) -> None:
        """The reaction is on the line; the phone shows it from there."""

    def mark_read(self, *, recipient: str, external_id: str, typing: bool = False) -> None:
        """The phone shows no such mark."""
