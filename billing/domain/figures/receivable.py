"""What was owed at the end of a day, and how late it was, as the books stood then.

Nothing booked afterwards changes it: a payment written down on the 3rd for the 30th lowers what was owed on the 3rd.
It is read backwards: what is owed now and what was done since. A test holds it to the ledger's receivable.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from billing.domain.ageing import BUCKETS
from billing.domain.figures.dimensions import WHOLE, Dimension, grouped
from billing.domain.figures.flows import billed
from billing.domain.figures.period import ONE_DAY, Span, midnight
from billing.domain.figures.reading import fetch
from billing.domain.money import ZERO

DSO_DAYS = 90


@dataclass(frozen=True, slots=True)
class Owed:
    """What was owed, by how late it was: the buckets of billing.domain.ageing."""

    key: str = ""
    label: str = ""
    customers: int = 0
    invoices: int = 0
    customers_late: int = 0
    current: Decimal = ZERO
    to_30: Decimal = ZERO
    to_60: Decimal = ZERO
    to_90: Decimal = ZERO
    older: Decimal = ZERO

    @property
    def overdue(self) -> Decimal:
        """All that was past its day."""
        return self.to_30 + self.to_60 + self.to_90 + self.older

    @property
    def total(self) -> Decimal:
        """All that was owed."""
        return self.current + self.overdue


# Of the invoices closed since, only those that something was put on since: small, and found by an index.
OWED_THEN = """
WITH later AS MATERIALIZED (
    SELECT invoice_id, sum(amount) AS amount FROM billing_allocation WHERE created_at >= %(end)s GROUP BY invoice_id
), then_owed AS (
    SELECT i.customer_id, i.id, i.label, i.due_on, i.total, i.currency, i.total - i.paid + coalesce(l.amount, 0) AS owed
      FROM billing_invoice i LEFT JOIN later l ON l.invoice_id = i.id
     WHERE i.status = 'open' AND i.created_at < %(end)s
    UNION ALL
    SELECT i.customer_id, i.id, i.label, i.due_on, i.total, i.currency, i.total - i.paid + l.amount
      FROM later l JOIN billing_invoice i ON i.id = l.invoice_id
     WHERE i.status = 'paid' AND i.created_at < %(end)s
    UNION ALL
    SELECT i.customer_id, i.id, i.label, i.due_on, i.total, i.currency, i.total - i.paid + coalesce(l.amount, 0)
      FROM billing_invoice i LEFT JOIN later l ON l.invoice_id = i.id
     WHERE i.status = 'void' AND i.voided_at >= %(end)s AND i.created_at < %(end)s
)
"""
OWED = (
    OWED_THEN
    + """
SELECT {key} AS key, max({label}), count(DISTINCT x.customer_id), count(*),
       count(DISTINCT x.customer_id) FILTER (WHERE x.due_on < %(day)s),
       coalesce(sum(x.owed) FILTER (WHERE x.due_on >= %(day)s), 0),
       coalesce(sum(x.owed) FILTER (WHERE x.due_on < %(day)s AND x.due_on >= %(d30)s), 0),
       coalesce(sum(x.owed) FILTER (WHERE x.due_on < %(d30)s AND x.due_on >= %(d60)s), 0),
       coalesce(sum(x.owed) FILTER (WHERE x.due_on < %(d60)s AND x.due_on >= %(d90)s), 0),
       coalesce(sum(x.owed) FILTER (WHERE x.due_on < %(d90)s), 0)
  FROM then_owed x
  {joins}
 WHERE x.owed > 0 AND x.currency = %(currency)s
 GROUP BY 1 ORDER BY sum(x.owed) FILTER (WHERE x.due_on < %(day)s) DESC NULLS LAST, 1
"""
)


def moments(day: dt.date) -> dict[str, object]:
    """The parameters of a statement about the end of `day`: the moment, the day and the edges of the buckets."""
    edges = {f"d{days}": day - dt.timedelta(days=days) for days in BUCKETS if days}
    return {"end": midnight(day + ONE_DAY), "day": day, **edges}


def owed_by(day: dt.date, by: Dimension = WHOLE) -> list[Owed]:
    """What was owed at the end of `day`, taken apart; the most overdue first. One query."""
    return [
        Owed(key or "", by.named(key, label), *rest) for key, label, *rest in fetch(grouped(OWED, by), moments(day))
    ]


def owed(day: dt.date) -> Owed:
    """All that was owed at the end of `day`."""
    return next(iter(owed_by(day)), Owed())


def sales_outstanding(day: dt.date, owed_then: Decimal) -> Decimal | None:
    """DSO: how many days of billing are still to be collected at the end of `day`, to a tenth.

    What was owed, over what was billed in the 90 days up to `day`, by 90; None when nothing was billed.
    """
    sold = billed(Span(day - dt.timedelta(days=DSO_DAYS - 1), day)).total
    return round(owed_then / sold * DSO_DAYS, 1) if sold > 0 else None
