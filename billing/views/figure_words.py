"""Figures as people read them: with their unit, and how far they are from another month's."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from billing.domain.figures.definitions import Unit
from billing.domain.figures.overview import Value
from billing.domain.figures.period import Span
from tenants.current import current_tenant
from tenants.formats import format_money, format_number


@dataclass(frozen=True, slots=True)
class Change:
    """«12 %», up or down, and whether that is welcome: good, bad or neither."""

    text: str = ""
    trend: str = ""
    tone: str = ""


def show(value: Value, unit: Unit) -> str:
    """A value with its unit; a dash for what cannot be computed."""
    if value is None:
        return "—"
    currency = current_tenant().currency
    match unit:
        case Unit.MONEY:
            return format_money(value, currency)
        case Unit.COUNT:
            return format_number(int(value), currency)
        case Unit.PERCENT:
            return f"{format_number(round(Decimal(value), 1), currency)} %"
        case Unit.DAYS:
            return _("%(days)s días") % {"days": format_number(round(Decimal(value), 1), currency)}
    return duration(float(value))


def duration(seconds: float) -> str:
    """«0.8 s», «45 s», «12 min» or «3.5 h»."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 6000:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def change(value: Value, before: Value, unit: Unit, rising: str) -> Change:
    """How far `value` is from `before`: in points for a percentage, else in percent."""
    if value is None or before is None:
        return Change()
    gap = Decimal(value) - Decimal(before)
    if not gap:
        return Change(_("igual"))
    trend = "up" if gap > 0 else "down"
    tone = rising if gap > 0 else {"good": "bad", "bad": "good"}.get(rising, "")
    if unit == Unit.PERCENT:
        text = _("%(gap)s puntos") % {"gap": f"{abs(gap):.1f}"}
    elif not before:
        return Change("", trend, tone)
    else:
        share = abs(gap / Decimal(before)) * 100
        # Beyond tenfold a percentage says nothing.
        text = f"{share:.1f} %" if share < 10 else f"{share:.0f} %" if share < 1000 else _("más de 10 veces")
    return Change(text, trend, tone)


def month_name(day: dt.date, *, today: dt.date) -> str:
    """«noviembre», or «noviembre de 2025» in another year."""
    return str(date_format(day, "F" if day.year == today.year else r"F \d\e Y"))


def span_name(span: Span, *, today: dt.date) -> str:
    """«octubre», or «octubre hasta el 21» for a part of it."""
    name = month_name(span.first, today=today)
    return name if span.whole else _("%(month)s hasta el %(day)s") % {"month": name, "day": span.last.day}
