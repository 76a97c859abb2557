"""Billing's reads that have a name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum

from billing.domain.money import ZERO
from billing.models import Allocation, Decision, Invoice, Night, Payment, Receipt
from customers.domain.search import matching_ids
from network.domain.queries import states_for_services
from tenants.current import tenant_zone


@dataclass(frozen=True, slots=True)
class Order:
    """How a list is sorted: by a field and then by id, both in one direction."""

    field: str
    falling: bool = True

    @property
    def terms(self) -> tuple[str, str]:
        """What `order_by` takes."""
        return (f"-{self.field}", "-id") if self.falling else (self.field, "id")


# What is owed, and when, sorts what is owed: the others are not in those two lists.
INVOICE_ORDERS = {
    "": Order("issued_on"),
    "oldest": Order("issued_on", falling=False),
    "due": Order("due_on", falling=False),
    "owed": Order("owed"),
}
_OF_WHAT_IS_OWED = {"due", "owed"}
FEW_CUSTOMERS = 300
INVOICE_STATES = ("open", "overdue", "paid", "void")


@dataclass(frozen=True, slots=True)
class InvoiceFilter:
    """What the invoices page is asked for. `state`: one of INVOICE_STATES or "" for all, void ones too."""

    text: str = ""
    state: str = ""
    zone_id: int | None = None
    month: dt.date | None = None
    order: str = ""

    @property
    def effective_state(self) -> str:
        """The state listed: an order of what is owed lists what is owed."""
        return "open" if self.order in _OF_WHAT_IS_OWED and self.state not in {"open", "overdue"} else self.state


def find_invoices(wanted: InvoiceFilter, *, today: dt.date) -> QuerySet[Invoice]:
    """The invoices asked for, in order. Text is the start of a number, or a customer as people say them."""
    rows = Invoice.objects.with_owed().order_by(*INVOICE_ORDERS[wanted.order].terms)
    match wanted.effective_state:
        case "open":
            rows = rows.filter(status=Invoice.Status.OPEN)
        case "overdue":
            rows = rows.filter(status=Invoice.Status.OPEN, due_on__lt=today)
        case "paid" | "void" as state:
            rows = rows.filter(status=state)
    if wanted.zone_id:
        rows = rows.filter(customer__zone_id=wanted.zone_id)
    if wanted.month:
        following = (wanted.month.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
        rows = rows.filter(issued_on__gte=wanted.month, issued_on__lt=following)
    if wanted.text:
        rows = rows.filter(_invoices_like(wanted.text))
    return rows


def _invoices_like(text: str) -> Q:
    """By number or by customer: few customers are looked up one by one in the index, many are quicker by a scan."""
    found = matching_ids(text)
    few = [row["id"] for row in found[: FEW_CUSTOMERS + 1]]
    return Q(label__startswith=text.upper()) | Q(customer_id__in=few if len(few) <= FEW_CUSTOMERS else found)


def find_payments(*, text: str = "", method: str = "", day: dt.date | None = None) -> QuerySet[Payment]:
    """Payments, newest first. Text is the start of a reference, or a customer as people say them."""
    rows = Payment.objects.select_related("customer").order_by("-received_at", "-id")
    if method:
        rows = rows.filter(method=method)
    if day:
        rows = rows.filter(**day_range("received_at", day))
    if text:
        rows = rows.filter(Q(reference__istartswith=text) | Q(customer_id__in=matching_ids(text)))
    return rows


def day_range(field: str, day: dt.date) -> dict[str, dt.datetime]:
    """A filter for the moments of one day in the provider's zone."""
    start = dt.datetime.combine(day, dt.time.min, tenant_zone())
    end = dt.datetime.combine(day + dt.timedelta(days=1), dt.time.min, tenant_zone())
    return {f"{field}__gte": start, f"{field}__lt": end}


@dataclass(frozen=True, slots=True)
class Sums:
    """Count and amounts of a list."""

    count: int
    total: Decimal
    owed: Decimal


def sum_invoices(rows: QuerySet[Invoice]) -> Sums:
    """What the list adds up to; void invoices owe nothing."""
    found = rows.order_by().aggregate(
        count=Count("id"),
        total_sum=Sum("total", filter=~Q(status=Invoice.Status.VOID), default=ZERO),
        owed_sum=Sum(F("total") - F("paid"), filter=Q(status=Invoice.Status.OPEN), default=ZERO),
    )
    return Sums(found["count"], found["total_sum"], found["owed_sum"])


def waiting_receipts() -> QuerySet[Receipt]:
    """The stack to review, the oldest first."""
    return Receipt.objects.filter(status=Receipt.Status.WAITING).order_by("id")


def last_cut(service_id: int) -> Decision | None:
    """The decision that last cut a service."""
    return (
        Decision.objects.filter(service_id=service_id, action=Decision.Action.CUT, outcome=Decision.Outcome.DONE)
        .order_by("-id")
        .first()
    )


def night_of(day: dt.date) -> Night | None:
    """The day's plan, when there is one."""
    return Night.objects.filter(day=day).first()


def services_seen_off(service_ids: Collection[int]) -> set[int]:
    """Of the services, those whose router was read and has them off."""
    return {
        service_id
        for service_id, accesses in states_for_services(service_ids).items()
        if any(access.observed == access.Observed.OFF for access in accesses)
    }


@dataclass(frozen=True, slots=True)
class PaidPart:
    """What a payment put on an invoice, and what the invoice kept owing after it."""

    invoice: Invoice
    amount: Decimal
    left: Decimal


def parts_of(payment: Payment) -> list[PaidPart]:
    """What a payment paid when it came, in the order it did, whatever happened to the invoices since."""
    before = Allocation.objects.filter(invoice=OuterRef("invoice"), id__lte=OuterRef("id")).order_by()
    sums = before.values("invoice").annotate(sum=Sum("amount")).values("sum")
    rows = payment.allocations.filter(amount__gt=0).annotate(then=Subquery(sums)).select_related("invoice")
    return [PaidPart(row.invoice, row.amount, row.invoice.total - row.then) for row in rows.order_by("id")]
