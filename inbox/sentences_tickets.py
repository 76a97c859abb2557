"""How the events of tickets read on a timeline."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from events.models import Event
from events.sentences import register
from tenants.current import tenant_zone

FIELDS = {
    "subject": "el asunto",
    "category": "la categoría",
    "priority": "la prioridad",
    "state": "el estado",
    "assignee": "el responsable",
    "team": "el equipo",
    "due_at": "el plazo",
}
SOURCES = {
    "api": "por la API",
    "bot": "desde la conversación con el asistente",
    "conversation": "desde la conversación",
}


def _facts(event: Event, **more: str) -> dict[str, str]:
    return {
        "who": event.actor_label,
        "number": str(event.facts.get("number", "")),
        "subject": str(event.facts.get("subject_text", "")),
        **more,
    }


def _opened(event: Event) -> str:
    source = SOURCES.get(str(event.facts.get("source")), "")
    words = _("%(who)s abrió el ticket %(number)s %(source)s: %(subject)s") if source else ""
    return (words or _("%(who)s abrió el ticket %(number)s: %(subject)s")) % _facts(event, source=source)


def _value(event: Event, name: str) -> str:
    text = str(event.facts.get(name, ""))
    if event.facts.get("field") == "due_at" and text:
        text = f"{datetime.fromisoformat(text).astimezone(tenant_zone()):%d/%m/%Y %H:%M}"
    return text or _("nadie")


def _changed(event: Event) -> str:
    field = str(event.facts.get("field", ""))
    facts = _facts(event, field=FIELDS.get(field, field), old=_value(event, "old"), new=_value(event, "new"))
    return _("%(who)s cambió %(field)s del ticket %(number)s: de %(old)s a %(new)s.") % facts


def _commented(event: Event) -> str:
    if event.facts.get("public"):
        return _("%(who)s comentó el ticket %(number)s; el cliente lo ve.") % _facts(event)
    return _("%(who)s comentó el ticket %(number)s.") % _facts(event)


register("ticket.opened", kind="ticket", icon="ticket", sentence=_opened)
register("ticket.changed", kind="ticket", icon="ticket", sentence=_changed)
register("ticket.commented", kind="ticket", icon="message-square", sentence=_commented)
register(
    "ticket.closed",
    kind="ticket",
    icon="ticket-check",
    sentence=lambda e: _("%(who)s cerró el ticket %(number)s: %(subject)s") % _facts(e),
)
register(
    "ticket.reopened",
    kind="ticket",
    icon="ticket",
    sentence=lambda e: _("%(who)s reabrió el ticket %(number)s: %(subject)s") % _facts(e),
)
