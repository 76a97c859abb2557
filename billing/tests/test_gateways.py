"""Stripe from the request to the service: through the official client, over HTTP, with notifications as they come."""

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import timezone

from billing.domain.gateway_notices import retry_notice
from billing.domain.ledger import balance, credit_in
from billing.domain.payment_requests import cancel_request
from billing.models import Entry, GatewayNotice, GatewayPayment, Invoice, Payment, PaymentRequest, Refund
from billing.tests.scenes import STAFF, check_books
from billing.tests.till import ask, books, connect_stripe, debtor, work
from customers.models import Hold
from events.models import Event
from simulators.stripe_api import StripeSimulator
from tenants.current import enter


@pytest.fixture
def stripe():
    with StripeSimulator() as simulator:
        yield simulator


@pytest.fixture
def account(in_norte, stripe):
    return connect_stripe(stripe)


@pytest.fixture
def post(client, norte, stripe, account):
    """Deliver an event of the simulator to the door, signed as Stripe signs it."""

    def send(kind, subject, *, uuid=None, host="norte.localhost", **changes):
        delivery = stripe.event(stripe.accounts["sk_test_norte"], kind, subject)
        headers = {**delivery.sign(delivery.body), "Host": host, **changes}
        path = f"/hooks/pasarelas/{uuid or account.uuid}/"
        return client.post(path, delivery.body, content_type="application/json", headers=headers)

    return send


def test_a_link_is_paid_and_the_service_comes_back(account, stripe, post):
    customer = debtor("600")
    request = ask(account, customer)
    assert (request.status, request.url.startswith(stripe.url)) == ("open", True)
    intent = stripe.pay(request.external_id)
    assert post("checkout.session.completed", stripe.sessions[request.external_id]).status_code == 200
    assert Payment.objects.count() == 0, "the door only stores"
    work()
    payment = Payment.objects.get()
    assert (payment.amount, payment.method, payment.key) == (Decimal(600), "gateway", f"stripe:{intent}")
    assert payment.reference == intent
    assert Invoice.objects.get().status == "paid"
    assert not Hold.objects.filter(closed_at=None).exists()
    request.refresh_from_db()
    assert (request.status, request.paid, request.next_try_at) == ("paid", 600, None)
    assert GatewayNotice.objects.get().outcome == "booked"
    check_books()


def test_the_same_event_and_other_events_of_one_payment_are_one_payment(account, stripe, post):
    request = ask(account, debtor())
    intent = stripe.pay(request.external_id)
    session = stripe.sessions[request.external_id]
    for _ in range(3):
        post("checkout.session.completed", session)
        post("payment_intent.succeeded", stripe.intents[intent])
    work()
    work()
    assert (Payment.objects.count(), GatewayPayment.objects.count()) == (1, 1)
    assert Event.objects.filter(type="payment.recorded").count() == 1
    check_books()


@pytest.mark.parametrize("headers", [{"Stripe-Signature": "t=1,v1=00"}, {"Stripe-Signature": ""}])
def test_a_wrong_or_missing_signature_leaves_no_trace(account, stripe, post, headers):
    request = ask(account, debtor())
    stripe.pay(request.external_id)
    before = books()
    answer = post("checkout.session.completed", stripe.sessions[request.external_id], **headers)
    assert answer.status_code == 403
    work()
    assert books() == before


@pytest.mark.parametrize("fault", ["wrong_signature", "old_signature"])
def test_another_secret_and_an_old_signature_leave_no_trace(account, stripe, post, fault):
    request = ask(account, debtor())
    stripe.pay(request.external_id)
    setattr(stripe.faults, fault, True)
    before = books()
    assert post("checkout.session.completed", stripe.sessions[request.external_id]).status_code == 403
    work()
    assert books() == before


def test_a_body_that_is_no_event_is_refused(account, stripe, client):
    for body in (b"", b"{}", b"[]", b"\xff\xfe", b"null"):
        signature = stripe._sign(stripe.accounts["sk_test_norte"], body)
        path = f"/hooks/pasarelas/{account.uuid}/"
        headers = {**signature, "Host": "norte.localhost"}
        assert client.post(path, body, content_type="application/json", headers=headers).status_code == 403
    assert GatewayNotice.objects.count() == 0


def test_another_providers_door_does_not_know_the_account(account, stripe, post, sur):
    request = ask(account, debtor())
    stripe.pay(request.external_id)
    session = stripe.sessions[request.external_id]
    assert post("checkout.session.completed", session, host="sur.localhost").status_code == 404
    with enter("sur"):
        assert books() == (0, 0, 0, 0, 0)
    with enter("norte"):
        assert books()[1:] == (0, 0, 0, 0)


def test_the_platforms_host_finds_the_provider_by_the_accounts_route(account, stripe, post):
    request = ask(account, debtor())
    stripe.pay(request.external_id)
    session = stripe.sessions[request.external_id]
    assert post("checkout.session.completed", session, host="localhost").status_code == 200
    with enter("norte"):
        assert GatewayNotice.objects.count() == 1


def test_what_arrives_is_what_is_booked(account, stripe):
    less, more = debtor("600"), debtor("600")
    one, two = ask(account, less), ask(account, more)
    stripe.pay(one.external_id, amount=45000)
    stripe.pay(two.external_id, amount=70000)
    work(later=dt.timedelta(minutes=3))
    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.status, one.paid, balance(less.pk)["MXN"]) == ("partly", 450, 150)
    assert (two.status, two.paid, credit_in(more.pk, "MXN")) == ("paid", 700, 100)
    check_books()


