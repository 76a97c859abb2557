"""statement-page: a customer's ten years of movements, the page as a signed-in person gets it, beside its SQL."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse

from benchmarks.base import Benchmark, Round
from benchmarks.billing_rows import make_years
from benchmarks.pages import PERSON, WHO_ASKS, Person, RawSql, compare
from billing.domain.ledger import statement
from customers.models import Customer
from tenants.current import enter
from tenants.paging import PAGE

CUSTOMERS = 1000
MONTHS = 120

CUSTOMER = "SELECT id, code, name FROM customers_customer WHERE id = %(customer)s"
MOVEMENTS = """
WITH run AS (
    SELECT t.id, t.day, t.kind, t.memo, t.invoice_id, t.payment_id, t.credit_note_id, m.currency, m.amount,
           sum(m.amount) OVER (PARTITION BY m.currency ORDER BY t.day, t.id) AS balance
      FROM (SELECT e.transaction_id, e.currency, sum(e.amount) AS amount
              FROM billing_entry e JOIN billing_ledgeraccount a ON a.id = e.account_id
             WHERE e.customer_id = %(customer)s AND a.kind IN ('receivable', 'credit')
             GROUP BY e.transaction_id, e.currency HAVING sum(e.amount) <> 0) m
      JOIN billing_ledgertransaction t ON t.id = m.transaction_id
), sums AS (
    SELECT currency, count(*), sum(amount) FILTER (WHERE amount > 0), sum(amount) FILTER (WHERE amount < 0), sum(amount)
      FROM run GROUP BY currency
)
SELECT * FROM (SELECT * FROM run ORDER BY day DESC, id DESC LIMIT %(limit)s) page JOIN sums USING (currency)
"""


def measure(rounds: int) -> Iterator[Round]:
    """One customer among a thousand who all have as many."""
    with enter("norte"):
        make_years(customers=CUSTOMERS, months=MONTHS, ledger=True)
        customer = Customer.objects.order_by("pk")[CUSTOMERS // 2]
        path = reverse("billing:statement", args=[customer.pk])
        person = Person("norte.localhost")
        values = {**person.keys, "customer": customer.pk, "limit": PAGE + 1}
        sql = RawSql([(query, values) for query in (WHO_ASKS, PERSON, CUSTOMER, MOVEMENTS)])
        _check(person.get(path), sql.fetch()[-1], customer.pk)
    yield from compare(rounds, lambda: person.get(path), sql.fetch)


def _check(page: bytes, rows: list[tuple[object, ...]], customer_id: int) -> None:
    """Both show the same page of the same account, or the comparison says nothing."""
    whole = statement(customer_id)
    same = [row[1] for row in rows] == [m.transaction_id for m in whole[: PAGE + 1]]
    if not same or len(whole) < 2 * MONTHS - 5 or page.count(b"rows__main") != PAGE:
        raise RuntimeError(f"the page and the rows differ: {len(rows)} {len(whole)}")


BENCHMARK = Benchmark(
    name="statement-page",
    kind="ratio",
    better="lower",
    goal=2.0,
    note=(
        f"p95 of the whole page (frame, {PAGE} of 240 movements with running balance, sums) / p95 of its SQL, tuples: "
        "session, person, customer, movements with sums."
    ),
    measure=measure,
)
