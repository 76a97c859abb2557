"""Any history of billing, paying, voiding and crediting keeps the books whole."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.domain.cycle import add_months
from billing.domain.invoices import InvoiceRefused, void_invoice
from billing.domain.ledger import balance, credit_in, statement
from billing.domain.opening import OpeningBalance, open_balance
from billing.domain.payments import PaymentRefused, record_payment, void_payment
from billing.domain.run import run_billing, start_run
from billing.models import Charge, Invoice, Payment
from billing.tests.scenes import DECEMBER, NOW, STAFF, check_books, make_customer, numbers_without_gaps

amounts = st.decimals("0.01", "1500", places=2)
steps = st.one_of(
    st.tuples(st.just("bill"), st.integers(0, 3)),
    st.tuples(st.just("pay"), amounts),
    st.tuples(st.just("void payment"), st.integers(0, 5)),
    st.tuples(st.just("void invoice"), st.integers(0, 5)),
    st.tuples(st.just("credit"), amounts),
    st.tuples(st.just("debt"), amounts),
)


def bill(_customer, offset, _index):
    run = start_run(period=add_months(DECEMBER, offset), origin="hand", actor=STAFF, now=NOW)
    run_billing(run_id=run.pk, now=NOW)


def pay(customer, amount, index):
    record_payment(
        customer_id=customer.pk, amount=amount, method="cash", received_at=NOW, actor=STAFF, key=f"k{index}", now=NOW
    )


def take_back_payment(_customer, which, _index):
    pks = list(Payment.objects.order_by("id").values_list("id", flat=True))
    if pks:
        try:
            void_payment(payment_id=pks[which % len(pks)], reason="x", actor=STAFF, now=NOW)
        except PaymentRefused:
            return


def take_back_invoice(_customer, which, _index):
    pks = list(Invoice.objects.order_by("id").values_list("id", flat=True))
    if pks:
        try:
            void_invoice(invoice_id=pks[which % len(pks)], reason="x", actor=STAFF, now=NOW)
        except InvoiceRefused:
            return


def bring(sign):
    def act(customer, amount, index):
        item = OpeningBalance(f"s{index}", customer.pk, sign * amount, dt.date(2026, 11, 1))
        open_balance(item, actor=STAFF, now=NOW)

    return act


ACTS = {
    "bill": bill,
    "pay": pay,
    "void payment": take_back_payment,
    "void invoice": take_back_invoice,
    "credit": bring(-1),
    "debt": bring(1),
}


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, max_size=10))
def test_any_history_keeps_the_books(in_norte, history):
    with transaction.atomic():
        customer = make_customer(services=2)
        for index, (name, value) in enumerate(history):
            ACTS[name](customer, value, index)
            check_account(customer)
        check_books()
        numbers_without_gaps()
        check_charges()
        transaction.set_rollback(True)


def check_account(customer):
    """Balance, statement and credit say the same, and nobody's credit is below zero."""
    credit = credit_in(customer.pk, "MXN")
    open_sum = Invoice.objects.unpaid().aggregate(sum=Sum(F("total") - F("paid")))["sum"] or 0
    total = balance(customer.pk).get("MXN", Decimal(0))
    assert credit >= 0
    assert total == open_sum - credit
    lines = statement(customer.pk)
    assert (lines[0].balance if lines else 0) == total


def check_charges():
    """A service is charged at most once for a month, and what is void may be charged anew."""
    live = list(Charge.objects.filter(reversed_at=None).values_list("service_id", "period"))
    assert len(live) == len(set(live))
