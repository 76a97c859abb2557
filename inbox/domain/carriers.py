"""From a stored channel to the thing that talks to the far side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings

from inbox.channels.base import Carrier
from inbox.channels.registry import open_carrier
from inbox.models import Channel
from tenants.current import tenant_origin

# Where each far side answers, as the installation says now.
API_BASES: dict[str, Callable[[], str]] = {
    "twilio_whatsapp": lambda: str(settings.TWILIO_API_BASE),
    "cloud_whatsapp": lambda: str(settings.WHATSAPP_CLOUD_API_BASE),
    "telegram": lambda: str(settings.TELEGRAM_API_BASE),
}


# What a kind's carrier takes besides: its name there, and the sealed field that holds it.
SECOND_SECRETS = {"cloud_whatsapp": ("app_secret", "hook_secret")}


def carrier_of(channel: Channel) -> Carrier:
    """Open a channel's carrier with its revealed secrets. Raises SealError, KeyError for an unknown kind."""
    config = carrier_config(channel.config, kind=channel.kind)
    token, more = channel.reveal("auth_token"), {}
    if channel.kind in SECOND_SECRETS:
        name, field = SECOND_SECRETS[channel.kind]
        more[name] = channel.reveal(field)
    return open_carrier(channel.kind, account=channel.account, secret=token, config=config, **more)


def carrier_config(config: Mapping[str, Any], *, kind: str) -> dict[str, Any]:
    """Return a channel's configuration over the installation's."""
    return {"api_base": API_BASES.get(kind, lambda: "")(), **config}


def public_base(channel: Channel) -> str:
    """Return the address under which the far side reaches us for this channel, without a final slash."""
    return str(channel.config.get("public_base") or "").rstrip("/") or tenant_origin()
