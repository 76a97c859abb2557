"""What billing's tests start from: plans, customers with services, and sums of the whole ledger."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal
from typing import Any

from django.db.models import F, Sum

from billing.models import Allocation, Entry, Invoice
from customers.models import Customer, Plan, Service
from events.domain import Actor

NOW = dt.datetime(2026, 11, 25, 15, 0, tzinfo=dt.UTC)
DECEMBER = dt.date(2026, 12, 1)
STAFF = Actor("user", 1, "Ana")
_numbers = itertools.count(1)


def make_plan(name: str = "100 Mbps", price: str = "600.00", **fields: Any) -> Plan:
    """A plan with 16 % tax inside its price unless said otherwise."""
    plan, _created = Plan.objects.get_or_create(
        name=name, defaults={"price": Decimal(price), "tax_rate": Decimal("0.16"), **fields}
    )
    return plan


def make_customer(
    name: str = "Lucía Gómez", *, services: int = 1, plan: Plan | None = None, **service: Any
) -> Customer:
    """A customer with that many services of one plan."""
    number = next(_numbers)
    customer = Customer.objects.create(code=f"C{number}", name=name)
    for index in range(services):
        Service.objects.create(customer=customer, plan=plan or make_plan(), code=f"S{number}-{index}", **service)
    return customer


def check_books() -> None:
    """What must hold at any moment: sums of zero, invoices equal to lines, to receivable and to allocations."""
    per_transaction = Entry.objects.values("transaction", "currency").annotate(sum=Sum("amount"))
    assert not [row for row in per_transaction if row["sum"] != 0]
    for invoice in Invoice.objects.all():
        assert invoice.total == invoice.lines.aggregate(sum=Sum("total"))["sum"]
        entries = Entry.objects.filter(
            transaction__invoice=invoice,
            transaction__kind__in=["invoice", "opening"],
            account__kind="receivable",
            amount__gt=0,
        )
        assert entries.aggregate(sum=Sum("amount"))["sum"] == invoice.total
        allocated = Allocation.objects.filter(invoice=invoice).aggregate(sum=Sum("amount"))["sum"] or 0
        assert allocated == invoice.paid
        assert (invoice.status == "paid") == (invoice.paid == invoice.total)
    owed = Invoice.objects.exclude(status="void").aggregate(sum=Sum(F("total") - F("paid")))["sum"] or 0
    receivable = Entry.objects.filter(account__kind="receivable").aggregate(sum=Sum("amount"))["sum"] or 0
    assert owed == receivable


def numbers_without_gaps() -> list[int]:
    """The invoice numbers given, which must count 1, 2, 3…"""
    numbers = sorted(Invoice.objects.filter(imported=False).values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    return numbers
