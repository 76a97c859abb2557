import datetime as dt
import itertools
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateRange

from billing.domain.cycle import add_months
from billing.domain.ledger import balance, credit_in
from billing.domain.money import round_money
from billing.domain.opening import OpeningBalance, open_balance
from billing.domain.policies import current_policy
from billing.domain.preview import preview_run
from billing.domain.run import bill_chunk, pause_run, resume_run, run_billing, start_run
from billing.models import BillingRun, Charge, Entry, Invoice, InvoiceLine, InvoiceTax, LedgerTransaction, SetAside
from billing.tests.scenes import DECEMBER, NOW, STAFF, check_books, make_customer, make_plan, numbers_without_gaps
from events.models import Event
from tenants.current import enter


def bill(month=DECEMBER, **options):
    run = start_run(period=month, origin="hand", actor=STAFF, now=NOW)
    return run_billing(run_id=run.pk, now=NOW, **options)


def test_bills_every_active_service_once_with_numbers_and_books(in_norte):
    customers = [make_customer() for _ in range(5)]
    run = bill(chunk=2)
    assert (run.status, run.invoices, run.charges) == ("done", 5, 5)
    assert (run.first_label, run.last_label) == ("A-1", "A-5")
    assert run.totals == {"MXN": {"total": "3000.000", "credit": "0"}}
    invoice = Invoice.objects.get(customer=customers[0])
    assert (invoice.subtotal, invoice.tax, invoice.total) == (Decimal("517.24"), Decimal("82.76"), Decimal(600))
    assert (invoice.issued_on, invoice.due_on) == (NOW.date(), dt.date(2026, 12, 3))
    assert invoice.lines.get().description == "100 Mbps, 01/12/2026 al 31/12/2026"
    assert balance(customers[0].pk) == {"MXN": Decimal(600)}
    assert len(numbers_without_gaps()) == 5
    assert Event.objects.filter(type="invoice.issued").count() == 5
    check_books()


def test_twice_is_once(in_norte):
    make_customer()
    bill()
    again = bill()
    assert (again.invoices, Invoice.objects.count(), Charge.objects.count()) == (0, 1, 1)
    assert again.counts == {"billed": 1}
    assert not SetAside.objects.exists()
    assert Entry.objects.count() == 3


def test_one_invoice_carries_all_services_of_a_customer(in_norte):
    customer = make_customer(services=3)
    make_plan("TV", "100.00", tax_included=False)
    invoice_run = bill()
    assert (invoice_run.invoices, invoice_run.charges) == (1, 3)
    invoice = Invoice.objects.get(customer=customer)
    assert invoice.lines.count() == 3
    assert invoice.total == Decimal(1800)
    check_books()


def test_tax_included_or_on_top_and_untaxed(in_norte):
    included = make_customer(plan=make_plan("a", "399.00"))
    on_top = make_customer(plan=make_plan("b", "399.99", tax_included=False))
    untaxed = make_customer(plan=make_plan("c", "200.00", tax_rate=Decimal(0)))
    bill()
    amounts = {i.customer_id: (i.subtotal, i.tax, i.total) for i in Invoice.objects.all()}
    assert amounts[included.pk] == (Decimal("343.97"), Decimal("55.03"), Decimal("399.00"))
    assert amounts[on_top.pk] == (Decimal("399.99"), Decimal("64.00"), Decimal("463.99"))
    assert amounts[untaxed.pk] == (Decimal(200), 0, Decimal(200))
    assert InvoiceTax.objects.count() == 2
    check_books()


def test_a_services_own_price_wins_over_its_plans(in_norte):
    customer = make_customer(price=Decimal("250.00"))
    bill()
    assert Invoice.objects.get(customer=customer).total == Decimal(250)


def test_what_cannot_be_billed_is_set_aside_with_a_reason_and_stops_nobody(in_norte):
    make_customer(status="free")
    make_customer(status="cancelled")
    unpriced = make_customer(plan=make_plan("sin precio", "0")).services.get()
    negative = make_customer(price=Decimal(-5)).services.get()
    make_customer(price=Decimal(0))
    later = make_customer(installed_on=dt.date(2027, 1, 10)).services.get()
    good = make_customer()
    run = bill()
    assert run.invoices == 1
    assert Invoice.objects.get().customer == good
    assert dict(run.left_out.values_list("service_id", "reason")) == {
        unpriced.pk: "no_price",
        negative.pk: "no_price",
        later.pk: "not_installed",
    }
    assert run.set_aside == 3
    assert run.counts == {"cancelled": 1, "free": 2}


def test_the_preview_says_the_same_as_the_run_and_writes_nothing(in_norte):
    make_customer(services=2)
    make_customer(status="free")
    late = make_customer("Ángel Núñez", plan=make_plan("sin precio", "0"))
    bill(dt.date(2026, 11, 1))
    before = (Invoice.objects.count(), Event.objects.count(), LedgerTransaction.objects.count())
    preview = preview_run(period=dt.date(2026, 12, 17), now=NOW)
    assert before == (Invoice.objects.count(), Event.objects.count(), LedgerTransaction.objects.count())
    assert (preview.services, preview.customers, preview.total) == (2, 1, Decimal(1200))
    assert (preview.previous_services, preview.difference) == (2, 0)
    assert preview.left_out == {"free": 1, "no_price": 1}
    assert {row.customer for row in preview.rows} == {"Lucía Gómez", late.name}
    run = bill()
    assert (run.charges, run.totals["MXN"]["total"]) == (preview.services, "1200.000")


