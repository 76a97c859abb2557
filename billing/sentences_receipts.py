"""How what happens to comprobantes reads."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from events.models import Event
from events.sentences import register
from tenants.formats import format_money


def _corrected(event: Event) -> str:
    facts: dict[str, Any] = event.facts
    before, after = facts["before"], facts["after"]
    said = {
        "who": event.actor_label,
        "before": format_money(Decimal(before["amount"]), facts.get("currency", "")),
        "after": format_money(Decimal(after["amount"]), facts.get("currency", "")),
        "reason": facts["reason"],
    }
    if before["customer"] != after["customer"]:
        return _("%(who)s corrigió el comprobante: el pago de %(after)s es de otro cliente. %(reason)s") % said
    if before["amount"] != after["amount"]:
        return _("%(who)s corrigió el comprobante: eran %(before)s y son %(after)s. %(reason)s") % said
    return _("%(who)s corrigió los datos del comprobante de %(after)s. %(reason)s") % said


register("receipt.corrected", kind="billing", icon="pencil", sentence=_corrected)
