"""Informes: the figures of a month beside those of another, their tables and charts, and all of it as a workbook."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later
from django.views.decorators.http import require_GET

from accounts.access import needs
from billing.domain.cycle import add_months
from billing.domain.figures.charts import draw_month
from billing.domain.figures.daily import month_by_day
from billing.domain.figures.definitions import BY_CODE
from billing.domain.figures.overview import DEBT, MONEY, NETWORK, RECURRING, Compared, Overview, compare_figures
from billing.domain.figures.period import Span, books_begin, like, month_before, month_end, month_span
from billing.domain.figures.tables import SHAPES, Table, read_table
from billing.views.figure_charts import chart_of
from billing.views.figure_sheets import workbook
from billing.views.figure_words import Change, change, month_name, show, span_name
from tenants.current import tenant_today
from tenants.spreadsheets import book_response


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for: the days, those to compare with, and the dimension."""

    span: Span
    before: Span
    by: str
    today: dt.date
    against: dt.date | None = None

    def query(self, **changes: str) -> str:
        """The address's parameters, changed; what asks for nothing is left out."""
        against = f"{self.against:%Y-%m}" if self.against else ""
        asked = {"month": f"{self.span.first:%Y-%m}", "against": against, "by": self.by} | changes
        return urlencode({name: value for name, value in asked.items() if value})


@dataclass(frozen=True, slots=True)
class Family:
    """One page of figures: its figures, tables and chart."""

    name: str
    title: str | Promise
    icon: str
    codes: tuple[str, ...]
    tables: tuple[str, ...]


FAMILIES = {
    family.name: family
    for family in (
        Family("collections", later("Cobranza"), "banknote", MONEY, ("collected", "billed")),
        Family("debt", later("Cartera vencida"), "clock-alert", DEBT, ("owed",)),
        Family("recurring", later("Ingreso recurrente"), "repeat", RECURRING, ("moved",)),
        Family("cuts", later("Cortes y reconexiones"), "plug-zap", NETWORK, ("cuts", "reconnections")),
    )
}
# Where a figure's rows are: the list and its part. What is no sum of rows opens its family's page.
LISTS = {
    "billed": ("billed", ""),
    "billed_net": ("billed", ""),
    "collected": ("collected", ""),
    "receivable": ("owed", ""),
    "overdue": ("owed", "overdue"),
    **{f"mrr_{part}": ("moved", part) for part in ("new", "expansion", "contraction", "gone", "back")},
    "cuts_made": ("cuts", "made"),
    "reconnections": ("cuts", "back"),
}


@dataclass(frozen=True, slots=True)
class FigureRow:
    """A figure in words: its value, the other month's and last year's, each with the change."""

    code: str
    name: str
    definition: str
    value: str
    url: str
    before: str
    change: Change
    year: str
    year_change: Change


def read_asked(request: HttpRequest) -> Asked:
    """What the address asks for; what makes no sense there, or is still to come, is the present month."""
    today = tenant_today(timezone.now())
    span = month_span(_month(request.GET.get("month", "")) or today, today=today)
    against = _month(request.GET.get("against", ""))
    if against and (against >= span.first or against.year < 2000):
        against = None
    by = request.GET.get("by", "")
    known = {code for shape in SHAPES.values() for code in shape.by}
    return Asked(
        span, like(span, against) if against else month_before(span), by if by in known else "", today, against
    )


def _month(text: str) -> dt.date | None:
    try:
        found = dt.date.fromisoformat(f"{text}-01") if text else None
    except ValueError:
        return None
    return found if found and found.year >= 2000 else None


@require_GET
@needs("reports.view")
def overview(request: HttpRequest) -> HttpResponse:
    """The month at a glance: its money day by day, and every figure beside the other month's."""
    asked = read_asked(request)
    codes = [code for family in FAMILIES.values() for code in family.codes]
    found = compare_figures(asked.span, codes, against=asked.against)
    this, last = month_by_day(asked.span), month_by_day(Span(asked.before.first, month_end(asked.before.first)))
    context = _frame(asked, found) | {
        "title": _("Informes"),
        "chart": draw_month(this, last),
        "month": this,
        "last_month": last,
        "cards": [_figure_row(found.of(code), asked) for code in ("billed", "collected", "overdue", "mrr")],
        "groups": [
            (family, _family_url(family, asked), [_figure_row(found.of(code), asked) for code in family.codes])
            for family in FAMILIES.values()
        ],
    }
    return render(request, "billing/figures/overview.html", context)


@require_GET
@needs("reports.view")
def family_page(request: HttpRequest, family: str) -> HttpResponse:
    """One family: its figures, its chart with the numbers beside it, and its tables by a dimension."""
    asked, page = read_asked(request), FAMILIES[family]
    found = compare_figures(asked.span, page.codes, against=asked.against)
    choices = {code: by.name for name in page.tables for code, by in SHAPES[name].by.items()}
    by = asked.by if asked.by in choices else next(iter(choices))
    tables = [read_table(name, asked.span, by=by, before=asked.before) for name in page.tables if by in SHAPES[name].by]
    context = _frame(asked, found) | {
        "title": page.title,
        "family": page,
        "figures": [_figure_row(figure, asked) for figure in found.figures],
        "chart": chart_of(family, asked.span, found.before),
        "tables": [table_words(table, asked) for table in tables],
        "choices": choices,
        "by": by,
    }
    return render(request, "billing/figures/family.html", context)


