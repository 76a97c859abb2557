"""How the customers' own events read."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Hold
from events.models import Event
from events.sentences import register
from tenants.current import current_tenant
from tenants.formats import format_money


def _reason(event: Event) -> str:
    code = event.facts.get("reason", "")
    return str(Hold.Reason(code).label).lower() if code in Hold.Reason.values else code


def _held(event: Event) -> str:
    note = (event.facts.get("detail") or {}).get("note")
    if str(event.facts.get("source", "")).startswith("import:"):
        return _("Sigue cortado por %(why)s: %(note)s.") % {"why": _reason(event), "note": note or _("así llegó")}
    words = (
        _("%(who)s ordenó el corte por %(why)s.")
        if event.facts.get("reason") != Hold.Reason.PAUSE
        else _("%(who)s lo puso en pausa.")
    )
    said = words % {"who": event.actor_label, "why": _reason(event)}
    return f"{said} «{note}»" if note else said


def _released(event: Event) -> str:
    if event.facts.get("reason") == Hold.Reason.PAUSE:
        return _("%(who)s lo reanudó.") % {"who": event.actor_label}
    return _("%(who)s levantó el corte por %(why)s.") % {"who": event.actor_label, "why": _reason(event)}


def _facts(event: Event) -> dict[str, Any]:
    return {"service": "", "plan": "", "before": "", **event.facts}


register(
    "customer.created",
    kind="account",
    icon="user-plus",
    sentence=lambda e: _("%(who)s registró al cliente.") % {"who": e.actor_label},
)
register(
    "customer.changed",
    kind="account",
    icon="pencil",
    sentence=lambda e: _("%(who)s cambió los datos del cliente.") % {"who": e.actor_label},
)
register(
    "service.held",
    kind="service",
    icon="circle-pause",
    sentence=_held,
)
register(
    "service.released",
    kind="service",
    icon="circle-play",
    sentence=_released,
)
register(
    "service.added",
    kind="service",
    icon="circle-plus",
    sentence=lambda e: _("%(who)s contrató %(plan)s (%(service)s).") % {"who": e.actor_label, **_facts(e)},
)
register(
    "service.plan_changed",
    kind="service",
    icon="gauge",
    sentence=lambda e: _("%(who)s cambió el plan de %(before)s a %(plan)s.") % {"who": e.actor_label, **_facts(e)},
)
register(
    "service.changed",
    kind="service",
    icon="pencil",
    sentence=lambda e: _("%(who)s cambió los datos del servicio %(service)s.") % {"who": e.actor_label, **_facts(e)},
)
register(
    "service.cancelled",
    kind="service",
    icon="circle-off",
    sentence=lambda e: _("%(who)s dio de baja el servicio %(service)s.") % {"who": e.actor_label, **_facts(e)},
)
register(
    "service.reopened",
    kind="service",
    icon="circle-play",
    sentence=lambda e: _("%(who)s deshizo la baja del servicio %(service)s.") % {"who": e.actor_label, **_facts(e)},
)
register(
    "equipment.shown",
    kind="service",
    icon="eye",
    sentence=lambda e: _("%(who)s vio las claves del equipo.") % {"who": e.actor_label},
)


def _price_change(event: Event) -> str:
    change = event.facts.get("changes", {}).get("price")
    if not change:
        return ""
    currency = current_tenant().currency
    was, now = (format_money(Decimal(change[side]), currency) for side in ("was", "is"))
    return " " + _("Precio: %(is)s (antes %(was)s).") % {"was": was, "is": now}


_CATALOGUE = {
    "plan.created": ("gauge", gettext_lazy("%(who)s hizo el plan %(name)s.")),
    "plan.changed": ("gauge", gettext_lazy("%(who)s cambió el plan %(name)s.")),
    "plan.retired": ("archive", gettext_lazy("%(who)s retiró el plan %(name)s.")),
    "plan.restored": ("gauge", gettext_lazy("%(who)s volvió a ofrecer el plan %(name)s.")),
    "tax.created": ("percent", gettext_lazy("%(who)s agregó el impuesto %(name)s.")),
    "tax.changed": ("percent", gettext_lazy("%(who)s cambió el impuesto %(name)s.")),
    "tax.retired": ("archive", gettext_lazy("%(who)s retiró el impuesto %(name)s.")),
    "tax.restored": ("percent", gettext_lazy("%(who)s volvió a ofrecer el impuesto %(name)s.")),
    "zone.created": ("map-pin", gettext_lazy("%(who)s hizo la zona %(name)s.")),
    "zone.renamed": ("map-pin", gettext_lazy("%(who)s le cambió el nombre a la zona %(name)s.")),
    "zone.removed": ("map-pin-off", gettext_lazy("%(who)s borró la zona %(name)s.")),
}


def _said(text: Any) -> Callable[[Event], str]:
    return lambda e: text % {"who": e.actor_label, "name": e.facts.get("name", "")} + _price_change(e)


for _type, (_icon, _text) in _CATALOGUE.items():
    register(_type, kind="account", icon=_icon, sentence=_said(_text))
