"""What billing's tests start from: plans, customers with services, and sums of the whole ledger."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal
from typing import Any

from django.db.models import F, Sum

from billing.domain.opening import OpeningInvoice, open_invoice
from billing.models import Allocation, Entry, Invoice
from customers.models import Customer, Plan, Service
from events.domain import Actor
from inbox.domain.templates import ensure_default_templates
from inbox.models import Channel, Conversation
from network.models import Access, Router

NOW = dt.datetime(2026, 11, 25, 15, 0, tzinfo=dt.UTC)
TODAY = NOW.date()
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


def notices(*days: int, since: str = "due", hour: str = "09:00", template: str = "payment_due") -> list[dict[str, Any]]:
    """Notices of a policy on those days, all alike."""
    return [{"days": day, "from": since, "hour": hour, "channel": "whatsapp", "template": template} for day in days]


def owe(customer: Customer, amount: str, *, days_late: int = 1, today: dt.date = TODAY) -> Invoice:
    """An open invoice of the former system that fell due so many days before `today`."""
    ref = f"test:{next(_numbers)}"
    due = today - dt.timedelta(days=days_late)
    item = OpeningInvoice(ref, customer.pk, f"F-{ref[5:]}", due - dt.timedelta(days=9), due, Decimal(amount))
    open_invoice(item, actor=STAFF, now=NOW)
    return Invoice.objects.get(external_ref=ref)


def give_access(customer: Customer) -> Access:
    """Each service of the customer through one router; returns the first access."""
    router, _created = Router.objects.get_or_create(name="RB-Test", defaults={"host": "192.0.2.1", "username": "u"})
    accesses = [
        Access.objects.create(service=service, router=router, username=f"{service.code}@red")
        for service in customer.services.order_by("id")
    ]
    return accesses[0]


def reach(customer: Customer) -> Conversation:
    """The customer has just written to the provider on WhatsApp, so that free text may answer."""
    ensure_default_templates()
    channel, _created = Channel.objects.get_or_create(
        kind="twilio_whatsapp", address="whatsapp:+5215550000000", defaults={"name": "Pruebas", "is_default": True}
    )
    conversation, _created = Conversation.objects.get_or_create(
        channel=channel,
        address=f"whatsapp:+52155{customer.pk:08d}",
        defaults={"customer": customer, "last_inbound_at": NOW},
    )
    return conversation
