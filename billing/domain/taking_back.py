"""Taking back what was put on invoices: they are owed again, the newest first."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import F, QuerySet, Sum

from billing.domain.ledger import Leg, Posting, post
from billing.domain.money import ZERO
from billing.models import Allocation, Invoice, LedgerAccount, LedgerTransaction
from tenants.current import tenant_today

Kind = LedgerAccount.Kind


@dataclass(frozen=True, slots=True)
class Reopened:
    """An invoice that is owed again by `amount`."""

    invoice_id: int
    label: str
    amount: Decimal


def credit_uses(customer_id: int, currency: str) -> QuerySet[Allocation, tuple[int, str, Decimal]]:
    """What of the customer's credit is on which invoice: (invoice, label, amount), the newest invoice first."""
    return _net(
        Allocation.objects.filter(
            payment=None,
            transaction__kind=LedgerTransaction.Kind.CREDIT,
            invoice__customer_id=customer_id,
            invoice__currency=currency,
        )
    )


def payment_uses(payment_id: int) -> QuerySet[Allocation, tuple[int, str, Decimal]]:
    """What of a payment is on which invoice: (invoice, label, amount), the newest invoice first."""
    return _net(Allocation.objects.filter(payment_id=payment_id))


def _net(rows: QuerySet[Allocation]) -> QuerySet[Allocation, tuple[int, str, Decimal]]:
    return (
        rows.values_list("invoice_id", "invoice__label")
        .annotate(net=Sum("amount"))
        .filter(net__gt=0)
        .order_by("-invoice_id")
    )


def take_from(uses: QuerySet[Allocation, tuple[int, str, Decimal]], short: Decimal) -> tuple[list[Reopened], Decimal]:
    """Which uses would be undone to get `short` back, and what would still be missing. Writes nothing."""
    taken = []
    for invoice_id, label, net in uses if short > 0 else ():
        part = min(net, short)
        taken.append(Reopened(invoice_id, label, part))
        short -= part
        if short <= 0:
            break
    return taken, max(short, ZERO)


def take_back_credit(
    customer_id: int, currency: str, short: Decimal, chart: dict[str, int], now: dt.datetime
) -> tuple[list[Reopened], Decimal]:
    """Undo uses of the customer's credit until `short` is in their favour again; returns also what is missing.

    Lock the customer first.
    """
    taken, missing = take_from(credit_uses(customer_id, currency), short)
    for row in taken:
        legs = (
            Leg(chart[Kind.RECEIVABLE], row.amount, customer_id),
            Leg(chart[Kind.CREDIT], -row.amount, customer_id),
        )
        kind, day = LedgerTransaction.Kind.CREDIT, tenant_today(now)
        [tid] = post([Posting(kind, now, day, currency, legs, row.label, row.invoice_id)])
        reopen(row, tid, None, now)
    return taken, missing


def reopen(row: Reopened, tid: int, payment_id: int | None, now: dt.datetime) -> None:
    """Take a part off an invoice again, with the transaction that says so."""
    Allocation.objects.create(
        invoice_id=row.invoice_id, payment_id=payment_id, transaction_id=tid, amount=-row.amount, created_at=now
    )
    Invoice.objects.filter(pk=row.invoice_id).update(paid=F("paid") - row.amount, status=Invoice.Status.OPEN)
