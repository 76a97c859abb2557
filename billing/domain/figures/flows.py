"""What was billed and what was collected in some days, in the provider's currency.

A document counts on its day: a void invoice never happened, a credit note lowers the month of the note. Money counts
on the day it moved: a payment on the day it was received, a void or a refund on the day it was done, so that a month
that is over stays as it was.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from billing.domain.figures.dimensions import SERVICE_PLAN, WHOLE, Dimension, grouped
from billing.domain.figures.period import Span
from billing.domain.figures.reading import fetch
from billing.domain.money import ZERO


@dataclass(frozen=True, slots=True)
class Billed:
    """What was billed: amounts with taxes and withholdings as the documents' totals, `net` without them."""

    key: str = ""
    label: str = ""
    invoices: int = 0
    issued: Decimal = ZERO
    credited: Decimal = ZERO
    net: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """Issued less what credit notes took back."""
        return self.issued - self.credited


@dataclass(frozen=True, slots=True)
class Collected:
    """What came in. `received` still holds what was voided later; `total` does not."""

    key: str = ""
    label: str = ""
    payments: int = 0
    received: Decimal = ZERO
    voided: Decimal = ZERO
    refunded: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """Received less what was voided and given back."""
        return self.received - self.voided - self.refunded


# Every document with its sums; what a credit note gave back of a void or imported invoice was never billed here.
DOCUMENTS = """
SELECT i.customer_id, i.id AS invoice_id, 'invoice' AS what, i.id AS ref_id, i.label, i.issued_on AS day,
       i.total AS issued, 0 AS credited, i.subtotal AS net, i.total AS amount
  FROM billing_invoice i
 WHERE i.issued_on >= %(first)s AND i.issued_on <= %(last)s AND i.currency = %(currency)s
   AND i.status <> 'void' AND NOT i.imported
UNION ALL
SELECT n.customer_id, NULL, 'note', n.id, n.label, n.issued_on, 0, n.total, -n.subtotal, -n.total
  FROM billing_creditnote n JOIN billing_invoice i ON i.id = n.invoice_id
 WHERE n.issued_on >= %(first)s AND n.issued_on <= %(last)s AND n.currency = %(currency)s
   AND i.status <> 'void' AND NOT i.imported
"""
# The same by line: the plan is the one the service had on the first day charged, whatever it has now.
LINES = """
SELECT l.customer_id, l.invoice_id, l.what, l.ref_id, l.label, l.day, l.issued, l.credited, l.net,
       l.issued - l.credited AS amount,
       coalesce((SELECT h.old_plan_id FROM billing_planchange h
                  WHERE h.service_id = k.service_id AND h.status = 'done'
                    AND h.effective_on > coalesce(lower(k.period), l.day)
                  ORDER BY h.effective_on LIMIT 1), s.plan_id) AS plan_id
  FROM (SELECT l.charge_id, i.customer_id, i.id AS invoice_id, 'invoice' AS what, i.id AS ref_id, i.label,
               i.issued_on AS day, l.total AS issued, 0 AS credited, l.net
          FROM billing_invoice i JOIN billing_invoiceline l ON l.invoice_id = i.id
         WHERE i.issued_on >= %(first)s AND i.issued_on <= %(last)s AND i.currency = %(currency)s
           AND i.status <> 'void' AND NOT i.imported
        UNION ALL
        SELECT l.charge_id, n.customer_id, NULL, 'note', n.id, n.label, n.issued_on, 0, l.total, -l.net
          FROM billing_creditnote n JOIN billing_creditnoteline l ON l.note_id = n.id
          JOIN billing_invoice i ON i.id = n.invoice_id
         WHERE n.issued_on >= %(first)s AND n.issued_on <= %(last)s AND n.currency = %(currency)s
           AND i.status <> 'void' AND NOT i.imported) l
  LEFT JOIN billing_charge k ON k.id = l.charge_id
  LEFT JOIN customers_service s ON s.id = k.service_id
"""
BILLED = """
SELECT {key} AS key, max({label}), count(DISTINCT x.invoice_id), coalesce(sum(x.issued), 0),
       coalesce(sum(x.credited), 0), coalesce(sum(x.net), 0)
  FROM ({rows}) x {joins}
 GROUP BY 1 ORDER BY sum(x.amount) DESC, 1
"""
# What money did, each with its sign in `amount`. A refund is of whoever gave it back, and of the payment's channel.
MONEY_MOVED = """
SELECT p.customer_id, 'payment' AS what, p.id AS ref_id, p.reference AS label, p.method, p.account_id, p.key,
       p.actor_kind, p.actor_id, p.actor_label, p.received_at AS at, p.amount AS received, 0 AS voided,
       0 AS refunded, p.amount
  FROM billing_payment p
 WHERE p.received_at >= %(start)s AND p.received_at < %(end)s AND p.currency = %(currency)s
UNION ALL
SELECT p.customer_id, 'void', p.id, p.reference, p.method, p.account_id, p.key, p.actor_kind, p.actor_id,
       p.actor_label, p.voided_at, 0, p.amount, 0, -p.amount
  FROM billing_payment p
 WHERE p.voided_at >= %(start)s AND p.voided_at < %(end)s AND p.currency = %(currency)s
UNION ALL
SELECT r.customer_id, 'refund', r.payment_id, r.reason, r.method, r.account_id, p.key, r.actor_kind, r.actor_id,
       r.actor_label, r.created_at, 0, 0, r.amount, -r.amount
  FROM billing_refund r LEFT JOIN billing_payment p ON p.id = r.payment_id
 WHERE r.created_at >= %(start)s AND r.created_at < %(end)s AND r.currency = %(currency)s
"""
COLLECTED = """
SELECT {key} AS key, max({label}), count(*) FILTER (WHERE x.received > 0), coalesce(sum(x.received), 0),
       coalesce(sum(x.voided), 0), coalesce(sum(x.refunded), 0)
  FROM ({rows}) x {joins}
 GROUP BY 1 ORDER BY sum(x.amount) DESC, 1
""".replace("{rows}", MONEY_MOVED)


def billed_by(span: Span, by: Dimension = WHOLE) -> list[Billed]:
    """What was billed in the days of `span`, taken apart; the greatest first. One query."""
    sql = BILLED.replace("{rows}", LINES if by is SERVICE_PLAN else DOCUMENTS)
    return [
        Billed(key or "", by.named(key, label), *rest) for key, label, *rest in fetch(grouped(sql, by), span.within())
    ]


def billed(span: Span) -> Billed:
    """All that was billed."""
    return next(iter(billed_by(span)), Billed())


def collected_by(span: Span, by: Dimension = WHOLE) -> list[Collected]:
    """What was collected in the days of `span`, taken apart; the greatest first. One query."""
    return [
        Collected(key or "", by.named(key, label), *rest)
        for key, label, *rest in fetch(grouped(COLLECTED, by), span.within())
    ]


def collected(span: Span) -> Collected:
    """All that was collected."""
    return next(iter(collected_by(span)), Collected())


def collected_between(start: dt.datetime, end: dt.datetime) -> Decimal:
    """What was collected from `start` on and before `end` (aware), in the provider's currency."""
    rows = fetch(grouped(COLLECTED, WHOLE), {"start": start, "end": end})
    return Collected("", "", *rows[0][2:]).total if rows else ZERO
