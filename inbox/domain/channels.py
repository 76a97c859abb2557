"""A provider's channels: connected, checked, found by the address a message was sent to."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction

from events.domain import Actor, record
from inbox.channels.base import Carrier, ChannelError
from inbox.channels.registry import CHANNELS, open_carrier
from inbox.domain.carriers import carrier_config, carrier_of
from inbox.models import Channel
from tenants.current import current_tenant
from tenants.models import Route

WHATSAPP_KIND = "twilio_whatsapp"


class NumberTaken(ValueError):
    """The number is connected to another provider."""


class NotAccepted(ValueError):
    """The far side cannot be asked (`reached` False) or refuses the credentials; the message is for people."""

    def __init__(self, message: str, *, reached: bool) -> None:
        super().__init__(message)
        self.reached = reached


def connect_channel(
    *, channel: Channel | None, name: str, address: str, account: str, auth_token: str, actor: Actor
) -> Channel:
    """Try the credentials at Twilio, then keep them; an empty token means the one that is kept already.

    Raises NotAccepted, NumberTaken. No transaction is open while the far side is asked.
    """
    secret = auth_token or (channel.reveal("auth_token") if channel else "")
    config = dict(channel.config) if channel else {}
    _ask(open_carrier(WHATSAPP_KIND, account=account, secret=secret, config=carrier_config(config, kind=WHATSAPP_KIND)))
    return add_channel(
        kind=WHATSAPP_KIND,
        name=name,
        address=address,
        account=account,
        auth_token=auth_token,
        actor=actor,
        config=config,
    )


def check_channel(*, channel: Channel) -> str:
    """Ask whether the stored credentials still hold; return the account's name. Raises NotAccepted."""
    return _ask(carrier_of(channel))


def _ask(carrier: Carrier) -> str:
    try:
        return carrier.check()
    except ChannelError as error:
        raise NotAccepted(error.message, reached=error.code not in {"connect", "no-answer"}) from None


@transaction.atomic
def add_channel(
    *,
    kind: str,
    name: str,
    address: str,
    account: str,
    auth_token: str,
    actor: Actor,
    hook_secret: str = "",
    shown: str = "",
    config: dict[str, Any] | None = None,
    is_default: bool | None = None,
    hook: uuid.UUID | None = None,
) -> Channel:
    """Connect a number, or change the one already connected, and route its webhooks to this tenant.

    An empty secret leaves the one that is kept. `shown` is the address as people write it. The first channel is the
    default. `hook` is the one the far side was told before the channel was kept. Raises NumberTaken when another
    provider has the number.
    """
    channel = Channel.objects.filter(kind=kind, address=address).first() or Channel(kind=kind, address=address)
    channel.name, channel.account, channel.config = name, account, config or {}
    channel.shown, channel.hook = shown or channel.shown, hook or channel.hook
    if is_default is None:
        is_default = channel.is_default or not Channel.objects.filter(is_default=True).exists()
    if is_default:
        Channel.objects.filter(is_default=True).exclude(pk=channel.pk).update(is_default=False)
    channel.is_default = is_default
    if secrets := {k: v for k, v in {"auth_token": auth_token, "hook_secret": hook_secret}.items() if v}:
        channel.seal(**secrets)
    channel.save()
    tenant = current_tenant()
    route, _made = Route.objects.get_or_create(
        provider=provider_of(kind), account=account, number=address, defaults={"tenant": tenant}
    )
    if route.tenant_id != tenant.pk:
        raise NumberTaken(address)
    record("channel.connected", subject=channel, actor=actor, name=name, number=channel.number)
    return channel


def provider_of(kind: str) -> str:
    """Return whose a channel kind is, as its routes are named: «twilio» of «twilio_whatsapp»."""
    return CHANNELS[kind].provider
