"""The tables of a figure's page and of its sheet: one row a value of the dimension, the whole at the foot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.domain.figures.cuts import cuts, cuts_by, reconnections, reconnections_by
from billing.domain.figures.definitions import Unit
from billing.domain.figures.dimensions import (
    BILLED_BY,
    COLLECTED_BY,
    CUTS_BY,
    OWED_BY,
    RECURRING_BY,
    Dimension,
)
from billing.domain.figures.flows import billed, billed_by, collected, collected_by
from billing.domain.figures.overview import Value
from billing.domain.figures.period import Span, books_begin
from billing.domain.figures.receivable import owed, owed_by
from billing.domain.figures.recurring import moved, moved_by


@dataclass(frozen=True, slots=True)
class Column:
    """One column: the attribute it shows, and the part of the list behind its numbers (None: no list).

    An optional one is left out where it holds nothing.
    """

    attribute: str
    name: str | Promise
    unit: Unit = Unit.MONEY
    part: str | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of table. `main` is the column compared with the other month; `what` names its lists."""

    code: str
    name: str | Promise
    definition: str
    what: str
    by: dict[str, Dimension]
    columns: tuple[Column, ...]
    main: str
    read: Callable[[Span, Dimension], Sequence[Any]]
    whole: Callable[[Span], Any]


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row: its key and label in the dimension, its values in the order of the columns, and the main one before."""

    key: str
    label: str
    values: tuple[Value, ...]
    before: Value = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a span; `before` is None where the other month has no history."""

    shape: Shape
    by: Dimension
    span: Span
    before: Span | None
    rows: tuple[TableRow, ...]
    total: TableRow


SHAPES = {
    shape.code: shape
    for shape in (
        Shape(
            "collected",
            _("Cobrado"),
            "collected",
            "collected",
            COLLECTED_BY,
            (
                Column("payments", _("Pagos"), Unit.COUNT, "received"),
                Column("received", _("Recibido"), part="received"),
                Column("voided", _("Anulado"), part="voided", optional=True),
                Column("refunded", _("Devuelto"), part="refunded", optional=True),
                Column("total", _("Cobrado"), part=""),
            ),
            "total",
            collected_by,
            collected,
        ),
        Shape(
            "billed",
            _("Facturado"),
            "billed",
            "billed",
            BILLED_BY,
            (
                Column("invoices", _("Facturas"), Unit.COUNT, "issued"),
                Column("issued", _("Emitido"), part="issued"),
                Column("credited", _("Notas de crédito"), part="credited", optional=True),
                Column("net", _("Sin impuestos")),
                Column("total", _("Facturado"), part=""),
            ),
            "total",
            billed_by,
            billed,
        ),
        Shape(
            "owed",
            _("Cartera"),
            "ageing",
            "owed",
            OWED_BY,
            (
                Column("current", _("Por vencer"), part="current"),
                Column("to_30", _("1 a 30 días"), part="to_30"),
                Column("to_60", _("31 a 60"), part="to_60"),
                Column("to_90", _("61 a 90"), part="to_90"),
                Column("older", _("Más de 90"), part="older"),
                Column("customers_late", _("Clientes con atraso"), Unit.COUNT, "overdue"),
                Column("overdue", _("Vencido"), part="overdue"),
            ),
            "overdue",
            lambda span, by: owed_by(span.last, by),
            lambda span: owed(span.last),
        ),
        Shape(
            "moved",
            _("Movimientos"),
            "mrr",
            "moved",
            RECURRING_BY,
            (
                Column("start", _("Al empezar")),
                Column("new", _("Nuevo"), part="new"),
                Column("expansion", _("Expansión"), part="expansion"),
                Column("back", _("Reactivación"), part="back"),
                Column("contraction", _("Contracción"), part="contraction"),
                Column("gone", _("Baja"), part="gone"),
                Column("transfers", _("Cambio de plan"), part="transfers", optional=True),
                Column("services_end", _("Servicios"), Unit.COUNT),
                Column("end", _("MRR")),
            ),
            "end",
            moved_by,
            moved,
        ),
        Shape(
            "cuts",
            _("Cortes automáticos"),
            "cuts_succeeded",
            "cuts",
            CUTS_BY,
            (
                Column("ordered", _("Ordenados"), Unit.COUNT, "ordered"),
                Column("lifted", _("Pagados antes"), Unit.COUNT, "lifted"),
                Column("waiting", _("Sin hacer"), Unit.COUNT, "waiting"),
                Column("succeeded", _("Logrados"), Unit.PERCENT),
                Column("made", _("Hechos"), Unit.COUNT, "made"),
            ),
            "made",
            cuts_by,
            cuts,
        ),
        Shape(
            "reconnections",
            _("Reconexiones"),
            "reconnections_succeeded",
            "cuts",
            CUTS_BY,
            (
                Column("lifted", _("Cortes levantados"), Unit.COUNT, "ended"),
                Column("automatic", _("Por pago o promesa"), Unit.COUNT, "automatic"),
                Column("succeeded", _("Logradas"), Unit.PERCENT),
                Column("median", _("Mediana"), Unit.SECONDS),
                Column("p95", _("95 de 100"), Unit.SECONDS),
                Column("done", _("Hechas"), Unit.COUNT, "back"),
            ),
            "done",
            reconnections_by,
            reconnections,
        ),
    )
}


def read_table(code: str, span: Span, *, by: str = "zone", before: Span | None = None) -> Table:
    """A table of SHAPES taken apart by a dimension it has (the first one when it has not that one).

    `before` is the span compared with; a span before the books begin has no history and is left out.
    """
    shape = SHAPES[code]
    dimension = shape.by.get(by) or next(iter(shape.by.values()))
    begin = books_begin()
    if before and (begin is None or before.last < begin):
        before = None
    earlier = {row.key: row for row in shape.read(before, dimension)} if before else {}
    now = {row.key: row for row in shape.read(span, dimension)}
    # What was there the other month and is not any more still has its row: it is what went away.
    every = now | {key: type(row)(key, row.label) for key, row in earlier.items() if key not in now}
    nothing = 0 if before else None
    rows = (
        _row(shape, row, key, getattr(earlier[key], shape.main) if key in earlier else nothing)
        for key, row in every.items()
    )
    whole = getattr(shape.whole(before), shape.main) if before else None
    total = replace(_row(shape, shape.whole(span), "", whole), label=str(_("Total")))
    return Table(shape, dimension, span, before, tuple(rows), total)


def _row(shape: Shape, row: Any, key: str, before: Value) -> TableRow:
    return TableRow(key, row.label, tuple(getattr(row, column.attribute) for column in shape.columns), before)
