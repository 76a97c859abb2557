"""The month's chart as numbers of an SVG: drawn on the server, it prints as it looks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from billing.domain.figures.daily import Month

# Everything in percent of the drawing, so that it fills any frame while its words keep their size.
TOP, BOTTOM = 6.0, 88.0


@dataclass(frozen=True)
class Tick:
    """A line of the grid: where, and its words."""

    at: float
    value: Decimal


@dataclass(frozen=True)
class DayMark:
    """What a day's column says when pointed at."""

    x: float
    width: float
    day: object
    billed: Decimal
    collected: Decimal


@dataclass(frozen=True)
class Chart:
    """Paths and words, ready for templates/desk/month_chart.html."""

    billed: str
    collected: str
    collected_area: str
    shadow: str
    end_x: float
    billed_y: float
    collected_y: float
    grid: list[Tick]
    days: list[tuple[float, int, str]]
    marks: list[DayMark]


def round_up(value: Decimal) -> Decimal:
    """Return the next number people like on an axis: 1, 2, 2.5, 5 or 10 times a power of ten."""
    if value <= 0:
        return Decimal(100)
    power = Decimal(10) ** math.floor(math.log10(value))
    for step in (
        Decimal(1),
        Decimal("1.5"),
        Decimal(2),
        Decimal("2.5"),
        Decimal(3),
        Decimal(4),
        Decimal(5),
        Decimal(8),
    ):
        if value <= step * power:
            return step * power
    return 10 * power


def draw_month(this: Month, last: Month) -> Chart:
    """Return the chart of `this` month with what was collected in the `last` one as its shadow."""
    days = max(this.days, last.days)
    top = round_up(max([*this.billed, *this.collected, *last.collected, Decimal(0)]))

    def x(index: int) -> float:
        return round(100 * index / (days - 1), 2)

    def y(value: Decimal) -> float:
        return round(BOTTOM - float(value / top) * (BOTTOM - TOP), 2)

    def path(values: Sequence[Decimal]) -> str:
        return "M" + "L".join(f"{x(i)} {y(v)}" for i, v in enumerate(values)) if values else ""

    end = x(len(this.collected) - 1)
    line = path(this.collected)
    width = 100 / (days - 1)
    marks = [
        DayMark(round(x(i) - width / 2, 2), round(width, 2), this.first + timedelta(days=i), b, c)
        for i, (b, c) in enumerate(zip(this.billed, this.collected, strict=True))
    ]
    shown = [i for i in (0, 4, 9, 14, 19, 24, this.days - 1) if i < days]
    anchors = {0: "start", this.days - 1: "end"}
    return Chart(
        billed=path(this.billed),
        collected=line,
        collected_area=f"{line}L{end} {BOTTOM}L0 {BOTTOM}Z" if line else "",
        shadow=path(last.collected),
        end_x=end,
        billed_y=y(this.billed[-1]),
        collected_y=y(this.collected[-1]),
        grid=[Tick(y(top * part / 2), top * part / 2) for part in range(3)],
        days=[(x(i), i + 1, anchors.get(i, "middle")) for i in shown],
        marks=marks,
    )
