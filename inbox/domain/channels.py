"""A provider's channels: connected, checked, found by the address a message was sent to."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from events.domain import Actor, record
from inbox.channels.base import Carrier, ChannelError
from inbox.channels.forms import ChannelForm, ChannelValues, Held
from inbox.channels.registry import CHANNELS, open_carrier
from inbox.domain.called import PREVIOUS_UNTIL
from inbox.domain.carriers import carrier_config, carrier_of, public_base
from inbox.models import Address, Channel, Conversation, Message
from tenants.current import current_tenant
from tenants.models import Route
from tenants.sealing import SealError

# What a far side that could not be asked says instead of a refusal.
NOT_REACHED = frozenset({"connect", "no-answer"})
# Those from which a notice may leave to somebody who never wrote.
DEFAULTABLE = frozenset({"twilio_whatsapp", "cloud_whatsapp"})
KIND_CODES = frozenset(CHANNELS)
SEALED = _("La clave guardada no se puede leer: escríbala de nuevo.")


# How long the secret before still signs.
SIGNS_ON = timedelta(days=3)


class NumberTaken(ValueError):
    """The number is connected to another provider."""


class InUse(ValueError):
    """The channel has conversations."""


class NotAccepted(ValueError):
    """The far side cannot be asked (`reached` False) or refuses the credentials; the message is for people."""

    def __init__(self, message: str, *, reached: bool) -> None:
        super().__init__(message)
        self.reached = reached


def not_asked(error: Exception) -> str:
    """Return what a form says where the far side could not be asked: what happened, and what to do."""
    said = _(
        "%(why)s No se guardó nada. Inténtelo de nuevo en unos minutos; si sigue igual, revise que este servidor"
        " tenga salida a internet."
    )
    return said % {"why": error}


def form_class(kind: str) -> type[ChannelForm]:
    """Return the setup form of a kind. Raises KeyError for an unknown one."""
    found: type[ChannelForm] = import_string(CHANNELS[kind].form)
    return found


def kind_card(kind: str) -> dict[str, Any]:
    """Return a kind as a page shows it."""
    found = CHANNELS[kind]
    return {"code": kind, "label": found.label, "icon": found.icon, "about": form_class(kind).about}


def kind_cards() -> list[dict[str, Any]]:
    """Return the kinds that can be connected."""
    return [kind_card(kind) for kind in CHANNELS]


def held_of(channel: Channel) -> Held:
    """Return a channel as its setup form sees it."""
    return Held(
        name=channel.name,
        address=channel.address,
        account=channel.account,
        number=channel.number,
        hook=str(channel.hook),
        base=public_base(channel),
        per_second=channel.per_second,
        config=channel.config,
    )


def connect_channel(
    *,
    channel: Channel | None,
    kind: str,
    name: str,
    values: ChannelValues,
    actor: Actor,
    now: datetime,
    per_second: int | None = None,
) -> Channel:
    """Try what a form says at the far side, then keep it. `per_second` is its pace, None what the kind allows.

    Raises NotAccepted, NumberTaken; nothing is kept then. No transaction is open while the far side is asked.
    """
    connect: Callable[..., Channel] = import_string(CONNECTING[kind]) if kind in CONNECTING else connect_plainly
    kept = connect(channel=channel, kind=kind, name=name, values=values, actor=actor, now=now)
    if kept.per_second != per_second:
        kept.per_second = per_second
        kept.save(update_fields=["per_second"])
    return kept


def connect_plainly(
    *, channel: Channel | None, kind: str, name: str, values: ChannelValues, actor: Actor, now: datetime
) -> Channel:
    channel = channel or Channel.objects.filter(kind=kind, address=values.address).first()
    config = {**(channel.config if channel else {}), **values.config}
    typed, held = values.secrets.get("auth_token", ""), _revealed(channel) if channel else ""
    secret = typed or held
    _ask(open_carrier(kind, account=values.account, secret=secret, config=carrier_config(config, kind=kind)))
    previous = held if CHANNELS[kind].signs_on and typed and typed != held else ""
    if previous:
        config[PREVIOUS_UNTIL] = (now + SIGNS_ON).isoformat()
    return add_channel(
        kind=kind,
        name=name,
        address=values.address,
        account=values.account,
        auth_token=typed,
        hook_secret=values.secrets.get("hook_secret") or previous,
        shown=values.shown,
        config=config,
        checked_at=now,
        actor=actor,
    )


# Kinds of which more than the credentials is to be asked or told: the same arguments and errors as connect_channel.
CONNECTING = {
    "cloud_whatsapp": "inbox.domain.cloud_channels.connect_from_form",
    "sandbox": "inbox.domain.sandbox.connect_from_form",
    "telegram": "inbox.domain.telegram_channels.connect_from_form",
}
# Kinds whose far side is told when a channel is switched.
SWITCHING = {"telegram": "inbox.domain.telegram_channels.follow_switch"}


def _revealed(channel: Channel) -> str:
    try:
        return channel.reveal("auth_token")
    except SealError:
        return ""  # it cannot be read any more: the far side says what is missing


def check_channel(*, channel: Channel, now: datetime) -> str:
    """Ask whether the stored credentials still hold, and keep what is wrong; return the account's name.

    Raises NotAccepted.
    """
    try:
        name = _ask(carrier_of(channel))
    except (NotAccepted, SealError) as error:
        refused = error if isinstance(error, NotAccepted) else NotAccepted(str(SEALED), reached=True)
        Channel.objects.filter(pk=channel.pk).update(problem=str(refused)[:255], checked_at=now)
        raise refused from None
    Channel.objects.filter(pk=channel.pk).update(problem="", checked_at=now)
    return name


def _ask(carrier: Carrier) -> str:
    try:
        return carrier.check()
    except ChannelError as error:
        raise NotAccepted(error.message, reached=error.code not in NOT_REACHED) from None


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
    checked_at: datetime | None = None,
) -> Channel:
    """Connect a channel, or change the one already connected, and route its webhooks to this tenant.

    An empty secret keeps the one there is. The first one that can carry notices is the default. `hook` is the one
    the far side was told before the channel was kept. Raises NumberTaken when another provider has the number.
    """
    channel = Channel.objects.filter(kind=kind, address=address).first() or Channel(kind=kind, address=address)
    channel.name, channel.account, channel.config = name, account, config or {}
    channel.shown, channel.hook = shown[:60] or channel.shown, hook or channel.hook
    if is_default is None:
        is_default = channel.is_default or (
            kind in DEFAULTABLE and not Channel.objects.filter(is_default=True).exists()
        )
    if is_default:
        Channel.objects.filter(is_default=True).exclude(pk=channel.pk).update(is_default=False)
    channel.is_default = is_default
    if typed := {key: text for key, text in (("auth_token", auth_token), ("hook_secret", hook_secret)) if text}:
        channel.seal(**typed)
    if checked_at is not None:
        channel.checked_at, channel.problem = checked_at, ""
    channel.save()
    route_here(kind=kind, account=account, number=address)
    record("channel.connected", subject=channel, actor=actor, name=name, number=channel.number)
    return channel


def route_here(*, kind: str, account: str, number: str) -> None:
    """Lead what a far side sends for a number to this tenant. Raises NumberTaken when it is another provider's."""
    tenant = current_tenant()
    route, _made = Route.objects.get_or_create(
        provider=provider_of(kind), account=account, number=number[:80], defaults={"tenant": tenant}
    )
    if route.tenant_id != tenant.pk:
        raise NumberTaken(number)


