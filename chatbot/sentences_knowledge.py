"""How the events of the provider's knowledge read."""

from __future__ import annotations

from django.utils.translation import gettext as _

from events.models import Event
from events.sentences import register


def _facts(event: Event) -> dict[str, str]:
    return {"who": event.actor_label, "title": event.facts.get("title", "")}


def _added(event: Event) -> str:
    return _("%(who)s agregó al asistente «%(title)s».") % _facts(event)


def _changed(event: Event) -> str:
    return _("%(who)s cambió lo que el asistente contesta a «%(title)s».") % _facts(event)


def _removed(event: Event) -> str:
    return _("%(who)s quitó del asistente «%(title)s».") % _facts(event)


def _dismissed(event: Event) -> str:
    return _("%(who)s descartó la pregunta «%(title)s».") % _facts(event)


register("knowledge.added", kind="account", icon="book-open", sentence=_added)
register("knowledge.changed", kind="account", icon="book-open", sentence=_changed)
register("knowledge.removed", kind="account", icon="book-open", sentence=_removed)
register("knowledge.dismissed", kind="account", icon="book-open", sentence=_dismissed)
