"""One number at Meta: sending, files up and down, the approved texts, receipts."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from inbox.channels.base import ChannelError, FarTemplate, FetchedMedia, Outbound, OutboundMedia, Sent
from inbox.channels.cloud_whatsapp.addresses import recipient_fields
from inbox.channels.cloud_whatsapp.config import CloudConfig
from inbox.channels.cloud_whatsapp.graph import Graph, unclear
from inbox.channels.cloud_whatsapp.outgoing import body_of
from inbox.channels.cloud_whatsapp.templates import FIELDS, read_template
from inbox.channels.downloads import download, origin
from inbox.channels.items import Action, Inbound
from inbox.channels.sniff import sniff_type
from inbox.channels.wire import Wire

SIZE_LIMIT = 16 * 1024 * 1024  # bytes
# Where Graph says that files lie.
FILE_HOSTS = ("fbsbx.com", "fbcdn.net", "facebook.com", "whatsapp.net")
TEMPLATES_A_PAGE, MOST_PAGES = "100", 60

# Connections are kept for a moment and belong to nobody: the token goes with each request.
GRAPH = Wire()


class CloudWhatsApp:
    """One phone number of one WhatsApp Business Account (`account`), with its access token (`secret`)."""

    def __init__(self, *, account: str, secret: str, config: Mapping[str, Any], app_secret: str = "") -> None:
        self.config = CloudConfig.read(config)
        self.account = account
        self._graph = Graph(self.config, secret, GRAPH, app_secret)

    def send(self, message: Outbound) -> Sent:
        """Send, and return Meta's id. Raises ChannelError.

        Meta takes no key against doubles and cannot be asked for a message. Ours goes along as
        `biz_opaque_callback_data` and comes back with each delivery state, which settles a lost answer.
        """
        body = body_of(message, self._upload)
        answer = self._graph.post(self._path("messages"), body, sends=True)
        external_id = _id_in(answer)
        if not external_id:
            raise unclear(_("Meta respondió algo que no se entiende."), sends=True, code="no-id")
        return Sent(external_id=external_id)

    def find_sent(self, message: Outbound, *, since: datetime, known: Collection[str]) -> str | None:
        """Meta cannot be asked for a message: always raises ChannelError, permanent and doubtful."""
        raise unclear(_("No se sabe si el mensaje salió: Meta no permite consultarlo."), sends=True, code="no-look-up")

    def list_inbound(self, *, recipient: str, since: datetime) -> list[Inbound]:
        """Nothing: Meta keeps no messages to be asked for. It repeats its webhooks for days instead."""
        return []

    def fetch_media(self, url: str) -> FetchedMedia:
        """Download a file by its id at Meta. Raises ChannelError."""
        if not re.fullmatch(r"\d{1,40}", url):
            raise ChannelError(_("El archivo no está en Meta."), permanent=True, code="foreign-host")
        told = self._graph.get(url, phone_number_id=self.config.phone_number_id)
        data = download(
            str(told.get("url") or ""),
            trusted=self._has_files,
            headers=self._graph.headers,
            limit=SIZE_LIMIT,
        )
        digest = str(told.get("sha256") or "")
        if re.fullmatch(r"[0-9a-f]{64}", digest) and hashlib.sha256(data).hexdigest() != digest:
            text = _("El archivo llegó incompleto.")
            raise ChannelError(text, permanent=False, code="digest", action=Action.RETRY)
        return FetchedMedia(data, sniff_type(data))

    def check(self) -> str:
        """The number's name, when the token may use it and it belongs to the account. Raises ChannelError."""
        number = self._look()
        return f"{number.get('verified_name') or ''} {number.get('display_phone_number') or ''}".strip()

    def prove(self) -> str:
        """As `check`, and that the app secret belongs with the token; returns the number as people write it.

        Meta compares a digest of both. Without it a wrong secret would show only when every webhook is refused.
        Raises ChannelError.
        """
        try:
            number = self._look()
        except ChannelError as error:
            if error.code != "100":
                raise
            text = _("La clave secreta no es la de la aplicación que dio el token de acceso.")
            raise ChannelError(text, permanent=True, code="app-secret") from None
        return str(number.get("display_phone_number") or "")

    def _look(self) -> Mapping[str, Any]:
        fields = "verified_name,display_phone_number"
        number: Mapping[str, Any] = self._graph.get(self.config.phone_number_id, fields=fields)
        if not any(str(row.get("id")) == self.config.phone_number_id for row in self._numbers()):
            text = _("El número no pertenece a esa cuenta de WhatsApp (WABA): revise ambos identificadores.")
            raise ChannelError(text, permanent=True, code="waba")
        return number

    def templates(self) -> list[FarTemplate]:
        """List the account's approved texts, page by page. Raises ChannelError."""
        found: list[FarTemplate] = []
        query = {"fields": FIELDS, "limit": TEMPLATES_A_PAGE}
        for _page in range(MOST_PAGES):
            answer = self._graph.get(f"{self.account}/message_templates", **query)
            found += filter(None, map(read_template, _rows(answer)))
            paging = answer.get("paging")
            after = paging.get("cursors", {}).get("after") if isinstance(paging, Mapping) and "next" in paging else None
            if not after:
                break
            query["after"] = str(after)
        return found

    def react(self, *, recipient: str, external_id: str, emoji: str) -> None:
        """Put a reaction on a message of theirs, or take it away with an empty one. Raises ChannelError."""
        body = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            **recipient_fields(recipient),
            "type": "reaction",
            "reaction": {"message_id": external_id, "emoji": emoji},
        }
        self._graph.post(self._path("messages"), body)

    def mark_read(self, *, recipient: str, external_id: str, typing: bool = False) -> None:
        """Show the person that their message was read, and for 25 seconds that somebody types. Raises ChannelError."""
        body: dict[str, Any] = {"messaging_product": "whatsapp", "status": "read", "message_id": external_id}
        if typing:
            body["typing_indicator"] = {"type": "text"}
        self._graph.post(self._path("messages"), body)

    def subscribe(self) -> None:
        """Ask Meta for this account's webhooks. Raises ChannelError."""
        self._graph.post(f"{self.account}/subscribed_apps", {})

    def _upload(self, media: OutboundMedia) -> str:
        if media.size > SIZE_LIMIT:
            raise ChannelError(_("El archivo pesa más de 16 MB."), permanent=True, code="too-large")
        try:
            data = media.read()
        except OSError:
            raise ChannelError(_("El archivo ya no está guardado."), permanent=True, code="no-file") from None
        kind = media.content_type
        if kind == "audio/ogg":
            kind = "audio/ogg; codecs=opus"  # the only one of this family that WhatsApp plays, and told so
        answer = self._graph.upload(self._path("media"), data=data, filename=media.filename, content_type=kind)
        if not answer.get("id"):
            raise ChannelError(_("Meta no guardó el archivo."), permanent=False, code="no-id", action=Action.RETRY)
        return str(answer["id"])

    def _numbers(self) -> list[Mapping[str, Any]]:
        return _rows(self._graph.get(f"{self.account}/phone_numbers", limit="100"))

    def _path(self, name: str) -> str:
        return f"{self.config.phone_number_id}/{name}"

    def _has_files(self, url: str) -> bool:
        """Whether an address is Graph's own, or of those where it keeps files: the token may go there."""
        if origin(url) == origin(self.config.api_base):
            return True
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        return parts.scheme == "https" and any(host == h or host.endswith(f".{h}") for h in FILE_HOSTS)


def _rows(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    rows = answer.get("data")
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []


def _id_in(answer: Mapping[str, Any]) -> str:
    rows = answer.get("messages")
    first = rows[0] if isinstance(rows, list) and rows else None
    return str(first.get("id") or "") if isinstance(first, Mapping) else ""
