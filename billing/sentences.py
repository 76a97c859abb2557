"""How billing's events read, in words a collector would say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later
from django.utils.translation import ngettext

from billing.domain.policy_words import LABELS
from billing.domain.reasons import explain, show_day
from billing.models import Discount, Extra, Payment
from events.models import Event
from events.sentences import register
from tenants.formats import format_money


def _money(event: Event, key: str = "amount") -> str:
    return format_money(Decimal(event.facts.get(key) or 0), event.facts.get("currency", ""))


def _month(event: Event) -> str:
    return str(formats.date_format(dt.date.fromisoformat(event.facts["period"]), "F Y")).lower()


def _who(event: Event) -> dict[str, str]:
    return {"who": event.actor_label}


def _issued(event: Event) -> str:
    facts = event.facts
    said = {"label": facts["label"], "total": _money(event, "total"), "day": show_day(facts["due_on"])}
    text = _("Se emitió la factura %(label)s por %(total)s; vence el %(day)s.") % said
    if Decimal(facts.get("credit") or 0) > 0:
        text += " " + _("Su saldo a favor pagó %(credit)s.") % {"credit": _money(event, "credit")}
    return text


def _imported(event: Event) -> str:
    said = {"label": event.facts["label"], "owed": _money(event, "owed"), "day": show_day(event.facts["due_on"])}
    return _("Se trajo la factura %(label)s del sistema anterior: debe %(owed)s desde el %(day)s.") % said


def _paid(event: Event) -> str:
    facts = event.facts
    method = str(Payment.Method(facts["method"]).label).lower() if facts.get("method") else ""
    said = {"amount": _money(event), "method": method, **_who(event)}
    parts = [_("Pagó %(amount)s (%(method)s); lo registró %(who)s.") % said]
    labels = ", ".join(part["label"] for part in facts.get("invoices", []))
    if labels:
        parts.append(_("Se aplicó a %(labels)s.") % {"labels": labels})
    if Decimal(facts.get("credit") or 0) > 0:
        parts.append(_("Quedan %(credit)s a favor.") % {"credit": _money(event, "credit")})
    if facts.get("reconnect"):
        parts.append(explain([facts["reconnect"]]))
    return " ".join(part for part in parts if part)


def _payment_voided(event: Event) -> str:
    said = {"amount": _money(event), "reason": event.facts.get("reason", ""), **_who(event)}
    return _("%(who)s anuló el pago de %(amount)s: %(reason)s.") % said


def _invoice_voided(event: Event) -> str:
    said = {"label": event.facts["label"], "reason": event.facts.get("reason", ""), **_who(event)}
    return _("%(who)s anuló la factura %(label)s: %(reason)s.") % said


def _credited(event: Event) -> str:
    facts = event.facts
    said = {
        "label": facts["label"],
        "invoice": facts["invoice"],
        "total": _money(event, "total"),
        "reason": facts.get("reason", ""),
        **_who(event),
    }
    parts = [_("%(who)s hizo la nota de crédito %(label)s por %(total)s sobre %(invoice)s: %(reason)s.") % said]
    others = ", ".join(part["label"] for part in facts.get("used", []))
    if others:
        parts.append(_("Lo que sobraba pagó %(labels)s.") % {"labels": others})
    rest = Decimal(facts["total"]) - Decimal(facts["applied"])
    rest -= sum((Decimal(part["amount"]) for part in facts.get("used", [])), Decimal(0))
    if rest > 0:
        parts.append(_("Quedan %(credit)s a favor.") % {"credit": format_money(rest, facts["currency"])})
    return " ".join(parts)


def _written_off(event: Event) -> str:
    said = {
        "label": event.facts["label"],
        "amount": _money(event),
        "reason": event.facts.get("reason", ""),
        **_who(event),
    }
    return _("%(who)s dio por incobrables %(amount)s de la factura %(label)s: %(reason)s.") % said


def _added(event: Event) -> str:
    said = {"what": event.facts["description"], "amount": _money(event), **_who(event)}
    if event.facts.get("kind") == Extra.Kind.RECURRING:
        return _("%(who)s agregó %(what)s por %(amount)s al mes.") % said
    return _("%(who)s agregó un cargo: %(what)s, %(amount)s.") % said


def _ended(event: Event) -> str:
    said = {"what": event.facts["description"], **_who(event)}
    if event.facts.get("ends_on"):
        said["day"] = show_day(event.facts["ends_on"])
        return _("%(who)s le puso último día a %(what)s: %(day)s.") % said
    return _("%(who)s quitó %(what)s.") % said


def _discounted(event: Event) -> str:
    value = Decimal(event.facts["value"])
    percent = event.facts["kind"] == Discount.Kind.PERCENT
    much = f"{value.normalize():f} %" if percent else _money(event, "value")
    said = {"what": event.facts["description"], "much": much, **_who(event)}
    return _("%(who)s dio un descuento de %(much)s: %(what)s.") % said


def _plan_scheduled(event: Event) -> str:
    facts = event.facts
    said = {"before": facts["before"], "plan": facts["plan"], "day": show_day(facts["day"]), **_who(event)}
    return _("%(who)s programó el cambio de %(before)s a %(plan)s para el %(day)s.") % said


def _fee(event: Event) -> str:
    return _("%(what)s: %(amount)s en la próxima factura.") % {
        "what": event.facts["description"],
        "amount": _money(event),
    }


def _reminded(event: Event) -> str:
    said = {"label": event.facts["label"], "owed": _money(event, "owed"), "day": show_day(event.facts["due_on"])}
    if event.facts.get("step", 0) < 0:
        return _("Se le recordó la factura %(label)s: %(owed)s, vence el %(day)s.") % said
    return _("Se le avisó que vence la factura %(label)s: %(owed)s.") % said


def _decided(event: Event) -> str:
    return _("Se decidió cortar. %(why)s") % {"why": explain(event.facts.get("reasons", []))}


def _spared(event: Event) -> str:
    return _("No se cortó. %(why)s") % {"why": explain(event.facts.get("reasons", []))}


def _night_done(event: Event) -> str:
    facts = event.facts
    cut = ngettext("%(n)s servicio cortado", "%(n)s servicios cortados", facts["cut"]) % {"n": facts["cut"]}
    told = ngettext("%(n)s aviso", "%(n)s avisos", facts["reminded"]) % {"n": facts["reminded"]}
    return _("Terminó la noche del %(day)s: %(cut)s, %(told)s, %(spared)s que se libraron.") % {
        "day": show_day(facts["day"]),
        "cut": cut,
        "told": told,
        "spared": facts["spared"],
    }


def _night(text: Any) -> Callable[[Event], str]:
    return lambda event: str(text) % {"day": show_day(event.facts["day"]), **_who(event)}


def _run_finished(event: Event) -> str:
    count = event.facts.get("invoices", 0)
    return ngettext(
        "Terminó la facturación de %(month)s: %(count)s factura.",
        "Terminó la facturación de %(month)s: %(count)s facturas.",
        count,
    ) % {"month": _month(event), "count": count}


def _run(text: Any) -> Callable[[Event], str]:
    return lambda event: str(text) % {"month": _month(event), **_who(event)}


def _accepted(event: Event) -> str:
    return _("%(who)s aceptó el comprobante por %(amount)s.") % {"amount": _money(event), **_who(event)}


def _rejected(event: Event) -> str:
    said = {"reason": event.facts.get("reason", ""), **_who(event)}
    return _("%(who)s rechazó el comprobante: %(reason)s.") % said


def _filed(event: Event) -> str:
    if "first" in event.facts:
        return _("Llegó otra vez el mismo comprobante; no se abrió otra revisión.")
    return _("Llegó un comprobante; lo recibió %(who)s.") % _who(event)


def _document_sent(event: Event) -> str:
    said = {"document": event.facts.get("document", ""), "to": event.facts.get("to", ""), **_who(event)}
    if event.facts.get("as_link"):
        return _("%(who)s envió por WhatsApp el enlace a %(document)s, al %(to)s.") % said
    return _("%(who)s envió %(document)s por WhatsApp, al %(to)s.") % said


def _policy_changed(event: Event) -> str:
    names = [str(LABELS.get(name, name)) for name in event.facts.get("changes", {})]
    said = {"what": ", ".join(names), **_who(event)}
    return (
        _("%(who)s cambió la política de cobro: %(what)s.") if names else _("%(who)s cambió la política de cobro.")
    ) % said


def _overridden(event: Event) -> str:
    facts = event.facts
    changes = [
        _("%(what)s: %(is)s (antes %(was)s)") % {"what": LABELS.get(c["name"], c["name"]), **c}
        for c in facts.get("changes", [])
    ]
    said = {"changes": "; ".join(changes), "name": facts.get("name", ""), **_who(event)}
    if facts.get("of") == "zone":
        return _("%(who)s cambió las condiciones de cobro de la zona %(name)s. %(changes)s.") % said
    return _("%(who)s cambió sus condiciones de cobro. %(changes)s.") % said


def _series(event: Event) -> dict[str, Any]:
    return {"prefix": event.facts.get("prefix", ""), "next": event.facts.get("next", ""), **_who(event)}


READINGS: dict[str, tuple[str, str, Callable[[Event], str]]] = {
    "invoice.issued": ("billing", "receipt-text", _issued),
    "invoice.imported": ("billing", "receipt-text", _imported),
    "invoice.voided": ("billing", "file-x", _invoice_voided),
    "invoice.written_off": ("billing", "circle-off", _written_off),
    "credit_note.issued": ("billing", "file-minus", _credited),
    "extra.added": ("billing", "circle-plus", _added),
    "extra.ended": ("billing", "circle-minus", _ended),
    "extra.cancelled": ("billing", "circle-minus", _ended),
    "discount.added": ("billing", "badge-percent", _discounted),
    "discount.ended": ("billing", "circle-minus", _ended),
    "contract.agreed": (
        "billing",
        "handshake",
        lambda e: _("%(who)s cambió las condiciones de %(service)s.") % {"service": e.facts["service"], **_who(e)},
    ),
    "plan_change.scheduled": ("service", "calendar-clock", _plan_scheduled),
    "plan_change.cancelled": (
        "service",
        "calendar-x",
        lambda e: _("%(who)s canceló el cambio a %(plan)s.") % {"plan": e.facts["plan"], **_who(e)},
    ),
    "fee.added": ("billing", "circle-plus", _fee),
    "credit.imported": (
        "billing",
        "piggy-bank",
        lambda e: _("Se trajo un saldo a favor de %(amount)s del sistema anterior.") % {"amount": _money(e)},
    ),
    "payment.recorded": ("billing", "banknote", _paid),
    "payment.voided": ("billing", "undo-2", _payment_voided),
    "receipt.filed": ("billing", "image", _filed),
    "receipt.accepted": ("billing", "circle-check", _accepted),
    "receipt.rejected": ("billing", "circle-x", _rejected),
    "reminder.sent": ("message", "bell", _reminded),
    "cut.decided": ("billing", "gavel", _decided),
    "cut.spared": ("billing", "shield-check", _spared),
    "night.done": ("billing", "moon-star", _night_done),
    "night.held": ("billing", "hand", _night(later("%(who)s detuvo los cortes del %(day)s."))),
    "night.released": ("billing", "play", _night(later("%(who)s dejó seguir los cortes del %(day)s."))),
    "night.approved": ("billing", "check", _night(later("%(who)s aprobó los cortes del %(day)s."))),
    "decision.taken_out": ("billing", "shield", _night(later("%(who)s lo quitó de la lista del %(day)s."))),
    "decision.put_back": ("billing", "undo-2", _night(later("%(who)s lo devolvió a la lista del %(day)s."))),
    "policy.changed": ("account", "scale", _policy_changed),
    "documents.changed": (
        "account",
        "file-text",
        lambda e: _("%(who)s cambió los textos de los documentos.") % _who(e),
    ),
    "document.sent": ("message", "file-text", _document_sent),
    "series.created": ("account", "hash", lambda e: _("%(who)s hizo la serie %(prefix)s.") % _series(e)),
    "series.changed": (
        "account",
        "hash",
        lambda e: _("%(who)s cambió la serie %(prefix)s; sigue el %(next)s.") % _series(e),
    ),
    "currency.changed": (
        "account",
        "coins",
        lambda e: (
            _("%(who)s cambió la moneda de %(before)s a %(now)s.")
            % {"before": e.facts.get("before", ""), "now": e.facts.get("now", ""), **_who(e)}
        ),
    ),
    "policy.overridden": ("account", "scale", _overridden),
    "run.started": ("billing", "play", _run(later("%(who)s empezó la facturación de %(month)s."))),
    "run.paused": ("billing", "pause", _run(later("%(who)s puso en pausa la facturación de %(month)s."))),
    "run.resumed": ("billing", "play", _run(later("%(who)s siguió con la facturación de %(month)s."))),
    "run.cancelled": ("billing", "square", _run(later("%(who)s terminó antes de acabar la facturación de %(month)s."))),
    "run.finished": ("billing", "receipt-text", _run_finished),
    "billing.stopped": (
        "billing",
        "octagon-alert",
        lambda _e: _("Se detuvo el cobro del servicio: se le cobró demasiadas veces en un día. Revise por qué."),
    ),
}
for _type, (_kind, _icon, _sentence) in READINGS.items():
    register(_type, kind=_kind, icon=_icon, sentence=_sentence)
