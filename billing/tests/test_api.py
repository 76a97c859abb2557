from decimal import Decimal

import pytest
from django.utils import timezone

from billing.api import idempotency_key
from billing.domain.nights import plan_night
from billing.models import BillingRun, Decision, Invoice, Night, Payment, Receipt
from billing.tests.scenes import check_books, make_customer
from billing.tests.test_pages import debt, filed, paid, today
from tenants.current import enter

API = "/api/v1"


def post(client, path, data=None, **headers):
    return client.post(f"{API}{path}", data or {}, content_type="application/json", **headers)


def test_a_payment_with_its_key_is_booked_once(client_norte, in_norte):
    customer = make_customer()
    invoice = debt(customer)
    body = {"customer": customer.pk, "amount": "650.00", "method": "transfer", "reference": "R1"}
    first = post(client_norte, "/payments/", body, headers={"Idempotency-Key": "abc"})
    again = post(client_norte, "/payments/", body, headers={"Idempotency-Key": "abc"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["id"] == again.json()["id"]
    assert first.json()["amount"] == "650.00"
    assert first.json()["allocations"] == [{"invoice": invoice.pk, "invoice_label": invoice.label, "amount": "600.00"}]
    changed = post(client_norte, "/payments/", {**body, "amount": "1"}, headers={"Idempotency-Key": "abc"})
    assert (changed.status_code, changed.json()["error"]) == (409, "conflict")
    balance = client_norte.get(f"{API}/customers/{customer.pk}/balance/").json()
    assert (balance["receivable"], balance["credit"], balance["balance"]) == ("0.00", "50.00", "-50.00")
    assert [m["balance"] for m in balance["movements"]] == ["-50.00", "600.00"]
    check_books()


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"amount": "-1"}, 409),
        ({"amount": "uno"}, 400),
        ({"amount": "1.005"}, 409),
        ({"method": "oro"}, 400),
        ({"customer": 999999}, 404),
        ({"customer": 2**70}, 400),
        ({"received_at": "2999-01-01T00:00:00Z"}, 409),
    ],
)
def test_a_wrong_payment_is_refused_with_a_sentence(client_norte, in_norte, change, status):
    body = {"customer": make_customer().pk, "amount": "10", "method": "cash", **change}
    response = post(client_norte, "/payments/", body, headers={"Idempotency-Key": "k"})
    assert response.status_code == status
    assert response.json()["message"]
    assert not Payment.objects.exists()


def test_a_payment_without_a_key_is_refused(client_norte, in_norte):
    body = {"customer": make_customer().pk, "amount": "10", "method": "cash"}
    response = post(client_norte, "/payments/", body)
    assert response.status_code == 400
    assert "Idempotency-Key" in response.json()["fields"]


def test_keys_of_two_providers_differ(norte, sur):
    with enter("norte"):
        ours = idempotency_key("x")
    with enter("sur"):
        assert idempotency_key("x") != ours


def test_invoices_are_listed_filtered_and_voided(client_norte, in_norte):
    one, two = make_customer(), make_customer()
    invoice = debt(one)
    debt(two, days_late=-4)
    assert len(client_norte.get(f"{API}/invoices/").json()["results"]) == 2
    [found] = client_norte.get(f"{API}/invoices/", {"customer": one.pk}).json()["results"]
    assert (found["owed"], found["status"]) == ("600.00", "open")
    assert len(client_norte.get(f"{API}/invoices/", {"state": "overdue"}).json()["results"]) == 1
    assert client_norte.get(f"{API}/invoices/", {"customer": "x"}).status_code == 400
    whole = client_norte.get(f"{API}/invoices/{invoice.pk}/").json()
    assert whole["lines"][0]["total"] == "600.00"
    assert post(client_norte, f"/invoices/{invoice.pk}/void/", {}).status_code == 400
    assert post(client_norte, f"/invoices/{invoice.pk}/void/", {"reason": "x"}).json()["status"] == "void"
    assert post(client_norte, f"/invoices/{invoice.pk}/void/", {"reason": "x"}).status_code == 409


