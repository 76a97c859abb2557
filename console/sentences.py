"""How the platform's own events read, in the provider they happened to."""

from __future__ import annotations

from django.utils.translation import gettext as _

from events.sentences import register

register(
    "provider.opened",
    kind="account",
    icon="building-2",
    sentence=lambda e: _("%(who)s abrió %(name)s.") % {"who": e.actor_label, "name": e.facts.get("name", "")},
)
