"""A provider's months: what the billing benchmarks bill, with the run, and by hand with one statement.

Both write charges, invoices with numbers, lines, taxes, ledger transactions and entries, and events, into the same
tables with the same constraints, indexes and triggers. By hand it is one transaction that nobody else can work
beside; the run works in chunks, each of which chooses after its lock and can be the last one before a kill.
"""

from __future__ import annotations

import datetime as dt

from django.db import connection, transaction

from billing.domain.cycle import add_months, cycle_of
from billing.domain.ledger import accounts, tax_accounts
from billing.domain.policies import current_policy
from billing.domain.run import run_billing, start_run
from billing.models import (
    BillingRun,
    Charge,
    Entry,
    Invoice,
    InvoiceLine,
    InvoiceTax,
    LedgerTransaction,
    Series,
)
from customers.models import Plan
from events.domain import Actor
from events.models import Event
from tenants.current import current_tenant, tenant_zone

FIRST_MONTH = dt.date(2027, 1, 1)
LINES = 2  # the plan and one recurring extra
ENTRIES = 3  # receivable, income, tax

CUSTOMERS = """
INSERT INTO customers_customer (code, name, name_key, national_id, email, address, locality, city, notes,
                                external_ref, created_at)
SELECT 'C' || g, 'Cliente ' || g, 'cliente ' || g, '', '', '', '', '', '', 'w' || g, now()
  FROM generate_series(1, %s) g
"""
ITS_SERVICES = """
INSERT INTO customers_service (customer_id, plan_id, code, status, address, notes, external_ref, created_at)
SELECT c.id, (ARRAY[%s, %s]::bigint[])[1 + c.id %% 2], 'S' || c.id, 'active', '', '', 'w' || c.id, now()
  FROM customers_customer c
"""
EXTRAS = """
INSERT INTO billing_extra (service_id, kind, category, description, amount, taxed, starts_on, cancelled_by,
                           created_by, created_at)
SELECT id, 'recurring', 'addon', 'IP fija', 49.90, true, '2020-01-01', '', '', now() FROM customers_service
"""

BY_HAND = """
WITH asked AS (
    SELECT s.id AS service_id, s.customer_id, p.tax_rate, p.tax_included, 'plan' AS kind, 0::bigint AS source,
           p.name || %(suffix)s AS description, p.price
      FROM customers_service s JOIN customers_plan p ON p.id = s.plan_id
     WHERE s.status = 'active'
    UNION ALL
    SELECT s.id, s.customer_id, p.tax_rate, p.tax_included, 'extra', e.id, e.description || %(suffix)s, e.amount
      FROM billing_extra e JOIN customers_service s ON s.id = e.service_id JOIN customers_plan p ON p.id = s.plan_id
     WHERE s.status = 'active' AND e.kind = 'recurring'
), item AS MATERIALIZED (
    SELECT asked.*, net, CASE WHEN tax_included THEN price - net ELSE round(net * tax_rate, 2) END AS tax
      FROM asked CROSS JOIN LATERAL (
           SELECT CASE WHEN tax_included THEN round(price / (1 + tax_rate), 2) ELSE price END AS net) n
), charge AS (
    INSERT INTO billing_charge (service_id, kind, source, period, description, tax_rate, net, tax, withheld, total,
                                taxes, currency, run_id, created_at)
    SELECT service_id, kind, source, daterange(%(start)s, %(end)s), description, tax_rate, net, tax, 0, net + tax,
           jsonb_build_array(jsonb_build_array('IVA', tax_rate::text, tax::text)), %(currency)s, %(run)s, %(now)s
      FROM item ORDER BY customer_id
    RETURNING id, service_id, description, tax_rate, net, tax, total
), doc AS (
    SELECT customer_id, tax_rate, sum(net) AS net, sum(tax) AS tax,
           row_number() OVER (ORDER BY customer_id) - 1 + %(first)s AS number
      FROM item GROUP BY customer_id, tax_rate
), invoice AS (
    INSERT INTO billing_invoice (customer_id, series_id, number, label, issued_on, due_on, period, subtotal, tax,
                                 withheld, total, paid, currency, status, imported, run_id, created_at, void_reason)
    SELECT customer_id, %(series)s, number, 'A-' || number, %(now)s, %(due_on)s, daterange(%(start)s, %(end)s), net,
           tax, 0, net + tax, 0, %(currency)s, 'open', false, %(run)s, %(now)s, ''
      FROM doc ORDER BY number
    RETURNING id, customer_id, label, number, subtotal, tax, total
), line AS (
    INSERT INTO billing_invoiceline (invoice_id, charge_id, description, net, tax, withheld, total, tax_rate)
    SELECT invoice.id, charge.id, charge.description, charge.net, charge.tax, 0, charge.total, charge.tax_rate
      FROM charge JOIN customers_service s ON s.id = charge.service_id JOIN invoice USING (customer_id)
), taxed AS (
    INSERT INTO billing_invoicetax (invoice_id, name, rate, base, amount)
    SELECT invoice.id, 'IVA', doc.tax_rate, doc.net, doc.tax FROM invoice JOIN doc USING (number)
), posted AS (
    INSERT INTO billing_ledgertransaction (uuid, at, day, kind, memo, invoice_id)
    SELECT gen_random_uuid(), %(now)s, %(now)s, 'invoice', label, id FROM invoice
    RETURNING id, invoice_id
), entry AS (
    INSERT INTO billing_entry (transaction_id, account_id, customer_id, amount, currency)
    SELECT posted.id, leg.account_id, leg.customer_id, leg.amount, %(currency)s
      FROM posted JOIN invoice ON invoice.id = posted.invoice_id
      CROSS JOIN LATERAL (VALUES (%(receivable)s, invoice.customer_id, invoice.total),
                                 (%(income)s, NULL, -invoice.subtotal),
                                 (%(iva)s, NULL, -invoice.tax)) AS leg (account_id, customer_id, amount)
), told AS (
    INSERT INTO events_event (at, type, subject_kind, subject_id, customer_id, actor_kind, actor_label, facts)
    SELECT %(now)s, 'invoice.issued', 'billing.invoice', id, customer_id, 'system', 'Facturación',
           jsonb_build_object('label', label, 'total', trim_scale(total)::text, 'credit', '0',
                              'currency', %(currency)s::text, 'due_on', %(due_on)s::text)
      FROM invoice
)
UPDATE billing_series SET next_number = next_number + (SELECT count(*) FROM invoice) WHERE id = %(series)s
"""


