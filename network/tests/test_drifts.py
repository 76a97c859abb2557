"""What a comparison found is shown, and what a person decides about it happens: here, and nowhere else."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from customers.domain.holds import open_hold
from customers.models import Hold
from events.models import Event
from network.domain.desire import refresh_desired
from network.domain.planning import target_of
from network.domain.surveys import record_survey
from network.drivers.base import Found, Key, Listed, Speed, Survey
from network.models import Access, Chore, Drift, Router
from network.passes import Report
from network.tests.conftest import ACTOR, NOW, MakeAccess, make_router, make_service
from tenants.models import Tenant

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


def found(name: str, *, enabled: bool = True, **more: Any) -> Found:
    return Found(Key("pppoe", name), more.pop("ref", f"*{abs(hash(name)) % 9999:X}"), enabled, **more)


def survey(router: Router, *rows: Found, now: dt.datetime = NOW, listed: tuple[Listed, ...] = ()) -> int:
    report = Report(target_of(router), uuid4(), now, seen_at=now, survey=Survey(tuple(rows), listed))
    return record_survey(report, now=now)


def owe(access: Access) -> None:
    open_hold(service_id=access.service_id, reason="debt", source="dunning", actor=ACTOR, now=NOW)
    refresh_desired(service_ids=[access.service_id], now=NOW, actor=ACTOR)
    settle(access)


def settle(access: Access) -> None:
    access.refresh_from_db()
    Access.objects.filter(pk=access.pk).update(applied_generation=access.generation, tell=False)


def kinds() -> dict[str, str]:
    return {drift.key: drift.kind for drift in Drift.objects.open()}


def text_of(response: Any) -> str:
    return response.content.decode()


@pytest.fixture
def router(in_norte: Tenant) -> Router:
    return make_router()


def test_differences_open_once_end_by_themselves_and_stay_ignored_until_they_change(
    router: Router, make_access: MakeAccess
) -> None:
    paid, cut = make_access("paid@red", router), make_access("cut@red", router)
    owe(cut)
    rows = [found("paid@red", enabled=False), found("cut@red"), found("nobody@red")]
    assert survey(router, *rows) == 3
    assert kinds() == {"pppoe:paid@red": "cut", "pppoe:cut@red": "enabled", "pppoe:nobody@red": "unknown"}
    assert survey(router, *rows, now=NOW + HOUR) == 0
    assert Drift.objects.count() == 3
    Drift.objects.update(ignored_at=NOW, ignored_by="Eva")
    survey(router, *rows, now=NOW + 2 * HOUR)
    assert kinds() == {}, "the same again stays quiet"
    survey(router, found("paid@red"), found("cut@red"), found("nobody@red", comment="¡ahora sí!"), now=NOW + 3 * HOUR)
    assert kinds() == {"pppoe:nobody@red": "unknown"}, "what changed is shown again, what is right has ended"
    assert Drift.objects.get(access=paid).resolved_at == NOW + 3 * HOUR
    assert Event.objects.filter(type="router.drifted").count() == 1


def test_what_is_on_its_way_is_no_difference(router: Router, make_access: MakeAccess) -> None:
    access = make_access("ana@red", router)
    open_hold(service_id=access.service_id, reason="debt", source="dunning", actor=ACTOR, now=NOW)
    refresh_desired(service_ids=[access.service_id], now=NOW, actor=ACTOR)
    survey(router, found("ana@red"))
    assert kinds() == {}


def test_agreeing_with_all_asks_the_router_and_touches_nothing_else(
    client_norte: Client, in_norte: Tenant, router: Router, make_access: MakeAccess
) -> None:
    paid, cut, fine = (make_access(f"{name}@red", router) for name in ("paid", "cut", "fine"))
    owe(cut)
    survey(router, found("paid@red", enabled=False), found("cut@red"), found("fine@red"), found("nobody@red", ref="*9"))
    url = f"/red/routers/{router.pk}/diferencias/corregir/"
    page = text_of(client_norte.get(url + "?todas=1"))
    assert "Se deshabilita 1 usuario que no es de nadie" in page
    assert "No lo pusimos nosotros" in page
    assert Drift.objects.open().count() == 3, "to look is not to do"
    assert client_norte.post(url, {"todas": "1"}).status_code == 204
    for access in (paid, cut, fine):
        access.refresh_from_db()
    assert (paid.is_pending, paid.urgent, paid.tell) == (True, True, False)
    assert (cut.is_pending, cut.cut_approved, cut.tell) == (True, True, False)
    assert not fine.is_pending
    chore = Chore.objects.get()
    assert (chore.kind, chore.detail["rows"]) == ("disable", [{"ref": "*9", "name": "nobody@red", "server": ""}])
    assert kinds() == {}
    assert set(Drift.objects.values_list("resolution", flat=True)) == {"agree"}
    assert Event.objects.get(type="router.agreed").facts["count"] == 3


def test_one_of_a_kind_or_a_chosen_one_leaves_the_others(
    client_norte: Client, router: Router, make_access: MakeAccess
) -> None:
    a, b = make_access("a@red", router), make_access("b@red", router)
    survey(router, found("a@red", enabled=False), found("b@red", enabled=False), found("c@red"))
    url = f"/red/routers/{router.pk}/diferencias/"
    one = Drift.objects.get(access=a)
    client_norte.post(url + "corregir/", {"d": [one.pk]})
    assert kinds() == {"pppoe:b@red": "cut", "pppoe:c@red": "unknown"}
    client_norte.post(url + "corregir/", {"todas": "1", "tipo": "cut"})
    assert kinds() == {"pppoe:c@red": "unknown"}
    b.refresh_from_db()
    assert b.is_pending
    assert not Chore.objects.exists()


def test_adopting_a_cut_made_by_hand_holds_the_service_and_one_lifted_by_hand_frees_it(
    client_norte: Client, router: Router, make_access: MakeAccess
) -> None:
    paid, cut = make_access("paid@red", router), make_access("cut@red", router)
    open_hold(service_id=cut.service_id, reason="staff", source="person", actor=ACTOR, now=NOW)
    refresh_desired(service_ids=[cut.service_id], now=NOW, actor=ACTOR)
    settle(cut)
    survey(router, found("paid@red", enabled=False), found("cut@red"))
    url = f"/red/routers/{router.pk}/diferencias/adoptar/"
    assert "queda cortado a mano" in text_of(client_norte.get(url + "?todas=1"))
    client_norte.post(url, {"todas": "1", "nota": "Lo pidió él"})
    hold = Hold.objects.get(closed_at=None)
    assert (hold.service_id, hold.reason, hold.detail["note"]) == (paid.service_id, "staff", "Lo pidió él")
    for access in (paid, cut):
        access.refresh_from_db()
    assert (paid.desired, paid.tell) == ("off", False)
    assert (cut.desired, cut.tell) == ("on", False)


def test_a_debts_cut_is_lifted_only_by_who_may(
    sign_in: Any, client_norte: Client, in_norte: Tenant, router: Router, make_access: MakeAccess
) -> None:
    access = make_access("cut@red", router)
    owe(access)
    survey(router, found("cut@red"))
    url = f"/red/routers/{router.pk}/diferencias/adoptar/"
    technician = sign_in(in_norte, "technician")
    assert "lo decide cobranza" in text_of(technician.get(url + "?todas=1"))
    technician.post(url, {"todas": "1"})
    access.refresh_from_db()
    assert access.desired == "off"
    assert kinds() == {"pppoe:cut@red": "enabled"}, "nothing was done, so it is still there"
    client_norte.post(url, {"todas": "1"})
    access.refresh_from_db()
    assert access.desired == "on"
    assert kinds() == {}


def test_speed_and_address_are_taken_from_the_router(
    client_norte: Client, router: Router, make_access: MakeAccess
) -> None:
    fast, moved = make_access("fast@red", router), make_access("moved@red", router)
    Access.objects.filter(pk=fast.pk).update(manages_speed=True, wanted_plan={"speed": list(Speed(20000, 5000))})
    Access.objects.filter(pk=moved.pk).update(ip="10.0.0.5")
    survey(router, found("fast@red", speed=Speed(50000, 9000)), found("moved@red", ip="10.0.0.9"))
    assert sorted(kinds().values()) == ["ip", "plan"]
    page = text_of(client_norte.get(f"/red/routers/{router.pk}/?ver=drift"))
    assert "20 / 5 Mbps" in page
    assert "50 / 9 Mbps" in page
    client_norte.post(f"/red/routers/{router.pk}/diferencias/adoptar/", {"todas": "1"})
    fast.refresh_from_db()
    moved.refresh_from_db()
    assert (fast.manages_speed, fast.wanted_plan, moved.ip) == (False, {}, "10.0.0.9")
    assert not fast.is_pending
    assert Event.objects.filter(type="access.ip_adopted", customer_id=moved.customer_id).exists()


def test_ignoring_says_who_and_can_be_undone(client_norte: Client, router: Router) -> None:
    survey(router, found("nobody@red"))
    drift = Drift.objects.get()
    url = f"/red/routers/{router.pk}/"
    client_norte.post(url + "diferencias/ignorar/", {"d": [drift.pk]})
    assert "nobody@red" not in text_of(client_norte.get(url + "?ver=drift"))
    page = text_of(client_norte.get(url + "?ver=drift&estado=ignored"))
    assert "nobody@red" in page
    drift.refresh_from_db()
    assert drift.ignored_by
    assert drift.ignored_by in page
    client_norte.post(url + "diferencias/atender/", {"d": [drift.pk]})
    assert "nobody@red" in text_of(client_norte.get(url + "?ver=drift"))


def test_a_row_of_nobody_is_linked_with_the_service_it_looks_like(
    client_norte: Client, router: Router, make_access: MakeAccess
) -> None:
    service = make_service("Eva Núñez Robles")
    survey(router, found("eva", comment="Eva Nuñez Robles", ip="10.0.0.7", mac="02:00:00:00:00:09"))
    url = f"/red/routers/{router.pk}/diferencias/{Drift.objects.get().pk}/enlazar/"
    assert "Eva Núñez Robles" in text_of(client_norte.get(url))
    for bad in ({}, {"codigo": "nadie"}, {"servicio": "99999999"}, {"servicio": "x"}):
        answer = client_norte.post(url, bad)
        assert answer.status_code == 422
        assert not Access.objects.exists()
    client_norte.post(url, {"servicio": service.pk})
    access = Access.objects.get()
    assert (access.service_id, access.username, access.kind, access.ip) == (service.pk, "eva", "pppoe", "10.0.0.7")
    assert kinds() == {}


def test_orphans_of_the_list_are_taken_out_and_those_of_other_lists_are_not_seen(
    client_norte: Client, router: Router, make_access: MakeAccess
) -> None:
    access = make_access("10.0.0.4", router)
    Access.objects.filter(pk=access.pk).update(kind="list", ip="10.0.0.4")
    entries = (
        Listed("cortados", "10.0.0.4", "*1"),
        Listed("cortados", "10.0.0.8", "*2", "0013"),
        Listed("cortados", "10.0.0.9", "*3", is_dynamic=True),
        Listed("Aviso", "10.0.0.8", "*4"),
    )
    survey(router, listed=entries)
    assert kinds() == {"list:10.0.0.4": "cut", "cortados:10.0.0.8": "orphan", "cortados": "rules_missing"}
    client_norte.post(f"/red/routers/{router.pk}/diferencias/corregir/", {"todas": "1", "tipo": "orphan"})
    assert Chore.objects.get().detail["rows"] == [
        {"ref": "*2", "match": {"list": "cortados", "address": "10.0.0.8"}},
    ]
    client_norte.post(f"/red/routers/{router.pk}/diferencias/corregir/", {"todas": "1", "tipo": "rules_missing"})
    assert list(Chore.objects.order_by("id").values_list("kind", flat=True)) == ["remove", "rule", "rule", "rule"]


@pytest.mark.parametrize("act", ["corregir", "adoptar", "ignorar", "atender"])
def test_bad_choices_and_the_neighbour_change_nothing(  # noqa: PLR0917 -- fixtures
    client_norte: Client, client_sur: Client, sign_in: Any, in_norte: Tenant, router: Router, act: str
) -> None:
    survey(router, found("nobody@red"))
    drift = Drift.objects.get()
    url = f"/red/routers/{router.pk}/diferencias/{act}/"
    for bad in ({}, {"d": "x"}, {"todas": "1", "tipo": "'; drop"}, {"d": "9" * 30}):
        assert client_norte.post(url, bad).status_code == 404
    assert client_sur.post(url, {"d": drift.pk}).status_code == 404
    assert sign_in(in_norte, "read_only").post(url, {"d": drift.pk}).status_code in {403, 404}
    drift.refresh_from_db()
    assert (drift.resolved_at, drift.ignored_at) == (None, None)
    assert not Chore.objects.exists()


def test_the_list_costs_the_same_at_1_and_50_rows(
    client_norte: Client,
    router: Router,
    make_access: MakeAccess,
    django_assert_num_queries: Any,
    django_assert_max_num_queries: Any,
) -> None:
    url = f"/red/routers/{router.pk}/?ver=drift"
    make_access("u0@red", router)
    survey(router, found("u0@red", enabled=False))
    client_norte.get(url)
    with django_assert_max_num_queries(40) as first:
        client_norte.get(url)
    for number in range(1, 60):
        make_access(f"u{number}@red", router)
    survey(router, *(found(f"u{number}@red", enabled=False) for number in range(60)), now=NOW + HOUR)
    with django_assert_num_queries(len(first)):
        page = text_of(client_norte.get(url))
    assert "Ver más" in page
    kind, number = Drift.objects.open().order_by("kind", "id").values_list("kind", "pk")[49]
    rest = text_of(client_norte.get(f"{url}&parte=drift&desde={kind}-{number}"))
    assert rest.count("drift__acts") == 10


def test_a_comparison_of_thousands_takes_few_statements(router: Router, django_assert_max_num_queries: Any) -> None:
    rows = [found(f"u{number}@red", ref=f"*{number:X}") for number in range(3000)]
    with django_assert_max_num_queries(20):
        survey(router, *rows)
    assert Drift.objects.open().count() == 3000
    with django_assert_max_num_queries(20):
        survey(router, now=NOW + HOUR)
    assert Drift.objects.open().count() == 0


def test_filters_survive_in_the_address(client_norte: Client, router: Router, make_access: MakeAccess) -> None:
    make_access("a@red", router)
    survey(router, found("a@red", enabled=False), found("z@red"))
    url = f"/red/routers/{router.pk}/?ver=drift"
    page = text_of(client_norte.get(url + "&tipo=unknown"))
    assert "z@red" in page
    assert "a@red" not in page
    assert "Ninguna coincide" in text_of(client_norte.get(url + "&q=nadie"))
    assert "a@red" in text_of(client_norte.get(url + "&tipo=inventado&estado=raro&desde=cut-x"))


def test_comparing_now_is_asked_for(client_norte: Client, router: Router) -> None:
    Router.objects.update(survey_at=NOW + 6 * HOUR, next_try_at=NOW + HOUR)
    answer = client_norte.post(f"/red/routers/{router.pk}/diferencias/comparar/")
    assert json.loads(answer["HX-Trigger"])["toast"]["kind"] == "good"
    router.refresh_from_db()
    assert router.survey_at is not None
    assert router.next_try_at is None
