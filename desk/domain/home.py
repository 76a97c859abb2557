"""The first page: four figures against the same day last month, what needs a person, and the month's money.

Each part is read only for those who may see it, so a technician's page has no money on it.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F, Q, Sum
from django.utils.translation import gettext as _

from billing.domain.figures.flows import collected_between
from billing.domain.figures.period import books_begin
from billing.domain.figures.receivable import owed as owed_on
from billing.models import Invoice
from customers.models import Hold
from desk.navigation import link
from network.models import Access
from tenants.current import current_tenant
from tenants.formats import format_day, format_money, format_number

ZERO = Decimal(0)
# What happens at this very moment is of it.
INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Figure:
    """One big number. `tone` says whether the change is welcome: good, bad or neither."""

    label: str
    icon: str
    value: str
    url: str
    change: str = ""
    trend: str = ""
    tone: str = ""
    note: str = ""


def same_day_last_month(day: date) -> date:
    """Return the same day of the month before, or that month's last day: 31 March has 28 February."""
    year, month = (day.year, day.month - 1) if day.month > 1 else (day.year - 1, 12)
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def figures_for(user: Any, *, now: datetime) -> list[Figure]:
    """Return the figures `user` may see, at `now`."""
    tenant = current_tenant()
    zone = ZoneInfo(tenant.timezone)
    today = now.astimezone(zone).date()
    before = same_day_last_month(today)
    found: list[Figure] = []
    if user.can("billing.view"):
        found += [_collected(now, zone, before, tenant.currency), _receivable(today, before, tenant.currency)]
    if user.can("customers.view"):
        found.append(_cut(now, before, zone, tenant.currency))
    if user.can("network.view"):
        found.append(_online(tenant.currency))
    return found


def _collected(now: datetime, zone: ZoneInfo, before: date, currency: str) -> Figure:
    here = now.astimezone(zone)
    then = datetime.combine(before, here.timetz().replace(tzinfo=None), zone)
    got = collected_between(datetime.combine(here.date(), time(), zone), now + INSTANT)
    got_then = collected_between(datetime.combine(before, time(), zone), then + INSTANT)
    change, trend = _change(got, got_then)
    # Up to the same hour: a whole day against half a day would always look like a loss.
    note = (
        _("que el %(day)s a esta hora") % {"day": format_day(before, today=here.date())}
        if change
        else _("el %(day)s a esta hora: %(money)s")
        % {"day": format_day(before, today=here.date()), "money": format_money(got_then, currency)}
    )
    tone = {"up": "good", "down": "bad"}.get(trend, "")
    money = format_money(got, currency)
    return Figure(_("Cobrado hoy"), "banknote", money, link("billing:payments"), change, trend, tone, note)


def _receivable(today: date, before: date, currency: str) -> Figure:
    rest = F("total") - F("paid")
    sums = (
        Invoice.objects.unpaid()
        .filter(currency=currency)
        .aggregate(owed=Sum(rest), late=Sum(rest, filter=Q(due_on__lt=today)))
    )
    owed, late = sums["owed"] or ZERO, sums["late"] or ZERO
    change, trend = _change(owed, receivable_at(before) or ZERO)
    tone = {"up": "bad", "down": "good"}.get(trend, "")
    note = _("%(money)s vencido") % {"money": format_money(late, currency)}
    if change:
        note = _("que el %(day)s") % {"day": format_day(before, today=today)} + " · " + note
    return Figure(
        _("Por cobrar"), "wallet", format_money(owed, currency), link("billing:invoices"), change, trend, tone, note
    )


def receivable_at(day: date) -> Decimal | None:
    """Return what customers owed at the end of `day`, or None when the books begin later."""
    begin = books_begin()
    return owed_on(day).total if begin and begin <= day else None


def _cut(now: datetime, before: date, zone: ZoneInfo, currency: str) -> Figure:
    then = datetime.combine(before, now.astimezone(zone).timetz().replace(tzinfo=None), zone)
    cut, cut_then = cut_count(now), cut_count(then)
    known = Hold.objects.filter(since__lte=then).exists()
    gap = cut - cut_then
    label, url = _("Cortados"), link("customers:list") + "?state=cut" if link("customers:list") else ""
    value = format_number(cut, currency)
    if not known or not gap:
        note = _("igual que el %(day)s") if known else _("por falta de pago")
        return Figure(label, "circle-x", value, url, note=note % {"day": _short(before, now, zone)})
    note = (_("más que el %(day)s") if gap > 0 else _("menos que el %(day)s")) % {"day": _short(before, now, zone)}
    trend, tone = ("up", "bad") if gap > 0 else ("down", "good")
    return Figure(label, "circle-x", value, url, format_number(abs(gap), currency), trend, tone, note)


def cut_count(at: datetime) -> int:
    """Return how many services were off for debt at a moment."""
    holds = Hold.objects.filter(reason=Hold.Reason.DEBT, since__lte=at)
    holds = holds.filter(Q(closed_at=None) | Q(closed_at__gt=at), Q(until=None) | Q(until__gt=at))
    return holds.values("service_id").distinct().count()


def _online(currency: str) -> Figure:
    accesses = Access.objects.all()
    online, total = accesses.filter(session_up=True).count(), accesses.count()
    note = _("de %(total)s accesos") % {"total": format_number(total, currency)}
    return Figure(_("En línea"), "wifi", format_number(online, currency), link("network:routers"), note=note)


def _short(day: date, now: datetime, zone: ZoneInfo) -> str:
    return format_day(day, today=now.astimezone(zone).date())


def _change(value: Decimal | None, before: Decimal) -> tuple[str, str]:
    """Return («12 %», up or down); nothing when there is nothing to compare with."""
    if not before or value is None:
        return "", ""
    share = (value - before) / abs(before) * 100
    if abs(share) < 1:
        return "", ""
    # Beyond tenfold a percentage says nothing.
    return (f"{abs(share):.0f} %", "up" if share > 0 else "down") if abs(share) < 1000 else ("", "")
