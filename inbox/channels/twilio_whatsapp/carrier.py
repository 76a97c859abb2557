"""The wire: sending with the SDK, looking a message up, fetching media."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import requests
from django.utils.translation import gettext as _
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from twilio.rest.api.v2010.account.message import MessageInstance

from inbox.channels.base import ChannelError, FarTemplate, FetchedMedia, Outbound, Sent
from inbox.channels.items import Action, Inbound, InboundMedia, Price
from inbox.channels.twilio_whatsapp.config import API, TwilioConfig
from inbox.channels.twilio_whatsapp.contents import read_content
from inbox.channels.twilio_whatsapp.errors import explain
from inbox.channels.twilio_whatsapp.media import fetch

TIMEOUT = 15.0  # seconds for one REST call
CLOCK_SKEW = timedelta(minutes=2)  # how far Twilio's clock may be from ours when we look a message up
PRICED = 20_000  # messages of one look at their prices
CATCH_UP = 500  # inbound messages read at once when some may have been missed
CONTENTS = 6000  # texts one account may have
CONTENT_API = "https://content.twilio.com"
LOOK_BACK = 50  # messages to one recipient that are read when looking one up


# The SDK tells every header of every request; what matters is told by whoever calls.
quiet = logging.getLogger("inbox.twilio_whatsapp.wire")
quiet.setLevel(logging.WARNING)


class AddressedHttpClient(TwilioHttpClient):
    """The SDK's client, sent to the configured address instead of api.twilio.com."""

    def __init__(self, api_base: str) -> None:
        super().__init__(timeout=TIMEOUT, logger=quiet)
        self.api_base = api_base

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        """As the SDK's, with the address changed. Raises requests.RequestException."""
        for place in (API, CONTENT_API):
            if self.api_base != API and url.startswith(place):
                url = self.api_base + url.removeprefix(place)
        return super().request(method, url, *args, **kwargs)


