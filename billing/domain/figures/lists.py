"""The rows behind a number: what a figure's page counts is what its list shows, to the cent."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from billing.domain.figures.dimensions import SERVICE_PLAN, WHOLE, Dimension, grouped
from billing.domain.figures.flows import DOCUMENTS, LINES, MONEY_MOVED
from billing.domain.figures.period import Span
from billing.domain.figures.reading import fetch
from billing.domain.figures.receivable import OWED_THEN, moments
from billing.domain.figures.recurring import bridge_params, moved_sql, rows_sql

# What a list may be narrowed to, beside the dimension: the columns of its table.
PARTS = {
    "billed": {"": "true", "issued": "x.what = 'invoice'", "credited": "x.what = 'note'"},
    "collected": {
        "": "true",
        "received": "x.what = 'payment'",
        "voided": "x.what = 'void'",
        "refunded": "x.what = 'refund'",
    },
    "owed": {
        "": "true",
        "overdue": "x.day < %(day)s",
        "current": "x.day >= %(day)s",
        "to_30": "x.day < %(day)s AND x.day >= %(d30)s",
        "to_60": "x.day < %(d30)s AND x.day >= %(d60)s",
        "to_90": "x.day < %(d60)s AND x.day >= %(d90)s",
        "older": "x.day < %(d90)s",
    },
    "moved": {
        "": "x.what NOT IN ('transfers')",
        **{what: f"x.what = '{what}'" for what in ("new", "expansion", "contraction", "gone", "back", "transfers")},
    },
}
LISTED = """
SELECT l.customer_id, who.code, who.name, zone.name, l.what, l.ref_id, l.label, l.day, l.amount,
       count(*) OVER (), sum(l.amount) OVER (), max(l.called) OVER ()
  FROM (SELECT x.customer_id, x.what, x.ref_id, max(x.label) AS label, max(x.day) AS day, sum(x.amount) AS amount,
               max({label}) AS called
          FROM ({rows}) x {joins}
         WHERE (%(every)s OR coalesce({key}, '') = %(key)s) AND {part}
         GROUP BY x.customer_id, x.what, x.ref_id) l
  JOIN customers_customer who ON who.id = l.customer_id
  LEFT JOIN customers_zone zone ON zone.id = who.zone_id
 WHERE l.amount <> 0
 ORDER BY abs(l.amount) DESC, l.customer_id, l.ref_id LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Listed:
    """One row: whose it is, what it is (`invoice`, `note`, `payment`, `void`, `refund` or a movement), how much."""

    customer_id: int
    code: str
    name: str
    zone: str | None
    what: str
    ref_id: int | None
    label: str
    day: dt.date | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Listing:
    """The first rows, how many there are, what all of them add up to, and what the key's value is called."""

    rows: list[Listed]
    count: int
    total: Decimal
    called: str = ""


def list_figure(
    what: str, span: Span, *, by: Dimension = WHOLE, key: str | None = None, part: str = "", limit: int
) -> Listing:
    """The rows behind a number of `what` (a key of PARTS): of one value of a dimension, and one of its parts.

    Without `key` of all values; with an empty one of those that have none. The greatest first.
    """
    head, rows, params = _rows_of(what, span, by)
    sql = head + LISTED.replace("{rows}", rows).replace("{part}", PARTS[what][part])
    found = fetch(grouped(sql, by), {**params, "every": key is None, "key": key or "", "limit": limit})
    if not found:
        return Listing([], 0, Decimal(0))
    return Listing([Listed(*row[:9]) for row in found], found[0][9], found[0][10], by.named(key, found[0][11]))


def _rows_of(what: str, span: Span, by: Dimension) -> tuple[str, str, dict[str, Any]]:
    """The CTEs, the rows and the parameters of a figure."""
    if what == "billed":
        return "", LINES if by is SERVICE_PLAN else DOCUMENTS, span.within()
    if what == "collected":
        rows = "SELECT m.*, (m.at AT TIME ZONE %(zone)s)::date AS day FROM ({moved}) m".replace("{moved}", MONEY_MOVED)
        return "", rows, span.within()
    if what == "owed":
        rows = """SELECT o.customer_id, 'invoice' AS what, o.id AS ref_id, o.label, o.due_on AS day, o.owed AS amount
                    FROM then_owed o WHERE o.owed > 0 AND o.currency = %(currency)s"""
        return OWED_THEN, rows, moments(span.last)
    rows = """SELECT r.customer_id, r.movement AS what, NULL::bigint AS ref_id, ''::text AS label, NULL::date AS day,
                     r.moved AS amount {plan} FROM ({rows}) r"""
    rows = rows.replace("{rows}", rows_sql(by)).replace("{plan}", ", r.plan_id" if by is SERVICE_PLAN else "")
    return moved_sql(), rows, bridge_params(span)
