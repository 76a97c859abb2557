"""The simulator beside Conekta's own documentation, asked over plain HTTP."""

import base64
import json

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from simulators.conekta import ConektaSimulator

ACCEPT = "application/vnd.conekta-v2.3.0+json"


@pytest.fixture
def conekta():
    with ConektaSimulator() as simulator:
        simulator.add_account(key="key_1")
        yield simulator


def call(conekta, method, path, body=None, *, key="key_1", accept=ACCEPT):
    headers = {"Authorization": f"Bearer {key}", "Accept": accept}
    return requests.request(method, conekta.url + path, json=body, headers=headers, timeout=5)


def order(conekta, kind="cash", **changes):
    body = {
        "currency": "MXN",
        "customer_info": {"name": "Fulanito Pérez", "email": "f@example.mx", "phone": "+5218181818181"},
        "line_items": [{"name": "Tacos", "unit_price": 1000, "quantity": 12}],
        "charges": [{"payment_method": {"type": kind, "expires_at": 1769990400}}],
        "metadata": {"reference": "r-1"},
        **changes,
    }
    return call(conekta, "POST", "/orders", body)


def test_an_oxxo_order_has_a_reference_and_bars(conekta):
    """https://developers.conekta.com/v2.3.0/reference/createorder."""
    made = order(conekta).json()
    assert {
        "object": "order",
        "amount": 12000,
        "currency": "MXN",
        "payment_status": "pending_payment",
    }.items() <= made.items()
    [charge] = made["charges"]["data"]
    method = charge["payment_method"]
    assert (charge["object"], charge["status"], method["service_name"]) == ("charge", "pending_payment", "OxxoPay")
    assert method["reference"].startswith("93000")
    assert "barcode_url" in method


def test_a_spei_order_has_a_clabe_and_a_checkout_an_address(conekta):
    [charge] = order(conekta, "spei").json()["charges"]["data"]
    assert len(charge["payment_method"]["clabe"]) == 18
    made = order(conekta, charges=[], checkout={"type": "HostedPayment", "allowed_payment_methods": ["card"]}).json()
    assert made["checkout"]["url"].startswith("http")


def test_errors_come_with_words_for_people(conekta):
    refused = order(conekta, customer_info={"name": "x"})
    assert (refused.status_code, refused.json()["object"]) == (422, "error")
    assert refused.json()["details"][0]["message"]
    assert call(conekta, "GET", "/orders/ord_x", key="no").status_code == 401
    assert call(conekta, "GET", "/orders/ord_x").status_code == 404
    assert call(conekta, "GET", "/orders/ord_x", accept="application/json").status_code == 406


def test_events_are_signed_with_the_pair_whose_public_half_is_told(conekta):
    """https://developers.conekta.com/docs/autenticación-webhooks: DIGEST, RSA over the SHA-256 of the body."""
    key = call(conekta, "POST", "/webhook_keys", {"active": True}).json()
    assert (key["object"], key["active"]) == ("webhook_key", True)
    made = order(conekta).json()
    event = conekta.event(conekta.accounts["key_1"], "order.paid", made)
    digest = base64.b64decode(event.sign(event.body)["DIGEST"])
    load_pem_public_key(key["public_key"].encode()).verify(digest, event.body, PKCS1v15(), SHA256())
    body = json.loads(event.body)
    assert (body["object"], body["type"], body["data"]["object"]["id"]) == ("event", "order.paid", made["id"])


def test_paid_refunded_and_expired(conekta):
    """https://developers.conekta.com/v2.3.0/reference/orderrefund."""
    paid, late = order(conekta).json()["id"], order(conekta).json()["id"]
    conekta.pay(paid)
    assert call(conekta, "GET", f"/orders/{paid}").json()["payment_status"] == "paid"
    call(conekta, "POST", f"/orders/{paid}/refunds", {"amount": 2000, "reason": "requested_by_client"})
    assert call(conekta, "GET", f"/orders/{paid}").json()["payment_status"] == "partially_refunded"
    conekta.expire(late)
    assert call(conekta, "GET", f"/orders/{late}").json()["payment_status"] == "expired"
