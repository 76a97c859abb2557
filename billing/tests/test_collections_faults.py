"""The collections loop with its workers killed, its Redis flushed and its cashiers racing: each effect once."""

from __future__ import annotations

import datetime as dt
import signal
from contextlib import suppress
from decimal import Decimal

import pytest

from billing.bank.statements import confirm_statement
from billing.bank.work import drain as drain_bank
from billing.domain.clock import drain
from billing.domain.night_work import execute_night
from billing.domain.nights import plan_night
from billing.domain.payments import PaymentRefused, record_payment, void_payment
from billing.domain.promises import PromiseRefused, grant_promise
from billing.domain.receipts import ReceiptRefused, accept_receipt
from billing.domain.transfer_references import reference_of
from billing.models import Decision, Payment, Promise, Receipt
from billing.tests.scenes import NOW, STAFF, TODAY, check_books, give_access, make_customer, owe, reach
from billing.tests.test_bank import bring, csv_of
from billing.tests.test_nights import NIGHT
from billing.tests.test_promises import LAPSE
from billing.tests.test_races import at_once
from billing.tests.test_receipts import picture
from customers.models import Hold
from events.models import Event
from inbox.domain.templates import DEFAULTS, approve_notices
from inbox.models import Channel, Message
from network.models import Access
from tenants.models import Wake
from tenants.redis import redis_client

# A process that dies, as by kill -9, where it is told: after so many statements, or before or after so many commits.
KILLED = """
import datetime as dt, os, signal, sys
from decimal import Decimal
from django.db import connection
from billing.bank.work import drain as drain_bank
from billing.domain.clock import drain
from billing.domain.lapses import lapse_promises
from billing.domain.night_work import execute_night
from billing.domain import night_work
from billing.domain.payments import record_payment
from billing.domain.receipts import accept_receipt
from events.domain import Actor
from tenants.current import enter
night_work.BATCH = 2
NOW = dt.datetime.fromisoformat(sys.argv[2])
STAFF = Actor("user", 1, "Ana")
ACTS = {
    "lapse": lambda pk: lapse_promises(now=NOW),
    "clock": lambda pk: drain(now=NOW),
    "bank": lambda pk: drain_bank(now=NOW),
    "night": lambda pk: execute_night(night_id=pk, now=NOW),
    "accept": lambda pk: accept_receipt(
        receipt_id=pk, amount=Decimal(600), bank="BBVA", reference="77", actor=STAFF, now=NOW
    ),
}

def die():
    os.kill(os.getpid(), signal.SIGKILL)

class KillAfter:
    def __init__(self, statements):
        self.left = statements

    def __call__(self, execute, *arguments):
        result = execute(*arguments)
        self.left -= 1
        if not self.left:
            die()
        return result

def killing_commits(count, before):
    left, commit = [count], connection._commit
    def killer():
        left[0] -= 1
        if before and not left[0]:
            die()
        commit()
        if not left[0]:
            die()
    connection._commit = killer

where, count, pk = sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
with enter("norte"):
    if where == "statement":
        with connection.execute_wrapper(KillAfter(count)):
            ACTS[sys.argv[1]](pk)
    else:
        killing_commits(count, where == "before")
        ACTS[sys.argv[1]](pk)
"""
MOST = 400


@pytest.fixture
def killing(children):
    """Gives a function that does `act` in a process which dies where it says: whether it died before the end."""

    def begin(act, now):
        def do(where, count, pk=0):
            child = children(KILLED, act, now.isoformat(), where, str(count), str(pk))
            code = child.wait()
            child.bury()
            assert code in {0, -signal.SIGKILL}, "it failed by itself: see above"
            return code != 0

        return do

    return begin


def debtor(amount="600"):
    customer = make_customer()
    give_access(customer)
    reach(customer)
    # Approved: they may be sent days after the customer last wrote.
    approve_notices(channel=Channel.objects.get(), ids={key: f"HX{key}" for key in DEFAULTS})
    owe(customer, amount, days_late=20)
    return customer


def promised(count=1):
    found = []
    for _ in range(count):
        customer = debtor()
        found.append(
            grant_promise(customer_id=customer.pk, until=LAPSE, by="staff", actor=STAFF, key=f"p{customer.pk}", now=NOW)
        )
    return found


def effects(promises):
    """Each promise either as it was or broken and cut, whole; returns how many are broken."""
    broken = 0
    for promise in promises:
        promise.refresh_from_db()
        customer = promise.customer_id
        done = promise.status == "broken"
        broken += done
        assert promise.status in {"open", "broken"}
        assert Hold.objects.filter(service__customer=customer, closed_at=None).count() == done
        assert Event.objects.filter(customer_id=customer, type="promise.broken").count() == done
        assert Event.objects.filter(customer_id=customer, type="cut.decided").count() == done
        assert Decision.objects.filter(customer=customer, action="cut", outcome="done").count() == done
        assert Access.objects.filter(service__customer=customer, desired="off", generation=1).count() == done
        told = Message.objects.filter(conversation__customer=customer, key__contains="promise_broken")
        assert told.count() == done
    return broken


