"""The kinds of channel there are: their wire and their doors. What each can do is told by `inbox.kinds`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from inbox.channels.base import Carrier, Door
from inbox.channels.cloud_whatsapp.carrier import CloudWhatsApp
from inbox.channels.cloud_whatsapp.door import CloudDoor
from inbox.channels.sandbox.carrier import Sandbox
from inbox.channels.sandbox.reader import SandboxDoor
from inbox.channels.telegram.carrier import TelegramCarrier
from inbox.channels.telegram.reader import TelegramDoor
from inbox.channels.twilio_whatsapp.carrier import TwilioWhatsApp
from inbox.channels.twilio_whatsapp.inbound import TwilioDoor
from inbox.channels.web_chat.carrier import WebChat
from inbox.channels.web_chat.reader import WebChatDoor


@dataclass(frozen=True, kw_only=True)
class ChannelKind:
    """One kind. ``provider`` names its routes; ``signed_with`` is the sealed field whose secret signs its webhooks."""

    label: str | Promise
    icon: str
    provider: str
    carrier: Callable[..., Carrier]
    door: Door | None  # None: nobody calls us
    form: str  # where its setup form (a channels.forms.ChannelForm) is, as a dotted path
    signed_with: str = "auth_token"
    # Whether the far side goes on signing with the old secret for a while after a new one was made there.
    signs_on: bool = False
    body_limit: int = 3 * 1024 * 1024  # bytes of one call; Meta's own limit. Files never come with a call.
    # What a call is answered with: one that was stored (or was known), and one about a number that nobody has.
    answer: int = 200
    unknown: int = 200

    @property
    def is_called(self) -> bool:
        """Whether a far side calls us; otherwise its rows are written by pages of our own."""
        return self.door is not None and bool(self.signed_with)


CHANNELS: dict[str, ChannelKind] = {
    "twilio_whatsapp": ChannelKind(
        label=_("WhatsApp por Twilio"),
        icon="message-circle",
        provider="twilio",
        carrier=TwilioWhatsApp,
        door=TwilioDoor(),
        form="inbox.channels.twilio_whatsapp.form.TwilioForm",
        signs_on=True,
        body_limit=256 * 1024,
        answer=204,
        unknown=404,
    ),
    "cloud_whatsapp": ChannelKind(
        label=_("WhatsApp de Meta (Cloud API)"),
        icon="message-circle",
        provider="cloud",
        carrier=CloudWhatsApp,
        door=CloudDoor(),
        form="inbox.channels.cloud_whatsapp.form.CloudForm",
        signed_with="hook_secret",
    ),
    "telegram": ChannelKind(
        label=_("Telegram"),
        icon="send",
        provider="telegram",
        carrier=TelegramCarrier,
        door=TelegramDoor(),
        form="inbox.channels.telegram.form.TelegramForm",
        signed_with="hook_secret",
        body_limit=256 * 1024,
        unknown=404,
    ),
    "web_chat": ChannelKind(
        label=_("Chat en su página"),
        icon="message-square-text",
        provider="web",
        carrier=WebChat,
        door=WebChatDoor(),
        form="inbox.channels.web_chat.form.WebChatForm",
        signed_with="",
    ),
    "sandbox": ChannelKind(
        label=_("Teléfono de pruebas"),
        icon="flask-conical",
        provider="sandbox",
        carrier=Sandbox,
        door=SandboxDoor(),
        form="inbox.channels.sandbox.form.SandboxForm",
        signed_with="",
    ),
}


def open_carrier(kind: str, *, account: str, secret: str, config: Mapping[str, Any], **more: str) -> Carrier:
    """The carrier of one channel; `more` is what a kind takes besides. Raises KeyError for an unknown kind."""
    return CHANNELS[kind].carrier(account=account, secret=secret, config=config, **more)
