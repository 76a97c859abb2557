"""Out: there is no far side. A line is sent when it is stored under the visitor's name; their page fetches it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from inbox.addresses import VISITOR
from inbox.channels.base import ChannelError, FarTemplate, FetchedMedia, Outbound, Sent
from inbox.channels.items import Inbound
from inbox.channels.sniff import sniff_type
from tenants.live import publish_live

UPLOAD = "upload:"


def line_id(recipient: str, key: str) -> str:
    """Return the id of a line: it begins with the visitor it was for, and only they may ever read it."""
    return f"{recipient.removeprefix(VISITOR)}:{key}"


class WebChat:
    """One chat of a provider's page."""

    def __init__(self, **_kept: Any) -> None:
        """Nothing opens it: there are no credentials."""

    def send(self, message: Outbound) -> Sent:
        """Say that it is there to be fetched. Never fails."""
        return Sent(external_id=line_id(message.recipient, message.key))

    def find_sent(self, message: Outbound, *, since: datetime, known: Collection[str]) -> str | None:
        """Return the id it has: what is stored is sent."""
        return line_id(message.recipient, message.key)

    def list_inbound(self, *, recipient: str, since: datetime) -> list[Inbound]:
        """Nothing waits anywhere else."""
        return []

    def fetch_media(self, url: str) -> FetchedMedia:
        """Read a file the visitor gave us with the message. Raises ChannelError."""
        try:
            with default_storage.open(url.removeprefix(UPLOAD), "rb") as file:
                data = file.read()
        except OSError:
            raise ChannelError(_("El archivo ya no está."), permanent=True, code="gone") from None
        return FetchedMedia(data=data, content_type=sniff_type(data))

    def check(self) -> str:
        """There is nobody to ask."""
        return ""

    def templates(self) -> list[FarTemplate]:
        """It needs no approved texts."""
        return []

    def react(self, *, recipient: str, external_id: str, emoji: str) -> None:
        """The chat shows no reactions. Raises ChannelError."""
        raise ChannelError(_("El chat de la página no muestra reacciones."), permanent=True, code="no-reactions")

    def mark_read(self, *, recipient: str, external_id: str, typing: bool = False) -> None:
        """Tell the visitor's page that somebody types."""
        if typing:
            publish_live(recipient, typing=True)
