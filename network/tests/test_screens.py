"""Pages of routers, services and what is stuck: what they show, to whom, and what their acts do."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from customers.models import Plan
from events.models import Event
from network.domain.setup import WATCHED
from network.models import Access, Command, PlanProfile, Router
from network.tests.conftest import NOW, MakeAccess, make_router, make_service
from tenants.current import entered
from tenants.models import Tenant

pytestmark = pytest.mark.django_db


def text_of(response: Any) -> str:
    return response.content.decode()


def stick(*accesses: Access, **more: Any) -> None:
    values = {"generation": 3, "attempts": 8, "stuck_since": timezone.now(), "last_error": "No existe en el router."}
    Access.objects.filter(pk__in=[access.pk for access in accesses]).update(**{**values, **more})


def test_routers_are_searched_filtered_sorted_and_paged(client_norte: Client, in_norte: Tenant) -> None:
    now = timezone.now()
    for number in range(55):
        make_router(f"Torre {number:02d}")
    Router.objects.update(last_seen_at=now, latency_ms=5)
    Router.objects.filter(name="Torre 07").update(failures=4, latency_ms=300, last_error="No responde")
    Router.objects.filter(name="Torre 08").update(kind="uisp_nms", last_seen_at=now - dt.timedelta(hours=1))
    first = client_norte.get("/red/")
    assert "Torre 49" in text_of(first)
    assert "Torre 50" not in text_of(first)
    rest = text_of(client_norte.get("/red/" + first.context["more"]))
    assert "Torre 50" in rest
    assert "Torre 49" not in rest
    assert "<html" not in rest
    for query, names in (
        ({"q": "torre 1"}, ["Torre 1"]),
        ({"estado": "failing"}, ["Torre 07"]),
        ({"estado": "silent"}, ["Torre 08"]),
        ({"tipo": "uisp_nms"}, ["Torre 08"]),
    ):
        rows = client_norte.get("/red/", query).context["rows"]
        assert rows
        assert all(row.router.name.startswith(names[0]) for row in rows), query
    for order in ("latency", "state"):
        assert client_norte.get("/red/", {"orden": order}).context["rows"][0].router.name == "Torre 07"
    page = client_norte.get("/red/", {"orden": "latency"})
    after = client_norte.get("/red/" + page.context["more"]).context["rows"]
    seen = [row.router.pk for row in [*page.context["rows"], *after]]
    assert len(seen) == len(set(seen)) == 55
    assert "Ningún router coincide" in text_of(client_norte.get("/red/", {"q": "nadie"}))


def test_looking_at_a_router_has_it_read_for_a_while(
    client_norte: Client, client_sur: Client, in_norte: Tenant
) -> None:
    router = make_router()
    Router.objects.update(
        observe_at=timezone.now() + dt.timedelta(minutes=1),
        resource={"cpu-load": "91", "free-memory": str(2**20 * 64), "total-memory": str(2**20 * 256)},
        uptime="3w2d4h",
    )
    url = f"/red/routers/{router.pk}/ahora/"
    assert client_sur.get(url).status_code == 404
    before = timezone.now()
    said = text_of(client_norte.get(url))
    assert "91 %" in said
    assert "192 MB de 256 MB" in said
    assert "3 sem 2 d" in said
    router.refresh_from_db()
    assert router.watched_until >= before + WATCHED
    assert router.observe_at <= timezone.now(), "read at once"
    later = timezone.now() + dt.timedelta(seconds=4)
    Router.objects.update(observe_at=later)
    client_norte.get(url)
    router.refresh_from_db()
    assert router.observe_at == later, "whoever goes on looking leaves the rhythm alone"


def test_the_log_reads_like_a_talk_and_is_narrowed(
    client_norte: Client, in_norte: Tenant, make_access: MakeAccess
) -> None:
    ana, beto = make_access("ana@red"), make_access("beto@red")
    for access, sentence, reply, ok, cause in (
        (ana, "/ppp/secret/set =.id=*1 =disabled=yes", "!done", True, "Caja"),
        (beto, "/queue/simple/set =.id=*2 =max-limit=10M/50M", "!trap no such item (4)", False, "Cobranza"),
        (beto, "/ppp/secret/set =.id=*2 =password=sup3rsecreta", "!done", True, "Cobranza"),
    ):
        Command.objects.create(
            router=ana.router, access=access, at=NOW, sentence=sentence, reply=reply, ok=ok, cause=cause,
            batch=access.uuid, took_ms=12,
        )  # fmt: skip
    url = f"/red/routers/{ana.router_id}/?ver=commands"
    whole = text_of(client_norte.get(url))
    for words in ("Deshabilita a ana@red", "Ponle a beto@red la velocidad 10M/50M", "Eso ya no existe", "Caja"):
        assert words in whole
    assert "sup3rsecreta" not in whole
    failing = text_of(client_norte.get(f"{url}&fallas=1"))
    assert "Ponle a beto@red" in failing
    assert "Deshabilita" not in failing
    assert "Deshabilita" not in text_of(client_norte.get(f"{url}&acceso={beto.pk}"))
    assert "Ponle a beto@red" not in text_of(client_norte.get(f"{url}&causa=Caja"))
    assert "Nada de eso" in text_of(client_norte.get(f"{url}&causa=Nadie"))


def test_what_is_stuck_is_shown_retried_and_left(
    client_norte: Client, client_sur: Client, sign_in: Any, in_norte: Tenant, make_access: MakeAccess
) -> None:
    assert "Todo está hecho" in text_of(client_norte.get("/red/sin-resolver/"))
    ana = make_access("ana@red", service=make_service("Ana Ñandú"))
    beto = make_access("beto@red")
    stick(ana, desired="off")
    stick(beto, last_error="No hay permiso")
    page = text_of(client_norte.get("/red/sin-resolver/"))
    for words in ("Cortar", "Ana Ñandú", "No existe en el router.", "No hay permiso"):
        assert words in page
    assert "Ana Ñandú" not in text_of(client_sur.get("/red/sin-resolver/"))
    assert "beto@red" not in text_of(client_norte.get("/red/sin-resolver/", {"q": "nandu"}))
    assert "ningún intento logró" in text_of(client_norte.get("/"))
    reader = sign_in(in_norte, "read_only")
    assert "Reintentar" not in text_of(reader.get("/red/sin-resolver/"))
    both = {"id": [ana.pk, beto.pk]}
    for url in ("/red/sin-resolver/reintentar/", "/red/sin-resolver/dejar/"):
        assert reader.post(url, both).status_code == 404
        assert "toast" in client_sur.post(url, both)["HX-Trigger"]
    assert Access.objects.filter(stuck_since=None).count() == 0
    technician = sign_in(in_norte, "technician")
    assert technician.post("/red/sin-resolver/reintentar/", {"id": [ana.pk]}).status_code == 204
    assert technician.post("/red/sin-resolver/dejar/", {"id": [beto.pk]}).status_code == 204
    ana.refresh_from_db()
    beto.refresh_from_db()
    assert (ana.stuck_since, ana.attempts, ana.next_try_at) == (None, 0, None)
    assert beto.dismissed_at is not None
    assert "Todo está hecho" in text_of(client_norte.get("/red/sin-resolver/"))
    assert client_norte.post("/red/sin-resolver/dejar/", {"id": ["x", "9" * 30]}).status_code == 204


def test_a_services_page_says_how_it_is(
    client_norte: Client, client_sur: Client, sign_in: Any, in_norte: Tenant, make_access: MakeAccess
) -> None:
    access = make_access()
    Plan.objects.update(download_kbps=50_000, upload_kbps=10_000)
    Access.objects.update(
        observed="on", session_up=True, session_since=timezone.now(), session_address="10.9.0.4", ip="10.9.0.3",
        session_mac="02:00:00:00:00:07", manages_speed=True, seen={"speed": [20_000, 5_000, 0, 0, 0, 0, 0]},
    )  # fmt: skip
    url = f"/red/servicios/{access.service_id}/"
    page = text_of(client_norte.get(url))
    for words in (
        "En línea",
        "10.9.0.4",
        "(aquí 10.9.0.3)",
        "02:00:00:00:00:07",
        "20 / 5 Mbps",
        "debe ser 50 / 10 Mbps",
    ):
        assert words in page
    assert "Cambiar de plan" in page
    assert "enlazó el servicio" in page
    part = text_of(client_norte.get(f"{url}?parte=live"))
    assert "10.9.0.4" in part
    assert "<html" not in part
    assert client_sur.get(url).status_code == 404
    technician = text_of(sign_in(in_norte, "technician").get(url))
    assert "Reiniciar sesión" in technician
    assert "Pasar a otro router" not in technician
    assert "Cortar" not in text_of(sign_in(in_norte, "read_only").get(url))
    bare = make_service("Sin enlace")
    assert "Sin enlace con ningún router" in text_of(client_norte.get(f"/red/servicios/{bare.pk}/"))


def test_a_session_is_kicked_by_who_may(
    client_sur: Client, sign_in: Any, in_norte: Tenant, make_access: MakeAccess
) -> None:
    access = make_access()
    url = f"/red/accesos/{access.pk}/sesion/"
    assert client_sur.post(url).status_code == 404
    assert sign_in(in_norte, "sales").post(url).status_code == 404
    technician = sign_in(in_norte, "technician")
    assert technician.get(url).status_code == 405
    assert "Reiniciando" in technician.post(url)["HX-Trigger"].encode().decode("unicode_escape")
    access.refresh_from_db()
    assert (access.is_pending, access.urgent, access.kick_at is not None) == (True, True, True)
    Access.objects.update(desired="off", kick_at=None)
    assert "bad" in technician.post(url)["HX-Trigger"]
    access.refresh_from_db()
    assert access.kick_at is None


def test_any_method_is_linked_with_its_own_fields(client_norte: Client, in_norte: Tenant) -> None:
    router = make_router()
    service = make_service()
    url = f"/red/servicios/{service.pk}/enlazar/"
    drawn = text_of(client_norte.post(url, {"router": router.pk, "kind": "dhcp", "armar": "1", "password": "tecleada"}))
    assert "DHCP Server" in drawn
    assert 'name="server"' in drawn
    assert 'name="password"' not in drawn
    assert "tecleada" not in drawn
    given = {"router": router.pk, "kind": "dhcp", "username": "48-8f-5a-01-02-03", "server": "lan", "provisions": "on"}
    assert client_norte.post(url, {**given, "username": "48:8f"}).status_code == 422
    assert "no se puede crear" in text_of(client_norte.post(url, given)), "a lease needs its IP"
    given["ip"] = "10.0.0.8"
    assert not Access.objects.exists()
    assert client_norte.post(url, {**given, "cut_by": "list", "manages_speed": "on"}).status_code == 204
    lease = Access.objects.get()
    assert (lease.kind, lease.username, lease.mac) == ("dhcp", "48:8F:5A:01:02:03", "48:8F:5A:01:02:03")
    assert (lease.server, lease.cut_by, lease.provisions, lease.manages_speed) == ("lan", "list", True, True)
    assert lease.wanted_plan["plan"] == service.plan_id
    assert lease.is_pending, "to be made on the router"
    again = client_norte.post(url, given)
    assert again.status_code == 422
    assert "ya es de" in text_of(again)
    assert client_norte.post(url, {"router": router.pk, "kind": "list", "username": "10.0.0"}).status_code == 422
    assert client_norte.post(url, {"router": router.pk, "kind": "list", "username": "10.0.0.9"}).status_code == 204
    assert Access.objects.get(kind="list").ip == "10.0.0.9"
    # What UISP knows is not offered on a MikroTik.
    client_norte.post(url, {"router": router.pk, "kind": "uisp_site", "username": "x"})
    assert not Access.objects.filter(kind="uisp_site").exists()
    edit = f"/red/accesos/{lease.pk}/editar/"
    before = lease.generation
    given = {
        "username": lease.username,
        "ip": "10.0.0.8",
        "server": "lan",
        "cut_by": "",
        "provisions": "on",
        "manages_speed": "on",
    }
    assert client_norte.post(edit, given).status_code == 204
    lease.refresh_from_db()
    assert (lease.cut_by, lease.generation) == ("", before + 1)


def test_an_access_is_moved_and_removed_by_who_may(
    client_norte: Client, client_sur: Client, sign_in: Any, in_norte: Tenant, make_access: MakeAccess
) -> None:
    access = make_access()
    other = make_router("RB-Sur")
    make_access("ana@red", other)
    move, remove = (f"/red/accesos/{access.pk}/{verb}/" for verb in ("mover", "quitar"))
    for client in (client_sur, sign_in(in_norte, "technician")):
        assert client.get(move).status_code == 404
        assert client.post(remove).status_code == 404
    given = {"router": other.pk, "provision": "on", "from_router": "on"}
    refused = client_norte.post(move, given)
    assert refused.status_code == 422
    assert "ya existe en ese router" in text_of(refused)
    Access.objects.filter(router=other).delete()
    assert client_norte.post(move, given).status_code == 204
    assert Access.objects.get(router=other).provisions
    assert Access.objects.get(pk=access.pk).desired == "gone"
    new = Access.objects.get(router=other)
    assert "Quitarlo también" in text_of(client_norte.get(f"/red/accesos/{new.pk}/quitar/"))
    assert client_norte.post(f"/red/accesos/{new.pk}/quitar/").status_code == 204
    assert not Access.objects.filter(pk=new.pk).exists()


CUTTING = {"cut_list": "morosos", "cut_profile": "cortado", "cut_kbps": 16, "max_cuts_per_run": 40}


def test_how_cuts_are_made_is_changed(
    client_norte: Client, client_sur: Client, sign_in: Any, in_norte: Tenant, make_access: MakeAccess
) -> None:
    cut, on = make_access("ana@red"), make_access("beto@red")
    Access.objects.filter(pk=cut.pk).update(desired="off", generation=1, applied_generation=1)
    url = f"/red/routers/{cut.router_id}/corte/"
    for client in (client_sur, sign_in(in_norte, "technician")):
        assert client.post(url, CUTTING).status_code == 404
    wrong = client_norte.post(url, {**CUTTING, "cut_kbps": 0})
    assert wrong.status_code == 422
    assert "sin límite" in text_of(wrong)
    assert Router.objects.get().cut_list == "cortados"
    assert client_norte.post(url, CUTTING).status_code == 204
    router = Router.objects.get()
    assert (router.cut_list, router.cut_kbps, router.max_cuts_per_run) == ("morosos", 16, 40)
    cut.refresh_from_db()
    on.refresh_from_db()
    assert (cut.is_pending, cut.cut_approved, on.is_pending) == (True, True, False)
    assert "morosos" in text_of(client_norte.get(f"/red/routers/{router.pk}/?ver=setup"))
    assert Event.objects.filter(type="router.cut_changed").count() == 1
    client_norte.post(url, {**CUTTING, "max_cuts_per_run": 50})
    before = cut.generation
    cut.refresh_from_db()
    assert cut.generation == before, "the limit changes nothing for who is cut"


def test_plans_have_names_on_a_router(
    client_norte: Client, client_sur: Client, sign_in: Any, in_norte: Tenant, make_access: MakeAccess
) -> None:
    access = make_access()
    Access.objects.update(manages_speed=True, wanted_plan={"speed": [1, 1], "plan": access.service.plan_id})
    plan = access.service.plan
    base = f"/red/routers/{access.router_id}/planes/"
    given = {"plan": plan.pk, "kind": "pppoe", "name": "50M", "validity": "", "is_trial": ""}
    for client in (client_sur, sign_in(in_norte, "support")):
        assert client.post(base, given).status_code == 404
    assert client_norte.post(base, {**given, "validity": "7"}).status_code == 422
    assert client_norte.post(base, given).status_code == 204
    name = PlanProfile.objects.get()
    access.refresh_from_db()
    assert access.is_pending, "its service follows"
    taken = client_norte.post(base, {**given, "name": "otro"})
    assert taken.status_code == 422
    assert "ya se llama «50M»" in text_of(taken)
    timed = {**given, "kind": "user_manager", "name": "semana", "validity": "7", "is_trial": "on"}
    assert client_norte.post(base, timed).status_code == 204
    week = PlanProfile.objects.get(kind="user_manager")
    assert (week.validity, week.is_trial) == (dt.timedelta(days=7), True)
    page = text_of(client_norte.get(f"/red/routers/{access.router_id}/?ver=setup"))
    assert "dura 7 días" in page
    assert "de prueba" in page
    assert client_norte.post(f"{base}{name.pk}/", {"name": "50M-nuevo"}).status_code == 204
    assert PlanProfile.objects.get(pk=name.pk).name == "50M-nuevo"
    assert client_sur.post(f"{base}{name.pk}/quitar/").status_code == 404
    assert client_norte.post(f"{base}{name.pk}/quitar/").status_code == 204
    assert not PlanProfile.objects.filter(pk=name.pk).exists()


@pytest.mark.parametrize(
    "path", ["/red/sin-resolver/", "/red/servicios/{service}/", "/red/routers/{router}/?ver=setup"]
)
def test_pages_cost_the_same_at_1_and_50_rows(
    client_norte: Client,
    in_norte: Tenant,
    make_access: MakeAccess,
    django_assert_max_num_queries: Any,
    path: str,
) -> None:
    router, service = make_router(), make_service()

    def fill(first: int, last: int) -> None:
        for number in range(first, last):
            on = make_router(f"RB-{number}") if "sin-resolver" in path else router
            access = make_access(f"u{number}@red", on, service)
            stick(access)
            Command.objects.create(router=on, access=access, at=NOW, sentence="/x", batch=access.uuid)
            plan = Plan.objects.create(name=f"P{number}", price=1)
            PlanProfile.objects.create(router=router, plan=plan, kind="pppoe", name=f"p{number}")

    fill(0, 1)
    url = path.format(router=router.pk, service=service.pk)
    client_norte.get(url)
    with django_assert_max_num_queries(24) as first:
        assert client_norte.get(url).status_code == 200
    fill(1, 50)
    # At most: what is cached for some seconds may have been looked up in the first count only.
    with django_assert_max_num_queries(len(first)):
        assert client_norte.get(url).status_code == 200


def test_programs_kick_retry_and_name_plans(  # noqa: PLR0917 -- fixtures
    client_norte: Client, client_sur: Client, sign_in: Any, in_norte: Tenant, sur: Tenant, make_access: MakeAccess
) -> None:
    access = make_access()
    url = f"/api/v1/accesses/{access.pk}"
    reader = sign_in(in_norte, "read_only")
    for verb in ("kick", "retry", "dismiss", "credentials"):
        assert client_sur.post(f"{url}/{verb}/").status_code == 404
        assert reader.post(f"{url}/{verb}/").status_code == 404
        assert client_norte.get(f"{url}/{verb}/").status_code == 405
    assert client_norte.post(f"{url}/kick/").json()["pending"] is True
    stick(access)
    listed = client_norte.get("/api/v1/accesses/", {"state": "stuck"}).json()["results"]
    assert [row["username"] for row in listed] == ["ana@red"]
    assert client_norte.post(f"{url}/dismiss/").json()["dismissed_at"]
    assert client_norte.post(f"{url}/retry/").json()["stuck_since"] is None
    Access.objects.update(desired="off")
    refused = client_norte.post(f"{url}/kick/")
    assert refused.status_code == 400
    assert "cortado" in str(refused.json())
    router = client_norte.get("/api/v1/routers/").json()["results"][0]
    assert (router["stuck"], router["cut_list"], router["rules"]) == (0, "cortados", "")
    given = {"router": access.router_id, "plan": access.service.plan_id, "kind": "hotspot", "name": "dia"}
    made = client_norte.post("/api/v1/plan-profiles/", {**given, "validity_days": 1}, content_type="application/json")
    assert made.status_code == 201
    assert made.json()["validity_days"] == 1
    wrong = client_norte.post(
        "/api/v1/plan-profiles/", {**given, "kind": "uisp_service"}, content_type="application/json"
    )
    assert wrong.status_code == 400
    mine = f"/api/v1/plan-profiles/{made.json()['id']}/"
    assert client_sur.get("/api/v1/plan-profiles/").json()["results"] == []
    assert client_sur.delete(mine).status_code == 404
    assert client_norte.delete(mine).status_code == 204
    with entered(sur):
        assert not Event.objects.filter(type__startswith="access.").exists()
