"""The simulator beside Stripe's own documentation, asked over plain HTTP."""

import hashlib
import hmac
import json
import time

import pytest
import requests

from simulators.stripe_api import StripeSimulator


@pytest.fixture
def stripe():
    with StripeSimulator() as simulator:
        simulator.add_account(key="sk_1", webhook_secret="whsec_1")
        yield simulator


def make(stripe, **changes):
    fields = {
        "mode": "payment",
        "client_reference_id": "r-1",
        "line_items[0][quantity]": "1",
        "line_items[0][price_data][currency]": "mxn",
        "line_items[0][price_data][unit_amount]": "2000",
        "line_items[0][price_data][product_data][name]": "Internet",
        "payment_intent_data[metadata][reference]": "r-1",
        "success_url": "https://example.com/success",
        "expires_at": str(int(time.time()) + 3600),
        **changes,
    }
    headers = {"Authorization": "Bearer sk_1", "Idempotency-Key": "k"}
    return requests.post(f"{stripe.url}/v1/checkout/sessions", data=fields, headers=headers, timeout=5)


def test_a_session_has_what_the_reference_shows(stripe):
    """https://docs.stripe.com/api/checkout/sessions/object."""
    session = make(stripe).json()
    expected = {"object": "checkout.session", "amount_total": 2000, "currency": "mxn", "payment_status": "unpaid"}
    assert expected.items() <= session.items()
    assert (session["status"], session["payment_intent"], session["client_reference_id"]) == ("open", None, "r-1")
    assert session["id"].startswith("cs_test_")


def test_a_key_that_comes_back(stripe):
    """https://docs.stripe.com/api/idempotent_requests: the same answer, or an error when the parameters differ."""
    first = make(stripe)
    assert make(stripe, expires_at=first.json()["expires_at"]).json()["id"] == first.json()["id"]
    other = make(stripe, client_reference_id="r-2")
    assert (other.status_code, other.json()["error"]["type"]) == (400, "idempotency_error")


@pytest.mark.parametrize("seconds", [60, 90000])
def test_expires_between_half_an_hour_and_a_day(stripe, seconds):
    assert make(stripe, expires_at=str(int(time.time()) + seconds)).status_code == 400


def test_a_wrong_key_is_401(stripe):
    answer = requests.get(f"{stripe.url}/v1/account", headers={"Authorization": "Bearer no"}, timeout=5)
    assert (answer.status_code, answer.json()["error"]["type"]) == (401, "invalid_request_error")


def test_events_are_signed_over_time_and_body(stripe):
    """https://docs.stripe.com/webhooks#verify-manually."""
    event = stripe.event(stripe.accounts["sk_1"], "checkout.session.completed", {"id": "cs_1"})
    header = event.sign(event.body)["Stripe-Signature"]
    parts = dict(part.split("=") for part in header.split(","))
    wanted = hmac.new(b"whsec_1", parts["t"].encode() + b"." + event.body, hashlib.sha256).hexdigest()
    assert parts["v1"] == wanted
    body = json.loads(event.body)
    assert (body["object"], body["type"], body["data"]["object"]["id"]) == (
        "event",
        "checkout.session.completed",
        "cs_1",
    )


def test_a_zero_decimal_currency_and_a_refund(stripe):
    """https://docs.stripe.com/currencies#zero-decimal, https://docs.stripe.com/api/refunds/object."""
    session = make(stripe, **{"line_items[0][price_data][currency]": "clp"}).json()
    intent = stripe.pay(session["id"])
    headers = {"Authorization": "Bearer sk_1"}
    fields = {"payment_intent": intent, "amount": "500"}
    refund = requests.post(f"{stripe.url}/v1/refunds", data=fields, headers=headers, timeout=5).json()
    assert (refund["object"], refund["amount"], refund["currency"]) == ("refund", 500, "clp")
    shown = requests.get(f"{stripe.url}/v1/payment_intents/{intent}", headers=headers, timeout=5).json()
    assert (shown["status"], shown["latest_charge"]["amount_refunded"]) == ("succeeded", 500)
    too_much = requests.post(f"{stripe.url}/v1/refunds", data={**fields, "amount": "9999"}, headers=headers, timeout=5)
    assert too_much.status_code == 400
