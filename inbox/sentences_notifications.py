"""How the events of raw notifications read on a timeline."""

from __future__ import annotations

from django.utils.translation import gettext as _

from events.models import Event
from events.sentences import register


def _replayed(event: Event) -> str:
    facts = {"who": event.actor_label, "n": event.facts.get("count", 1)}
    return _("%(who)s hizo leer otra vez lo que avisaron los canales (%(n)s).") % facts


register("notifications.replayed", kind="account", icon="refresh-cw", sentence=_replayed)
