"""A month's figures as a workbook: a summary, every table by every dimension, and what each figure means."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

from django.utils.translation import gettext as _

from billing.domain.figures.definitions import ALL, Unit
from billing.domain.figures.overview import DEBT, MONEY, NETWORK, RECURRING, Value, compare_figures
from billing.domain.figures.period import Span
from billing.domain.figures.tables import SHAPES, Table, read_table
from billing.views.figure_words import span_name
from tenants.current import current_tenant
from tenants.spreadsheets import Cell, Row, Sheet

UNITS = {Unit.COUNT: "", Unit.PERCENT: "%", Unit.DAYS: "días", Unit.SECONDS: "s"}


def workbook(span: Span, before: Span, *, against: dt.date | None) -> Iterator[Sheet]:
    """The sheets, one at a time: each is read when it is written."""
    yield _summary(span, before, against)
    for code, shape in SHAPES.items():
        for by in shape.by.values():
            table = read_table(code, span, by=by.code, before=before)
            yield f"{shape.name} - {by.name}", _head(table), list(_rows(table))
    yield (
        _("Definiciones"),
        [_("Cifra"), _("Qué es"), _("Unidad")],
        [(str(row.name), str(row.text), _unit(row.unit)) for row in ALL],
    )


def _summary(span: Span, before: Span, against: dt.date | None) -> Sheet:
    found = compare_figures(span, (*MONEY, *DEBT, *RECURRING, *NETWORK), against=against)
    last = span.last.replace(year=1)  # every month with its year
    year = span.first.replace(year=span.first.year - 1)
    head = [
        _("Cifra"),
        span_name(span, today=last),
        span_name(before, today=last) if found.before else _("sin historia"),
        f"{year:%m/%Y}" if found.year else _("sin historia"),
        _("Unidad"),
    ]
    rows: list[Row] = [
        (str(f.definition.name), _cell(f.value), _cell(f.before), _cell(f.year), _unit(f.definition.unit))
        for f in found.figures
    ]
    return _("Resumen"), head, rows


def _head(table: Table) -> list[object]:
    names: list[object] = [table.by.name, *(column.name for column in table.shape.columns)]
    return [*names, _("Antes")] if table.before else names


def _rows(table: Table) -> Iterator[Row]:
    for row in (*table.rows, table.total):
        cells = [row.label, *(_cell(value) for value in row.values)]
        yield [*cells, _cell(row.before)] if table.before else cells


def _cell(value: Value) -> Cell:
    return Decimal(str(round(value, 3))) if isinstance(value, float) else value


def _unit(unit: Unit) -> str:
    return UNITS.get(unit, current_tenant().currency)