def test_runs_are_previewed_ordered_and_paused(client_norte, in_norte):
    make_customer()
    preview = client_norte.get(f"{API}/billing-runs/preview/", {"month": "2026-12"}).json()
    assert (preview["services"], preview["total"]) == (1, "600.00")
    assert not BillingRun.objects.exists()
    assert client_norte.get(f"{API}/billing-runs/preview/", {"month": "diciembre"}).status_code == 400
    run = post(client_norte, "/billing-runs/", {"month": "2026-12"}).json()
    assert post(client_norte, f"/billing-runs/{run['id']}/pause/").json()["status"] == "paused"
    assert post(client_norte, f"/billing-runs/{run['id']}/pause/").status_code == 409
    assert post(client_norte, f"/billing-runs/{run['id']}/resume/").json()["status"] == "running"


def test_comprobantes_are_accepted_and_rejected(client_norte, in_norte):
    customer = make_customer()
    debt(customer)
    one, two = filed(customer, "1" * 64), filed(customer, "2" * 64)
    accepted = post(client_norte, f"/receipts/{one.pk}/accept/", {"amount": "600"})
    assert accepted.json()["amount"] == "600.00"
    assert post(client_norte, f"/receipts/{two.pk}/reject/", {"reason": "No se lee"}).json()["status"] == "rejected"
    assert post(client_norte, f"/receipts/{two.pk}/accept/", {"amount": "600"}).status_code == 409
    assert len(client_norte.get(f"{API}/receipts/", {"status": "waiting"}).json()["results"]) == 0


def test_the_night_and_its_decisions(client_norte, in_norte):
    debt(make_customer())
    night = plan_night(day=today(), now=timezone.now())
    [decision] = client_norte.get(f"{API}/decisions/", {"night": night.pk}).json()["results"]
    assert decision["reasons"][0]["code"] == "overdue"
    assert post(client_norte, f"/decisions/{decision['id']}/take-out/").json()["taken_out_by"] == "Owner"
    assert post(client_norte, f"/decisions/{decision['id']}/put-back/").json()["taken_out_at"] is None
    assert post(client_norte, f"/nights/{night.pk}/hold/").json()["status"] == "held"
    assert post(client_norte, f"/nights/{night.pk}/release/").json()["status"] == "planned"
    assert post(client_norte, f"/nights/{night.pk}/approve/").json()["approved_by"] == "Owner"


def rows():
    customer = make_customer()
    invoice, payment, receipt = debt(customer), paid(make_customer()), filed(customer)
    night = plan_night(day=today(), now=timezone.now())
    run = BillingRun.objects.create(
        period=today(), origin="hand", issued_on=today(), actor_kind="user", actor_label="x", created_at=timezone.now()
    )
    decision = Decision.objects.get()
    return {
        "invoices": (invoice.pk, "billing.view"),
        "payments": (payment.pk, "billing.view"),
        "receipts": (receipt.pk, "receipts.review"),
        "billing-runs": (run.pk, "billing.run"),
        "nights": (night.pk, "billing.view"),
        "decisions": (decision.pk, "billing.view"),
    }, customer


def test_the_other_provider_finds_nothing(client_sur, norte, sur):
    with enter("norte"):
        found, customer = rows()
    for room, (pk, _code) in found.items():
        assert client_sur.get(f"{API}/{room}/").json()["results"] == []
        assert client_sur.get(f"{API}/{room}/{pk}/").status_code == 404
    assert client_sur.get(f"{API}/customers/{customer.pk}/balance/").status_code == 404


def test_who_may_not_finds_nothing(sign_in, norte, in_norte):
    found, customer = rows()
    reader, technician, stranger = sign_in(norte, "read_only"), sign_in(norte, "technician"), sign_in(norte, None)
    for room, (pk, code) in found.items():
        seen = 200 if code == "billing.view" else 404
        assert reader.get(f"{API}/{room}/{pk}/").status_code == seen
        assert technician.get(f"{API}/{room}/").status_code == 404
        assert stranger.get(f"{API}/{room}/").status_code in {401, 403}
    body = {"customer": customer.pk, "amount": "10", "method": "cash"}
    assert post(reader, "/payments/", body, headers={"Idempotency-Key": "k"}).status_code == 404
    assert post(reader, f"/nights/{found['nights'][0]}/hold/").status_code == 404
    assert post(reader, f"/invoices/{found['invoices'][0]}/void/", {"reason": "x"}).status_code == 404
    assert Night.objects.get().status == "planned"
    assert Invoice.objects.get().status == "open"
    assert Receipt.objects.get().status == "waiting"
    assert Payment.objects.get().amount == Decimal(600)