# --- A promise lapses --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("act", "stride"), [("lapse", 1), ("clock", 4)])  # what the clock does besides is longer
def test_killed_after_any_statement_a_lapse_cuts_once(fresh_db, in_norte, act, stride, killing):
    promises, died = promised(2), 0
    do = killing(act, LAPSE)
    while died < MOST and do("statement", died + 1):
        died += stride
        if effects(promises) == len(promises):  # and it looked whether each is whole
            break
    assert died > 10
    drain(now=LAPSE)
    assert effects(promises) == len(promises)
    check_books()


@pytest.mark.parametrize("where", ["before", "after"])
def test_killed_at_each_commit_a_lapse_cuts_once(fresh_db, in_norte, where, killing):
    promises = promised(2)
    do = killing("lapse", LAPSE)
    for count in range(1, 20):
        died = do(where, count)
        effects(promises)
        if not died:
            break
    drain(now=LAPSE)
    assert effects(promises) == 2


# --- A comprobante is accepted -------------------------------------------------------------------------------------


def waiting(customer, sha="a" * 64):
    attachment = picture(customer, sha)
    return Receipt.objects.create(
        customer=customer, message=attachment.message, attachment=attachment, filed_by="Bot", created_at=NOW
    )


def accepted(receipt, customer):
    """Nothing, or all of it: the payment, the promise kept, the way back, the answer."""
    receipt.refresh_from_db()
    done = receipt.status == "accepted"
    assert Payment.objects.count() == done
    assert Event.objects.filter(type="payment.recorded").count() == done
    assert Event.objects.filter(type="receipt.accepted").count() == done
    assert Hold.objects.filter(service__customer=customer, closed_at=None).exists() != done
    assert Message.objects.filter(key__contains="receipt", direction="out").count() == done
    check_books()
    return done


@pytest.mark.parametrize("where", ["statement", "before", "after"])
def test_killed_anywhere_a_comprobante_is_accepted_once(fresh_db, in_norte, where, killing):
    customer = debtor()
    execute_night(night_id=plan_night(day=TODAY, now=NOW).pk, now=NIGHT)
    receipt = waiting(customer)
    do = killing("accept", NIGHT)
    for count in range(1, MOST):
        if not do(where, count, receipt.pk):
            break
        accepted(receipt, customer)
    accept_receipt(receipt_id=receipt.pk, amount=Decimal(600), bank="BBVA", reference="77", actor=STAFF, now=NIGHT)
    assert accepted(receipt, customer)
    assert Access.objects.get(service__customer=customer).desired == "on"


# --- A bank statement is booked ------------------------------------------------------------------------------------


def booked(lines):
    """Each line either still ticked or booked, with its payment; returns how many are booked."""
    done = sum(line.state == "booked" for line in lines.order_by("id"))
    assert Payment.objects.count() == done
    assert lines.filter(selected=False, payment__isnull=False).count() == done
    assert Event.objects.filter(type="payment.recorded").count() == done
    check_books()
    return done


@pytest.mark.parametrize("where", ["statement", "before", "after"])
def test_killed_anywhere_a_statement_is_booked_once(fresh_db, in_norte, where, killing):
    customer = debtor()
    execute_night(night_id=plan_night(day=TODAY, now=NOW).pk, now=NIGHT)
    row = bring(csv_of(*(f"24/11/2026;PAGO {reference_of(customer.pk)} {n};;;{300 + n}.00" for n in range(3))))
    confirm_statement(import_id=row.pk, expected=3, actor=STAFF)
    stride = 3 if where == "statement" else 1
    do = killing("bank", NIGHT)
    for count in range(1, MOST, stride):
        if not do(where, count):
            break
        booked(row.lines)
    drain_bank(now=NIGHT)
    assert booked(row.lines) == 3
    row.refresh_from_db()
    assert (row.stage, Event.objects.filter(type="bank.booked").count()) == ("done", 1)
    assert Access.objects.get(service__customer=customer).desired == "on"


# --- A night cuts while payments and promises arrive -----------------------------------------------------------------


def test_a_night_killed_and_begun_again_honours_what_arrives_meanwhile(fresh_db, in_norte, killing):
    customers = [debtor() for _ in range(8)]
    night = plan_night(day=TODAY, now=NOW)
    paid, promised_ = customers[2], customers[5]
    do = killing("night", NIGHT)
    for count in range(1, 40):
        died = do("after" if count % 2 else "before", 1 + count % 3, night.pk)
        if count == 1:
            record_payment(
                customer_id=paid.pk, amount=Decimal(600), method="cash", received_at=NIGHT, actor=STAFF,
                key="k", now=NIGHT,
            )  # fmt: skip
            grant_promise(customer_id=promised_.pk, until=LAPSE, by="staff", actor=STAFF, key="p", now=NIGHT)
        if not died:
            break
    execute_night(night_id=night.pk, now=NIGHT)
    safe = {paid.pk, promised_.pk}
    for customer in customers:
        cuts = Event.objects.filter(type="cut.decided", customer_id=customer.pk).count()
        held = Hold.objects.filter(service__customer=customer, reason="debt", closed_at=None).count()
        assert held == (customer.pk not in safe)
        assert cuts <= 1
        assert cuts == 1 or customer.pk in safe
    assert Event.objects.filter(type="night.done").count() == 1
    check_books()


