from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import ApiKey
from customers.domain.holds import open_hold
from network.domain.desire import refresh_desired
from network.models import Access
from network.tests.conftest import ACTOR, NOW, MakeAccess, make_router
from tenants.models import Tenant

pytestmark = pytest.mark.django_db


def test_routers_and_accesses_are_read_without_secrets(
    client_norte: Client, client_sur: Client, in_norte: Tenant, make_access: MakeAccess
) -> None:
    access = make_access()
    Access.objects.filter(pk=access.pk).update(session_up=True, observed="on")
    routers = client_norte.get("/api/v1/routers/").json()["results"]
    assert [(row["name"], row["accesses"], row["online"], row["state"]) for row in routers] == [
        ("RB-Norte", 1, 1, "new")
    ]
    accesses = client_norte.get("/api/v1/accesses/", {"state": "online"}).json()["results"]
    assert [(row["username"], row["desired"], row["pending"]) for row in accesses] == [("ana@red", "on", False)]
    assert client_norte.get("/api/v1/accesses/", {"state": "cut"}).json()["results"] == []
    assert client_norte.get("/api/v1/accesses/", {"router": "x"}).json()["results"] == []
    assert "password" not in str(routers) + str(accesses)
    for url in ("/api/v1/routers/", "/api/v1/accesses/"):
        assert client_sur.get(url).json()["results"] == []
    assert client_sur.get(f"/api/v1/accesses/{access.pk}/").status_code == 404


def test_lists_cost_the_same_at_1_and_50_rows(
    client_norte: Client,
    in_norte: Tenant,
    make_access: MakeAccess,
    django_assert_num_queries: Any,
    django_assert_max_num_queries: Any,
) -> None:
    make_access("u0@red", make_router("RB-0"))
    costs = {}
    client_norte.get("/api/v1/routers/")  # signing in costs once
    for url in ("/api/v1/routers/", "/api/v1/accesses/"):
        with django_assert_max_num_queries(20) as seen:
            client_norte.get(url)
        costs[url] = len(seen)
    for number in range(1, 50):
        make_access(f"u{number}@red", make_router(f"RB-{number}"))
    for url, cost in costs.items():
        with django_assert_num_queries(cost):
            assert len(client_norte.get(url).json()["results"]) == 50


def test_a_suspension_is_made_seen_and_undone(
    client_norte: Client, client_sur: Client, in_norte: Tenant, make_access: MakeAccess
) -> None:
    access = make_access()
    url = f"/api/v1/services/{access.service_id}/suspension/"
    assert client_norte.get(url).json()["suspended"] is False
    made = client_norte.post(url, {"note": "abuso"}, content_type="application/json").json()
    assert made["suspended"] is True
    assert made["holds"][0]["detail"] == {"note": "abuso"}
    access.refresh_from_db()
    assert access.desired == "off"
    assert client_sur.delete(url).status_code == 404
    assert client_norte.delete(url).json()["suspended"] is False
    access.refresh_from_db()
    assert access.desired == "on"
    open_hold(service_id=access.service_id, reason="debt", source="dunning", actor=ACTOR, now=NOW)
    refresh_desired(service_ids=[access.service_id], now=NOW, actor=ACTOR)
    assert client_norte.delete(url).json()["suspended"] is True, "a debt is not lifted so"


def test_keys_and_roles(client_norte: Client, sign_in: Any, in_norte: Tenant, make_access: MakeAccess) -> None:
    access = make_access()
    url = f"/api/v1/services/{access.service_id}/suspension/"
    nobody = sign_in(in_norte, None)
    assert nobody.get("/api/v1/routers/").status_code in {401, 403}
    _key, text = ApiKey.issue(name="n8n", role="read_only")
    head = {"HTTP_AUTHORIZATION": f"Api-Key {text}"}
    assert nobody.get("/api/v1/routers/", **head).status_code == 200
    assert nobody.post(url, {}, content_type="application/json", **head).status_code == 404
    access.refresh_from_db()
    assert access.desired == "on"
    answer = client_norte.post(url, {"note": "x" * 300}, content_type="application/json")
    assert answer.status_code == 400
    assert "note" in answer.json()["fields"]
