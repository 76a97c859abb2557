"""The one order in which money's rows are locked: chart, series by id, customer, invoices by id."""

from __future__ import annotations

from dataclasses import dataclass

from billing.domain.ledger import accounts
from billing.models import LedgerAccount, Series
from customers.models import Customer

CREDIT_PREFIX = "NC-"


@dataclass(frozen=True, slots=True)
class Locked:
    """What a correction works with: account ids by kind, and the series that numbers credit notes."""

    customer_id: int
    currency: str
    chart: dict[str, int]
    series: Series


def lock_for_correction(customer_id: int, currency: str) -> Locked:
    """Lock what a credit note touches, before anything else of the transaction is written.

    Whoever changes a service and gives money back calls this first: a run locks the series and then refers to the
    service, so the other way round would wait in a ring. The series of credit notes is made on first use.
    """
    chart = accounts(currency, *LedgerAccount.Kind.values)
    if not Series.objects.filter(kind=Series.Kind.CREDIT_NOTE).exists():
        Series.objects.get_or_create(prefix=CREDIT_PREFIX, defaults={"kind": Series.Kind.CREDIT_NOTE})
    locked = list(Series.objects.select_for_update(no_key=True).order_by("id"))
    # The newest is in use: an older one keeps the numbers it gave.
    series = [row for row in locked if row.kind == Series.Kind.CREDIT_NOTE][-1]
    Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    return Locked(customer_id, currency, chart, series)
