"""Invoices as a run writes them, made by hand: with the lines, taxes and terms a test asks for."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange

from billing.domain.ledger import Leg, Posting, accounts, post
from billing.domain.money import round_money
from billing.models import Charge, Invoice, InvoiceLine, InvoiceTax, LedgerAccount, Series
from billing.tests.scenes import NOW
from customers.models import Service
from tenants.current import current_tenant

NOVEMBER = (dt.date(2026, 11, 1), dt.date(2026, 12, 1))
DECEMBER_DAYS = (dt.date(2026, 12, 1), dt.date(2027, 1, 1))
IVA = ("IVA", "0.16")


def line(price: str, **fields: Any) -> dict[str, Any]:
    """A line to be: its price, and what of the charge is not the plan's of November with IVA inside."""
    return {"price": Decimal(price), **fields}


def bill(
    service: Service, *lines: dict[str, Any], due_on: dt.date = dt.date(2026, 11, 3), now: dt.datetime = NOW
) -> Invoice:
    """An open invoice of one service, with its charges and ledger entries, each tax in its own account."""
    currency = current_tenant().currency
    series, _created = Series.objects.get_or_create(prefix="A-")
    taken = [_charge(service, item, currency, now) for item in lines or (line("600"),)]
    net, tax, held = (sum(getattr(row, name) for row in taken) for name in ("net", "tax", "withheld"))
    total = net + tax - held
    invoice = Invoice.objects.create(
        customer=service.customer, series=series, number=series.next_number, label=f"A-{series.next_number}",
        issued_on=now.date(), due_on=due_on, subtotal=net, tax=tax, withheld=held, total=total, currency=currency,
        created_at=now,
    )  # fmt: skip
    series.next_number += 1
    series.save()
    sums: dict[tuple[str, str], Decimal] = {}
    for charge in taken:
        InvoiceLine.objects.create(
            invoice=invoice, charge=charge, description=charge.description, net=charge.net, tax=charge.tax,
            withheld=charge.withheld, total=charge.total, tax_rate=charge.tax_rate,
        )  # fmt: skip
        for name, rate, amount in charge.taxes:
            sums[name, rate] = sums.get((name, rate), Decimal(0)) + Decimal(amount)
    legs = [Leg(accounts(currency, "receivable")["receivable"], total, service.customer_id)]
    legs += [Leg(accounts(currency, "income")["income"], -net), Leg(accounts(currency, "withheld")["withheld"], held)]
    for (name, rate), amount in sums.items():
        InvoiceTax.objects.create(invoice=invoice, name=name, rate=Decimal(rate), base=net, amount=amount)
        if name.startswith("Ret"):
            continue
        account, _new = LedgerAccount.objects.get_or_create(kind="tax", name=name, currency=currency)
        legs.append(Leg(account.pk, -amount))
    post([Posting("invoice", now, now.date(), currency, tuple(legs), invoice.label, invoice.pk)])
    return invoice


def _charge(service: Service, item: dict[str, Any], currency: str, now: dt.datetime) -> Charge:
    taxes = item.get("taxes", [IVA])
    rate = sum((Decimal(each) for _name, each in taxes), Decimal(0))
    price, included = item["price"], item.get("included", True)
    net = round_money(price / (1 + rate), currency) if included else price
    parts = [(name, each, round_money(net * Decimal(each), currency)) for name, each in taxes]
    if included and parts:  # the last tax takes what rounding left
        left = price - net - sum((amount for _name, _rate, amount in parts[:-1]), Decimal(0))
        parts[-1] = (*parts[-1][:2], left)
    tax = sum((amount for _name, _rate, amount in parts), Decimal(0))
    withheld = round_money(net * item.get("withheld", Decimal(0)), currency)
    if withheld:
        parts.append(("Ret. ISR", str(item["withheld"]), -withheld))
    days = item.get("days", NOVEMBER)
    return Charge.objects.create(
        service=service, kind=item.get("kind", "plan"), source=item.get("source", 0),
        period=DateRange(*days) if days else None, description=item.get("description", service.plan.name),
        tax_rate=rate, net=net, tax=tax, withheld=withheld, total=net + tax - withheld,
        taxes=[[name, each, str(amount)] for name, each, amount in parts], currency=currency, created_at=now,
    )  # fmt: skip