def test_another_currency_waits_for_a_person(account, stripe, post):
    request = ask(account, debtor())
    stripe.pay(request.external_id, currency="usd")
    post("checkout.session.completed", stripe.sessions[request.external_id])
    work()
    row = GatewayPayment.objects.get()
    assert (row.state, row.payment, Payment.objects.count()) == ("aside", None, 0)
    assert "MXN" in row.note
    assert GatewayNotice.objects.get().outcome == "aside"
    assert Entry.objects.filter(transaction__kind="payment").count() == 0


def test_a_second_payment_of_one_request_is_credit(account, stripe):
    customer = debtor()
    request = ask(account, customer)
    for _ in range(2):
        stripe.pay(request.external_id)
        work(later=dt.timedelta(minutes=3))
        PaymentRequest.objects.update(status="open", next_try_at=timezone.now())
    assert Payment.objects.count() == 2
    assert credit_in(customer.pk, "MXN") == 600
    check_books()


def test_a_lost_notification_is_found(account, stripe):
    request = ask(account, debtor())
    stripe.pay(request.external_id)
    due = work()
    assert Payment.objects.count() == 0
    assert due is not None
    assert timezone.now() < due <= timezone.now() + dt.timedelta(minutes=3)
    work(later=dt.timedelta(minutes=3))
    assert Payment.objects.count() == 1


def test_given_back_at_the_gateway_reopens_the_invoice(account, stripe, post):
    request = ask(account, debtor())
    intent = stripe.pay(request.external_id)
    work(later=dt.timedelta(minutes=3))
    stripe.refund(intent, 60000)
    post("charge.refunded", stripe.intents[intent]["latest_charge"])
    work()
    assert Refund.objects.get().amount == 600
    assert Invoice.objects.get().status == "open"
    request.refresh_from_db()
    assert (request.status, request.paid) == ("cancelled", 0)
    assert GatewayNotice.objects.get().outcome == "returned"
    check_books()


def test_a_part_given_back_and_then_the_rest(account, stripe, post):
    request = ask(account, debtor())
    intent = stripe.pay(request.external_id)
    work(later=dt.timedelta(minutes=3))
    for part, status in ((20000, "partly"), (40000, "cancelled")):
        stripe.refund(intent, part)
        for _ in range(2):
            post("charge.refunded", stripe.intents[intent]["latest_charge"])
            work()
        request.refresh_from_db()
        assert request.status == status
    assert list(Refund.objects.order_by("id").values_list("amount", flat=True)) == [200, 400]
    assert GatewayPayment.objects.get().state == "returned"
    assert Invoice.objects.get().paid == 0
    gateway = Entry.objects.filter(account__kind="gateway", account__name="Stripe")
    assert sum(gateway.values_list("amount", flat=True)) == 0
    check_books()


def test_a_chargeback_takes_the_payment_back(account, stripe, post):
    request = ask(account, debtor())
    intent = stripe.pay(request.external_id)
    work(later=dt.timedelta(minutes=3))
    stripe.dispute(intent)
    post("charge.dispute.created", {"id": "dp_1", "object": "dispute", "payment_intent": intent})
    work()
    assert Refund.objects.get().reason == "Contracargo"
    assert GatewayPayment.objects.get().state == "returned"
    check_books()


def test_the_refund_may_come_before_the_payment(account, stripe, post):
    request = ask(account, debtor())
    intent = stripe.pay(request.external_id)
    stripe.refund(intent, 60000)
    post("charge.refunded", stripe.intents[intent]["latest_charge"])
    post("checkout.session.completed", stripe.sessions[request.external_id])
    work()
    assert Refund.objects.get().amount == 600
    assert Invoice.objects.get().status == "open"
    check_books()


def test_the_gateway_is_down_then_back(account, stripe, post):
    request = ask(account, debtor())
    stripe.pay(request.external_id)
    post("checkout.session.completed", stripe.sessions[request.external_id])
    stripe.faults.fail_next = 1
    work()
    notice = GatewayNotice.objects.get()
    assert (notice.outcome, Payment.objects.count()) == ("waiting", 0)
    assert "Stripe" in notice.note
    work(later=dt.timedelta(minutes=1))
    assert Payment.objects.count() == 1


def test_a_person_may_have_a_notice_looked_at_again(account, stripe, post):
    request = ask(account, debtor())
    stripe.pay(request.external_id)
    post("checkout.session.completed", stripe.sessions[request.external_id])
    GatewayNotice.objects.update(outcome="failed", next_try_at=None)
    retry_notice(notice_id=GatewayNotice.objects.get().pk, now=timezone.now())
    work()
    assert Payment.objects.count() == 1


def test_an_answer_that_was_lost_makes_no_second_request(account, stripe):
    stripe.faults.drop_after_accept_next, stripe.faults.hang_seconds = 1, 0.1
    request = ask(account, debtor())
    assert request.status == "creating"
    assert "Stripe" in request.trouble
    work(later=dt.timedelta(minutes=2))
    request.refresh_from_db()
    assert (request.status, len(stripe.sessions)) == ("open", 1)
    assert request.external_id in stripe.sessions


def test_a_request_that_stripe_refuses_says_why(account, stripe):
    stripe.accounts.clear()
    request = ask(account, debtor())
    assert (request.status, request.next_try_at) == ("failed", None)
    assert request.trouble == "Stripe no acepta la clave secreta."


def test_cancelled_at_the_gateway_too(account, stripe):
    request = ask(account, debtor())
    cancel_request(request_id=request.pk, actor=STAFF, now=timezone.now())
    assert stripe.sessions[request.external_id]["status"] == "expired"
    request.refresh_from_db()
    assert request.status == "cancelled"


def test_a_link_that_ran_out(account, stripe):
    request = ask(account, debtor())
    stripe.sessions[request.external_id]["status"] = "expired"
    work(later=dt.timedelta(hours=25))
    request.refresh_from_db()
    assert request.status == "expired"
    assert Payment.objects.count() == 0