def prepare(services: int) -> None:
    """Put so many customers with one service each into the present provider, as an import brings them."""
    plans = [
        Plan.objects.create(name=name, price=price, tax_rate="0.16", tax_included=included).pk
        for name, price, included in (("Hogar 50", "399.90", True), ("Hogar 100", "599.99", False))
    ]
    with connection.cursor() as cursor:
        cursor.execute(CUSTOMERS, [services])
        cursor.execute(ITS_SERVICES, plans)
        cursor.execute(EXTRAS)
        cursor.execute("ANALYZE")
    Series.objects.get_or_create(prefix=current_policy().series_prefix)
    accounts(current_tenant().currency, "receivable")


def month_number(number: int) -> dt.date:
    """The months billed, in order, from zero."""
    return add_months(FIRST_MONTH, number)


def issue_moment(month: dt.date) -> dt.datetime:
    """When a month is billed: each on its own issue day, as a provider's clock does."""
    return dt.datetime.combine(cycle_of(current_policy(), month).issue_on, dt.time(6), tenant_zone())


def order_run(month: dt.date) -> BillingRun:
    """A run of that month, started."""
    return start_run(
        period=month, origin=BillingRun.Origin.HAND, actor=Actor.system("Facturación"), now=issue_moment(month)
    )


def bill(month: dt.date) -> BillingRun:
    """Bill that month with the run."""
    return run_billing(run_id=order_run(month).pk, now=issue_moment(month))


def bill_by_hand(month: dt.date) -> None:
    """Write the same rows of that month with one statement."""
    cycle, currency, now = cycle_of(current_policy(), month), current_tenant().currency, issue_moment(month)
    run = BillingRun.objects.create(
        period=month, origin=BillingRun.Origin.HAND, issued_on=now.date(), status=BillingRun.Status.DONE,
        actor_kind="system", actor_label="a mano", created_at=now,
    )  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        series = Series.objects.select_for_update().get(prefix=current_policy().series_prefix)
        cursor.execute(
            BY_HAND,
            {
                "start": cycle.start,
                "end": cycle.end,
                "due_on": cycle.due_on,
                "suffix": f", {cycle.start:%d/%m/%Y} al {cycle.last_day:%d/%m/%Y}",
                "currency": currency,
                "now": now,
                "first": series.next_number,
                "series": series.pk,
                "run": run.pk,
                "iva": tax_accounts(currency, ["IVA"])["IVA"],
                **accounts(currency, "receivable", "income"),
            },
        )


def check(months: int, services: int) -> None:
    """Every month billed so far wrote everything, or a comparison says nothing. Raises RuntimeError."""
    expected = months * services
    counts = {
        "charges": Charge.objects.count() / LINES,
        "invoices": Invoice.objects.count(),
        "lines": InvoiceLine.objects.count() / LINES,
        "taxes": InvoiceTax.objects.count(),
        "transactions": LedgerTransaction.objects.count(),
        "entries": Entry.objects.count() / ENTRIES,
        "events": Event.objects.filter(type="invoice.issued").count(),
    }
    if set(counts.values()) != {expected}:
        raise RuntimeError(f"the rows differ from {expected}: {counts}")
