import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.domain.invoices import InvoiceRefused, void_invoice
from billing.domain.ledger import balance, credit_in
from billing.domain.money import BadAmount
from billing.domain.payments import KeyReused, PaymentRefused, record_payment, void_payment
from billing.domain.policies import current_policy
from billing.domain.reconnection import decide_reconnection
from billing.domain.run import run_billing, start_run
from billing.models import BillingPolicy, Entry, Invoice, Payment
from billing.tests.scenes import DECEMBER, NOW, STAFF, check_books, give_access, make_customer, owe
from customers.domain.holds import open_hold
from customers.models import Hold
from events.models import Event
from network.domain.desire import refresh_desired
from tenants.current import enter


def pay(customer, amount, key="k1", **fields):
    base = {"method": "cash", "received_at": NOW, "actor": STAFF, "now": NOW}
    return record_payment(customer_id=customer.pk, amount=Decimal(amount), key=key, **{**base, **fields})


def cut(customer, reason="debt"):
    for service in customer.services.all():
        open_hold(service_id=service.pk, reason=reason, source=reason, actor=STAFF, now=NOW)
        refresh_desired(service_ids=[service.pk], now=NOW, actor=STAFF)


def test_pays_the_oldest_first_and_what_is_left_stays_owed(in_norte):
    customer = make_customer()
    newer = owe(customer, "600", days_late=1)
    older = owe(customer, "400", days_late=30)
    pay(customer, "500")
    older.refresh_from_db()
    newer.refresh_from_db()
    assert (older.status, older.paid) == ("paid", 400)
    assert (newer.status, newer.paid) == ("open", 100)
    assert balance(customer.pk) == {"MXN": Decimal(500)}
    check_books()


def test_the_invoices_asked_for_come_first(in_norte):
    customer = make_customer()
    older, newer = owe(customer, "400", days_late=30), owe(customer, "600", days_late=1)
    pay(customer, "700", invoice_ids=[newer.pk])
    older.refresh_from_db()
    assert older.paid == 100
    assert Invoice.objects.get(pk=newer.pk).status == "paid"


def test_what_is_too_much_becomes_credit_that_the_next_invoice_uses(in_norte):
    customer = make_customer()
    owe(customer, "600")
    pay(customer, "1000")
    assert credit_in(customer.pk, "MXN") == 400
    run = start_run(period=DECEMBER, origin="hand", actor=STAFF, now=NOW)
    run_billing(run_id=run.pk, now=NOW)
    assert customer.invoices.get(imported=False).paid == 400
    assert balance(customer.pk) == {"MXN": Decimal(200)}
    check_books()


def test_the_same_key_is_one_payment(in_norte):
    customer = make_customer()
    owe(customer, "600")
    first = pay(customer, "600", key="caja:1")
    assert pay(customer, "600", key="caja:1") == first
    assert (Payment.objects.count(), Event.objects.filter(type="payment.recorded").count()) == (1, 1)
    with pytest.raises(KeyReused):
        pay(customer, "601", key="caja:1")
    with pytest.raises(KeyReused):
        pay(make_customer(), "600", key="caja:1")
    check_books()


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"amount": "0"}, BadAmount),
        ({"amount": "-5"}, BadAmount),
        ({"amount": "1.005"}, BadAmount),
        ({"method": "trueque"}, PaymentRefused),
        ({"received_at": NOW + dt.timedelta(days=1)}, PaymentRefused),
    ],
)
def test_what_cannot_be_leaves_no_trace(in_norte, fields, error):
    customer = make_customer()
    with pytest.raises(error):
        pay(customer, fields.pop("amount", "10"), **fields)
    assert not Payment.objects.exists()
    assert not Entry.objects.exists()
    assert not Event.objects.filter(type__startswith="payment").exists()


def test_paying_all_that_is_overdue_reconnects_in_the_same_breath(in_norte):
    customer = make_customer()
    access = give_access(customer)
    owe(customer, "600", days_late=20)
    owe(customer, "600", days_late=-10)
    cut(customer)
    payment = pay(customer, "600")
    access.refresh_from_db()
    assert payment.reconnects
    assert not Hold.objects.filter(closed_at=None).exists()
    assert (access.desired, access.urgent) == ("on", True)
    event = Event.objects.get(type="payment.recorded")
    assert event.facts["released"] == [customer.services.get().pk]
    assert event.facts["reconnect"]["reconnects"] is True


def test_a_part_of_it_does_not_and_says_how_much_is_missing(in_norte):
    customer = make_customer()
    owe(customer, "600", days_late=20)
    cut(customer)
    payment = pay(customer, "250")
    assert not payment.reconnects
    assert payment.reconnect_reason["needed"] == "350.000"
    assert Hold.objects.filter(closed_at=None).count() == 1


