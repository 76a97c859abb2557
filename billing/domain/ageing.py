"""How old what is owed is. What the buckets add up to is the receivable of the ledger; a test holds it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Case, F, IntegerField, QuerySet, Sum, Value, When

from billing.domain.money import ZERO
from billing.models import Invoice
from tenants.current import current_tenant

# Days late up to which a bucket reaches: not due yet, then a month each, then everything older.
BUCKETS = (0, 30, 60, 90)


@dataclass(frozen=True, slots=True)
class Ageing:
    """What is owed on a day, by how late it is, in the provider's currency."""

    current: Decimal = ZERO
    to_30: Decimal = ZERO
    to_60: Decimal = ZERO
    to_90: Decimal = ZERO
    older: Decimal = ZERO

    @property
    def overdue(self) -> Decimal:
        """All that is past its day."""
        return self.to_30 + self.to_60 + self.to_90 + self.older

    @property
    def total(self) -> Decimal:
        """All that is owed."""
        return self.current + self.overdue


def ageing_of(customer_id: int, *, today: dt.date) -> Ageing:
    """One customer's."""
    return _ageing(Invoice.objects.filter(customer_id=customer_id), today)


def ageing_of_all(*, today: dt.date, zone_ids: Collection[int] | None = None) -> Ageing:
    """The provider's, or that of the customers of some zones."""
    rows = Invoice.objects.all()
    return _ageing(rows if zone_ids is None else rows.filter(customer__zone_id__in=zone_ids), today)


def _ageing(invoices: QuerySet[Invoice], today: dt.date) -> Ageing:
    edges = [today - dt.timedelta(days=days) for days in BUCKETS]
    bucket = Case(
        *(When(due_on__gte=edge, then=Value(index)) for index, edge in enumerate(edges)),
        default=Value(len(edges)),
        output_field=IntegerField(),
    )
    rows = (
        invoices.filter(status=Invoice.Status.OPEN, currency=current_tenant().currency)
        .order_by()
        .annotate(bucket=bucket)
        .values("bucket")
        .annotate(sum=Sum(F("total") - F("paid")))
    )
    sums = {row["bucket"]: row["sum"] for row in rows}
    return Ageing(*(sums.get(index, ZERO) for index in range(len(edges) + 1)))
