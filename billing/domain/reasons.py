"""Reasons as people say them. A reason is stored as data (a code and its facts); this is how each code reads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.models import BillingPolicy
from tenants.formats import format_money


def explain(reasons: Sequence[dict[str, Any]]) -> str:
    """The reasons as sentences a collector would say. An unknown code reads as itself, so nothing is hidden."""
    said = (SENTENCES.get(reason["code"], _unknown)(reason) for reason in reasons)
    return " ".join(text for text in said if text)


def show_day(iso: str) -> str:
    """2026-11-03 -> "3 de noviembre"; the year only when it is not obvious from the sentence."""
    return formats.date_format(dt.date.fromisoformat(iso), "MONTH_DAY_FORMAT")


def show_days(days: int) -> str:
    """1 -> "1 día"."""
    return ngettext("%(days)s día", "%(days)s días", days) % {"days": days}


def _money(reason: dict[str, Any], key: str = "amount") -> str:
    return format_money(Decimal(reason[key]), reason["currency"])


def _unknown(reason: dict[str, Any]) -> str:
    return str(reason["code"])


def _due(reason: dict[str, Any]) -> str:
    days = reason["days"]
    said = {"label": reason["label"], "days": show_days(abs(days)), "day": show_day(reason["due_on"])}
    if days < 0:
        return _("La factura %(label)s vence en %(days)s, el %(day)s.") % said
    if days == 0:
        return _("La factura %(label)s vence hoy, %(day)s.") % said
    return _("La factura %(label)s venció hace %(days)s, el %(day)s.") % said


def _overdue(reason: dict[str, Any]) -> str:
    count, days = len(reason["invoices"]), reason["days"]
    since = _("vence hoy") if days == 0 else _("venció hace %(days)s") % {"days": show_days(days)}
    return ngettext(
        "Debe %(amount)s por una factura del %(day)s (%(since)s).",
        "Debe %(amount)s por %(count)s facturas; la más antigua, del %(day)s (%(since)s).",
        count,
    ) % {"amount": _money(reason), "count": count, "day": show_day(reason["oldest_due"]), "since": since}


def _reconnect(reason: dict[str, Any]) -> str:
    said = {"left": _money(reason, "left"), "needed": _money(reason, "needed")}
    nothing_left = Decimal(reason["left"]) <= 0
    if not reason.get("cut", True):
        return "" if nothing_left else _("Queda vencido %(left)s.") % said
    if reason.get("record_only"):
        return _("No se reconecta: sólo se registra el pago. %(why)s") % {"why": reason["record_only"]}
    if reason["reconnects"]:
        if nothing_left:
            return _("Con este pago no queda nada vencido, así que se reconecta.")
        return _("Queda vencido %(left)s, y la política permite reconectar.") % said
    return _("No se reconecta todavía: queda vencido %(left)s y falta pagar %(needed)s%(for)s.") % {
        **said,
        "for": _needed_for(reason),
    }


def _needed_for(reason: dict[str, Any]) -> str:
    """What the missing amount would reach, when the policy asks for less than everything."""
    value = Decimal(reason.get("value") or 0)
    if reason.get("when") == BillingPolicy.Reconnect.PERCENT:
        return _(" para llegar al %(percent)s %% de lo vencido") % {"percent": f"{value.normalize():f}"}
    if reason.get("when") == BillingPolicy.Reconnect.AMOUNT:
        return _(" para llegar a %(amount)s") % {"amount": format_money(value, reason["currency"])}
    return ""


SENTENCES: dict[str, Callable[[dict[str, Any]], str]] = {
    "due": _due,
    "overdue": _overdue,
    "reconnect": _reconnect,
    "free": lambda _r: _("El servicio es sin costo y no se corta."),
    "never_cut": lambda r: _("Tiene protección hasta el %(day)s.") % {"day": show_day(r["until"])},
    "promised": lambda r: (
        _("Prometió pagar a más tardar el %(day)s a las %(hour)s.")
        % {"day": show_day(r["until"][:10]), "hour": r["until"][11:16]}
    ),
    "lapsed": lambda r: (
        _("Prometió pagar a más tardar el %(day)s a las %(hour)s, y no se recibió.")
        % {"day": show_day(r["until"][:10]), "hour": r["until"][11:16]}
    ),
    "lapse_late": lambda r: (
        _("Su promesa venció y se pasó la hora de cortar por ella (%(hour)s); lo decide la próxima noche.")
        % {"hour": r["until"][11:16]}
    ),
    "lapse_quiet": lambda r: (
        _("Su promesa venció en las horas de descanso (%(from)s a %(until)s); lo decide la próxima noche.") % r
    ),
    "lapse_held": lambda r: _("%(who)s detuvo los cortes de hoy; lo decide la próxima noche.") % {"who": r["who"]},
    "lapse_limit": lambda _r: _("Pasaría el límite de cortes sin aprobación; lo decide la próxima noche."),
    "small": lambda r: _("Debe menos que el mínimo para cortar (%(minimum)s).") % {"minimum": _money(r, "minimum")},
    "covered": lambda r: _("Su saldo a favor de %(credit)s cubre la deuda.") % {"credit": _money(r, "credit")},
    "paid": lambda _r: _("Ya no debe nada vencido: pagó antes de la hora."),
    "never": lambda _r: _("Su política dice que nunca se corta."),
    "few": lambda r: (
        ngettext(
            "Tiene %(count)s factura vencida y se corta desde %(minimum)s.",
            "Tiene %(count)s facturas vencidas y se corta desde %(minimum)s.",
            r["invoices"],
        )
        % {"count": r["invoices"], "minimum": r["minimum"]}
    ),
    "weekend": lambda _r: _("Hoy no se corta: es fin de semana."),
    "holiday": lambda r: _("Hoy no se corta: es feriado (%(name)s).") % {"name": r["name"]},
    "eve": lambda r: (
        _("Hoy no se corta: mañana es feriado (%(name)s).") % {"name": r["name"]}
        if r.get("name")
        else _("Hoy no se corta: mañana es fin de semana.")
    ),
    "second_stop_billing": lambda r: (
        _("Lleva %(days)s sin pagar: se deja de facturar hasta que vuelva.") % {"days": show_days(r["days"])}
    ),
    "second_cancel": lambda r: _("Lleva %(days)s sin pagar: se da de baja.") % {"days": show_days(r["days"])},
    "many": lambda r: (
        _("Son %(count)s y sin una persona pasan hasta %(limit)s.") % {"count": r["count"], "limit": r["limit"]}
    ),
    "many_percent": lambda r: (
        _("Son %(count)s de %(of)s clientes y sin una persona pasa hasta el %(limit)s %%.")
        % {"count": r["count"], "of": r["of"], "limit": r["limit"]}
    ),
    "missed": lambda r: (
        _("Se pasó la hora permitida para cortar (%(until)s); se decide de nuevo mañana.") % {"until": r["until"]}
    ),
    "not_sent": lambda _r: _("No se pudo avisar por WhatsApp."),
    "failed": lambda _r: _("Algo falló de nuestro lado; quedó anotado y se puede volver a intentar."),
    "not_waiting": lambda _r: _("La factura ya no está por pagar."),
}
