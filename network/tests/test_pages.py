from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from customers.domain.holds import open_hold
from customers.models import Hold
from events.models import Event
from network.domain.desire import refresh_desired
from network.domain.house import own_addresses
from network.models import Access, Command, Router
from network.tests.conftest import ACTOR, NOW, MakeAccess, make_router, make_service
from simulators.routeros.server import RouterSimulator
from tenants.models import Tenant

pytestmark = pytest.mark.django_db


def text_of(response: Any) -> str:
    return response.content.decode()


def test_an_empty_list_teaches_and_a_full_one_shows(
    client_norte: Client, client_sur: Client, in_norte: Tenant, make_access: MakeAccess
) -> None:
    assert "Todavía no hay routers" in text_of(client_norte.get("/red/"))
    access = make_access()
    Access.objects.filter(pk=access.pk).update(session_up=True, observed="on", session_since=timezone.now())
    Router.objects.update(version="7.20.2", last_seen_at=timezone.now(), latency_ms=12.4)
    page = text_of(client_norte.get("/red/"))
    assert "RB-Norte" in page
    assert "1 / 1" in page
    assert "En línea" in page
    assert "RB-Norte" not in text_of(client_sur.get("/red/"))
    part = text_of(client_norte.get("/red/?parte=rows"))
    assert "RB-Norte" in part
    assert "<html" not in part
    assert "ana@red" in text_of(client_norte.get(f"/red/routers/{access.router_id}/"))
    assert "ana@red" in text_of(client_norte.get("/red/accesos/"))
    assert client_sur.get(f"/red/routers/{access.router_id}/").status_code == 404
    assert client_sur.get(f"/red/servicios/{access.service_id}/estado/").status_code == 404


@pytest.mark.parametrize(
    "path", ["/red/", "/red/routers/{router}/", "/red/accesos/", "/red/routers/{router}/?ver=commands"]
)
def test_lists_cost_the_same_at_1_and_50_rows(
    client_norte: Client,
    in_norte: Tenant,
    make_access: MakeAccess,
    django_assert_max_num_queries: Any,
    path: str,
) -> None:
    router = make_router()

    def fill(first: int, last: int) -> None:
        for number in range(first, last):
            if path == "/red/":
                make_access(f"u{number}@red", make_router(f"RB-{number}"))
            else:
                access = make_access(f"u{number}@red", router)
                Command.objects.create(router=router, access=access, at=NOW, sentence="/x", batch=access.uuid)

    fill(0, 1)
    url = path.format(router=router.pk)
    client_norte.get(url)
    with django_assert_max_num_queries(20) as first:
        assert client_norte.get(url).status_code == 200
    fill(1, 50)
    # At most: what is cached for some seconds may have been looked up in the first count only.
    with django_assert_max_num_queries(len(first)):
        assert client_norte.get(url).status_code == 200


def test_accesses_are_searched_filtered_and_paged_by_key(
    client_norte: Client, in_norte: Tenant, make_access: MakeAccess
) -> None:
    router = make_router()
    for number in range(60):
        make_access(f"u{number:02d}@red", router)
    Access.objects.filter(username="u07@red").update(session_up=True, session_address="10.9.9.9")
    url = f"/red/routers/{router.pk}/"
    first = client_norte.get(url)
    assert "u49@red" in text_of(first)
    assert "u50@red" not in text_of(first)
    more = first.context["more"]
    rest = text_of(client_norte.get(url + more))
    assert "u50@red" in rest
    assert "u49@red" not in rest
    assert "<html" not in rest
    assert "u07@red" in text_of(client_norte.get(url, {"q": "10.9.9"}))
    assert "u08@red" not in text_of(client_norte.get(url, {"q": "10.9.9"}))
    Access.objects.filter(username="u08@red").update(kind="hotspot", ip="10.7.0.8", mac="02:00:00:00:00:08")
    for query in ({"metodo": "hotspot"}, {"q": "10.7.0"}, {"q": "00:00:08"}):
        found = text_of(client_norte.get(url, query))
        assert "u08@red" in found
        assert "u07@red" not in found
    online = text_of(client_norte.get(url, {"estado": "online"}))
    assert "u07@red" in online
    assert "u08@red" not in online
    assert "Ningún acceso coincide" in text_of(client_norte.get(url, {"q": "nadie"}))


FORM = {"name": "RB-Nuevo", "host": "127.0.0.1", "username": "enlace", "max_cuts_per_run": 30}


