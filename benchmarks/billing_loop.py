"""billing-loop: the run beside a loop that makes each invoice with the ORM, object by object, per service billed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from functools import partial

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from benchmarks.base import Benchmark, Round, timed
from benchmarks.billing_months import bill, check, issue_moment, month_number, prepare
from billing.domain.cycle import Cycle, cycle_of
from billing.domain.ledger import accounts, tax_accounts
from billing.domain.policies import current_policy
from billing.models import Charge, Entry, Invoice, InvoiceLine, InvoiceTax, LedgerTransaction, Series
from customers.models import Customer, Plan, Service
from events.domain import Actor, record
from tenants.current import current_tenant, enter

SERVICES = 100_000
LOOPED = 3_000
CENT = Decimal("0.01")


def measure(rounds: int) -> Iterator[Round]:
    """Each round bills a month of 100,000 services with the run, and of 3,000 others in a loop."""
    for provider, services in (("norte", SERVICES), ("sur", LOOPED)):
        with enter(provider):
            prepare(services)
    for number in range(rounds):
        with enter("norte"):
            ours = timed(partial(bill, month_number(number))) / SERVICES
            check(number + 1, SERVICES)
        with enter("sur"):
            loop = timed(partial(bill_in_a_loop, month_number(number))) / LOOPED
            check(number + 1, LOOPED)
        # The ratio wanted is how many times longer the loop takes: the loop above, the run below.
        yield Round(ours=[loop], floor=[ours])


def bill_in_a_loop(month: dt.date) -> None:
    """Each customer's invoice in a transaction of its own, each row an object that is saved."""
    cycle, now = cycle_of(current_policy(), month), issue_moment(month)
    for customer in Customer.objects.order_by("id"):
        with transaction.atomic():
            _bill_one(customer, cycle, now)


def _bill_one(customer: Customer, cycle: Cycle, now: dt.datetime) -> None:
    series = Series.objects.select_for_update().get(prefix=current_policy().series_prefix)
    currency, period = current_tenant().currency, DateRange(cycle.start, cycle.end)
    charges = []
    for service in Service.objects.filter(customer=customer, status="active").select_related("plan"):
        days = f", {cycle.start:%d/%m/%Y} al {cycle.last_day:%d/%m/%Y}"
        asked = [("plan", 0, service.plan.name, service.plan.price)]
        asked += [("extra", e.pk, e.description, e.amount) for e in service.extras.filter(kind="recurring")]
        for kind, source, text, price in asked:
            net, tax = _taxed(price, service.plan)
            charges.append(
                Charge.objects.create(
                    service=service, kind=kind, source=source, period=period, description=text + days,
                    tax_rate=service.plan.tax_rate, net=net, tax=tax, total=net + tax,
                    taxes=[["IVA", str(service.plan.tax_rate), str(tax)]], currency=currency, created_at=now,
                )
            )  # fmt: skip
    net, tax = sum((c.net for c in charges), Decimal(0)), sum((c.tax for c in charges), Decimal(0))
    invoice = Invoice.objects.create(
        customer=customer, series=series, number=series.next_number, label=f"{series.prefix}{series.next_number}",
        issued_on=now.date(), due_on=cycle.due_on, period=period, subtotal=net, tax=tax, total=net + tax,
        currency=currency, created_at=now,
    )  # fmt: skip
    series.next_number += 1
    series.save()
    for c in charges:
        InvoiceLine.objects.create(
            invoice=invoice, charge=c, description=c.description, net=c.net, tax=c.tax, total=c.total,
            tax_rate=c.tax_rate,
        )  # fmt: skip
    InvoiceTax.objects.create(invoice=invoice, name="IVA", rate=charges[0].tax_rate, base=net, amount=tax)
    posted = LedgerTransaction.objects.create(
        at=now, day=now.date(), kind="invoice", memo=invoice.label, invoice=invoice
    )
    chart = {**accounts(currency, "receivable", "income"), **tax_accounts(currency, ["IVA"])}
    # All at once: the database refuses a transaction whose entries do not add up to zero when each is written.
    Entry.objects.bulk_create(
        [
            Entry(transaction=posted, account_id=chart[name], customer=owner, amount=amount, currency=currency)
            for name, owner, amount in (
                ("receivable", customer, net + tax),
                ("income", None, -net),
                ("IVA", None, -tax),
            )
        ]
    )
    record(
        "invoice.issued", subject=invoice, actor=Actor.system("Facturación"), at=now, label=invoice.label,
        total=str(net + tax), credit="0", currency=currency, due_on=cycle.due_on.isoformat(),
    )  # fmt: skip


def _taxed(price: Decimal, plan: Plan) -> tuple[Decimal, Decimal]:
    if plan.tax_included:
        net = (price / (1 + plan.tax_rate)).quantize(CENT)
        return net, price - net
    return price, (price * plan.tax_rate).quantize(CENT)


BENCHMARK = Benchmark(
    name="billing-loop",
    kind="ratio",
    better="higher",
    goal=10.0,
    note="A loop that saves each object with the ORM, timed on 3,000 services / the run on 100,000, per service.",
    measure=measure,
)
