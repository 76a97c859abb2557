"""Years of invoices, payments and their ledger, made by set-based statements with every constraint and trigger on.

Months are written one after another, as a provider's life does, so that a customer's rows lie scattered over
the tables. What is made balances: an invoice equals its receivable entry, a paid one its allocation.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import connection
from django.utils import timezone

from billing.domain.cycle import add_months
from billing.domain.ledger import accounts
from billing.domain.policies import current_policy
from billing.models import Series
from customers.models import Customer, Zone
from tenants.current import current_tenant, tenant_today

ZONES = 20
PRICE = 600

# One month: of each hundred invoices one is void; of the last two months a third is still owed.
MAKE_INVOICES = """
WITH numbered AS (
    SELECT id AS customer_id, row_number() OVER (ORDER BY id) - 1 + %(first)s AS number, (id * 7919) %% 100 AS dice
      FROM customers_customer
), made AS (
    INSERT INTO billing_invoice (customer_id, series_id, number, label, issued_on, due_on, period, subtotal, tax,
                                 total, paid, currency, status, imported, created_at, voided_at, void_reason)
    SELECT customer_id, %(series)s, number, 'A-' || number, %(issued)s, %(issued)s::date + 9, NULL, %(net)s,
           %(tax)s, %(total)s, CASE WHEN status = 'paid' THEN %(total)s ELSE 0 END, %(currency)s, status, false,
           %(now)s, CASE WHEN status = 'void' THEN %(now)s END, CASE WHEN status = 'void' THEN 'Duplicada' ELSE '' END
      FROM (SELECT *, CASE WHEN (dice + %(month)s) %% 100 = 0 THEN 'void'
                           WHEN %(owing)s AND dice %% 3 = 0 THEN 'open' ELSE 'paid' END AS status
              FROM numbered) n
    RETURNING 1
)
UPDATE billing_series SET next_number = next_number + (SELECT count(*) FROM made) WHERE id = %(series)s
"""
POST_INVOICES = """
WITH posted AS (
    INSERT INTO billing_ledgertransaction (uuid, at, day, kind, memo, invoice_id)
    SELECT gen_random_uuid(), %(now)s, issued_on, 'invoice', label, id
      FROM billing_invoice WHERE issued_on = %(issued)s
    RETURNING id, invoice_id
), taken_back AS (
    INSERT INTO billing_ledgertransaction (uuid, at, day, kind, memo, invoice_id)
    SELECT gen_random_uuid(), %(now)s, issued_on + 2, 'invoice_void', void_reason, id
      FROM billing_invoice WHERE issued_on = %(issued)s AND status = 'void'
    RETURNING id, invoice_id
)
INSERT INTO billing_entry (transaction_id, account_id, customer_id, amount, currency)
SELECT t.id, leg.account_id, leg.customer_id, t.sign * leg.amount, i.currency
  FROM (SELECT *, 1 AS sign FROM posted UNION ALL SELECT *, -1 FROM taken_back) t
  JOIN billing_invoice i ON i.id = t.invoice_id
 CROSS JOIN LATERAL (VALUES (%(receivable)s, i.customer_id, i.total), (%(income)s, NULL, -i.subtotal),
                            (%(sales_tax)s, NULL, -i.tax)) AS leg (account_id, customer_id, amount)
"""
PAY_INVOICES = """
WITH paid AS (
    INSERT INTO billing_payment (customer_id, amount, currency, method, reference, received_at, key, actor_kind,
                                 actor_label, created_at, reconnects, reconnect_reason, void_reason)
    SELECT customer_id, total, currency, 'cash', '', due_on::timestamptz, 'bench:' || id, 'user', 'Ana', %(now)s,
           false, '{}', ''
      FROM billing_invoice WHERE issued_on = %(issued)s AND status = 'paid'
    RETURNING id, customer_id, amount, currency, received_at, substr(key, 7)::bigint AS invoice_id
), posted AS (
    INSERT INTO billing_ledgertransaction (uuid, at, day, kind, memo, payment_id)
    SELECT gen_random_uuid(), received_at, received_at::date, 'payment', '', id FROM paid
    RETURNING id, payment_id
), shared AS (
    INSERT INTO billing_allocation (invoice_id, payment_id, transaction_id, amount, created_at)
    SELECT paid.invoice_id, paid.id, posted.id, paid.amount, %(now)s
      FROM paid JOIN posted ON posted.payment_id = paid.id
)
INSERT INTO billing_entry (transaction_id, account_id, customer_id, amount, currency)
SELECT posted.id, leg.account_id, leg.customer_id, leg.amount, paid.currency
  FROM posted JOIN paid ON paid.id = posted.payment_id
 CROSS JOIN LATERAL (VALUES (%(receivable)s, paid.customer_id, -paid.amount), (%(cash)s, NULL, paid.amount))
       AS leg (account_id, customer_id, amount)
"""


def make_years(*, customers: int, months: int, ledger: bool) -> None:
    """Customers, an invoice each a month up to this one, and with `ledger` its transactions and payments."""
    zones = Zone.objects.bulk_create(Zone(name=f"Zona {number}") for number in range(ZONES))
    Customer.objects.bulk_create(
        Customer(code=f"C{n}", name=f"Cliente Número {n}", name_key=f"cliente numero {n}", zone=zones[n % ZONES])
        for n in range(customers)
    )
    with connection.cursor() as cursor:
        this_month = tenant_today(timezone.now()).replace(day=1)
        for back in reversed(range(months)):
            values = _month(add_months(this_month, -back), back)
            cursor.execute(MAKE_INVOICES, values)
            if ledger:
                cursor.execute(POST_INVOICES, values)
                cursor.execute(PAY_INVOICES, values)
        # Visibility maps and statistics as autovacuum leaves them.
        cursor.execute("VACUUM ANALYZE")


def _month(issued: dt.date, back: int) -> dict[str, Any]:
    currency = current_tenant().currency
    chart = accounts(currency, "receivable", "income", "tax", "cash")
    series, _made = Series.objects.get_or_create(prefix=current_policy().series_prefix)
    tax = round(PRICE * 16 / 116, 2)
    return {
        "series": series.pk,
        "first": series.next_number,
        "issued": issued,
        "month": back,
        "owing": back < 2,
        "net": PRICE - tax,
        "tax": tax,
        "total": PRICE,
        "currency": currency,
        "now": timezone.now(),
        "sales_tax": chart.pop("tax"),
        **chart,
    }
