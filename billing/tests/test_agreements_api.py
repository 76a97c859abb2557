"""What is agreed with a service and what is taken back, through the API: every act, every refusal, nobody else."""

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import timezone

from billing.models import Contract, CreditNote, Discount, Entry, Extra, PlanChange
from billing.tests.bills import bill, line
from billing.tests.scenes import make_customer, make_plan
from tenants.current import current_tenant, tenant_today


@pytest.fixture
def service(in_norte):
    return make_customer(plan=make_plan("Hogar", "600.00")).services.get()


@pytest.fixture
def invoice(service):
    today = tenant_today(timezone.now())
    days = (today - dt.timedelta(days=9), today + dt.timedelta(days=21))
    return bill(service, line("600", days=days), now=timezone.now())


@pytest.fixture
def api(client_norte):
    def call(method, path, data=None, client=client_norte):
        send = getattr(client, method)
        answer = send(f"/api/v1{path}", data, "application/json") if data is not None else send(f"/api/v1{path}")
        answer.told = answer.json() if answer.content else None
        return answer

    return call


def test_extras_and_discounts_from_the_first_to_the_last_day(api, service):
    made = api("post", f"/services/{service.pk}/extras/", {"kind": "recurring", "description": "TV", "amount": "93"})
    assert (made.status_code, made.told["amount"], made.told["kind"]) == (201, "93.00", "recurring")
    day = (tenant_today(timezone.now()) + dt.timedelta(days=40)).isoformat()
    assert api("post", f"/extras/{made.told['id']}/end/", {"ends_on": day}).told["ends_on"] == day
    assert api("post", f"/extras/{made.told['id']}/cancel/", {}).told["cancelled_by"]
    again = api("post", f"/extras/{made.told['id']}/cancel/", {})
    assert (again.status_code, again.told["message"]) == (409, "Este cargo ya se había quitado.")
    wrong = api("post", f"/services/{service.pk}/extras/", {"kind": "once", "description": "X", "amount": "-1"})
    assert (wrong.status_code, list(wrong.told["fields"])) == (400, ["amount"])
    assert len(api("get", f"/services/{service.pk}/extras/").told) == 1

    body = {"kind": "percent", "value": "10", "description": "Lealtad", "periods": 3}
    less = api("post", f"/services/{service.pk}/discounts/", body)
    assert (less.status_code, less.told["periods"]) == (201, 3)
    wrong = api("post", f"/services/{service.pk}/discounts/", {**body, "value": "150"})
    assert wrong.told["fields"] == {"value": ["El porcentaje va de más de 0 a 100."]}
    assert api("post", f"/discounts/{less.told['id']}/end/", {}).told["cancelled_at"]
    assert len(api("get", f"/services/{service.pk}/discounts/").told) == 1


def test_terms(api, service):
    path = f"/services/{service.pk}/contract/"
    assert api("get", path).told["term_months"] == 0
    body = {"starts_on": "2026-01-10", "term_months": 12, "termination": "amount", "termination_value": "900"}
    told = api("put", path, body).told
    assert (told["term_ends"], told["termination_value"]) == ("2027-01-09", "900.00")
    wrong = api("put", path, {**body, "term_months": 0})
    assert (wrong.status_code, list(wrong.told["fields"])) == (400, ["term_months"])
    assert Contract.objects.get().term_months == 12


def test_a_change_of_plan_is_seen_before_and_cancelled_after(api, service, invoice):
    faster, slower = make_plan("Rápido", "900.00"), make_plan("Lento", "300.00")
    seen = api("post", f"/services/{service.pk}/plan-changes/preview/", {"plan": faster.pk}).told
    assert (seen["days"], seen["given_back"], seen["scheduled"]) == (21, "420.00", False)
    assert not CreditNote.objects.exists()
    path = f"/services/{service.pk}/plan-changes/"
    # Less waits for the end of what was charged, as the policy has it.
    waits = api("post", path, {"plan": slower.pk})
    assert (waits.status_code, waits.told["status"]) == (201, "scheduled")
    assert api("post", f"/plan-changes/{waits.told['id']}/cancel/", {}).told["status"] == "cancelled"
    assert api("post", f"/plan-changes/{waits.told['id']}/cancel/", {}).status_code == 409
    for body, field in (
        ({"plan": faster.pk, "when": "day"}, "day"),
        ({"plan": faster.pk, "when": "day", "day": "2020-01-01"}, "day"),
        ({"plan": service.plan_id}, "plan"),
        ({"plan": faster.pk, "price": "-1"}, "price"),
        ({"plan": 99999}, "plan"),
    ):
        wrong = api("post", path, body)
        assert (wrong.status_code, list(wrong.told["fields"])) == (400, [field]), body
    done = api("post", path, {"plan": faster.pk, "when": "now"})
    assert done.told["status"] == "done"
    assert CreditNote.objects.get().total == Decimal(420)
    assert [row["status"] for row in api("get", path).told] == ["done", "cancelled"]


