"""How the events of channels read."""

from __future__ import annotations

from django.utils.translation import gettext as _

from events.models import Event
from events.sentences import register


def _named(event: Event, text: str) -> str:
    return text % {"who": event.actor_label, "name": str(event.facts.get("name", ""))}


register(
    "channel.switched",
    kind="account",
    icon="power",
    sentence=lambda e: _named(
        e, _("%(who)s encendió el canal «%(name)s».") if e.facts.get("on") else _("%(who)s apagó el canal «%(name)s».")
    ),
)
register(
    "channel.made_default",
    kind="account",
    icon="star",
    sentence=lambda e: _named(e, _("%(who)s hizo principal el canal «%(name)s».")),
)
register(
    "channel.secret_rotated",
    kind="account",
    icon="key-round",
    sentence=lambda e: _named(e, _("%(who)s renovó el secreto del canal «%(name)s».")),
)
register(
    "channel.removed",
    kind="account",
    icon="trash-2",
    sentence=lambda e: _named(e, _("%(who)s quitó el canal «%(name)s».")),
)
