"""The simulator beside Mercado Pago's own documentation, asked over plain HTTP."""

import hashlib
import hmac
import json

import pytest
import requests

from simulators.mercadopago import MercadoPagoSimulator


@pytest.fixture
def mp():
    with MercadoPagoSimulator() as simulator:
        simulator.add_account(key="APP_USR-1", webhook_secret="s", currency="PEN")
        yield simulator


def call(mp, method, path, body=None, **headers):
    headers = {"Authorization": "Bearer APP_USR-1", **headers}
    return requests.request(method, mp.url + path, json=body, headers=headers, timeout=5)


def preference(mp, **changes):
    item = {"title": "Internet", "quantity": 1, "unit_price": 75.76, "currency_id": "PEN", **changes}
    body = {"items": [item], "external_reference": "r-1", "back_urls": {"success": "http://x/"}}
    return call(mp, "POST", "/checkout/preferences", body)


def test_a_preference_has_a_link_and_is_found_by_reference(mp):
    """…/developers/es/reference/preferences/_checkout_preferences/post and …/search/get."""
    answer = preference(mp)
    assert answer.status_code == 201
    made = answer.json()
    assert made["init_point"].startswith("http")
    found = call(mp, "GET", "/checkout/preferences/search?external_reference=r-1").json()
    assert [row["id"] for row in found["elements"]] == [made["id"]]


def test_a_currency_of_another_country_is_refused(mp):
    assert preference(mp, currency_id="MXN").status_code == 400


def test_a_payment_has_what_the_reference_shows(mp):
    """…/developers/es/reference/payments/_payments_id/get."""
    number = mp.pay(preference(mp).json()["id"])
    row = call(mp, "GET", f"/v1/payments/{number}").json()
    expected = {"status": "approved", "status_detail": "accredited", "currency_id": "PEN", "transaction_amount": 75.76}
    assert expected.items() <= row.items()
    assert row["external_reference"] == "r-1"
    assert call(mp, "GET", "/v1/payments/1").status_code == 404
    found = call(mp, "GET", "/v1/payments/search?external_reference=r-1").json()["results"]
    assert [one["id"] for one in found] == [number]


def test_a_refund_is_made_once_for_a_key(mp):
    """…/developers/es/reference/chargebacks/_payments_id_refunds/post: X-Idempotency-Key."""
    number = mp.pay(preference(mp).json()["id"])
    once = [
        call(mp, "POST", f"/v1/payments/{number}/refunds", {"amount": 20}, **{"X-Idempotency-Key": "k"}).json()["id"]
        for _ in range(2)
    ]
    assert once[0] == once[1]
    row = call(mp, "GET", f"/v1/payments/{number}").json()
    assert (row["status"], row["status_detail"], row["transaction_amount_refunded"]) == (
        "approved",
        "partially_refunded",
        20,
    )


def test_notifications_sign_what_the_address_says(mp):
    """…/developers/es/docs/your-integrations/notifications/webhooks: «id:[data.id];request-id:[…];ts:[…];»."""
    event = mp.event(mp.accounts["APP_USR-1"], 123)
    headers = event.sign(event.body)
    parts = dict(part.split("=") for part in headers["x-signature"].split(","))
    manifest = f"id:123;request-id:{headers['x-request-id']};ts:{parts['ts']};"
    assert parts["v1"] == hmac.new(b"s", manifest.encode(), hashlib.sha256).hexdigest()
    body = json.loads(event.body)
    shown = ["action", "api_version", "data", "date_created", "id", "live_mode", "type", "user_id"]
    assert (event.query["data.id"], body["data"], sorted(body)) == ("123", {"id": "123"}, shown)