# --- Redis is emptied in the middle ----------------------------------------------------------------------------------


def test_with_redis_flushed_the_wakes_still_find_the_lapse(fresh_db, in_norte):
    promises = promised(2)
    redis_client().flushall()
    assert set(Wake.objects.filter(lane="billing.clock", due_at=LAPSE).values_list("lane", flat=True)) == {
        "billing.clock"
    }
    redis_client().flushall()
    drain(now=LAPSE)
    redis_client().flushall()
    drain(now=LAPSE)
    assert effects(promises) == 2


def test_with_the_wakes_lost_too_the_sweep_still_lapses_it(fresh_db, in_norte):
    promises = promised(1)
    Wake.objects.all().delete()
    redis_client().flushall()
    # The sweep visits every lane of every tenant: a drain with nothing that told it to.
    drain(now=LAPSE + dt.timedelta(minutes=10))
    assert effects(promises) == 1
    assert drain(now=LAPSE + dt.timedelta(minutes=10)) > LAPSE


# --- Two at once -----------------------------------------------------------------------------------------------------


def test_two_workers_on_the_same_lapses_cut_each_once(fresh_db, in_norte):
    promises = promised(8)
    at_once(*[lambda: drain(now=LAPSE)] * 3)
    drain(now=LAPSE)
    assert effects(promises) == 8


def test_ten_clerks_grant_one_promise(fresh_db, in_norte):
    customer, refused = debtor(), []

    def grant(key):
        try:
            grant_promise(customer_id=customer.pk, until=None, by="staff", actor=STAFF, key=key, now=NOW)
        except PromiseRefused as error:
            refused.append(error.code)

    at_once(*[lambda key=f"k{n % 5}": grant(key) for n in range(10)])
    assert Promise.objects.count() == 1
    assert set(refused) == {"open"}
    assert Event.objects.filter(type="promise.granted").count() == 1
    assert Message.objects.filter(key__contains="promise_granted").count() == 1


def test_a_payment_at_the_hour_of_the_lapse_leaves_nobody_cut_who_paid(fresh_db, in_norte):
    promises = promised(6)

    def pay(promise):
        record_payment(
            customer_id=promise.customer_id, amount=Decimal(600), method="cash", received_at=LAPSE, actor=STAFF,
            key=f"k{promise.pk}", now=LAPSE,
        )  # fmt: skip

    at_once(lambda: drain(now=LAPSE), *[lambda p=promise: pay(p) for promise in promises])
    drain(now=LAPSE)
    for promise in promises:
        promise.refresh_from_db()
        assert promise.status in {"kept", "broken"}
        assert not Hold.objects.filter(service__customer=promise.customer_id, closed_at=None).exists()
        assert Access.objects.get(service__customer=promise.customer_id).desired == "on"
    check_books()


def test_paying_and_undoing_at_once_keeps_promise_and_books_of_one_mind(fresh_db, in_norte):
    [promise] = promised(1)
    payment = record_payment(
        customer_id=promise.customer_id, amount=Decimal(600), method="cash", received_at=NOW, actor=STAFF, key="a",
        now=NOW,
    )  # fmt: skip

    def again():
        record_payment(
            customer_id=promise.customer_id, amount=Decimal(600), method="cash", received_at=NOW, actor=STAFF,
            key="b", now=NOW,
        )  # fmt: skip

    def undo():
        with suppress(PaymentRefused):
            void_payment(payment_id=payment.pk, reason="x", actor=STAFF, now=NOW)

    at_once(again, undo, undo)
    promise.refresh_from_db()
    assert promise.status == "kept"
    check_books()


def test_two_cashiers_accept_the_same_bank_reference_and_one_payment_is_booked(fresh_db, in_norte):
    customer, other = debtor(), debtor()
    first, second = waiting(customer), waiting(other, "b" * 64)
    refused = []

    def accept(receipt):
        try:
            accept_receipt(
                receipt_id=receipt.pk, amount=Decimal(600), bank="BBVA", reference="00 77-1", actor=STAFF, now=NOW
            )
        except ReceiptRefused:
            refused.append(receipt.pk)

    at_once(*[lambda r=receipt: accept(r) for receipt in (first, second, first, second)])
    assert Payment.objects.count() == 1
    assert Receipt.objects.filter(status="accepted").count() == 1
    assert len(set(refused)) == 1
    assert Event.objects.filter(type="payment.recorded").count() == 1
    check_books()
