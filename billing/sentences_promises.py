"""How the events of promises to pay read, in words a collector would say."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.utils.translation import gettext as _

from billing.domain.promise_state import say_moment
from billing.domain.reasons import explain
from events.models import Event
from events.sentences import register
from tenants.formats import format_money


def _said(event: Event) -> dict[str, str]:
    facts = event.facts
    return {
        "amount": format_money(Decimal(facts["amount"]), facts["currency"]),
        "until": say_moment(dt.datetime.fromisoformat(facts["until"])),
        "who": event.actor_label,
        "reason": facts.get("reason", ""),
    }


def _granted(event: Event) -> str:
    facts, said = event.facts, _said(event)
    text = _("Prometió pagar %(amount)s a más tardar el %(until)s; lo anotó %(who)s.") % said
    if facts.get("released"):
        text += " " + _("Se reconecta hasta entonces.")
    if facts.get("override"):
        text += " " + _("Fue una excepción: %(why)s.") % {"why": facts["override"]}
    if facts.get("note"):
        text += " " + facts["note"]
    return text


def _extended(event: Event) -> str:
    return _("%(who)s prolongó la promesa de pagar %(amount)s hasta el %(until)s: %(reason)s.") % _said(event)


def _broken(event: Event) -> str:
    said = _said(event)
    said["left"] = format_money(Decimal(event.facts.get("left") or 0), event.facts["currency"])
    return _("No cumplió su promesa de pagar %(amount)s a más tardar el %(until)s: debe %(left)s.") % said


def _not_cut(event: Event) -> str:
    return _("Su promesa venció y no se cortó en ese momento. %(why)s") % {"why": explain(event.facts["reasons"])}


READINGS = {
    "promise.granted": ("handshake", _granted),
    "promise.extended": ("calendar-plus", _extended),
    "promise.cancelled": (
        "circle-x",
        lambda e: _("%(who)s anuló la promesa de pagar %(amount)s: %(reason)s.") % _said(e),
    ),
    "promise.kept": ("circle-check", lambda e: _("Cumplió su promesa de pagar %(amount)s.") % _said(e)),
    "promise.broken": ("circle-alert", _broken),
    "promise.not_cut": ("shield-check", _not_cut),
    "promise.reopened": (
        "undo-2",
        lambda e: _("Se deshizo el pago que cumplía su promesa, que vale otra vez hasta el %(until)s.") % _said(e),
    ),
    "promise.undone": (
        "undo-2",
        lambda e: (
            _("Se deshizo el pago que cumplía su promesa de %(amount)s; la deuda la decide la próxima noche.")
            % _said(e)
        ),
    ),
}
for _type, (_icon, _sentence) in READINGS.items():
    register(_type, kind="billing", icon=_icon, sentence=_sentence)
