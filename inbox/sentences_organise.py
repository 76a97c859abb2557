"""How the organisation of conversations reads on a timeline."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from events.models import Event
from events.sentences import register


def _facts(event: Event) -> dict[str, Any]:
    joined = {name: ", ".join(event.facts.get(name, [])) for name in ("added", "removed")}
    rest = {name: event.facts.get(name, "") for name in ("team", "priority", "number", "name", "phone", "lines")}
    return {"who": event.actor_label, **rest, **joined}


def _say(words: Any, event: Event) -> str:
    return str(words) % _facts(event)


def _labelled(event: Event) -> str:
    facts = _facts(event)
    if facts["added"] and facts["removed"]:
        return _("%(who)s puso %(added)s y quitó %(removed)s.") % facts
    return (_("%(who)s puso la etiqueta %(added)s.") if facts["added"] else _("%(who)s quitó %(removed)s.")) % facts


def _team(event: Event) -> str:
    facts = _facts(event)
    return (
        _("La conversación pasó al equipo %(team)s.") if facts["team"] else _("%(who)s la dejó sin equipo.")
    ) % facts


SENTENCES = (
    ("conversation.snoozed", "message", "alarm-clock", gettext_lazy("%(who)s pospuso la conversación.")),
    ("conversation.woke", "message", "alarm-clock", gettext_lazy("La conversación pospuesta volvió a la bandeja.")),
    ("conversation.pending", "message", "hourglass", gettext_lazy("%(who)s la dejó pendiente de otra persona.")),
    ("conversation.priority", "message", "flag", gettext_lazy("%(who)s cambió la prioridad a %(priority)s.")),
    ("conversation.blocked", "message", "ban", gettext_lazy("%(who)s bloqueó la conversación.")),
    ("conversation.unblocked", "message", "circle-check", gettext_lazy("%(who)s desbloqueó la conversación.")),
    ("conversation.unlinked", "message", "unlink", gettext_lazy("%(who)s desvinculó la conversación con %(number)s.")),
    ("conversation.merged", "message", "merge", gettext_lazy("%(who)s unió la conversación con %(number)s a esta.")),
    ("conversation.opted_out", "message", "ban", gettext_lazy("El cliente bloqueó el canal: no se le mandan avisos.")),
    ("conversation.opted_in", "message", "circle-check", gettext_lazy("El cliente desbloqueó el canal.")),
    (
        "conversation.marketing_refused",
        "message",
        "ban",
        gettext_lazy("El cliente pidió a WhatsApp no recibir publicidad; los avisos de su servicio siguen."),
    ),
    (
        "conversation.marketing_allowed",
        "message",
        "circle-check",
        gettext_lazy("El cliente volvió a aceptar publicidad en WhatsApp."),
    ),
    ("contact.added", "message", "phone", gettext_lazy("%(who)s agregó el número %(phone)s.")),
    ("inbox.policy_changed", "account", "scale", gettext_lazy("%(who)s cambió la política de la bandeja.")),
    ("label.created", "account", "tag", gettext_lazy("%(who)s creó la etiqueta %(name)s.")),
    ("label.changed", "account", "tag", gettext_lazy("%(who)s cambió la etiqueta %(name)s.")),
    ("label.removed", "account", "tag", gettext_lazy("%(who)s borró la etiqueta %(name)s.")),
    ("team.created", "account", "users", gettext_lazy("%(who)s creó el equipo %(name)s.")),
    ("team.changed", "account", "users", gettext_lazy("%(who)s cambió el equipo %(name)s.")),
    ("team.removed", "account", "users", gettext_lazy("%(who)s borró el equipo %(name)s.")),
)
for _type, _kind, _icon, _words in SENTENCES:
    register(_type, kind=_kind, icon=_icon, sentence=partial(_say, _words))
register("conversation.labelled", kind="message", icon="tag", sentence=_labelled)
register("conversation.team", kind="message", icon="users", sentence=_team)
