"""How what proves somebody reads: customers, and the staff's own numbers."""

from __future__ import annotations

from django.utils.translation import gettext as _

from events.models import Event
from events.sentences import register


def _proved(_event: Event) -> str:
    return _("Dijo al asistente un dato de su cuenta, y coincide.")


def _refused(_event: Event) -> str:
    return _("Dijo al asistente un dato que no coincide con ninguna cuenta de su número.")


def _address(event: Event) -> str:
    facts = {"who": event.actor_label, "address": event.facts.get("address", "")}
    return _("%(who)s puede preguntar al asistente desde %(address)s.") % facts


def _forgotten(event: Event) -> str:
    facts = {"who": event.actor_label, "address": event.facts.get("address", "")}
    return _("%(who)s quitó %(address)s: desde ahí ya no se pregunta.") % facts


register("identity.proved", kind="account", icon="shield-check", sentence=_proved)
register("identity.refused", kind="account", icon="shield-alert", sentence=_refused)
register("staff_address.proved", kind="account", icon="smartphone", sentence=_address)
register("staff_address.forgotten", kind="account", icon="smartphone", sentence=_forgotten)