def test_money_lifts_only_what_debt_holds(in_norte):
    customer = make_customer()
    owe(customer, "600", days_late=20)
    cut(customer)
    cut(customer, "abuse")
    pay(customer, "600")
    assert list(Hold.objects.filter(closed_at=None).values_list("reason", flat=True)) == ["abuse"]


def test_voiding_takes_it_back_and_keeps_the_trail(in_norte):
    customer = make_customer()
    invoice = owe(customer, "600")
    payment = pay(customer, "700")
    void_payment(payment_id=payment.pk, reason="Cheque sin fondos", actor=STAFF, now=NOW)
    invoice.refresh_from_db()
    assert (invoice.status, invoice.paid) == ("open", 0)
    assert balance(customer.pk) == {"MXN": Decimal(600)}
    assert Event.objects.filter(type="payment.voided").count() == 1
    check_books()
    with pytest.raises(PaymentRefused, match="anulado"):
        void_payment(payment_id=payment.pk, reason="otra vez", actor=STAFF, now=NOW)


def test_voiding_a_payment_whose_credit_was_spent_opens_what_it_paid(in_norte):
    customer = make_customer()
    payment = pay(customer, "1000")
    for month in (DECEMBER, dt.date(2027, 1, 1)):
        run = start_run(period=month, origin="hand", actor=STAFF, now=NOW)
        run_billing(run_id=run.pk, now=NOW)
    assert [i.paid for i in customer.invoices.order_by("id")] == [600, 400]
    pay(customer, "50", key="k2")
    void_payment(payment_id=payment.pk, reason="Un cero de más", actor=STAFF, now=NOW)
    assert [(i.paid, i.status) for i in customer.invoices.order_by("id")] == [(0, "open"), (50, "open")]
    assert credit_in(customer.pk, "MXN") == 0
    assert balance(customer.pk) == {"MXN": Decimal(1150)}
    assert sorted(Event.objects.get(type="payment.voided").facts["invoices"]) == ["A-1", "A-2"]
    check_books()


def test_a_void_invoice_is_owed_no_more_and_may_be_billed_anew(in_norte):
    customer = make_customer()
    run = start_run(period=DECEMBER, origin="hand", actor=STAFF, now=NOW)
    run_billing(run_id=run.pk, now=NOW)
    invoice = customer.invoices.get()
    void_invoice(invoice_id=invoice.pk, reason="Precio equivocado", actor=STAFF, now=NOW)
    assert balance(customer.pk) == {}
    again = start_run(period=DECEMBER, origin="hand", actor=STAFF, now=NOW)
    assert run_billing(run_id=again.pk, now=NOW).invoices == 1
    assert sorted(customer.invoices.values_list("number", "status")) == [(1, "void"), (2, "open")]
    check_books()
    pay(customer, "600")
    with pytest.raises(InvoiceRefused, match="pagos"):
        void_invoice(invoice_id=customer.invoices.get(number=2).pk, reason="x", actor=STAFF, now=NOW)


def test_the_other_provider_sees_nothing(norte, sur):
    with enter("norte"):
        pay(make_customer(), "600")
    with enter("sur"):
        assert not Payment.objects.exists()
        assert not Event.objects.exists()


def test_policies_of_reconnection():
    def answer(policy, before, left):
        return decide_reconnection(policy, before=Decimal(before), left=Decimal(left))

    full = BillingPolicy()
    half = BillingPolicy(reconnect_when="percent", reconnect_value=50)
    some = BillingPolicy(reconnect_when="amount", reconnect_value=200)
    assert answer(full, 600, 0).reconnects
    assert not answer(full, 600, 1).reconnects
    assert answer(half, 600, 300).reconnects
    assert answer(half, 600, 301).needed == 1
    assert answer(some, 600, 400).reconnects
    assert answer(some, 600, 500).needed == 100
    assert answer(some, 100, 0).reconnects
    assert answer(BillingPolicy(min_debt=50), 600, 49).reconnects


@given(st.lists(st.decimals("0.01", "2000", places=2), min_size=1, max_size=6))
def test_reconnection_always_comes_when_nothing_is_overdue(parts):
    before = sum(parts)
    for policy in (
        BillingPolicy(),
        BillingPolicy(reconnect_when="percent", reconnect_value=100),
        BillingPolicy(reconnect_when="amount", reconnect_value=10**6),
    ):
        assert decide_reconnection(policy, before=before, left=Decimal(0)).reconnects


def test_due_today_counts_as_overdue_only_after_the_cut_hour(in_norte):
    customer = make_customer()
    owe(customer, "600", days_late=3)
    owe(customer, "600", days_late=0)
    cut(customer)
    assert current_policy().cut_hour == dt.time(19)
    assert pay(customer, "600").reconnects  # at nine in the morning
    late = dt.datetime(2026, 11, 26, 2, 0, tzinfo=dt.UTC)  # eight in the evening in Mexico
    cut(customer)
    assert not pay(customer, "100", key="k2", now=late).reconnects
