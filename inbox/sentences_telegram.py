"""How the events of Telegram read."""

from __future__ import annotations

from django.utils.translation import gettext as _

from events.models import Event
from events.sentences import register


def _introduced(event: Event) -> str:
    return _("%(who)s llegó por el enlace que se le dio: su Telegram quedó unido a su cuenta.") % {
        "who": event.actor_label
    }


register("conversation.introduced", kind="message", icon="link", sentence=_introduced)
