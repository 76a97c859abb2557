"""How the events of the counter read: money given back, drawers, accounts and bank statements."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.models import DrawerMovement, Payment
from events.models import Event
from events.sentences import register
from tenants.formats import format_money


def _money(event: Event, key: str = "amount") -> str:
    return format_money(Decimal(event.facts.get(key) or 0), event.facts.get("currency", ""))


def _said(event: Event, **more: Any) -> dict[str, Any]:
    return {"who": event.actor_label, "amount": _money(event), **more}


def _refunded(event: Event) -> str:
    facts = event.facts
    method = str(Payment.Method(facts["method"]).label).lower() if facts.get("method") else ""
    said = _said(event, method=method, reason=facts.get("reason", ""))
    parts = [_("%(who)s devolvió %(amount)s (%(method)s): %(reason)s.") % said]
    if Decimal(facts.get("from_credit") or 0) > 0:
        parts.append(_("De su saldo a favor, %(credit)s.") % {"credit": _money(event, "from_credit")})
    labels = ", ".join(part["label"] for part in facts.get("reopened", []))
    if labels:
        parts.append(_("Vuelve a deberse %(labels)s.") % {"labels": labels})
    return " ".join(parts)


def _moved(event: Event) -> str:
    kind = str(DrawerMovement.Kind(event.facts["kind"]).label).lower()
    return _("%(who)s anotó en la caja: %(kind)s, %(amount)s.") % _said(event, kind=kind)


def _closed(event: Event) -> str:
    gap = Decimal(event.facts.get("difference") or 0)
    said = _said(event, counted=_money(event, "counted"), gap=format_money(abs(gap), event.facts.get("currency", "")))
    if gap < 0:
        return _("%(who)s cerró la caja con %(counted)s: faltaron %(gap)s.") % said
    if gap > 0:
        return _("%(who)s cerró la caja con %(counted)s: sobraron %(gap)s.") % said
    return _("%(who)s cerró la caja con %(counted)s, sin diferencia.") % said


def _account(event: Event) -> dict[str, Any]:
    return {"who": event.actor_label, "name": event.facts.get("name", ""), "before": event.facts.get("before", "")}


def _bank_done(event: Event) -> str:
    count = event.facts.get("booked", 0)
    return ngettext(
        "%(who)s registró %(count)s pago del estado de cuenta %(file)s.",
        "%(who)s registró %(count)s pagos del estado de cuenta %(file)s.",
        count,
    ) % {"who": event.actor_label, "count": count, "file": event.facts.get("file", "")}


register("payment.refunded", kind="billing", icon="undo-2", sentence=_refunded)
register(
    "drawer.opened",
    kind="billing",
    icon="wallet",
    sentence=lambda e: _("%(who)s abrió su caja con %(amount)s.") % _said(e),
)
register("drawer.moved", kind="billing", icon="wallet", sentence=_moved)
register("drawer.closed", kind="billing", icon="wallet", sentence=_closed)
register(
    "account.added",
    kind="account",
    icon="landmark",
    sentence=lambda e: _("%(who)s agregó la cuenta %(name)s.") % _account(e),
)
register(
    "account.renamed",
    kind="account",
    icon="landmark",
    sentence=lambda e: _("%(who)s cambió el nombre de la cuenta %(before)s a %(name)s.") % _account(e),
)
register(
    "account.stopped",
    kind="account",
    icon="landmark",
    sentence=lambda e: _("%(who)s dejó de usar la cuenta %(name)s.") % _account(e),
)
register(
    "account.resumed",
    kind="account",
    icon="landmark",
    sentence=lambda e: _("%(who)s volvió a usar la cuenta %(name)s.") % _account(e),
)
register(
    "counter.changed",
    kind="account",
    icon="wallet",
    sentence=lambda e: _("%(who)s cambió cómo se usan las cajas.") % {"who": e.actor_label},
)
register(
    "bank.read",
    kind="billing",
    icon="file-spreadsheet",
    sentence=lambda e: _("%(who)s trajo el estado de cuenta %(file)s.") % _said(e, file=e.facts.get("file", "")),
)
register("bank.booked", kind="billing", icon="file-spreadsheet", sentence=_bank_done)