class TwilioWhatsApp:
    """One Twilio account's WhatsApp."""

    def __init__(self, *, account: str, secret: str, config: Mapping[str, Any]) -> None:
        self.config = TwilioConfig.read(config)
        self._credentials = (account, secret)
        self._client = Client(account, secret, http_client=AddressedHttpClient(self.config.api_base))

    def send(self, message: Outbound) -> Sent:
        """Send, and return the MessageSid. Raises ChannelError."""
        fields: dict[str, Any] = {"to": message.recipient, "from_": message.sender}
        if message.status_callback:
            fields["status_callback"] = message.status_callback
        if message.template is not None:
            fields["content_sid"] = message.template.external_id
            fields["content_variables"] = json.dumps(dict(message.template.values))
        else:
            fields["body"] = message.body
            if message.media:
                fields["media_url"] = [media.url for media in message.media]
        try:
            return Sent(external_id=str(self._client.messages.create(**fields).sid))
        except (TwilioException, requests.RequestException, ValueError) as error:
            raise as_channel_error(error) from None

    def find_sent(self, message: Outbound, *, since: datetime, known: Collection[str]) -> str | None:
        """Look for a message whose answer was lost, by recipient, text and time.

        Twilio keeps no key of ours in the resource; the text and the ids we already know tell apart two
        equal messages to one person. Raises ChannelError when Twilio cannot be asked.
        """
        try:
            listed = self._client.messages.list(to=message.recipient, from_=message.sender, limit=LOOK_BACK)
        except (TwilioException, requests.RequestException, ValueError) as error:
            raise as_channel_error(error) from None
        for row in reversed(listed):
            fresh = row.date_created is None or row.date_created >= since - CLOCK_SKEW
            if fresh and row.sid not in known and (row.body or "").strip() == message.body.strip():
                return str(row.sid)
        return None

    def list_inbound(self, *, recipient: str, since: datetime) -> list[Inbound]:
        """List what came in since a moment, oldest first. Twilio keeps no profile name. Raises ChannelError."""
        try:
            rows = self._client.messages.list(to=recipient, date_sent_after=since, limit=CATCH_UP)
            return [self._inbound(row) for row in reversed(rows) if row.direction == "inbound"]
        except (TwilioException, requests.RequestException, ValueError) as error:
            raise as_channel_error(error) from None

    def list_prices(self, *, sender: str, since: datetime) -> dict[str, Price]:
        """List what was sent since a moment with its price; Twilio reckons it some time after. Raises ChannelError."""
        try:
            rows = self._client.messages.stream(from_=sender, date_sent_after=since, limit=PRICED, page_size=1000)
            return {str(row.sid): price for row in rows if (price := _price(row)) is not None}
        except (TwilioException, requests.RequestException, ValueError) as error:
            raise as_channel_error(error) from None

    def _inbound(self, row: MessageInstance) -> Inbound:
        media = self._client.messages(str(row.sid)).media.list() if int(row.num_media or 0) else []
        base = f"{self.config.api_base}/2010-04-01/Accounts/{self._credentials[0]}/Messages/{row.sid}/Media"
        return Inbound(
            external_id=str(row.sid),
            sender=str(row.from_),
            recipient=str(row.to),
            body=row.body or "",
            media=tuple(InboundMedia(url=f"{base}/{m.sid}", content_type=m.content_type or "") for m in media),
            at=row.date_sent or row.date_created,
        )

    def fetch_media(self, url: str) -> FetchedMedia:
        """Download a file from Twilio. Raises ChannelError."""
        return fetch(url, api_base=self.config.api_base, credentials=self._credentials)

    def check(self) -> str:
        """The account's name at Twilio. Raises ChannelError when the credentials are wrong."""
        try:
            return str(self._client.api.accounts(self._credentials[0]).fetch().friendly_name)
        except (TwilioException, requests.RequestException, ValueError) as error:
            raise as_channel_error(error) from None

    def templates(self) -> list[FarTemplate]:
        """List the account's content with what WhatsApp thinks of it. Raises ChannelError."""
        try:
            rows = self._client.content.v1.content_and_approvals.list(limit=CONTENTS)
        except (TwilioException, requests.RequestException, ValueError) as error:
            raise as_channel_error(error) from None
        return [found for row in rows if (found := read_content(row)) is not None]

    def react(self, *, recipient: str, external_id: str, emoji: str) -> None:
        """Twilio carries no reactions of ours. Raises ChannelError."""
        raise ChannelError(_("Twilio no permite reaccionar a un mensaje."), permanent=True, code="no-reactions")

    def mark_read(self, *, recipient: str, external_id: str, typing: bool = False) -> None:
        """Twilio tells nobody that we read: nothing to do."""


def _price(row: MessageInstance) -> Price | None:
    """Return what a listed message cost. Twilio writes it as what is taken from the account: below zero."""
    try:
        return Price(amount=abs(Decimal(str(row.price))), currency=str(row.price_unit or "").upper())
    except InvalidOperation:
        return None


def as_channel_error(error: Exception) -> ChannelError:
    """What a failed call means for the message."""
    if isinstance(error, TwilioRestException):
        code = str(error.code or "")
        if error.status >= 500:
            text = _("Twilio tuvo un problema interno.")
            return ChannelError(text, permanent=False, doubtful=True, code=code, action=Action.RETRY)
        if error.status == 429:
            return ChannelError(explain("20429")[0], permanent=False, code=code or "20429", action=Action.RETRY)
        text, action = explain(code)
        return ChannelError(text, permanent=action is not Action.RETRY, code=code, action=action)
    if _never_connected(error):
        text = _("No se pudo conectar con Twilio.")
        return ChannelError(text, permanent=False, code="connect", action=Action.RETRY)
    text = _("Twilio no respondió a tiempo.")
    return ChannelError(text, permanent=False, doubtful=True, code="no-answer", action=Action.RETRY)


def _never_connected(error: Exception) -> bool:
    """Whether the request certainly did not leave: no connection was made."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    if not isinstance(error, requests.ConnectionError) or not error.args:
        return False
    reason = getattr(error.args[0], "reason", None)
    return type(reason).__name__ in {"NewConnectionError", "NameResolutionError", "ConnectTimeoutError"}
