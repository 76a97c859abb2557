"""invoice-list: the list as it opens among 1,000,000 invoices, with the sums of all of them, beside its SQL."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse

from benchmarks.base import Benchmark, Round
from benchmarks.billing_rows import make_years
from benchmarks.pages import PERSON, WHO_ASKS, Person, RawSql, compare
from tenants.current import enter
from tenants.paging import PAGE

CUSTOMERS = 10_000
MONTHS = 100

ROWS = """
SELECT i.id, i.label, i.status, i.issued_on, i.due_on, i.total, i.total - i.paid, i.currency, c.name, c.code
  FROM billing_invoice i JOIN customers_customer c ON c.id = i.customer_id
 ORDER BY i.issued_on DESC, i.id DESC LIMIT %(limit)s
"""
SUMS = """
SELECT count(*), sum(total) FILTER (WHERE status <> 'void'), sum(total - paid) FILTER (WHERE status = 'open')
  FROM billing_invoice
"""
ZONES = "SELECT id, name FROM customers_zone ORDER BY name"


def measure(rounds: int) -> Iterator[Round]:
    """A hundred months of ten thousand customers."""
    with enter("norte"):
        make_years(customers=CUSTOMERS, months=MONTHS, ledger=False)
        path = reverse("billing:invoices")
        person = Person("norte.localhost")
        values = {**person.keys, "limit": PAGE + 1}
        sql = RawSql([(query, values) for query in (WHO_ASKS, PERSON, ROWS, SUMS, ZONES)])
        _check(person.get(path), sql.fetch())
    yield from compare(rounds, lambda: person.get(path), sql.fetch)


def _check(page: bytes, fetched: list[list[tuple[object, ...]]]) -> None:
    """Both show the same rows and the same sums, or the comparison says nothing."""
    rows, [sums] = fetched[2], fetched[3]
    shown = [f"{row[1]} · {row[9]}".encode() for row in rows[:PAGE]]
    if sums[0] != CUSTOMERS * MONTHS or b"1,000,000 facturas" not in page or not all(text in page for text in shown):
        raise RuntimeError(f"the page and the rows differ: {sums} {shown[:2]}")


BENCHMARK = Benchmark(
    name="invoice-list",
    kind="ratio",
    better="lower",
    goal=2.0,
    note=(
        f"p95 of the whole page (frame, {PAGE} rows, count and sums of all 1,000,000) / p95 of its SQL as tuples: "
        "session, person, rows with customers, the same sums, zones."
    ),
    measure=measure,
)
