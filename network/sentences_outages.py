"""How the events of known outages read."""

from __future__ import annotations

from django.utils.translation import gettext as _

from events.models import Event
from events.sentences import register


def _sentence(event: Event) -> str:
    said = {"who": event.actor_label, "where": event.facts.get("where") or _("todos los clientes")}
    if event.type == "outage.opened":
        return _("%(who)s avisó de una falla general: %(where)s.") % said
    return _("%(who)s dio por terminada la falla general: %(where)s.") % said


register("outage.opened", kind="network", icon="triangle-alert", sentence=_sentence)
register("outage.closed", kind="network", icon="circle-check", sentence=_sentence)
