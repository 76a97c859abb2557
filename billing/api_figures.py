"""/api/v1/figures/: the same figures, tables and definitions as the pages of Informes."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import Needs
from billing.domain.figures.definitions import Unit
from billing.domain.figures.overview import DEBT, MONEY, NETWORK, RECURRING, Value, compare_figures
from billing.domain.figures.period import like, month_before, month_span
from billing.domain.figures.tables import SHAPES, Column, TableRow, read_table
from billing.domain.money import round_money
from tenants.current import current_tenant, tenant_today

DIMENSIONS = sorted({code for shape in SHAPES.values() for code in shape.by})
ASKED = [
    OpenApiParameter("month", str, description="2026-11; the present month if not said."),
    OpenApiParameter("against", str, description="The month compared with; the one before if not said."),
    OpenApiParameter("by", str, enum=DIMENSIONS, description="Adds the tables that can be taken apart so."),
]


class FigureOut(serializers.Serializer[Any]):
    """One figure. Values are strings, exact; null where there is no history or nothing to compute them from."""

    code = serializers.CharField()
    name = serializers.CharField()
    definition = serializers.CharField()
    unit = serializers.ChoiceField(choices=[(str(unit), str(unit)) for unit in Unit])
    value = serializers.CharField(allow_null=True)
    before = serializers.CharField(allow_null=True)
    year_before = serializers.CharField(allow_null=True)


class FigureRowOut(serializers.Serializer[Any]):
    """One value of the dimension: an empty key is what has none. `before` is the main column in the other month."""

    key = serializers.CharField(allow_blank=True)
    name = serializers.CharField()
    values = serializers.DictField(child=serializers.CharField(allow_null=True))
    before = serializers.CharField(allow_null=True)


class FigureTableOut(serializers.Serializer[Any]):
    """A figure taken apart; `rows` add up to `total`."""

    code = serializers.CharField()
    name = serializers.CharField()
    by = serializers.CharField()
    main = serializers.CharField()
    rows = FigureRowOut(many=True)
    total = FigureRowOut()


class FiguresOut(serializers.Serializer[Any]):
    """The figures of the days `first` to `last`."""

    first = serializers.DateField()
    last = serializers.DateField()
    currency = serializers.CharField()
    figures = FigureOut(many=True)
    tables = FigureTableOut(many=True)


class Figures(APIView):
    """The figures the business is run on."""

    permission_classes = [Needs.to(read="reports.view")]

    @extend_schema(responses=FiguresOut, parameters=ASKED)
    def get(self, request: Request) -> Response:
        """A month's figures beside those of another month and of a year before; with `by`, taken apart."""
        today = tenant_today(timezone.now())
        month = _month(request, "month")
        if month and month > today:
            raise ValidationError({"month": [_("Ese mes todavía no empieza.")]})
        span = month_span(month or today, today=today)
        against = _month(request, "against")
        if against and against >= span.first:
            raise ValidationError({"against": [_("Compare con un mes anterior.")]})
        by = request.query_params.get("by", "")
        if by and by not in DIMENSIONS:
            raise ValidationError({"by": [_("Elija una de estas: %(all)s.") % {"all": ", ".join(DIMENSIONS)}]})
        found = compare_figures(span, (*MONEY, *DEBT, *RECURRING, *NETWORK), against=against)
        before = like(span, against) if against else month_before(span)
        tables = [read_table(code, span, by=by, before=before) for code, shape in SHAPES.items() if by in shape.by]
        figures = [
            {
                "code": figure.definition.code,
                "name": figure.definition.name,
                "definition": figure.definition.text,
                "unit": figure.definition.unit,
                "value": _text(figure.value, figure.definition.unit),
                "before": _text(figure.before, figure.definition.unit),
                "year_before": _text(figure.year, figure.definition.unit),
            }
            for figure in found.figures
        ]
        answer = {
            "first": span.first,
            "last": span.last,
            "currency": current_tenant().currency,
            "figures": figures,
            "tables": [_table(table) for table in tables],
        }
        return Response(FiguresOut(answer).data)


def _month(request: Request, name: str) -> dt.date | None:
    text = request.query_params.get(name, "")
    if not text:
        return None
    try:
        found = dt.date.fromisoformat(f"{text}-01") if len(text) == 7 else None
    except ValueError:
        found = None
    if found is None or found.year < 2000:
        raise ValidationError({name: [_("Escriba el mes como 2026-11.")]})
    return found


def _table(table: Any) -> dict[str, Any]:
    shape = table.shape
    main = next(column for column in shape.columns if column.attribute == shape.main)
    return {
        "code": shape.code,
        "name": shape.name,
        "by": table.by.code,
        "main": shape.main,
        "rows": [_row(row, shape.columns, main) for row in table.rows],
        "total": _row(table.total, shape.columns, main),
    }


def _row(row: TableRow, columns: tuple[Column, ...], main: Column) -> dict[str, Any]:
    values = zip(columns, row.values, strict=True)
    return {
        "key": row.key,
        "name": row.label,
        "values": {column.attribute: _text(value, column.unit) for column, value in values},
        "before": _text(row.before, main.unit),
    }


def _text(value: Value, unit: Unit) -> str | None:
    if value is None:
        return None
    if unit == Unit.MONEY:
        return str(round_money(Decimal(value), current_tenant().currency))
    return f"{value:.3f}" if isinstance(value, float) else str(value)
