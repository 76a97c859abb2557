"""How the events of what the bot costs, and of what is handed back to it, read."""

from __future__ import annotations

from django.utils.translation import gettext as _

from events.models import Event
from events.sentences import register


def _low(event: Event) -> str:
    return _("El modelo del asistente lleva %(spent)s de %(limit)s USD de este mes.") % event.facts


def _out(event: Event) -> str:
    return _("Se acabaron los %(limit)s USD del mes para el modelo: contestan las reglas.") % event.facts


def _changed(event: Event) -> str:
    facts = {"who": event.actor_label} | event.facts
    if not facts.get("limit"):
        return _("%(who)s quitó el límite de gasto del modelo.") % facts
    return _("%(who)s puso el límite de gasto del modelo en %(limit)s USD al mes.") % facts


def _handed_back(event: Event) -> str:
    return _("%(who)s devolvió la conversación al asistente.") % {"who": event.actor_label}


register("conversation.handed_back", kind="message", icon="bot", sentence=_handed_back)
register("bot.budget_low", kind="account", icon="circle-dollar-sign", sentence=_low)
register("bot.budget_out", kind="account", icon="circle-dollar-sign", sentence=_out)
register("bot.budget_changed", kind="account", icon="circle-dollar-sign", sentence=_changed)
