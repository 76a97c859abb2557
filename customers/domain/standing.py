"""The state of a service in words, from its status and its open holds. What the router really has is network's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.models import Hold, Service
from tenants.formats import format_day, format_money

# Which hold is told when there are several: the gravest first.
_ORDER = (Hold.Reason.DEBT, Hold.Reason.ABUSE, Hold.Reason.STAFF, Hold.Reason.PAUSE)


@dataclass(frozen=True)
class Standing:
    """`kind` is a status of the surface (active, cut, paused); `short` fits a row, `words` say why."""

    kind: str
    short: str
    words: str


@dataclass(frozen=True)
class Clock:
    """What words need to know of now and here."""

    now: datetime
    zone: ZoneInfo

    def day(self, at: datetime | date) -> str:
        """Return a day as people say it: hoy, ayer, 3 nov."""
        here = at.astimezone(self.zone).date() if isinstance(at, datetime) else at
        return format_day(here, today=self.now.astimezone(self.zone).date())


def standing_of(service: Service, holds: Iterable[Hold], clock: Clock) -> Standing:
    """Return the standing of a service with these open holds."""
    if service.status == Service.Status.CANCELLED:
        return _cancelled(service, clock)
    for reason in _ORDER:
        for hold in holds:
            if hold.reason == reason:
                return _held(hold, clock)
    if service.status == Service.Status.FREE:
        return Standing("active", _("Gratis"), _("Activo, sin cobro"))
    return Standing("active", _("Activo"), _("Activo"))


def overall(standings: Sequence[Standing]) -> Standing:
    """Return one standing for a customer of several services: that of the worst, saying how many there are."""
    if not standings:
        return Standing("paused", _("Sin servicio"), _("No tiene ningún servicio contratado"))
    live = [standing for standing in standings if standing.kind != "over"] or list(standings)
    worst = min(live, key=lambda standing: ("cut", "paused", "active", "over").index(standing.kind))
    alike = sum(standing.kind == worst.kind for standing in live)
    if len(live) == 1 or alike == len(live):
        return worst
    share = _("%(some)d de %(all)d servicios") % {"some": alike, "all": len(live)}
    return Standing(worst.kind, f"{worst.short} · {share}", f"{worst.words} · {share}")


def _cancelled(service: Service, clock: Clock) -> Standing:
    short = _("Cancelado")
    words = _("Cancelado desde %(day)s") % {"day": _from(clock.day(service.ended_on))} if service.ended_on else short
    return Standing("over", short, words)


def _held(hold: Hold, clock: Clock) -> Standing:
    since = _from(clock.day(hold.since))
    if hold.reason == Hold.Reason.PAUSE:
        words = _("En pausa desde %(day)s") % {"day": since}
        if hold.until:
            words = _("En pausa hasta el %(day)s") % {"day": clock.day(hold.until)}
        return Standing("paused", words, words)
    short = _("Cortado desde %(day)s") % {"day": since}
    why = {Hold.Reason.DEBT: _debt, Hold.Reason.ABUSE: _abuse}.get(Hold.Reason(hold.reason), _staff)(hold)
    return Standing("cut", short, f"{short} {why}")


def _from(day: str) -> str:
    """«desde el 3 nov», but «desde ayer»."""
    return _("el %(day)s") % {"day": day} if day[:1].isdigit() else day


def _debt(hold: Hold) -> str:
    detail = hold.detail
    amount = _amount(detail)
    invoices = detail.get("invoices")
    count = len(invoices) if isinstance(invoices, list) else invoices if isinstance(invoices, int) else 0
    if not count:
        return _("por falta de pago%(amount)s") % {"amount": amount}
    return ngettext("por %(count)d factura vencida%(amount)s", "por %(count)d facturas vencidas%(amount)s", count) % {
        "count": count,
        "amount": amount,
    }


def _amount(detail: dict[str, object]) -> str:
    try:
        amount = Decimal(str(detail["amount"]))
    except (KeyError, InvalidOperation):
        return ""
    return f" ({format_money(amount, str(detail.get('currency') or ''))})"


def _abuse(_hold: Hold) -> str:
    return _("por uso indebido")


def _staff(hold: Hold) -> str:
    note = hold.detail.get("note")
    by = _("por %(who)s") % {"who": hold.opened_by}
    return f"{by}: {note}" if note else by
