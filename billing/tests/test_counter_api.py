"""The counter by API: parts, previews, refunds and drawers."""

from decimal import Decimal

import pytest

from billing.domain.drawers import open_drawer
from billing.models import Invoice, Payment, Refund
from billing.tests.scenes import NOW, STAFF, check_books, make_customer, owe
from billing.tests.test_api import post
from billing.tests.test_counter_pages import cut

KEY = {"Idempotency-Key": "k-1"}


def test_parts_are_previewed_and_booked(client_norte, in_norte):
    customer = make_customer()
    one, two = owe(customer, "600", days_late=30), owe(customer, "600", days_late=20)
    cut(customer)
    body = {
        "customer": customer.pk, "amount": "700", "method": "transfer",
        "parts": [{"invoice": two.pk, "amount": "600"}],
    }  # fmt: skip
    seen = post(client_norte, "/payments/preview/", body).json()
    assert (seen["credit"], seen["owed_after"], seen["reconnects"]) == ("100.00", "600.00", False)
    assert "falta pagar $600.00" in seen["sentence"]
    assert not Payment.objects.exists()
    response = post(client_norte, "/payments/", body, headers=KEY)
    assert response.status_code == 201
    assert [Invoice.objects.get(pk=i.pk).paid for i in (one, two)] == [0, 600]
    twice = {**body, "parts": body["parts"] * 2}
    assert post(client_norte, "/payments/preview/", twice).status_code == 400
    much = {**body, "parts": [{"invoice": one.pk, "amount": "601"}]}
    assert post(client_norte, "/payments/", much, headers={"Idempotency-Key": "k-2"}).status_code == 409
    assert Payment.objects.count() == 1
    check_books()


def test_a_refund_is_made_once_for_a_key(client_norte, in_norte):
    customer = make_customer()
    body = {"customer": customer.pk, "amount": "700", "method": "transfer"}
    pk = post(client_norte, "/payments/", body, headers=KEY).json()["id"]
    back = {"amount": "200", "method": "transfer", "reason": "De más", "external_reference": "SPEI 1"}
    made = [post(client_norte, f"/payments/{pk}/refund/", back, headers=KEY).json()["id"] for _twice in range(2)]
    assert made[0] == made[1]
    assert post(client_norte, f"/payments/{pk}/refund/", back).status_code == 400
    much = post(client_norte, f"/payments/{pk}/refund/", {**back, "amount": "501"}, headers={"Idempotency-Key": "x"})
    assert (much.status_code, "quedan $500.00" in much.content.decode()) == (409, True)
    credit = {**back, "customer": customer.pk, "amount": "500"}
    assert post(client_norte, "/refunds/", credit, headers={"Idempotency-Key": "y"}).status_code == 201
    assert Refund.objects.count() == 2
    assert client_norte.get("/api/v1/refunds/").json()["results"]
    check_books()


@pytest.mark.parametrize(("role", "code"), [("support", 404), ("collections", 404)])
def test_who_may_not_give_back_or_audit_finds_nothing(sign_in, norte, in_norte, role, code):
    client = sign_in(norte, role)
    back = {"amount": "1", "method": "cash", "reason": "x", "customer": make_customer().pk}
    assert post(client, "/refunds/", back, headers=KEY).status_code == code
    assert client.get("/api/v1/cash-drawers/").status_code == code
    assert not Refund.objects.exists()


def test_drawers_are_read_by_who_audits(client_norte, in_norte):
    drawer = open_drawer(opening=Decimal(50), actor=STAFF, now=NOW)
    assert client_norte.get("/api/v1/cash-drawers/").json()["results"][0]["opening"] == "50.00"
    whole = client_norte.get(f"/api/v1/cash-drawers/{drawer.pk}/").json()
    assert whole["movements"][0]["kind"] == "opening"
