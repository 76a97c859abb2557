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
# Of a bar, so that two months do not look like two walls.
WIDEST = 9.0
# At the left, for the words of the grid.
GUTTER = 9.0


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


@dataclass(frozen=True)
class Bar:
    """One bar: its place in percent, the class that colours it, and what it says when pointed at."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    said: str


@dataclass(frozen=True)
class Bars:
    """Bars in groups, ready for templates/billing/figures/bars.html. `labels` are (middle, words)."""

    bars: list[Bar]
    grid: list[Tick]
    labels: list[tuple[float, str]]
    zero: float


@dataclass(frozen=True)
class Pile:
    """A bar to be: from zero to `high` in its unit."""

    kind: str
    high: Decimal
    said: str


def draw_bars(groups: Sequence[tuple[str, Sequence[Pile]]], *, most_labels: int = 13) -> Bars:
    """Return groups of bars side by side; below zero they hang. With many groups only some are named."""
    values = [pile.high for _label, piles in groups for pile in piles]
    top = round_up(max([*values, Decimal(0)]))
    bottom = min([*values, Decimal(0)])
    if bottom < 0:
        bottom = -round_up(-bottom)
    scale = (BOTTOM - TOP) / float(top - bottom)

    def y(value: Decimal) -> float:
        return round(BOTTOM - float(value - bottom) * scale, 2)

    step = (100 - GUTTER) / max(len(groups), 1)
    bars, labels = [], []
    every = math.ceil(len(groups) / most_labels) if groups else 1
    for index, (label, piles) in enumerate(groups):
        width = min(step * 0.72 / max(len(piles), 1), WIDEST)
        left = (step - width * len(piles)) / 2
        for place, pile in enumerate(piles):
            high, low = max(pile.high, Decimal(0)), min(pile.high, Decimal(0))
            x = round(GUTTER + index * step + left + place * width, 2)
            bars.append(Bar(x, y(high), round(width * 0.94, 2), round(y(low) - y(high), 2), pile.kind, pile.said))
        if index % every == 0:
            labels.append((round(GUTTER + index * step + step / 2, 2), label))
    marks = {top, top / 2, bottom} if bottom < 0 else {top, top / 2}
    return Bars(bars, [Tick(y(value), value) for value in sorted(marks)], labels, y(Decimal(0)))