def test_trying_a_router_from_its_form(client_norte: Client, in_norte: Tenant) -> None:
    rows = [{"name": "ana@red", "password": "x"}]
    router = make_router()
    url = f"/red/routers/{router.pk}/probar/"
    with RouterSimulator(secrets=rows, identity="Torre Norte", password="buena") as simulator:
        given = {**FORM, "port": simulator.port, "password": "buena"}
        said = text_of(client_norte.post(url, given))
        assert "Torre Norte" in said
        assert "1 usuario PPPoE, 1 en línea" in said
        wrong = text_of(client_norte.post(url, {**given, "password": "mala-clave"}))
        assert "no aceptó el usuario o la contraseña" in wrong
        assert "mala-clave" not in wrong
        simulator.set_faults(refuse=True)
        assert "rechazó la conexión" in text_of(client_norte.post(url, given))
        unknown = text_of(client_norte.post(url, {**given, "host": "no-existe.invalid"}))
        assert "No se encuentra" in unknown
    router.refresh_from_db()
    assert router.name == "RB-Norte", "a trial saves nothing"


def test_editing_keeps_the_password_unless_given(client_norte: Client, in_norte: Tenant) -> None:
    router = make_router()
    Router.objects.update(failures=4, last_error="x", next_try_at=timezone.now() + dt.timedelta(hours=1))
    page = text_of(client_norte.get(f"/red/routers/{router.pk}/editar/"))
    assert "enlace" in page
    given = {**FORM, "name": "RB-Otro", "port": 8729, "tls": "pinned", "is_enabled": "on", "password": ""}
    client_norte.post(f"/red/routers/{router.pk}/editar/", given)
    router.refresh_from_db()
    assert (router.name, router.port, router.tls, router.failures) == ("RB-Otro", 8729, "pinned", 0)
    assert router.reveal("password") == "enlace"
    client_norte.post(f"/red/routers/{router.pk}/editar/", {**given, "password": "nueva"})
    router.refresh_from_db()
    assert router.reveal("password") == "nueva"


def test_a_router_that_fails_says_why_and_when(client_norte: Client, in_norte: Tenant) -> None:
    router = make_router()
    Router.objects.update(
        failures=3,
        last_error="10.0.0.1:8728 no respondió a tiempo.",
        next_try_at=timezone.now() + dt.timedelta(hours=1),
    )
    page = text_of(client_norte.get(f"/red/routers/{router.pk}/"))
    assert "no respondió a tiempo" in page
    assert "no se corta a nadie" in page


def test_cutting_and_reconnecting_by_hand(
    sign_in: Any, client_norte: Client, client_sur: Client, in_norte: Tenant, make_access: MakeAccess
) -> None:
    access = make_access()
    url = f"/red/servicios/{access.service_id}/corte/"
    assert "aunque pague" in text_of(client_norte.get(url))
    assert client_sur.post(url, {"que": "cortar"}).status_code == 404
    assert sign_in(in_norte, "read_only").post(url, {"que": "cortar"}).status_code == 404
    assert not Hold.objects.exists()
    response = client_norte.post(url, {"que": "cortar", "nota": "equipo sin devolver"})
    assert "Cortando el servicio" in response.headers["HX-Trigger"].encode().decode("unicode_escape")
    access.refresh_from_db()
    assert (access.desired, access.cut_approved) == ("off", True)
    assert Hold.objects.get().detail == {"note": "equipo sin devolver"}
    assert "corte manual" in text_of(client_norte.get(f"/red/servicios/{access.service_id}/estado/"))
    client_norte.post(url, {"que": "cortar"})
    assert Hold.objects.count() == 1, "twice is once"
    client_norte.post(url, {"que": "reconectar"})
    access.refresh_from_db()
    assert access.desired == "on"
    assert Event.objects.filter(type="service.released").count() == 1


def test_debt_is_lifted_only_by_who_may_decide(
    sign_in: Any, client_norte: Client, in_norte: Tenant, make_access: MakeAccess
) -> None:
    access = make_access()
    open_hold(service_id=access.service_id, reason="debt", source="dunning", actor=ACTOR, now=NOW)
    refresh_desired(service_ids=[access.service_id], now=NOW, actor=ACTOR)
    url = f"/red/servicios/{access.service_id}/corte/"
    support = sign_in(in_norte, "support")
    assert "aunque deba" not in text_of(support.get(url))
    support.post(url, {"que": "reconectar", "aunque_deba": "1"})
    access.refresh_from_db()
    assert access.desired == "off"
    assert "aunque deba" in text_of(client_norte.get(url))
    client_norte.post(url, {"que": "reconectar", "aunque_deba": "1"})
    access.refresh_from_db()
    assert access.desired == "on"


