"""How the events of taking a router in read."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.models import Event
from events.sentences import register


def _brought(event: Event) -> str:
    count = int(event.facts.get("count", 0))
    text = ngettext(
        "%(who)s enlazó %(count)s cliente traído de %(router)s.",
        "%(who)s enlazó %(count)s clientes traídos de %(router)s.",
        count,
    )
    return text % {"who": event.actor_label, "count": count, "router": event.facts.get("name", "")}


def _network_sentence(event: Event) -> str:
    words = {"who": event.actor_label, "cidr": event.facts.get("cidr", "")}
    if event.type == "network.network_allowed":
        return _("%(who)s permitió que los routers estén en %(cidr)s.") % words
    return _("%(who)s quitó %(cidr)s de las redes permitidas.") % words


register(
    "router.anonymous_allowed",
    kind="network",
    icon="shield-alert",
    sentence=lambda e: (
        _("%(who)s permitió hablar con %(router)s sin que nada pruebe que es él.")
        % {"who": e.actor_label, "router": e.facts.get("name", "")}
    ),
)
register("router.clients_brought", kind="network", icon="cable", sentence=_brought)
register("network.network_allowed", kind="network", icon="shield-check", sentence=_network_sentence)
register("network.network_removed", kind="network", icon="shield-minus", sentence=_network_sentence)
