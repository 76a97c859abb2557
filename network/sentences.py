"""How the network's events read."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.models import Event
from events.sentences import register


def _took(event: Event) -> str:
    """How long it took from the request, as a person says it; empty when unknown or long."""
    took_ms = event.facts.get("took_ms")
    if took_ms is None or took_ms >= 60_000:
        return ""
    return _(" en %(seconds)s s") % {"seconds": f"{took_ms / 1000:.1f}".replace(".", ",")}


def _cut(event: Event) -> str:
    facts = {"router": event.facts.get("router", ""), "who": event.facts.get("requested_by") or event.actor_label}
    return _("Servicio cortado en %(router)s, por orden de %(who)s.") % facts


def _restored(event: Event) -> str:
    facts = {"router": event.facts.get("router", ""), "took": _took(event)}
    return _("Servicio reconectado en %(router)s%(took)s.") % facts


def _waiting(event: Event) -> str:
    count = int(event.facts.get("count", 0))
    text = ngettext(
        "%(count)s corte espera aprobación en %(router)s: supera su límite de %(limit)s por hora.",
        "%(count)s cortes esperan aprobación en %(router)s: superan su límite de %(limit)s por hora.",
        count,
    )
    return text % {"count": count, "router": event.facts.get("name", ""), "limit": event.facts.get("limit", "")}


def _approved(event: Event) -> str:
    count = int(event.facts.get("count", 0))
    text = ngettext(
        "%(who)s aprobó %(count)s corte en %(router)s.", "%(who)s aprobó %(count)s cortes en %(router)s.", count
    )
    return text % {"who": event.actor_label, "count": count, "router": event.facts.get("name", "")}


register("access.cut", kind="network", icon="wifi-off", sentence=_cut)
register("access.restored", kind="network", icon="wifi", sentence=_restored)
register(
    "access.added",
    kind="network",
    icon="cable",
    sentence=lambda e: (
        _("%(who)s enlazó el servicio con el usuario %(user)s de %(router)s.")
        % {"who": e.actor_label, "user": e.facts.get("username", ""), "router": e.facts.get("router", "")}
    ),
)
register(
    "access.renamed",
    kind="network",
    icon="cable",
    sentence=lambda e: (
        _("%(who)s cambió el usuario %(before)s por %(user)s en %(router)s.")
        % {
            "who": e.actor_label,
            "before": e.facts.get("before", ""),
            "user": e.facts.get("username", ""),
            "router": e.facts.get("router", ""),
        }
    ),
)
register(
    "router.added",
    kind="network",
    icon="router",
    sentence=lambda e: (
        _("%(who)s agregó el router %(router)s.") % {"who": e.actor_label, "router": e.facts.get("name", "")}
    ),
)
register(
    "router.changed",
    kind="network",
    icon="router",
    sentence=lambda e: (
        _("%(who)s cambió la conexión del router %(router)s.")
        % {"who": e.actor_label, "router": e.facts.get("name", "")}
    ),
)
register("router.cuts_waiting", kind="network", icon="hand", sentence=_waiting)
register("router.cuts_approved", kind="network", icon="check", sentence=_approved)
register(
    "router.silent",
    kind="network",
    icon="triangle-alert",
    sentence=lambda e: (
        _("El router %(router)s no responde: %(why)s")
        % {"router": e.facts.get("name", ""), "why": e.facts.get("error", "")}
    ),
)
register(
    "router.back",
    kind="network",
    icon="router",
    sentence=lambda e: _("El router %(router)s volvió a responder.") % {"router": e.facts.get("name", "")},
)
register(
    "router.corrected",
    kind="network",
    icon="wrench",
    sentence=lambda e: (
        ngettext(
            "%(who)s pidió a %(router)s corregir %(count)s acceso.",
            "%(who)s pidió a %(router)s corregir %(count)s accesos.",
            int(e.facts.get("count", 0)),
        )
        % {"who": e.actor_label, "router": e.facts.get("name", ""), "count": e.facts.get("count", 0)}
    ),
)
