"""The statement that bills plain services and the assessment of one by one give the same answer, to the cent."""

import datetime as dt
from collections import Counter
from decimal import Decimal

from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from billing.domain.policies import all_policies, current_policy
from billing.domain.preview import preview_rows, preview_run
from billing.domain.run import run_billing, start_run
from billing.domain.run_calendar import Selection, freeze_calendar
from billing.domain.run_scope import Scope, assess_customers
from billing.models import Charge, Extra, Invoice
from billing.tests.scenes import NOW, STAFF, check_books, make_customer, make_plan, numbers_without_gaps
from customers.models import Customer, Service, Tax

MONTHS = [dt.date(2026, 11, 1), dt.date(2026, 12, 1), dt.date(2027, 1, 1), dt.date(2027, 2, 1)]

prices = st.decimals("0.005", "99999", places=3)
plans = st.tuples(prices, st.sampled_from(["0", "0.10", "0.16", "0.19", "0.075", "0.21"]), st.booleans())
extras = st.lists(st.tuples(prices, st.booleans()), max_size=2)
services = st.fixed_dictionaries(
    {
        "plan": st.integers(0, 3),
        "price": st.none() | prices,
        "installed_on": st.none() | st.dates(dt.date(2024, 1, 1), dt.date(2027, 3, 1)),
        "status": st.sampled_from(["active"] * 8 + ["free", "cancelled"]),
        "external_ref": st.sampled_from(["", "w1"]),
        "extras": extras,
    }
)
policies = st.fixed_dictionaries(
    {
        "cycle": st.sampled_from(["prepaid", "postpaid"]),
        "period_unit": st.sampled_from(["month", "anniversary"]),
        "issue_day": st.integers(1, 31),
        "pay_day": st.integers(1, 31),
        "cut_day": st.integers(1, 31),
        "first_period": st.sampled_from(["real_days", "days_30", "whole", "free"]),
    }
)


@settings(
    max_examples=15, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    currency=st.sampled_from(["MXN", "CLP", "TND"]),
    policy=policies,
    offers=st.lists(plans, min_size=4, max_size=4),
    lines=st.lists(st.lists(services, min_size=1, max_size=3), min_size=1, max_size=6),
    months=st.sampled_from([MONTHS[:1], MONTHS[1:2], MONTHS[:3], MONTHS[1:4]]),
)
def test_the_statement_the_assessment_and_the_preview_agree(in_norte, *, currency, policy, offers, lines, months):
    before, connection.tenant.currency = connection.tenant.currency, currency
    try:
        with transaction.atomic():
            populate(policy, offers, lines)
            for number, month in enumerate(months):
                bill_and_compare(month, NOW + dt.timedelta(days=31 * number))
            check_books()
            numbers_without_gaps()
            transaction.set_rollback(True)
    finally:
        connection.tenant.currency = before


def populate(policy, offers, lines):
    rules = current_policy()
    for name, value in policy.items():
        setattr(rules, name, value)
    rules.save()
    made = [
        make_plan(f"plan {index}", str(price), tax_rate=Decimal(rate), tax_included=included)
        for index, (price, rate, included) in enumerate(offers)
    ]
    if made[0].tax_rate:
        made[0].taxes.add(Tax.objects.create(name="IVA rural", rate=made[0].tax_rate))
    for line in lines:
        customer = make_customer(services=0)
        for index, each in enumerate(line):
            fields = {key: value for key, value in each.items() if key not in {"plan", "extras", "external_ref"}}
            service = Service.objects.create(
                customer=customer, plan=made[each["plan"]], code=f"{customer.code}-{index}", **fields
            )
            ref = each["external_ref"] and f"w{service.pk}"
            Service.objects.filter(pk=service.pk).update(created_at=NOW, external_ref=ref)
            for amount, taxed in each["extras"]:
                Extra.objects.create(
                    service=service, kind="recurring", description="TV", amount=amount, taxed=taxed,
                    starts_on=dt.date(2020, 1, 1), created_at=NOW,
                )  # fmt: skip


def bill_and_compare(month, now):
    scope = Scope(
        freeze_calendar(all_policies(), Selection.of_month(month)), all_policies(), now, now.date(), None, None
    )
    assessed = assess_customers(scope, list(Customer.objects.values_list("id", flat=True)))
    preview = preview_run(period=month, now=now)
    planned = {row.service_id: row.total for row in preview_rows(period=month, now=now) if row.total}
    known = set(Charge.objects.values_list("id", flat=True))
    run = start_run(period=month, origin="hand", actor=STAFF, now=now)
    run = run_billing(run_id=run.pk, now=now, chunk=2)
    written = Charge.objects.exclude(pk__in=known)
    assert sorted(map(repr, map(as_written, written))) == sorted(map(repr, map(as_assessed, assessed.items)))
    totals = Counter()
    for charge in written:
        totals[charge.service_id] += charge.total
    assert planned == {service: total for service, total in totals.items() if total}
    assert (preview.total, preview.services) == (sum(totals.values()), len({c.service_id for c in written if c.total}))
    issued = Invoice.objects.filter(run=run)
    assert sum(invoice.total for invoice in issued) == preview.total
    assert run.charges == len(written)
    check_left_out(run, assessed, preview)


def as_written(c):
    days = (c.period.lower, c.period.upper) if c.period else None
    due = c.line.invoice.due_on if hasattr(c, "line") else None
    taxes = [(name, Decimal(rate).normalize(), Decimal(amount).normalize()) for name, rate, amount in c.taxes]
    amounts = [Decimal(x).normalize() for x in (c.tax_rate, c.net, c.tax, c.withheld, c.total)]
    return (c.service_id, c.kind, c.source, days, c.description, due, *amounts, taxes)


def as_assessed(item):
    taxed = item.taxed
    taxes = [(name, rate.normalize(), amount.normalize()) for name, rate, amount in taxed.parts]
    amounts = [Decimal(x).normalize() for x in (taxed.rate, taxed.net, taxed.tax, taxed.withheld, taxed.total)]
    due = item.due_on if item.billed else None
    return (item.service_id, str(item.kind), item.source, item.days, item.description, due, *amounts, taxes)


def check_left_out(run, assessed, preview):
    """Those the assessment leaves out for a reason worth a row have that row, and the preview counted them."""
    noted = dict(run.left_out.values_list("service_id", "reason"))
    quiet = {"billed", "cancelled", "free", "not_yet"}
    expected = {pk: str(why) for pk, (why, _detail) in assessed.left_out.items() if why not in quiet}
    assert noted == expected
    counted = {why: count for why, count in preview.left_out.items() if why not in quiet}
    assert counted == dict(Counter(expected.values()))
