"""Repeated fifty times at once, killed anywhere, answered twice or never: one payment. Over real HTTP, with commits."""

import datetime as dt
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from billing.domain.gateway_lane import drain
from billing.domain.gateway_refunds import ask_refund, send_refund
from billing.domain.payment_requests import create_request
from billing.models import GatewayNotice, GatewayPayment, GatewayRefund, Invoice, Payment, PaymentRequest, Refund
from billing.tests.scenes import STAFF, check_books
from billing.tests.till import KEY, ask, connect_stripe, debtor, listen, work
from customers.models import Hold
from events.models import Event
from simulators.stripe_api import StripeSimulator
from tenants.current import enter

COPIES = 50


@pytest.fixture
def stripe():
    with StripeSimulator() as simulator:
        yield simulator


@pytest.fixture
def account(fresh_db, in_norte, stripe, site_port):
    account = connect_stripe(stripe)
    listen(stripe, account, site_port)
    return account


def workers(stop, count=3):
    """So many workers that drain the lane until told to stop."""

    def run():
        try:
            with enter("norte"):
                while not stop.is_set():
                    drain(now=timezone.now())
                    time.sleep(0.02)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads


def until(check, seconds=30):
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.03)


def one_payment():
    assert (Payment.objects.count(), GatewayPayment.objects.count()) == (1, 1)
    assert Event.objects.filter(type="payment.recorded").count() == 1
    assert Invoice.objects.get().status == "paid"
    assert not Hold.objects.filter(closed_at=None).exists()
    assert PaymentRequest.objects.get().status == "paid"
    check_books()


@pytest.mark.parametrize("distinct", [False, True], ids=["one event", "an event each"])
def test_fifty_notifications_at_once_are_one_payment(account, stripe, distinct):
    request = ask(account, debtor())
    stripe.faults.lose_notices = True
    stripe.pay(request.external_id)
    far, session = stripe.accounts[KEY], stripe.sessions[request.external_id]
    events = [stripe.event(far, "checkout.session.completed", session) for _ in range(COPIES if distinct else 1)]
    stop = threading.Event()
    threads = workers(stop)
    with ThreadPoolExecutor(COPIES) as crowd:
        answers = list(crowd.map(stripe.deliver, events if distinct else events * COPIES))
    until(lambda: not GatewayNotice.objects.filter(next_try_at__isnull=False).exists())
    stop.set()
    for thread in threads:
        thread.join()
    assert answers == [200] * COPIES
    assert GatewayNotice.objects.count() == len(events)
    assert distinct or GatewayNotice.objects.get().times_seen == COPIES
    one_payment()


def test_fifty_forged_ones_among_them_change_nothing(account, stripe):
    request = ask(account, debtor())
    stripe.faults.lose_notices = stripe.faults.wrong_signature = True
    stripe.pay(request.external_id)
    event = stripe.event(stripe.accounts[KEY], "checkout.session.completed", stripe.sessions[request.external_id])
    with ThreadPoolExecutor(COPIES) as crowd:
        assert set(crowd.map(stripe.deliver, [event] * COPIES)) == {403}
    work()
    assert (GatewayNotice.objects.count(), Payment.objects.count()) == (0, 0)


def test_payment_refund_and_dispute_in_any_order_end_the_same(account, stripe):
    stripe.faults.hold_notices = True
    request = ask(account, debtor())
    intent = stripe.pay(request.external_id)
    stripe.refund(intent, 60000)
    stripe.dispute(intent)
    assert stripe.release() == [200, 200, 200]
    work()
    assert Refund.objects.get().amount == 600
    assert Invoice.objects.get().status == "open"
    check_books()


CHILD = """
import os, signal, sys
from django.db import connection
from django.utils import timezone
from billing.domain.gateway_lane import drain
from billing.domain.payment_requests import open_request
from tenants.current import enter
what, number, last = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
seen = 0
def count(execute, sql, params, many, context):
    global seen
    seen += 1
    result = execute(sql, params, many, context)
    if seen == last:
        os.kill(os.getpid(), signal.SIGKILL)
    return result
with enter("norte"), connection.execute_wrapper(count):
    if what == "open":
        open_request(request_id=number, now=timezone.now())
    else:
        drain(now=timezone.now())
print(seen)
"""


@pytest.fixture
def child(children):
    """Starts a process that opens a request, or does what came in, and dies after its statement `last`."""
    return lambda what, number=0, last=0: children(CHILD, what, str(number), str(last))


def test_killed_after_the_call_and_before_its_record_there_is_one_request(account, stripe, child):
    customer = debtor()
    row = create_request(
        account=account, customer_id=customer.pk, amount=Decimal(600), key="k", actor=STAFF, now=timezone.now()
    )
    stripe.faults.drop_after_accept_next, stripe.faults.hang_seconds = 1, 60
    process = child("open", row.pk)
    until(lambda: stripe.sessions)
    process.kill()
    process.wait()
    row.refresh_from_db()
    assert (row.status, row.external_id) == ("creating", "")
    # Somebody even paid it: the page was open at the gateway, whoever had its address.
    stripe.pay(next(iter(stripe.sessions)))
    until(GatewayNotice.objects.exists)
    work()
    work(later=dt.timedelta(minutes=2))
    row.refresh_from_db()
    assert (len(stripe.sessions), row.external_id) == (1, next(iter(stripe.sessions)))
    assert row.status == "paid"
    one_payment()


@pytest.mark.parametrize("last", [8, 45])
def test_killed_after_any_statement_of_the_booking_it_is_booked_once(account, stripe, last, child):
    request = ask(account, debtor())
    stripe.pay(request.external_id)
    until(GatewayNotice.objects.exists)
    process = child("drain", last=last)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL, "the booking has fewer statements than that"
    work(later=dt.timedelta(minutes=2))
    one_payment()


def test_a_refund_whose_answer_was_lost_is_one_refund(account, stripe):
    request = ask(account, debtor())
    intent = stripe.pay(request.external_id)
    work(later=dt.timedelta(minutes=3))
    refund = ask_refund(
        arrival_id=GatewayPayment.objects.get().pk,
        amount=Decimal(600),
        reason="Se mudó",
        actor=STAFF,
        now=timezone.now(),
    )
    stripe.faults.drop_after_accept_next, stripe.faults.hang_seconds = 1, 0.2
    send_refund(refund_id=refund.pk, now=timezone.now())
    assert GatewayRefund.objects.get().status == "waiting"
    work(later=dt.timedelta(minutes=2))
    assert GatewayRefund.objects.get().status == "done"
    assert stripe.intents[intent]["latest_charge"]["amount_refunded"] == 60000
    given = Refund.objects.get()
    assert (given.reason, given.amount, given.actor_label) == ("Se mudó", 600, "Ana")
    check_books()