def provider_of(kind: str) -> str:
    """Return whose a channel kind is, as its routes are named: «twilio» of «twilio_whatsapp»."""
    return CHANNELS[kind].provider


def is_used(channel: Channel) -> bool:
    """Say whether anybody was ever talked to on a channel."""
    return (
        Conversation.objects.filter(channel=channel).exists()
        or Message.objects.filter(channel=channel).exists()
        or Address.objects.filter(channel=channel).exists()
    )


def switch_channel(*, channel_id: int, on: bool, actor: Actor, now: datetime) -> Channel:
    """Switch a channel on or off. What is off receives nothing, and is nobody's default.

    A far side that is told by us whom to call is told. Raises NotAccepted when it could not be: the channel is
    switched all the same. No transaction is open while it is told.
    """
    channel = _switch(channel_id=channel_id, on=on, actor=actor, now=now)
    if channel.kind in SWITCHING:
        import_string(SWITCHING[channel.kind])(channel)
    return channel


@transaction.atomic
def _switch(*, channel_id: int, on: bool, actor: Actor, now: datetime) -> Channel:
    channel = Channel.objects.select_for_update().get(pk=channel_id)
    if channel.is_active != on:
        channel.is_active, channel.is_default = on, channel.is_default and on
        channel.save(update_fields=["is_active", "is_default"])
        record("channel.switched", subject=channel, actor=actor, at=now, name=channel.name, on=on)
    return channel


@transaction.atomic
def make_default(*, channel_id: int, actor: Actor, now: datetime) -> Channel:
    """Make a channel the one from which those are written to who never wrote."""
    list(Channel.objects.select_for_update().order_by("id"))
    Channel.objects.filter(is_default=True).exclude(pk=channel_id).update(is_default=False)
    channel = Channel.objects.get(pk=channel_id)
    if not channel.is_default:
        channel.is_default = True
        channel.save(update_fields=["is_default"])
        record("channel.made_default", subject=channel, actor=actor, at=now, name=channel.name)
    return channel


@transaction.atomic
def rotate_secret(*, channel_id: int, actor: Actor, now: datetime) -> Channel:
    """Give a channel a new secret of our own making."""
    channel = Channel.objects.select_for_update().get(pk=channel_id)
    channel.seal(hook_secret=secrets.token_urlsafe(32))
    channel.save(update_fields=["hook_secret"])
    record("channel.secret_rotated", subject=channel, actor=actor, at=now, name=channel.name)
    return channel


@transaction.atomic
def remove_channel(*, channel_id: int, actor: Actor, now: datetime) -> None:
    """Take a channel away, with the routes that lead to it. Raises InUse when anybody was talked to on it."""
    channel = Channel.objects.select_for_update().get(pk=channel_id)
    if is_used(channel):
        raise InUse(channel.name)
    record("channel.removed", subject=channel, actor=actor, at=now, name=channel.name, number=channel.number)
    routes = Route.objects.filter(tenant=current_tenant(), provider=provider_of(channel.kind))
    routes.filter(number__in=[channel.address[:80], str(channel.hook)]).delete()
    channel.delete()


def icon_of(kind: str) -> str:
    """Return the icon of a kind of channel."""
    return CHANNELS[kind].icon if kind in CHANNELS else "message-circle"
