"""The customers' API: filters, paging by key, writing, roles and the outsider."""

from __future__ import annotations

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import ApiKey
from accounts.permissions import Role
from customers.models import Customer, Plan, Service, Zone
from customers.tests.test_pages import NOW, hold, make
from events.models import Event
from tenants.current import current_tenant, entered
from tests.harness.fixtures import TenantClient, host_of


class Api:
    """A program with a key of a role, at one provider's host."""

    def __init__(self, tenant, role=Role.OWNER, key=""):
        with entered(tenant):
            self.key = key or ApiKey.issue(name=f"{role}", role=role)[1]
        self.client = TenantClient(HTTP_HOST=host_of(tenant), headers={"Authorization": f"Api-Key {self.key}"})

    def __call__(self, method, path, data=None):
        body = json.dumps(data) if data is not None else None
        response = getattr(self.client, method)(f"/api/v1{path}", body, content_type="application/json")
        response.data_ = json.loads(response.content) if response.content else None
        return response


def get(api, path):
    response = api.client.get(f"/api/v1{path}")
    return response.status_code, json.loads(response.content or "null")


@pytest.fixture
def three(in_norte):
    return make(3)


@pytest.fixture
def api(three):
    return Api(current_tenant())


def test_customers_are_found_filtered_and_paged_by_key(api, three):
    hold(three[0], amount="450.00", invoices=1, currency="MXN")
    _, found = get(api, "/customers/")
    assert [row["code"] for row in found["results"]] == ["0003", "0002", "0001"]
    assert found["results"][0]["contacts"][0]["value"] == "+525500000003"
    for query, codes in (
        ("q=nunez+0002", ["0002"]),
        ("state=cut", ["0001"]),
        (f"zone={Zone.objects.get().pk}&q=0003", ["0003"]),
        ("plan=999", []),
    ):
        assert [row["code"] for row in get(api, f"/customers/?{query}")[1]["results"]] == codes, query
    _, page = get(api, "/customers/?page_size=2")
    assert len(page["results"]) == 2
    assert page["next"]
    path = page["next"].split("/api/v1")[1]
    assert [row["code"] for row in get(api, path)[1]["results"]] == ["0001"]


def test_a_service_says_its_state(api, three):
    hold(three[0], amount="450.00", invoices=1, currency="MXN")
    _, found = get(api, f"/services/?customer={three[0].pk}")
    row = found["results"][0]
    assert (row["state"], row["monthly_price"]) == ("cut", "450.000")
    assert "1 factura vencida ($450.00)" in row["words"]
    assert row["holds"][0]["reason"] == "debt"
    assert row["holds"][0]["since"].startswith(NOW.date().isoformat())


def test_writing_records_who_did_it(api, three):
    made = api("post", "/customers/", {"name": "Ana Ruiz", "phones": ["55 0000 0009"]})
    assert made.status_code == 201
    assert made.data_["code"] == "0004"
    pk = made.data_["id"]
    changed = api("patch", f"/customers/{pk}/", {"address": "Calle 5"})
    assert (changed.data_["address"], changed.data_["contacts"][0]["value"]) == ("Calle 5", "+525500000009")
    event = Event.objects.get(type="customer.changed", customer_id=pk)
    assert (event.actor_kind, event.facts["fields"]) == ("api", ["address"])
    plan = Plan.objects.get()
    service = api("post", f"/customers/{pk}/services/", {"plan": plan.pk})
    assert (service.status_code, service.data_["code"], service.data_["state"]) == (201, "0004-1", "active")
    cheaper = api("patch", f"/services/{service.data_['id']}/", {"price": "399.00"})
    assert cheaper.data_["monthly_price"] == "399.000"


@pytest.mark.parametrize(
    ("asked", "data", "field"),
    [
        ("post /customers/", {}, "name"),
        ("post /customers/", {"name": "A", "phones": ["55 12"]}, "phones"),
        ("post /customers/", {"name": "A", "zone": 999}, "zone"),
        ("post /customers/{id}/services/", {"plan": 999}, "plan"),
        ("post /customers/999/services/", {"plan": 1}, "customer"),
        ("patch /services/{service}/", {"price": "-1"}, "price"),
        ("patch /services/{service}/", {"status": "cancelled"}, "status"),
    ],
)
def test_what_is_wrong_is_named(api, three, asked, data, field):
    method, path = asked.split()
    response = api(method, path.format(id=three[0].pk, service=three[0].services.get().pk), data)
    assert response.status_code == 400
    assert field in response.data_["fields"]
    assert Customer.objects.count() == 3


def test_plans_and_zones(api, three):
    made = api("post", "/plans/", {"name": "Plan 200", "price": "900.00", "download_kbps": 200000})
    assert made.status_code == 201
    assert api("patch", f"/plans/{made.data_['id']}/", {"is_active": False}).data_["is_active"] is False
    assert api("delete", f"/plans/{made.data_['id']}/").status_code == 204
    used = api("delete", f"/plans/{Plan.objects.get().pk}/")
    assert used.status_code == 400
    assert "en uso" in json.dumps(used.data_, ensure_ascii=False)
    assert api("post", "/zones/", {"name": "Ribera"}).status_code == 400


def test_queries_do_not_grow_with_the_rows(api):
    def queries(path):
        with CaptureQueriesContext(connection) as captured:
            assert get(api, path)[0] == 200
        return len(captured)

    for path in ("/customers/", "/services/"):
        queries(path)
    few = [queries("/customers/"), queries("/services/")]
    make(45, start=4)
    assert [queries("/customers/"), queries("/services/")] == few


PATHS = ["/customers/", "/customers/{id}/", "/services/", "/services/{service}/", "/plans/", "/zones/"]


@pytest.mark.parametrize(
    ("role", "writes"),
    [("administrator", True), ("support", True), ("technician", False), ("read_only", False)],
)
def test_each_role_does_what_it_may(three, role, writes):
    api = Api(current_tenant(), role)
    for path in PATHS:
        assert get(api, path.format(id=three[0].pk, service=three[0].services.get().pk))[0] == 200
    assert api("post", "/customers/", {"name": "Ana"}).status_code == (201 if writes else 404)
    assert api("post", "/zones/", {"name": "Sur"}).status_code == (201 if role == "administrator" else 404)


def test_the_outsider_finds_nothing_and_a_key_works_at_home_only(three, sur):
    outsider = Api(sur)
    for path in PATHS:
        status, found = get(outsider, path.format(id=three[0].pk, service=three[0].services.get().pk))
        assert status == 404 or found["results"] == []
    assert outsider("patch", f"/customers/{three[0].pk}/", {"name": "Robado"}).status_code == 404
    stolen = Api(sur, key=Api(current_tenant()).key)
    assert get(stolen, "/customers/")[0] == 401
    nobody = TenantClient(HTTP_HOST=host_of(current_tenant()))
    assert nobody.get("/api/v1/customers/").status_code in (401, 403)
    assert not Customer.objects.filter(name="Robado").exists()
    assert Service.objects.count() == 3
