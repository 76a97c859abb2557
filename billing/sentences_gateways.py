"""How the events of payment gateways read."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from events.models import Event
from events.sentences import register
from tenants.formats import format_money


def _said(event: Event) -> dict[str, str]:
    facts = event.facts
    amount = format_money(Decimal(facts.get("amount") or 0), facts.get("currency", ""))
    names = {name: str(facts.get(name) or "") for name in ("name", "account", "note", "reason")}
    return {"who": event.actor_label, "amount": amount, **names}


READINGS = {
    "gateway.connected": (
        "account",
        "plug",
        lambda e: _("%(who)s conectó la pasarela %(name)s.") % _said(e),
    ),
    "payment_request.opened": (
        "billing",
        "link",
        lambda e: _("%(who)s pidió %(amount)s por %(account)s.") % _said(e),
    ),
    "payment_request.cancelled": (
        "billing",
        "link-2-off",
        lambda e: _("%(who)s canceló el cobro en línea de %(amount)s.") % _said(e),
    ),
    "payment_request.sent": (
        "message",
        "send",
        lambda e: _("%(who)s envió el enlace de pago por %(amount)s.") % _said(e),
    ),
    "gateway.aside": (
        "billing",
        "triangle-alert",
        lambda e: _("%(who)s recibió %(amount)s que alguien debe revisar: %(note)s") % _said(e),
    ),
    "gateway.settled": (
        "billing",
        "check",
        lambda e: _("%(who)s resolvió un pago en línea por revisar: %(note)s") % _said(e),
    ),
    "gateway.refund_asked": (
        "billing",
        "undo-2",
        lambda e: _("%(who)s pidió devolver %(amount)s por la pasarela: %(reason)s") % _said(e),
    ),
}
for _type, (_kind, _icon, _sentence) in READINGS.items():
    register(_type, kind=_kind, icon=_icon, sentence=_sentence)