def test_patching_a_service_goes_the_same_way(api, service, invoice):
    faster = make_plan("Rápido", "900.00")
    assert api("patch", f"/services/{service.pk}/", {"plan": faster.pk, "price": None}).status_code == 200
    assert (PlanChange.objects.get().status, CreditNote.objects.count()) == ("done", 1)
    wrong = api("patch", f"/services/{service.pk}/", {"price": "1.005", "notes": "no"})
    assert (wrong.status_code, list(wrong.told["fields"])) == (400, ["price"])
    service.refresh_from_db()
    assert service.notes == ""


def test_credit_notes_and_write_offs(api, invoice):
    path = f"/invoices/{invoice.pk}/credit/"
    left = api("get", path).told
    assert (left["left"], left["lines"][0]["left"]) == ("600.00", "600.00")
    made = api("post", path, {"reason": "Fallas", "amount": "100"})
    assert (made.status_code, made.told["total"], made.told["label"]) == (201, "100.00", "NC-1")
    by_line = {"reason": "Fallas", "lines": [{"line": left["lines"][0]["line"], "amount": "50.00"}]}
    assert api("post", path, by_line).told["lines"][0]["total"] == "50.00"
    too_much = api("post", path, {"reason": "Fallas", "amount": "451"})
    assert (too_much.status_code, too_much.told["message"]) == (
        409,
        "De esta factura sólo quedan $450.00 por acreditar.",
    )
    assert api("post", path, {**by_line, "amount": "1"}).status_code == 400
    assert [note["label"] for note in api("get", f"/credit-notes/?invoice={invoice.pk}").told["results"]] == [
        "NC-2", "NC-1",
    ]  # fmt: skip
    assert api("get", f"/credit-notes/{made.told['id']}/").told["lines"][0]["total"] == "100.00"
    off = api("post", f"/invoices/{invoice.pk}/write-off/", {"reason": "se mudó"})
    assert (off.told["status"], off.told["owed"]) == ("paid", "0.00")
    assert api("post", f"/invoices/{invoice.pk}/write-off/", {"reason": "otra"}).status_code == 409


def test_who_may_not_and_the_other_provider_change_nothing(api, sign_in, client_sur, service, invoice):
    norte = current_tenant()
    faster = make_plan("Rápido", "900.00")
    acts = [
        (
            "support",
            "read_only",
            f"/services/{service.pk}/extras/",
            {"kind": "once", "description": "X", "amount": "9"},
        ),
        ("sales", "technician", f"/services/{service.pk}/plan-changes/", {"plan": faster.pk}),
        ("owner", "collections", f"/invoices/{invoice.pk}/credit/", {"reason": "x"}),
        ("owner", "collections", f"/invoices/{invoice.pk}/write-off/", {"reason": "x"}),
    ]
    before = Entry.objects.count()
    for _may, may_not, path, body in acts:
        assert api("post", path, body, sign_in(norte, may_not)).status_code == 404, path
        assert api("post", path, body, client_sur).status_code == 404, path
        assert api("post", path, body, sign_in(norte, None)).status_code in {401, 403}, path
    assert (Extra.objects.count(), Discount.objects.count(), PlanChange.objects.count()) == (0, 0, 0)
    assert (CreditNote.objects.count(), Entry.objects.count()) == (0, before)
    assert api("post", acts[0][2], acts[0][3], sign_in(norte, "support")).status_code == 201
    assert api("get", "/credit-notes/", client=client_sur).told["results"] == []
    assert Extra.objects.count() == 1


def test_queries_do_not_grow_with_the_rows(api, invoice, django_assert_max_num_queries):
    for _ in range(12):
        api("post", f"/invoices/{invoice.pk}/credit/", {"reason": "x", "amount": "1"})
    for path in ("/credit-notes/", f"/invoices/{invoice.pk}/credit/"):
        with django_assert_max_num_queries(10):
            api("get", path)
