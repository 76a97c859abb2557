"""Connecting the bot customers write to, and finding out how its messages reach us."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from events.domain import Actor
from inbox.channels.forms import ChannelValues
from inbox.channels.telegram.config import KINDS, PREFIX, PUBLIC, bot_id, why_unreachable
from inbox.channels.telegram.wire import BotApi, TelegramError
from inbox.domain.carriers import carrier_config, public_base
from inbox.domain.channels import NotAccepted, NumberTaken, add_channel
from inbox.domain.telegram import current_telegram
from inbox.models import Channel
from tenants.current import current_tenant
from tenants.models import Route
from tenants.sealing import SealError

KIND = "telegram"


@dataclass(frozen=True)
class Connected:
    """A bot that was connected. ``hook``: the address Telegram calls, empty when it must be asked; `why` says so."""

    channel: Channel
    hook: str
    why: str = ""


def connect_telegram(*, channel: Channel | None, name: str, token: str, actor: Actor, now: datetime) -> Connected:
    """Try a bot's token, have its updates sent to us where Telegram can call us, and keep it.

    An empty token means the one that is kept already. Where Telegram cannot call us its webhook is taken away, so that
    `manage.py channels run telegram` may ask. Raises NotAccepted, NumberTaken; nothing is kept then.
    """
    try:
        token = token.strip() or (channel.reveal("auth_token") if channel else "")
        number = bot_id(token)
    except SealError:
        text = _("La clave guardada no se puede leer: escríbala de nuevo.")
        raise NotAccepted(text, reached=True) from None
    except ValueError:
        text = _("Eso no parece la clave de un bot: es un número, dos puntos y letras, como 123456:ABC…")
        raise NotAccepted(text, reached=True) from None
    if channel is not None and channel.account != number:
        text = _("Esa clave es de otro bot: conéctelo como un canal nuevo.")
        raise NotAccepted(text, reached=True)
    channel = channel or Channel.objects.filter(kind=KIND, address=PREFIX + number).first()
    _check_free(number)
    draft = channel or Channel(kind=KIND, address=PREFIX + number)
    api = BotApi(token, str(carrier_config(draft.config, kind=KIND)["api_base"]))
    hook = public_base(draft) + reverse("hook_telegram", args=[draft.hook])
    secret, why = secrets.token_urlsafe(32), why_not_called(draft, hook)
    try:
        username = api.me()
        if why:
            api.unhook()
        else:
            api.hook(hook, secret, KINDS)
    except TelegramError as error:
        raise NotAccepted(error.message, reached=bool(error.code)) from None
    return Connected(
        _keep(draft, name=name, number=number, token=token, secret=secret, username=username, actor=actor, now=now),
        "" if why else hook,
        why,
    )


def follow_switch(channel: Channel) -> None:
    """Have Telegram call us for a bot that is on and for none that is off. Raises NotAccepted.

    What people write to a bot that is off waits at Telegram for a day, and comes when it is switched on.
    """
    try:
        api = BotApi(channel.reveal("auth_token"), str(carrier_config(channel.config, kind=KIND)["api_base"]))
        hook = public_base(channel) + reverse("hook_telegram", args=[channel.hook])
        if channel.is_active and not why_not_called(channel, hook):
            api.hook(hook, channel.reveal("hook_secret"), KINDS)
        else:
            api.unhook()
    except SealError:
        text = _("La clave guardada no se puede leer: escríbala de nuevo.")
        raise NotAccepted(text, reached=True) from None
    except TelegramError as error:
        raise NotAccepted(error.message, reached=bool(error.code)) from None


def connect_from_form(
    *, channel: Channel | None, kind: str, name: str, values: ChannelValues, actor: Actor, now: datetime
) -> Channel:
    """Do what the setup page asks. Raises NotAccepted, NumberTaken."""
    if kind != KIND:
        raise ValueError(kind)
    token = values.secrets.get("auth_token", "")
    return connect_telegram(channel=channel, name=name, token=token, actor=actor, now=now).channel


def why_not_called(channel: Channel, hook: str) -> str:
    """Say in a sentence why Telegram cannot call our address; empty when it can.

    A Bot API server of one's own (a simulator is one) calls any address.
    """
    api_base = str(carrier_config(channel.config, kind=KIND)["api_base"])
    return "" if api_base != PUBLIC else why_unreachable(hook)


def _check_free(number: str) -> None:
    """Raise NumberTaken when the bot is another provider's, NotAccepted when it is the one that calls the staff."""
    other = Route.objects.filter(provider=KIND, account=number, number=PREFIX + number)
    if other.exclude(tenant=current_tenant()).exists():
        raise NumberTaken(number)
    bot = current_telegram()
    try:
        staff = bot.reveal("token") if bot is not None else ""
    except SealError:
        staff = ""
    if staff.partition(":")[0] == number:
        text = _("Ese bot ya avisa a su personal de guardia. Cree otro con @BotFather para sus clientes.")
        raise NotAccepted(text, reached=True)


@transaction.atomic
def _keep(
    draft: Channel, *, name: str, number: str, token: str, secret: str, username: str, actor: Actor, now: datetime
) -> Channel:
    """Store the bot with its secrets, and route its two addresses here: its own number, and the hook."""
    channel = add_channel(
        kind=KIND,
        name=name,
        address=draft.address,
        account=number,
        auth_token=token,
        actor=actor,
        config=draft.config,
        hook_secret=secret,
        shown=f"@{username}"[:60],
        is_default=False,  # it cannot write first, so it is nobody's default
        hook=draft.hook,
    )
    channel.checked_at, channel.problem = now, ""
    channel.save(update_fields=["checked_at", "problem"])
    # By the hook alone its calls are told from those of the staff's bot, whose route has the hook twice.
    place = {"account": str(channel.hook), "number": channel.address}
    Route.objects.get_or_create(provider=KIND, **place, defaults={"tenant": current_tenant()})
    return channel
