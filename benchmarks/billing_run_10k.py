"""billing-run-10k: a month for 10,000 services, beside one hand-written statement that writes the same rows.

Both write charges, invoices with numbers, lines, tax, ledger transactions and entries, and events, into the same
tables with the same constraints, indexes and triggers. The floor does it in one transaction that nobody else can
work beside; ours in chunks, each of which chooses after its lock and can be the last one before a kill.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import partial

from django.db import connection, transaction
from django.utils import timezone

from benchmarks.base import Benchmark, Round, timed
from billing.domain.cycle import add_months, cycle_of
from billing.domain.ledger import accounts
from billing.domain.policies import current_policy
from billing.domain.run import run_billing, start_run
from billing.models import BillingRun, Charge, Entry, Invoice, InvoiceLine, InvoiceTax, LedgerTransaction, Series
from customers.models import Plan
from events.domain import Actor
from events.models import Event
from tenants.current import current_tenant, enter

SERVICES = 10_000
WRITTEN = (Charge, Invoice, InvoiceLine, InvoiceTax, LedgerTransaction, Entry)

CUSTOMERS = """
INSERT INTO customers_customer (code, name, name_key, national_id, email, address, locality, city, notes,
                                external_ref, created_at)
SELECT 'C' || g, 'Cliente ' || g, 'cliente ' || g, '', '', '', '', '', '', '', now() FROM generate_series(1, %s) g
"""
ITS_SERVICES = """
INSERT INTO customers_service (customer_id, plan_id, code, status, address, notes, external_ref, created_at)
SELECT c.id, (ARRAY[%s, %s]::bigint[])[1 + c.id %% 2], 'S' || c.id, 'active', '', '', '', now()
  FROM customers_customer c
"""

FLOOR = """
WITH priced AS (
    SELECT s.id AS service_id, s.customer_id, p.tax_rate, p.name,
           CASE WHEN p.tax_included THEN round(p.price / (1 + p.tax_rate), 2) ELSE p.price END AS net,
           CASE WHEN p.tax_included THEN p.price - round(p.price / (1 + p.tax_rate), 2)
                ELSE round(p.price * p.tax_rate, 2) END AS tax
      FROM customers_service s JOIN customers_plan p ON p.id = s.plan_id
     WHERE s.status = 'active'
), charge AS (
    INSERT INTO billing_charge (service_id, kind, period, description, tax_rate, net, tax, total, currency, created_at)
    SELECT service_id, 'plan', daterange(%(start)s, %(end)s), name || %(suffix)s, tax_rate, net, tax, net + tax,
           %(currency)s, %(now)s
      FROM priced
    RETURNING id, service_id, description, tax_rate, net, tax, total
), doc AS (
    SELECT charge.*, s.customer_id, row_number() OVER () - 1 + %(first)s AS number
      FROM charge JOIN customers_service s ON s.id = charge.service_id
), invoice AS (
    INSERT INTO billing_invoice (customer_id, series_id, number, label, issued_on, due_on, period, subtotal, tax, total,
                                 paid, currency, status, imported, created_at, void_reason)
    SELECT customer_id, %(series)s, number, 'A-' || number, %(now)s, %(due_on)s, daterange(%(start)s, %(end)s), net,
           tax, total, 0, %(currency)s, 'open', false, %(now)s, ''
      FROM doc
    RETURNING id, customer_id, label, number, subtotal, tax, total
), line AS (
    INSERT INTO billing_invoiceline (invoice_id, charge_id, description, net, tax, total, tax_rate)
    SELECT invoice.id, doc.id, doc.description, doc.net, doc.tax, doc.total, doc.tax_rate
      FROM invoice JOIN doc USING (number)
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
                                 (%(tax)s, NULL, -invoice.tax)) AS leg (account_id, customer_id, amount)
), told AS (
    INSERT INTO events_event (at, type, subject_kind, subject_id, customer_id, actor_kind, actor_label, facts)
    SELECT %(now)s, 'invoice.issued', 'billing.invoice', id, customer_id, 'system', 'Facturación',
           jsonb_build_object('label', label, 'total', total::text, 'credit', '0', 'currency', %(currency)s::text,
                              'due_on', %(due_on)s::text)
      FROM invoice
)
UPDATE billing_series SET next_number = next_number + (SELECT count(*) FROM invoice) WHERE id = %(series)s
"""


def measure(rounds: int) -> Iterator[Round]:
    """Each round bills one month with the run and the following one by hand."""
    with enter("norte"):
        _prepare()
        month = dt.date(2027, 1, 1)
        for _number in range(rounds):
            ours = timed(partial(_bill, month))
            _check(month)
            month = add_months(month, 1)
            floor = timed(partial(_by_hand, month))
            _check(month)
            month = add_months(month, 1)
            yield Round(ours=[ours], floor=[floor])


def _prepare() -> None:
    plans = [
        Plan.objects.create(name=name, price=price, tax_rate="0.16", tax_included=included).pk
        for name, price, included in (("Hogar 50", "399.90", True), ("Hogar 100", "599.99", False))
    ]
    with connection.cursor() as cursor:
        cursor.execute(CUSTOMERS, [SERVICES])
        cursor.execute(ITS_SERVICES, plans)
        cursor.execute("ANALYZE")
    Series.objects.get_or_create(prefix=current_policy().series_prefix)
    accounts(current_tenant().currency, "receivable")


def _bill(month: dt.date) -> None:
    now = timezone.now()
    run = start_run(period=month, origin=BillingRun.Origin.HAND, actor=Actor.system("Facturación"), now=now)
    run_billing(run_id=run.pk, now=now)


def _by_hand(month: dt.date) -> None:
    cycle, currency = cycle_of(current_policy(), month), current_tenant().currency
    with transaction.atomic(), connection.cursor() as cursor:
        series = Series.objects.select_for_update().get()
        cursor.execute(
            FLOOR,
            {
                "start": cycle.start,
                "end": cycle.end,
                "due_on": cycle.due_on,
                "suffix": f", {cycle.start:%d/%m/%Y} al {cycle.last_day:%d/%m/%Y}",
                "currency": currency,
                "now": timezone.now(),
                "first": series.next_number,
                "series": series.pk,
                **accounts(currency, "receivable", "income", "tax"),
            },
        )


def _check(month: dt.date) -> None:
    """Both sides wrote everything, or the comparison says nothing."""
    written = Invoice.objects.filter(period__startswith=cycle_of(current_policy(), month).start)
    counts = {model.__name__: model.objects.count() for model in WRITTEN}
    counts["Event"] = Event.objects.filter(type="invoice.issued").count()
    whole = {name: count / (3 if name == "Entry" else 1) for name, count in counts.items()}
    if written.count() != SERVICES or len(set(whole.values())) != 1:
        raise RuntimeError(f"the rows differ: {counts}")


BENCHMARK = Benchmark(
    name="billing-run-10k",
    kind="ratio",
    better="lower",
    goal=3.0,
    note="10,000 services billed by the run in chunks / one hand-written statement writing the same rows.",
    measure=measure,
)
