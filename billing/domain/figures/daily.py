"""A month's money day by day, for its chart."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate

from billing.domain.figures.flows import MONEY_MOVED
from billing.domain.figures.period import Span, month_end
from billing.domain.figures.reading import fetch
from billing.domain.money import ZERO

BILLED_BY_DAY = """
SELECT day, sum(amount) FROM (
    SELECT i.issued_on AS day, i.total AS amount FROM billing_invoice i
     WHERE i.issued_on >= %(first)s AND i.issued_on <= %(last)s AND i.currency = %(currency)s
       AND i.status <> 'void' AND NOT i.imported
    UNION ALL
    SELECT n.issued_on, -n.total FROM billing_creditnote n JOIN billing_invoice i ON i.id = n.invoice_id
     WHERE n.issued_on >= %(first)s AND n.issued_on <= %(last)s AND n.currency = %(currency)s
       AND i.status <> 'void' AND NOT i.imported
) documents GROUP BY day
"""
COLLECTED_BY_DAY = """
SELECT (x.at AT TIME ZONE %(zone)s)::date, sum(x.received - x.voided - x.refunded) FROM ({moved}) x GROUP BY 1
""".replace("{moved}", MONEY_MOVED)


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
    days = [span.first + dt.timedelta(days=offset) for offset in range((span.last - span.first).days + 1)]
    return Month(
        span.first,
        month_end(span.first).day,
        list(accumulate(billed.get(day, ZERO) for day in days)),
        list(accumulate(collected.get(day, ZERO) for day in days)),
    )