@require_GET
@needs("reports.view")
def export(request: HttpRequest) -> HttpResponseBase:
    """Every figure of the month, every table by every dimension, and the definitions."""
    asked = read_asked(request)
    name = _("informe %(month)s") % {"month": f"{asked.span.first:%Y-%m}"}
    return book_response(name, workbook(asked.span, asked.before, against=asked.against))


def _frame(asked: Asked, found: Overview) -> dict[str, Any]:
    """What every page of figures has: its month, its neighbours and what it is compared with."""
    next_month = add_months(asked.span.first, 1)
    begin = books_begin()
    return {
        "asked": asked,
        "begun": bool(begin and begin <= asked.span.last),
        "span": span_name(asked.span, today=asked.today),
        "before": span_name(asked.before, today=asked.today),
        "no_before": found.before is None,
        "previous": (month_name(add_months(asked.span.first, -1), today=asked.today),
                     asked.query(month=f"{add_months(asked.span.first, -1):%Y-%m}", against="")),
        "following": (month_name(next_month, today=asked.today), asked.query(month=f"{next_month:%Y-%m}", against=""))
        if next_month <= asked.today else None,
        "query": asked.query(),
    }  # fmt: skip


def _figure_row(figure: Compared, asked: Asked) -> FigureRow:
    definition = figure.definition
    compare: Callable[..., Change] = lambda other: change(figure.value, other, definition.unit, definition.rising)  # noqa: E731
    return FigureRow(
        definition.code,
        str(definition.name),
        str(definition.text),
        show(figure.value, definition.unit),
        figure_url(definition.code, asked),
        show(figure.before, definition.unit) if figure.before is not None else "",
        compare(figure.before),
        show(figure.year, definition.unit) if figure.year is not None else "",
        compare(figure.year),
    )


def figure_url(code: str, asked: Asked) -> str:
    """Where the rows of a figure are."""
    if code in LISTS:
        what, part = LISTS[code]
        return list_url(what, asked, part=part)
    family = next(family for family in FAMILIES.values() if code in family.codes)
    return _family_url(family, asked)


def _family_url(family: Family, asked: Asked) -> str:
    return f"{reverse(f'figures:{family.name}')}?{asked.query()}"


def list_url(what: str, asked: Asked, *, part: str = "", by: str = "", key: str | None = None) -> str:
    """The list behind a number: of one value of a dimension (`key` empty: those that have none), and one part."""
    value = "" if key is None else key or "none"
    query = urlencode(
        {
            name: text
            for name, text in (("month", f"{asked.span.first:%Y-%m}"), ("part", part), ("by", by), ("key", value))
            if text
        }
    )
    return f"{reverse('figures:cut_list') if what == 'cuts' else reverse('figures:list', args=[what])}?{query}"


@dataclass(frozen=True, slots=True)
class Cell:
    """A number of a table and where its rows are."""

    text: str
    label: str
    url: str = ""
    main: bool = False


@dataclass(frozen=True, slots=True)
class WordRow:
    """A row of a table in words."""

    label: str
    cells: list[Cell]
    before: str
    change: Change


def table_words(table: Table, asked: Asked) -> dict[str, Any]:
    """A table as its template reads it; optional columns that hold nothing are left out."""
    shape = table.shape
    rows = [*table.rows, table.total]
    shown = [
        (index, column)
        for index, column in enumerate(shape.columns)
        if not column.optional or any(row.values[index] for row in rows)
    ]
    main = next(column for column in shape.columns if column.attribute == shape.main)
    rising = "bad" if shape.code == "owed" else "" if shape.what == "cuts" else "good"

    def words(row: Any, *, key: str | None) -> WordRow:
        cells = []
        for index, column in shown:
            value = row.values[index]
            by = table.by.code if key is not None else ""
            url = (
                list_url(shape.what, asked, part=column.part, by=by, key=key)
                if column.part is not None and value
                else ""
            )
            cells.append(Cell(show(value, column.unit), str(column.name), url, column is main))
        now = row.values[shape.columns.index(main)]
        before = show(row.before, main.unit) if row.before is not None else ""
        return WordRow(row.label, cells, before, change(now, row.before, main.unit, rising))

    return {
        "code": shape.code,
        "name": shape.name,
        "by": table.by.name,
        "definition": BY_CODE[shape.definition],
        "heads": [(str(column.name), column is main) for _index, column in shown],
        "compared": table.before is not None,
        "rows": [words(row, key=row.key) for row in table.rows],
        "total": words(table.total, key=None),
    }