def test_cuts_above_the_limit_are_approved_after_saying_what_changes(
    sign_in: Any, client_norte: Client, in_norte: Tenant, make_access: MakeAccess
) -> None:
    accesses = [make_access(f"u{n}@red") for n in range(3)]
    for access in accesses:
        open_hold(service_id=access.service_id, reason="debt", source="dunning", actor=ACTOR, now=NOW)
    refresh_desired(service_ids=[access.service_id for access in accesses], now=NOW, actor=ACTOR)
    Router.objects.update(cuts_waiting_since=NOW)
    url = f"/red/routers/{accesses[0].router_id}/aprobar/"
    assert sign_in(in_norte, "technician").get(url).status_code == 404
    assert "Cortar a 3 clientes" in text_of(client_norte.get(url))
    client_norte.post(url)
    assert Access.objects.filter(cut_approved=True).count() == 3
    assert Router.objects.get().cuts_waiting_since is None


def test_the_talk_with_a_router_reads_as_one(client_norte: Client, in_norte: Tenant, make_access: MakeAccess) -> None:
    access = make_access()
    Command.objects.create(
        router=access.router,
        access=access,
        at=NOW,
        sentence="/ppp/secret/set =.id=*1 =disabled=yes",
        reply="!done",
        batch=access.uuid,
        took_ms=3.2,
    )
    Command.objects.create(
        router=access.router,
        at=NOW,
        sentence="/ppp/secret/print =.proplist=.id,name",
        reply="10.0.0.1:8728 no respondió a tiempo.",
        ok=False,
        batch=access.uuid,
    )
    page = text_of(client_norte.get(f"/red/routers/{access.router_id}/?ver=commands"))
    assert "Deshabilita a ana@red" in page
    assert "¿Qué usuarios tienes?" in page
    assert "No se hizo" in page


def test_only_those_who_may_come_in(sign_in: Any, in_norte: Tenant) -> None:
    router = make_router()
    sales = sign_in(in_norte, "sales")
    for url in ("/red/", f"/red/routers/{router.pk}/", "/red/agregar/", "/red/accesos/"):
        assert sales.get(url).status_code == 404
        assert sign_in(in_norte, None).get(url).status_code == 302
    assert sign_in(in_norte, "technician").get("/red/agregar/").status_code == 404
    assert sign_in(in_norte, "technician").post(f"/red/routers/{router.pk}/leer/").status_code == 204


def test_a_service_is_linked_and_its_user_corrected(
    sign_in: Any, client_norte: Client, client_sur: Client, in_norte: Tenant, make_access: MakeAccess
) -> None:
    other = make_access("beto@red")
    service = make_service("Ana Ruiz")
    url = f"/red/servicios/{service.pk}/enlazar/"
    assert client_sur.get(url).status_code == 404
    assert sign_in(in_norte, "technician").get(url).status_code == 404
    given = {"router": other.router_id, "username": "beto@red", "password": "x"}
    taken = client_norte.post(url, given)
    assert taken.status_code == 422
    assert "ya es de" in text_of(taken)
    assert client_norte.post(url, {**given, "username": "ana@red", "ip": "10.0.0.7"}).status_code == 204
    access = Access.objects.get(service=service)
    assert (access.username, access.ip, access.reveal("password")) == ("ana@red", "10.0.0.7", "x")
    edit = f"/red/accesos/{access.pk}/editar/"
    assert "ana@red" in text_of(client_norte.get(edit))
    Access.objects.filter(pk=access.pk).update(observed="missing", desired="off", last_error="x", attempts=3)
    assert client_norte.post(edit, {"username": "ana.ruiz@red", "password": ""}).status_code == 204
    access.refresh_from_db()
    assert (access.username, access.observed, access.attempts, access.ip) == ("ana.ruiz@red", "unknown", 0, None)
    assert access.is_pending
    assert access.reveal("password") == "x"
    assert Event.objects.filter(type="access.renamed").count() == 1


def test_the_talk_goes_on_page_by_page(client_norte: Client, in_norte: Tenant, make_access: MakeAccess) -> None:
    router = make_router()
    for number in range(55):
        access = make_access(f"u{number:02d}@red", router)
        Command.objects.create(router=router, access=access, at=NOW, sentence="/ppp/active/remove", batch=access.uuid)
    url = f"/red/routers/{router.pk}/"
    talk = client_norte.get(url, {"ver": "commands"})
    assert "u54@red" in text_of(talk)
    older = text_of(client_norte.get(f"{url}?ver=commands&parte=commands&antes={talk.context['more']}"))
    assert "u00@red" in older
    assert "<html" not in older


def test_a_trial_does_not_look_into_our_own_house(client_norte: Client, in_norte: Tenant) -> None:
    router = make_router()
    for host in ("127.0.0.1", "localhost", "169.254.169.254"):
        given = {**FORM, "host": host, "port": 5432, "password": "x"}
        assert "no se permite" in text_of(client_norte.post(f"/red/routers/{router.pk}/probar/", given))
    assert own_addresses() >= {"127.0.0.1"}, "the tests' own database"
