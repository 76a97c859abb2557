"""How the events of several bots and their personas read."""

from __future__ import annotations

from django.utils.translation import gettext as _

from events.models import Event
from events.sentences import register


def _facts(event: Event) -> dict[str, object]:
    return {"who": event.actor_label} | event.facts


def _created(event: Event) -> str:
    return _("%(who)s creó el asistente «%(name)s».") % _facts(event)


def _deleted(event: Event) -> str:
    return _("%(who)s borró el asistente «%(name)s».") % _facts(event)


def _channels(event: Event) -> str:
    facts = _facts(event) | {"what": ", ".join(event.facts.get("channels", []))}
    if not facts["what"]:
        return _("%(who)s dejó al asistente «%(name)s» sin canales.") % facts
    return _("%(who)s puso al asistente «%(name)s» a contestar en %(what)s.") % facts


def _persona_created(event: Event) -> str:
    return _("%(who)s escribió la personalidad «%(name)s».") % _facts(event)


def _persona_changed(event: Event) -> str:
    facts = _facts(event)
    if "restored" in facts:
        return _("%(who)s devolvió la personalidad «%(name)s» a su versión %(restored)s.") % facts
    return _("%(who)s cambió la personalidad «%(name)s» (versión %(version)s).") % facts


register("bot.created", kind="account", icon="bot", sentence=_created)
register("bot.deleted", kind="account", icon="bot", sentence=_deleted)
register("bot.channels", kind="account", icon="bot", sentence=_channels)
register("persona.created", kind="account", icon="bot", sentence=_persona_created)
register("persona.changed", kind="account", icon="bot", sentence=_persona_changed)
register(
    "service.trial_given",
    kind="service",
    icon="gift",
    sentence=lambda e: (
        _("%(who)s dio una prueba gratis hasta el %(day)s.")
        % {"who": e.actor_label, "day": "/".join(reversed(str(e.facts.get("until", "")).split("-")))}
    ),
)