def test_credit_pays_the_new_invoice(in_norte):
    partly, wholly = make_customer(), make_customer()
    for customer, amount in ((partly, -100), (wholly, -1000)):
        item = OpeningBalance(f"saldo:{customer.pk}", customer.pk, Decimal(amount), dt.date(2026, 11, 1))
        open_balance(item, actor=STAFF, now=NOW)
    run = bill()
    assert run.totals["MXN"]["credit"] == "700.000"
    assert (partly.invoices.get().status, partly.invoices.get().paid) == ("open", 100)
    assert (wholly.invoices.get().status, wholly.invoices.get().paid) == ("paid", 600)
    assert credit_in(wholly.pk, "MXN") == 400
    assert balance(partly.pk) == {"MXN": Decimal(500)}
    check_books()


def test_a_paused_run_waits_and_goes_on(in_norte):
    for _ in range(3):
        make_customer()
    run = start_run(period=DECEMBER, origin="hand", actor=STAFF, now=NOW)
    assert bill_chunk(run_id=run.pk, now=NOW, size=1)
    pause_run(run_id=run.pk, actor=STAFF, now=NOW)
    assert not bill_chunk(run_id=run.pk, now=NOW, size=1)
    assert Invoice.objects.count() == 1
    resume_run(run_id=run.pk, actor=STAFF, now=NOW)
    assert run_billing(run_id=run.pk, now=NOW).invoices == 3
    numbers_without_gaps()


def test_ordering_a_run_that_is_running_gives_that_one(in_norte):
    make_customer()
    run = start_run(period=DECEMBER, origin="hand", actor=STAFF, now=NOW)
    assert start_run(period=DECEMBER, origin="clock", actor=STAFF, now=NOW) == run
    assert BillingRun.objects.count() == 1


def test_the_database_refuses_days_charged_twice(in_norte):
    service = make_customer().services.get()
    bill()
    overlapping = {
        "service": service,
        "description": "x",
        "net": 1,
        "tax": 0,
        "total": 1,
        "currency": "MXN",
        "created_at": NOW,
    }
    with pytest.raises(IntegrityError), transaction.atomic():
        Charge.objects.create(period=DateRange(dt.date(2026, 12, 31), dt.date(2027, 1, 31)), **overlapping)
    Charge.objects.create(period=DateRange(dt.date(2027, 1, 1), dt.date(2027, 2, 1)), **overlapping)


def test_currencies_without_decimals_round_whole(in_norte):
    connection.tenant.currency = "CLP"
    customer = make_customer(plan=make_plan("clp", "12990", tax_rate=Decimal("0.19")))
    bill()
    invoice = Invoice.objects.get(customer=customer)
    assert (invoice.subtotal, invoice.tax, invoice.total) == (10916, 2074, 12990)
    check_books()


def test_the_number_of_queries_does_not_grow_with_the_customers(in_norte, django_assert_max_num_queries):
    for _ in range(60):
        make_customer()
    run = start_run(period=DECEMBER, origin="hand", actor=STAFF, now=NOW)
    with django_assert_max_num_queries(44):
        bill_chunk(run_id=run.pk, now=NOW)
    assert Invoice.objects.count() == 60


def test_another_provider_is_not_billed(norte, sur):
    with enter("sur"):
        make_customer()
    with enter("norte"):
        make_customer()
        bill()
        assert Invoice.objects.count() == 1
    with enter("sur"):
        assert not Invoice.objects.exists()
        assert not Event.objects.exists()


def test_a_year_has_no_gap(in_norte):
    service = make_customer().services.get()
    for offset in range(13):
        bill(add_months(DECEMBER, offset))
    periods = list(service.charges.order_by("period").values_list("period", flat=True))
    assert all(left.upper == right.lower for left, right in itertools.pairwise(periods))
    assert len(periods) == 13
    numbers_without_gaps()


def test_a_policy_changed_half_way_does_not_change_the_run(in_norte):
    for _ in range(2):
        make_customer()
    run = start_run(period=DECEMBER, origin="hand", actor=STAFF, now=NOW)
    bill_chunk(run_id=run.pk, now=NOW, size=1)
    policy = current_policy()
    policy.pay_day, policy.cut_day = 10, 20
    policy.save()
    run_billing(run_id=run.pk, now=NOW)
    assert set(Invoice.objects.values_list("due_on", flat=True)) == {dt.date(2026, 12, 3)}
    assert len(set(Charge.objects.values_list("period", flat=True))) == 1


def test_an_impossible_tax_stops_only_its_own(in_norte):
    make_customer()
    wrong = make_customer(plan=make_plan("mal", "100", tax_rate=Decimal(-1))).services.get()
    run = bill()
    assert run.invoices == 1
    assert run.left_out.get().service == wrong
    assert run.left_out.get().reason == "bad_tax"


@pytest.mark.parametrize("currency", ["MXN", "CLP", "TND"])
def test_every_line_is_rounded_as_stated_whatever_the_price(in_norte, currency):
    connection.tenant.currency = currency
    rates = [Decimal(0), Decimal("0.105"), Decimal("0.16"), Decimal("0.19")]
    for index in range(80):
        price = Decimal(index * 7919 + 5) / 1000 + index
        plan = make_plan(f"p{index}", str(price), tax_rate=rates[index % 4], tax_included=index % 3 > 0)
        make_customer(plan=plan)
    bill()
    for line in InvoiceLine.objects.select_related("charge__service__plan"):
        plan = line.charge.service.plan
        if plan.tax_included:
            total = round_money(plan.price, currency)
            net = round_money(total / (1 + plan.tax_rate), currency)
            expected = (net, total - net, total)
        else:
            net, tax = (
                round_money(plan.price, currency),
                round_money(round_money(plan.price, currency) * plan.tax_rate, currency),
            )
            expected = (net, tax, net + tax)
        assert (line.net, line.tax, line.total) == expected
    check_books()
