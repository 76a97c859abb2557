"""Several bots for one provider: made, given their channels, put away."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from chatbot.domain.bots import EDITABLE, BotRefused, change_bot
from chatbot.models import Bot, BotChannel
from chatbot.models.bots import MAIN
from events.domain import Actor, record
from inbox.addresses import address_variants, phone_of
from inbox.models import Channel
from tenants.sealing import SealError

MOST = 50  # bots of one provider


class MainStays(ValueError):
    """The main bot answers wherever no other does: it is switched off, never taken away."""


class ChannelTaken(ValueError):
    """Another bot answers on the channel; `bot` is its name."""

    def __init__(self, channel: Channel, bot: str) -> None:
        super().__init__(channel.name)
        self.message = _("En %(channel)s ya contesta «%(bot)s».") % {"channel": channel.name, "bot": bot}


@transaction.atomic
def create_bot(*, name: str, actor: Actor, now: datetime, **changes: Any) -> Bot:
    """Make a bot like the main one, its key included, with its own name and what else is given.

    Raises BotRefused when its values cannot be, or the provider has as many as it may.
    """
    if not name.strip():
        raise BotRefused(_("Escriba un nombre."), "name")
    main, _made = Bot.objects.select_for_update(of=("self",)).get_or_create(key=MAIN)
    if Bot.objects.count() >= MOST:
        raise BotRefused(_("Ya hay %(most)s asistentes, que es el máximo.") % {"most": MOST}, "name")
    bot = Bot.objects.create(key=f"b-{uuid.uuid4().hex[:16]}", **{field: getattr(main, field) for field in EDITABLE})
    changes["name"] = name
    bot = change_bot(bot_id=bot.pk, actor=actor, now=now, api_key=_key_of(main), **changes)
    record("bot.created", subject=bot, actor=actor, at=now, name=bot.name)
    return bot


def _key_of(bot: Bot) -> str:
    if not bot.has_key:
        return ""
    try:
        return bot.reveal("api_key")
    except SealError:
        return ""  # nobody can open it: the settings of the main bot say so


@transaction.atomic
def delete_bot(*, bot_id: int, actor: Actor, now: datetime) -> None:
    """Take a bot away; its channels go back to the main one. Raises MainStays, Bot.DoesNotExist."""
    bot = Bot.objects.select_for_update(of=("self",)).get(pk=bot_id)
    if bot.is_main:
        raise MainStays(_("Es el asistente principal: se apaga, pero no se borra."))
    record("bot.deleted", subject=bot, actor=actor, at=now, name=bot.name)
    bot.delete()


@transaction.atomic
def give_channels(*, bot_id: int, channel_ids: Collection[int], actor: Actor, now: datetime) -> None:
    """Let a bot answer on these channels and no others. For the main one there is nothing to keep.

    Raises ChannelTaken where another bot has one, Bot.DoesNotExist.
    """
    bot = Bot.objects.select_for_update(of=("self",)).get(pk=bot_id)
    wanted = {channel.pk: channel for channel in Channel.objects.filter(pk__in=channel_ids).select_for_update()}
    others = BotChannel.objects.filter(channel_id__in=wanted).exclude(bot=bot).select_related("bot", "channel")
    if taken := others.first():
        raise ChannelTaken(taken.channel, taken.bot.name)
    if bot.is_main:
        return
    before = set(bot.bot_channels.values_list("channel_id", flat=True))
    if before == set(wanted):
        return
    bot.bot_channels.exclude(channel_id__in=wanted).delete()
    BotChannel.objects.bulk_create(BotChannel(bot=bot, channel_id=pk) for pk in sorted(set(wanted) - before))
    names = sorted(channel.name for channel in wanted.values())
    record("bot.channels", subject=bot, actor=actor, at=now, name=bot.name, channels=names)


def channel_with_number(text: str) -> Channel | None:
    """Return the channel a number names, however it is written; None when the provider has none."""
    bare = "".join(letter for letter in text.removeprefix("whatsapp:") if letter.isdigit())
    phone = phone_of(f"+{bare}")
    if phone is None:
        return None
    return Channel.objects.filter(address__in=[phone, *address_variants(phone)]).order_by("-is_active", "pk").first()
