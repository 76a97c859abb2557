"""How each channel of a provider is: asked at its far side, counted here, and what is wrong in sentences."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db.models import Count, Max, Min, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inbox.channels.base import ChannelError
from inbox.channels.registry import CHANNELS
from inbox.channels.telegram.wire import BotApi, TelegramError
from inbox.domain.carriers import carrier_config, carrier_of, public_base
from inbox.domain.telegram_channels import KIND as TELEGRAM
from inbox.domain.telegram_channels import why_not_called
from inbox.models import Approval, Channel, Conversation, Message, Notification
from tenants.current import tenant_zone
from tenants.sealing import SealError

STUCK = timedelta(minutes=10)  # a message that waits longer does not simply wait its turn
UNREAD = timedelta(minutes=1)  # a notification that waits longer is not being read
RECENT = timedelta(hours=1)  # a failed webhook that is older is history


@dataclass
class Health:
    """One channel: facts for whoever looks, and `wrong`, a sentence for each thing that is."""

    channel: Channel
    facts: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """Return what people call its kind."""
        return str(CHANNELS[self.channel.kind].label) if self.channel.kind in CHANNELS else self.channel.kind


def look_at_channels(*, now: datetime) -> list[Health]:
    """Look at every channel of the current tenant, at the far side and here. No transaction may be open."""
    return [look_at(channel, now=now) for channel in Channel.objects.order_by("kind", "name", "id")]


def look_at(channel: Channel, *, now: datetime) -> Health:
    """Look at one channel. What is switched off is counted, and not asked for."""
    health = Health(channel)
    if not channel.is_active:
        health.facts.append(_("apagado: no recibe ni envía"))
    else:
        _ask(health)
        _webhook(health, now)
        if channel.problem:
            health.wrong.append(channel.problem)
        if channel.silent_until and channel.silent_until > now:
            health.facts.append(
                _("en pausa hasta %(when)s: pidió ir más despacio") % {"when": _at(channel.silent_until)}
            )
    _heard(health, now)
    _queue(health, now)
    if channel.can.templates:
        _templates(health)
    return health


def _ask(health: Health) -> None:
    channel = health.channel
    try:
        name = carrier_of(channel).check()
    except ChannelError as error:
        health.wrong.append(error.message)
    except SealError:
        health.wrong.append(_("La clave guardada no se puede leer: escríbala de nuevo."))
    except (KeyError, ValueError) as error:
        text = _("La configuración guardada no sirve: %(why)s.") % {"why": type(error).__name__}
        health.wrong.append(text)
    else:
        health.facts.append(_("responde como «%(name)s»") % {"name": name})


def _webhook(health: Health, now: datetime) -> None:
    """What the far side says of the address it calls, where it says anything: Telegram does."""
    channel = health.channel
    kind = CHANNELS.get(channel.kind)
    if kind is None or kind.door is None:
        return
    if channel.kind != TELEGRAM:
        health.facts.append(_("recibe por su webhook"))
        return
    hook = public_base(channel) + reverse("hook_telegram", args=[channel.hook])
    try:
        base = str(carrier_config(channel.config, kind=TELEGRAM)["api_base"])
        told = BotApi(channel.reveal("auth_token"), base).call("getWebhookInfo")
    except (TelegramError, SealError):
        return  # said already: the bot could not be asked
    _telegram_webhook(health, told, hook, now)


def _telegram_webhook(health: Health, told: dict[str, Any], hook: str, now: datetime) -> None:
    url, waits = str(told.get("url") or ""), int(told.get("pending_update_count") or 0)
    if url == hook:
        health.facts.append(_("webhook puesto: %(url)s") % {"url": url})
    elif url:
        text = _("Su webhook apunta a otra parte (%(host)s): sus mensajes no llegan aquí. Conéctelo de nuevo.")
        health.wrong.append(text % {"host": urlsplit(url).hostname})
    elif why := why_not_called(health.channel, hook):
        health.facts.append(_("sin webhook (%(why)s): «manage.py channels run telegram» pregunta") % {"why": why})
    else:
        health.wrong.append(_("No tiene webhook puesto: conéctelo de nuevo, o deje corriendo «channels run telegram»."))
    if waits:
        text = ngettext("%(n)s aviso espera en Telegram", "%(n)s avisos esperan en Telegram", waits) % {"n": waits}
        (health.facts if url == hook else health.wrong).append(text)
    failed = datetime.fromtimestamp(int(told.get("last_error_date") or 0), UTC)
    if url and told.get("last_error_message"):
        text = _("Telegram no pudo entregar el %(when)s: %(what)s")
        said = text % {"when": _at(failed), "what": str(told["last_error_message"])[:120]}
        (health.wrong if now - failed < RECENT else health.facts).append(said)


def _heard(health: Health, now: datetime) -> None:
    rows = Notification.objects.filter(channel=health.channel)
    talks = Conversation.objects.filter(channel=health.channel).aggregate(last=Max("last_inbound_at"))
    last = talks["last"]
    health.facts.append(_("último mensaje %(when)s") % {"when": _at(last)} if last else _("nadie ha escrito todavía"))
    pending = rows.filter(state=Notification.State.PENDING).aggregate(n=Count("id"), oldest=Min("received_at"))
    failed = rows.filter(state=Notification.State.FAILED).count()
    if pending["n"]:
        text = ngettext("%(n)s aviso por leer", "%(n)s avisos por leer", pending["n"]) % {"n": pending["n"]}
        (health.wrong if now - pending["oldest"] > UNREAD else health.facts).append(text)
    if failed:
        text = ngettext("%(n)s aviso no se pudo leer", "%(n)s avisos no se pudieron leer", failed) % {"n": failed}
        health.wrong.append(text)


def _queue(health: Health, now: datetime) -> None:
    rows = Message.objects.filter(channel=health.channel, status__in=["queued", "sending", "doubtful"])
    found = rows.aggregate(
        unsent=Count("id", filter=~Q(status="doubtful")),
        doubtful=Count("id", filter=Q(status="doubtful")),
        oldest=Min("created_at", filter=~Q(status="doubtful")),
    )
    if found["unsent"]:
        text = ngettext("%(n)s mensaje por salir", "%(n)s mensajes por salir", found["unsent"]) % {"n": found["unsent"]}
        (health.wrong if now - found["oldest"] > STUCK else health.facts).append(text)
    else:
        health.facts.append(_("nada por salir"))
    if n := found["doubtful"]:
        text = ngettext("%(n)s mensaje quizá enviado espera", "%(n)s mensajes quizá enviados esperan", n) % {"n": n}
        health.wrong.append(_("%(what)s a una persona") % {"what": text})


def _templates(health: Health) -> None:
    found = Approval.objects.filter(channel=health.channel).aggregate(
        n=Count("id"), good=Count("id", filter=Q(status="approved")), synced=Max("synced_at")
    )
    when = _at(found["synced"]) if found["synced"] else _("nunca")
    text = _("plantillas: %(good)s aprobadas de %(n)s, leídas %(when)s")
    health.facts.append(text % {"good": found["good"], "n": found["n"], "when": when})


def _at(moment: datetime) -> str:
    return f"{moment.astimezone(tenant_zone()):%Y-%m-%d %H:%M}"
