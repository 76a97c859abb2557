"""How the events of comparisons, of what is done about them, and of the cut's rules read."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.models import Event
from events.sentences import register
from network.models import Drift


def _kinds(event: Event) -> str:
    """The kinds of differences in an event with how many of each, as a person lists them."""
    words = dict(Drift.Kind.choices)
    return ", ".join(f"{words.get(kind, kind)}: {count}" for kind, count in (event.facts.get("kinds") or {}).items())


def _facts(event: Event) -> dict[str, object]:
    facts = event.facts
    return {
        "who": event.actor_label,
        "router": facts.get("name", facts.get("router", "")),
        "count": int(facts.get("count", 0)),
        "kinds": _kinds(event),
        "user": facts.get("username", ""),
        "before": facts.get("before", ""),
        "after": facts.get("after", ""),
        "list": facts.get("cut_list", ""),
        "why": facts.get("error", ""),
        "asked": facts.get("requested_by", ""),
    }


def _agreed(event: Event) -> str:
    text = ngettext(
        "%(who)s pidió que %(router)s quede como aquí en %(count)s diferencia (%(kinds)s).",
        "%(who)s pidió que %(router)s quede como aquí en %(count)s diferencias (%(kinds)s).",
        int(event.facts.get("count", 0)),
    )
    return text % _facts(event)


def _adopted(event: Event) -> str:
    text = ngettext(
        "%(who)s tomó lo que tiene %(router)s en %(count)s diferencia (%(kinds)s).",
        "%(who)s tomó lo que tiene %(router)s en %(count)s diferencias (%(kinds)s).",
        int(event.facts.get("count", 0)),
    )
    return text % _facts(event)


def _ignored(event: Event) -> str:
    text = ngettext(
        "%(who)s dejó sin atender %(count)s diferencia de %(router)s (%(kinds)s).",
        "%(who)s dejó sin atender %(count)s diferencias de %(router)s (%(kinds)s).",
        int(event.facts.get("count", 0)),
    )
    return text % _facts(event)


register(
    "router.drifted",
    kind="network",
    icon="git-compare",
    sentence=lambda e: _("%(router)s no tiene lo mismo que aquí. %(kinds)s.") % _facts(e),
)
register("router.agreed", kind="network", icon="wrench", sentence=_agreed)
register("router.adopted", kind="network", icon="check", sentence=_adopted)
register("router.ignored", kind="network", icon="eye-off", sentence=_ignored)
register(
    "router.unignored",
    kind="network",
    icon="eye",
    sentence=lambda e: _("%(who)s volvió a atender diferencias de %(router)s (%(kinds)s).") % _facts(e),
)
register(
    "router.chore_failed",
    kind="network",
    icon="triangle-alert",
    sentence=lambda e: _("%(router)s no pudo hacer lo que pidió %(asked)s: %(why)s") % _facts(e),
)
register(
    "router.cut_list",
    kind="network",
    icon="list-checks",
    sentence=lambda e: _("Los cortes de %(router)s van a la lista %(list)s (antes %(before)s).") % _facts(e),
)
register(
    "router.rules_asked",
    kind="network",
    icon="shield-check",
    sentence=lambda e: _("%(who)s pidió poner en %(router)s las reglas de la lista %(list)s.") % _facts(e),
)
register(
    "router.migration_asked",
    kind="network",
    icon="arrow-right-left",
    sentence=lambda e: _("%(who)s pidió pasar los cortes de %(router)s de %(before)s a %(list)s.") % _facts(e),
)
register(
    "access.plan_adopted",
    kind="network",
    icon="gauge",
    sentence=lambda e: (
        _("%(who)s dejó al router la velocidad de %(user)s: ya no se fija desde aquí (%(after)s).") % _facts(e)
    ),
)
register(
    "access.ip_adopted",
    kind="network",
    icon="network",
    sentence=lambda e: _("%(who)s tomó del router la IP %(after)s de %(user)s (antes %(before)s).") % _facts(e),
)
