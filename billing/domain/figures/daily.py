"""Money and cuts day by day and month by month, for the charts."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate

from billing.domain.cycle import add_months
from billing.domain.figures.cuts import LIFTED, ORDERED
from billing.domain.figures.flows import DOCUMENTS, MONEY_MOVED
from billing.domain.figures.period import Span, month_end
from billing.domain.figures.reading import fetch
from billing.domain.money import ZERO

BILLED_BY_DAY = "SELECT x.day, sum(x.amount) FROM ({rows}) x GROUP BY x.day".replace("{rows}", DOCUMENTS)
COLLECTED_BY_DAY = """
SELECT (x.at AT TIME ZONE %(zone)s)::date, sum(x.amount) FROM ({rows}) x GROUP BY 1
""".replace("{rows}", MONEY_MOVED)


@dataclass(frozen=True)
class Month:
    """A month's money by day, each list cumulative; days to come are absent."""

    first: dt.date
    days: int
    billed: list[Decimal]
    collected: list[Decimal]


def month_by_day(span: Span) -> Month:
    """The money of each day of `span`. Two queries, whatever the number of documents."""
    billed = dict(fetch(BILLED_BY_DAY, span.within()))
    collected = dict(fetch(COLLECTED_BY_DAY, span.within()))
    days = days_of(span)
    return Month(
        span.first,
        month_end(span.first).day,
        list(accumulate(billed.get(day, ZERO) for day in days)),
        list(accumulate(collected.get(day, ZERO) for day in days)),
    )


CUTS_BY_DAY = """
SELECT (x.at AT TIME ZONE %(zone)s)::date, count(*) FILTER (WHERE x.off), count(*) FILTER (WHERE NOT x.off)
  FROM (SELECT c.cut_at AS at, true AS off FROM ({ordered}) c WHERE c.cut_at IS NOT NULL
        UNION ALL SELECT r.back_at, false FROM ({lifted}) r WHERE r.back_at IS NOT NULL) x GROUP BY 1
""".replace("{ordered}", ORDERED).replace("{lifted}", LIFTED)


def cuts_by_day(span: Span) -> list[tuple[dt.date, int, int]]:
    """The cuts made and the reconnections done on each day of `span`, of those counted in it. One query."""
    found = {day: (cut, back) for day, cut, back in fetch(CUTS_BY_DAY, span.within())}
    return [(day, *found.get(day, (0, 0))) for day in days_of(span)]


def days_of(span: Span) -> list[dt.date]:
    """Each day of `span`."""
    return [span.first + dt.timedelta(days=offset) for offset in range((span.last - span.first).days + 1)]


def months_of_money(span: Span, count: int) -> list[tuple[dt.date, Decimal, Decimal]]:
    """What was billed and collected in each of the `count` months that end with `span`. Two queries."""
    months = [add_months(span.first, -back) for back in range(count - 1, -1, -1)]
    year = Span(months[0], span.last).within()
    sums: list[dict[dt.date, Decimal]] = []
    for sql in (BILLED_BY_DAY, COLLECTED_BY_DAY):
        by_month: dict[dt.date, Decimal] = defaultdict(Decimal)
        for day, amount in fetch(sql, year):
            by_month[day.replace(day=1)] += amount
        sums.append(by_month)
    return [(month, sums[0][month], sums[1][month]) for month in months]
