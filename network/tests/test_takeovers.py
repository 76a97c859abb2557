"""Bringing clients in from a router: whose each is thought to be, the choice, and what is linked."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from customers.domain.holds import open_hold
from customers.models import Service
from events.models import Event
from network.domain.takeovers import TakeoverError, choose_service, confirm_takeover, propose_takeover
from network.drivers.base import Found, Key
from network.models import Access, AllowedNetwork, Command, Router, TakenRow, Takeover
from network.tests.conftest import ACTOR, NOW, MakeAccess, make_router, make_service
from network.tests.process_tools import PASSWORD, router_row
from simulators.routeros.server import RouterSimulator
from tenants.current import entered
from tenants.models import Tenant


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())))


def found(name: str, kind: str = "pppoe", **more: Any) -> Found:
    return Found(Key(kind, name), f"*{name}", enabled=more.pop("enabled", True), **more)


def propose(router: Router, *rows: Found) -> Takeover:
    return propose_takeover(router=router, found=rows, actor=ACTOR, now=NOW)


def states(takeover: Takeover) -> dict[str, str]:
    return dict(takeover.rows.values_list("username", "state"))


def test_whose_each_is_thought_to_be(in_norte: Tenant, make_access: MakeAccess) -> None:
    router, other = make_router(), make_router("RB-Viejo")
    linked = make_access("ya@red", router)
    moved = make_access("vino@red", other)
    named = make_service("Rosa Peña Quispe")
    twins = [make_service("Juan Pérez"), make_service("Juan Pérez")]
    takeover = propose(
        router,
        found("ya@red"),
        found("vino@red", password="clave-1"),
        found("rosa", comment="Rosa Peña Quispe"),
        found("juan", comment="Juan Pérez"),
        found("antena-torre"),
        found("cola-vino", "queue", ip="10.0.0.9/32", comment=moved.service.code),
        found("10.0.0.77", "arp", is_dynamic=True),
    )
    assert states(takeover) == {
        "ya@red": "linked",
        "vino@red": "sure",
        "rosa": "likely",
        "juan": "doubtful",
        "antena-torre": "none",
        "cola-vino": "also",
    }
    chosen = dict(takeover.rows.exclude(service=None).values_list("username", "service_id"))
    assert chosen == {"ya@red": linked.service_id, "vino@red": moved.service_id, "rosa": named.pk}
    assert set(takeover.rows.get(username="juan").others) == {one.pk for one in twins}
    assert takeover.rows.get(username="vino@red").reveal("password") == "clave-1"
    assert b"clave-1" not in bytes(takeover.rows.get(username="vino@red").password)
    assert Access.objects.count() == 2, "nothing is linked yet"
    assert propose(router, found("x")).pk != takeover.pk
    assert Takeover.objects.count() == 1, "what waited is replaced"


def test_confirming_links_what_was_chosen(in_norte: Tenant, make_access: MakeAccess) -> None:
    router, other = make_router(), make_router("RB-Viejo")
    moved = make_access("vino@red", other)
    debtor = make_service("Rosa Peña Quispe")
    open_hold(service_id=debtor.pk, reason="debt", source="dunning", actor=ACTOR, now=NOW)
    gone = make_service("Se Fue")
    takeover = propose(
        router,
        found("vino@red", password="clave-1", ip="10.0.0.9"),
        found("AA:BB:CC:00:11:22", "dhcp", comment="Rosa Peña Quispe", server="lan", mac="AA:BB:CC:00:11:22"),
        found("fue", comment="Se Fue"),
        found("nadie"),
    )
    Service.objects.filter(pk=gone.pk).update(status="cancelled")
    told = confirm_takeover(takeover_id=takeover.pk, cut_by="list", actor=ACTOR, now=NOW)
    assert (told.made, told.gone, told.left, told.taken) == (2, 1, 1, 0)
    access = Access.objects.get(router=router, kind="pppoe")
    assert (access.service_id, access.ip, access.cut_by) == (moved.service_id, "10.0.0.9", "list")
    assert access.reveal("password") == "clave-1"
    assert (access.desired, access.is_pending) == ("on", False)
    lease = Access.objects.get(router=router, kind="dhcp")
    assert (lease.server, lease.desired, lease.is_pending) == ("lan", "off", True)
    assert not takeover.rows.exclude(password=b"").exists(), "the proposal keeps no password once it has served"
    assert Event.objects.filter(type="access.added", subject_id__in=[access.pk, lease.pk]).count() == 2
    assert Event.objects.get(type="router.clients_brought").facts["count"] == 2
    with pytest.raises(TakeoverError):
        confirm_takeover(takeover_id=takeover.pk, cut_by="", actor=ACTOR, now=NOW)
    row = takeover.rows.get(username="nadie")
    with pytest.raises(TakeoverError):
        choose_service(row_id=row.pk, service_id=moved.service_id)
    assert Access.objects.filter(router=router).count() == 2


def test_ten_thousand_take_few_queries(in_norte: Tenant) -> None:
    router = make_router()
    base = make_service("Base")
    Service.objects.bulk_create(
        Service(customer=base.customer, plan=base.plan, code=f"T{number:05d}") for number in range(3000)
    )
    rows = [found(f"u{number}", comment=f"T{number:05d}", password="x") for number in range(3000)]
    with CaptureQueriesContext(connection) as reading:
        takeover = propose(router, *rows)
    assert len(reading) < 30
    with CaptureQueriesContext(connection) as linking:
        told = confirm_takeover(takeover_id=takeover.pk, cut_by="", actor=ACTOR, now=NOW)
    assert told.made == 3000
    assert len(linking) < 40


def test_the_whole_way_over_pages(
    client_norte: Client, client_sur: Client, sign_in: Any, in_norte: Tenant, sur: Tenant
) -> None:
    rosa = make_service("Rosa Peña Quispe")
    secrets = [
        {"name": "rosa", "password": "secreta-9", "comment": "Rosa Peña Quispe"},
        {"name": "sin-dueño", "password": "secreta-8", "disabled": True},
    ]
    with RouterSimulator(secrets=secrets, password=PASSWORD) as simulator:
        router = router_row(simulator)
        url = f"/red/routers/{router.pk}/traer/"
        assert "Leer el router" in text_of(client_norte.get(url))
        assert client_sur.post(url).status_code == 404
        assert sign_in(in_norte, "support").post(url).status_code == 404
        assert client_norte.post(url).headers["HX-Redirect"] == url
        assert simulator.disabled_names() == {"sin-dueño"}
    page = client_norte.get(url)
    said = text_of(page)
    assert "Rosa Peña Quispe" in said
    assert "Enlazar a 1 cliente" in said
    assert "secreta" not in page.content.decode()
    assert "rosa" not in text_of(client_norte.get(url, {"estado": "none"})).split("Cliente", 1)[1].casefold()
    assert "sin-dueño" in text_of(client_norte.get(url, {"q": "dueño"}))
    assert not Access.objects.exists()
    assert not Command.objects.exists(), "nothing of it is in the log"
    takeover, row = Takeover.objects.get(), TakenRow.objects.get(username="sin-dueño")
    choose = f"/red/traer/fila/{row.pk}/"
    other = make_service("Otra")
    assert "No hay un servicio" in str(client_norte.post(choose, {"codigo": "zz"}).headers)
    assert client_sur.post(choose, {"codigo": other.code}).status_code == 404
    assert "Enlazar a 2 clientes" in text_of(client_norte.post(choose, {"codigo": other.code.lower()}))
    many = f"/red/traer/{takeover.pk}/elegir/"
    assert client_sur.post(many).status_code == 404
    client_norte.post(many, {"fila": [row.pk], "que": "dejar"})
    row.refresh_from_db()
    assert row.service_id is None
    confirm = f"/red/traer/{takeover.pk}/confirmar/"
    assert client_sur.post(confirm, {"cut_by": ""}).status_code == 404
    assert "Elija cómo" in client_norte.post(confirm, {"cut_by": "nada"}).headers["HX-Trigger"].encode().decode(
        "unicode_escape"
    )
    assert not Access.objects.exists()
    assert client_norte.post(confirm, {"cut_by": ""}).status_code == 204
    access = Access.objects.get()
    assert (access.username, access.service_id, access.reveal("password")) == ("rosa", rosa.pk, "secreta-9")
    assert "Enlazado 1" in text_of(client_norte.get(url))
    with entered(sur):
        assert not Access.objects.exists()
        assert not Takeover.objects.exists()


def test_every_state_is_shown_and_long_lists_go_on(client_norte: Client, in_norte: Tenant) -> None:
    router = make_router()
    takeover = propose(router, *[found(f"u{number:03d}") for number in range(60)])
    for row, state in zip(takeover.rows.order_by("pk"), TakenRow.State.values, strict=False):
        TakenRow.objects.filter(pk=row.pk).update(state=state)
    url = f"/red/routers/{router.pk}/traer/"
    page = client_norte.get(url)
    for state in TakenRow.State:
        assert str(state.label) in text_of(page)
    rest = text_of(client_norte.get(url + page.context["more"]))
    assert "u059" in rest
    assert "u000" not in rest


def test_a_router_that_cannot_be_read_says_so(client_norte: Client, in_norte: Tenant) -> None:
    with RouterSimulator(password=PASSWORD) as simulator:
        router = router_row(simulator)
        simulator.set_faults(refuse=True)
        response = client_norte.post(f"/red/routers/{router.pk}/traer/")
    assert "rechazó la conexión" in response.headers["HX-Trigger"].encode().decode("unicode_escape")
    assert not Takeover.objects.exists()


# The networks that routers may be in


def test_allowed_networks(client_norte: Client, client_sur: Client, sign_in: Any, in_norte: Tenant) -> None:
    make_router("RB-Lejos", host="10.50.0.1")
    url = "/red/redes/"
    for typed, said in (("x", "Escriba una red"), ("127.0.0.0/8", "no se alcanza nunca"), ("", "requerido")):
        response = client_norte.post(url, {"cidr": typed})
        assert response.status_code == 422
        assert said in text_of(response)
    warned = client_norte.post(url, {"cidr": "10.20.0.1/16", "note": "Torres"})
    assert "RB-Lejos (10.50.0.1)" in text_of(warned)
    assert "Torres" in warned.content.decode(), "what was typed stays"
    assert not AllowedNetwork.objects.exists()
    assert client_norte.post(url, {"cidr": "10.20.0.1/16", "aunque": "1"}).status_code == 302
    made = AllowedNetwork.objects.get()
    assert made.cidr == "10.20.0.0/16"
    assert "Esa red ya está" in text_of(client_norte.post(url, {"cidr": "10.20.0.0/16"}))
    remove = f"{url}{made.pk}/quitar/"
    assert "Es la última" in text_of(client_norte.get(remove))
    assert client_sur.post(remove).status_code == 404
    assert sign_in(in_norte, "support").post(remove).status_code == 404
    assert AllowedNetwork.objects.exists()
    client_norte.post(remove)
    assert not AllowedNetwork.objects.exists()
    assert set(Event.objects.filter(type__startswith="network.network").values_list("type", flat=True)) == {
        "network.network_allowed",
        "network.network_removed",
    }
