"""The chart of each page of figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from billing.domain.figures.charts import Bars, Pile, draw_bars
from billing.domain.figures.daily import cuts_by_day, months_of_money
from billing.domain.figures.definitions import Unit
from billing.domain.figures.period import Span
from billing.domain.figures.receivable import owed
from billing.domain.figures.recurring import moved
from billing.views.figure_words import show

MONTHS = 12


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart with its title and legend: (class of the colour, words)."""

    title: str
    bars: Bars
    legend: Sequence[tuple[str, str]]
    money: bool = True


def chart_of(family: str, span: Span, before: Span | None) -> Drawn | None:
    """The chart of a family; None where there would be nothing on it."""
    match family:
        case "collections":
            return _by_month(span)
        case "debt":
            return _by_age(span, before)
        case "recurring":
            return _moves(span)
    return _by_day(span)


def _by_month(span: Span) -> Drawn | None:
    months = months_of_money(span, MONTHS)
    while len(months) > 2 and not any(months[0][1:]):  # the months before the books begin
        months = months[1:]
    if not any(any(row[1:]) for row in months):
        return None
    groups = []
    for month, billed, collected in months:
        name = str(date_format(month, "F Y"))
        groups.append(
            (
                str(date_format(month, "M")),
                [
                    Pile("chart--2", billed, f"{name}: {_('facturado')} {show(billed, Unit.MONEY)}"),
                    Pile("chart--1", collected, f"{name}: {_('cobrado')} {show(collected, Unit.MONEY)}"),
                ],
            )
        )
    return Drawn(_("Mes por mes"), draw_bars(groups), [("chart--2", _("Facturado")), ("chart--1", _("Cobrado"))])


def _by_age(span: Span, before: Span | None) -> Drawn | None:
    now, then = owed(span.last), owed(before.last) if before else None
    if not now.total and not (then and then.total):
        return None
    names = {
        "current": _("Por vencer"),
        "to_30": _("1 a 30 días"),
        "to_60": _("31 a 60"),
        "to_90": _("61 a 90"),
        "older": _("Más de 90"),
    }
    groups = []
    for code, name in names.items():
        value = getattr(now, code)
        piles = [Pile("chart--1", value, f"{name}: {show(value, Unit.MONEY)}")]
        if then:
            was = getattr(then, code)
            piles.insert(0, Pile("chart--past", was, f"{name}, {_('antes')}: {show(was, Unit.MONEY)}"))
        groups.append((name, piles))
    legend = [("chart--1", _("Ahora"))]
    return Drawn(_("Por días de atraso"), draw_bars(groups), [("chart--past", _("Antes")), *legend] if then else legend)


def _moves(span: Span) -> Drawn | None:
    """The movements alone: beside the whole of it nobody would see them."""
    row = moved(span)
    steps = (
        (_("Nuevo"), row.new),
        (_("Expansión"), row.expansion),
        (_("Reactivación"), row.back),
        (_("Contracción"), row.contraction),
        (_("Baja"), row.gone),
    )
    if not any(amount for _name, amount in steps):
        return None
    groups = [
        (name, [Pile("chart--good" if amount >= 0 else "chart--bad", amount, f"{name}: {show(amount, Unit.MONEY)}")])
        for name, amount in (*steps, (_("En total"), row.movements))
    ]
    return Drawn(_("Qué movió el ingreso"), draw_bars(groups), [("chart--good", _("Entra")), ("chart--bad", _("Sale"))])


def _by_day(span: Span) -> Drawn | None:
    days = cuts_by_day(span)
    if not any(cut or back for _day, cut, back in days):
        return None
    groups = [
        (
            str(day.day),
            [
                Pile("chart--bad", Decimal(cut), f"{day.day}: {cut} {_('cortes')}"),
                Pile("chart--good", Decimal(back), f"{day.day}: {back} {_('reconexiones')}"),
            ],
        )
        for day, cut, back in days
    ]
    legend = [("chart--bad", _("Cortes hechos")), ("chart--good", _("Reconexiones hechas"))]
    return Drawn(_("Día por día"), draw_bars(groups, most_labels=8), legend, money=False)
