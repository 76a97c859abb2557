"""Taking a router in by the guided page: what is typed, what each check says, and what is saved."""

from __future__ import annotations

import datetime as dt
import html
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from events.models import Event
from network.domain.scripts import Preparation, new_password, script_for
from network.domain.terminal import quoted
from network.drivers.mikrotik.examination import read_clock
from network.models import Router
from network.tests.conftest import make_router
from simulators.announcing import announce
from simulators.routeros.server import RouterSimulator
from simulators.routeros.tls import self_signed
from tenants.current import entered
from tenants.models import Tenant

PASSWORD = "clave-del-router-77"
BASE = "/red/agregar/"


@pytest.fixture
def simulator() -> Iterator[RouterSimulator]:
    rows = [{"name": "ana@red", "password": "x"}, {"name": "beto@red", "password": "y", "disabled": True}]
    with RouterSimulator(secrets=rows, identity="Torre Norte", password=PASSWORD) as running:
        yield running


def typed(port: int, **changes: Any) -> dict[str, Any]:
    given = {"kind": "mikrotik", "name": "RB-Torre", "host": "127.0.0.1", "port": port, "tls": ""}
    return {**given, "username": "enlace", "password": PASSWORD} | changes


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())))


def check(client: Client, code: str, given: dict[str, Any]) -> str:
    return text_of(client.post(f"{BASE}comprobar/{code}/", given))


def test_each_check_says_what_it_finds(client_norte: Client, in_norte: Tenant, simulator: RouterSimulator) -> None:
    given = typed(simulator.port)
    begun = client_norte.post(f"{BASE}comprobar/", given)
    assert "Se alcanza" in text_of(begun)
    assert begun.content.decode().count('hx-trigger="load"') == 1, "one at a time"
    expected = {
        "reach": "Contesta en",
        "login": "Entra.",
        "version": "RouterOS 7.20.2",
        "identity": "Torre Norte",
        "clock": "En hora",
        "sessions": "libres de 20",
        "services": "PPPoE: 2",
        "rules": "No hay reglas",
    }
    for code, words in expected.items():
        assert words in check(client_norte, code, given), code
    assert "lo necesario y más" in check(client_norte, "rights", given)
    assert not Router.objects.exists()
    assert not Event.objects.filter(type__startswith="router.").exists()
    assert simulator.disabled_names() == {"beto@red"}


def test_what_is_wrong_is_said_and_ends_the_list(
    client_norte: Client, in_norte: Tenant, simulator: RouterSimulator, tmp_path: Path
) -> None:
    given = typed(simulator.port)
    wrong = client_norte.post(f"{BASE}comprobar/login/", {**given, "password": "mala-clave"})
    assert "no aceptó el usuario o la contraseña" in text_of(wrong)
    assert "mala-clave" not in wrong.content.decode()
    assert "no se revisó" in text_of(wrong)
    assert 'hx-trigger="load"' not in wrong.content.decode()
    with socket.create_server(("127.0.0.1", 0)) as free:
        closed = free.getsockname()[1]
    announce("127.0.0.1", closed)
    assert "ahí no escucha nada" in check(client_norte, "reach", {**given, "port": closed})
    assert "No se encuentra" in check(client_norte, "reach", {**given, "host": "no-existe.invalid"})
    assert "habla sin cifrar" in check(client_norte, "tls", {**given, "tls": "pinned"})
    for host in ("127.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1"):
        assert "no se permite" in check(client_norte, "reach", {**given, "host": host, "port": 5432})
    with RouterSimulator(password=PASSWORD, tls=self_signed(tmp_path)) as encrypted:
        said = check(client_norte, "login", typed(encrypted.port))
        assert "está cifrado" in said


def test_a_web_server_behind_the_port(client_norte: Client, in_norte: Tenant) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        announce("127.0.0.1", port)

        def answer() -> None:
            client, _address = server.accept()
            client.recv(200)
            client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" + b"x" * 4000)
            client.close()

        thread = threading.Thread(target=answer)
        thread.start()
        said = check(client_norte, "login", typed(port))
        thread.join()
    assert "servidor web" in said


def test_a_user_without_rights(client_norte: Client, in_norte: Tenant, simulator: RouterSimulator) -> None:
    simulator.add_account("poco", "p", rights={"api", "read"})
    said = check(client_norte, "rights", typed(simulator.port, username="poco", password="p"))
    assert "write (cortar y reconectar)" in said
    simulator.add_account("justo", "p", rights={"api", "read", "write", "test", "sensitive"})
    assert "nada más" in check(client_norte, "rights", typed(simulator.port, username="justo", password="p"))
    simulator.add_account("sin-test", "p", rights={"api", "read", "write"})
    said = check(client_norte, "rights", typed(simulator.port, username="sin-test", password="p"))
    assert "hacer ping" in said


@pytest.mark.parametrize(("version", "words"), [("6.42.1", "demasiado viejo"), ("6.49.10", "RouterOS 6.49.10")])
def test_versions(client_norte: Client, in_norte: Tenant, version: str, words: str) -> None:
    with RouterSimulator(version=version, password=PASSWORD) as old:
        assert words in check(client_norte, "version", typed(old.port))
        assert "no las limita" in check(client_norte, "sessions", typed(old.port))


def test_which_list_really_cuts(client_norte: Client, in_norte: Tenant, simulator: RouterSimulator) -> None:
    given = typed(simulator.port)
    entry = {"list": "Moroso", "address": "10.0.0.9"}
    simulator.add_row("/ip/firewall/address-list", entry)
    rule = {"chain": "forward", "src-address-list": "Moroso", "action": "drop"}
    simulator.add_row("/ip/firewall/filter", {**rule, "disabled": "yes"})
    assert "figuran cortados y navegan" in check(client_norte, "rules", given)
    simulator.add_row("/ip/firewall/filter", rule)
    response = client_norte.post(f"{BASE}comprobar/rules/", given)
    assert "Ya corta con la lista Moroso" in text_of(response)
    assert 'name="cut_list" value="Moroso"' in response.content.decode(), "it goes on with that list"


def test_the_same_router_is_known_again(
    client_norte: Client, client_sur: Client, in_norte: Tenant, simulator: RouterSimulator
) -> None:
    make_router("RB-Ya", port=simulator.port)
    assert "ya está aquí como RB-Ya" in check(client_norte, "identity", typed(simulator.port))
    assert "ya está aquí" not in check(client_sur, "identity", typed(simulator.port)), "the neighbour's are not told"


def test_a_pinned_certificate_is_confirmed_by_a_person(client_norte: Client, in_norte: Tenant, tmp_path: Path) -> None:
    with RouterSimulator(password=PASSWORD, tls=self_signed(tmp_path)) as encrypted:
        given = typed(encrypted.port, tls="pinned")
        shown = client_norte.post(f"{BASE}comprobar/tls/", given).content.decode()
        values = dict(re.findall(r'name="(fingerprint|seen)" value="([^"]*)"', shown))
        assert re.fullmatch("[0-9a-f]{64}", values["fingerprint"])
        assert "confirmed" in shown
        given |= {name: html.unescape(value) for name, value in values.items()}
        assert "Confirme más abajo" in text_of(client_norte.post(BASE, given))
        moved = {**given, "confirmed": "on", "host": "10.0.0.9"}
        assert "Compruebe la conexión" in text_of(client_norte.post(BASE, moved)), "shown for another address"
        assert not Router.objects.exists()
        assert "Entra." in check(client_norte, "login", given)
        other = {**given, "fingerprint": "0" * 64}
        assert "no es" in check(client_norte, "tls", other)
        assert client_norte.post(BASE, {**given, "confirmed": "on"}).status_code == 204
    router = Router.objects.get()
    assert (router.tls, router.fingerprint) == ("pinned", values["fingerprint"])


def test_a_link_that_nothing_proves_is_a_persons_choice(client_norte: Client, in_norte: Tenant) -> None:
    given = typed(8729, tls="anonymous", host="10.0.0.4")
    refused = client_norte.post(BASE, given)
    assert refused.status_code == 422
    assert "Marque abajo que lo permite" in text_of(refused)
    assert not Router.objects.exists()
    assert client_norte.post(BASE, {**given, "allow_anonymous": "on"}).status_code == 204
    router = Router.objects.get()
    event = Event.objects.get(type="router.anonymous_allowed")
    assert (event.subject_id, event.actor_kind) == (router.pk, "user")


def test_saving_keeps_the_password_sealed_and_what_was_typed(client_norte: Client, in_norte: Tenant) -> None:
    given = typed(8728, host="10.0.0.4", serial="HE1", cut_list="Moroso")
    response = client_norte.post(BASE, given)
    router = Router.objects.get()
    assert response.headers["HX-Redirect"] == f"/red/routers/{router.pk}/traer/"
    assert (router.reveal("password"), router.serial, router.cut_list) == (PASSWORD, "HE1", "Moroso")
    assert router.survey_at is not None
    again = client_norte.post(BASE, given)
    assert again.status_code == 422
    assert "Ya hay un router con ese nombre" in text_of(again)
    assert 'value="10.0.0.4"' in again.content.decode()
    assert PASSWORD not in again.content.decode()
    assert "hx-preserve" in again.content.decode(), "the browser keeps the password that was typed"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"host": ""}, "campo"),
        ({"host": "a b"}, "solo la dirección"),
        ({"port": 99999}, "1 a 65535"),
        ({"port": "x"}, "número"),
        ({"username": ""}, "usuario de la API"),
        ({"password": ""}, "sin ella no se puede entrar"),
        ({"kind": "nada"}, "no es una de las opciones"),
        ({"tls": "nada"}, "no es una de las opciones"),
    ],
)
def test_mistakes_are_explained_and_change_nothing(
    client_norte: Client, in_norte: Tenant, changes: dict, said: str
) -> None:
    for url in (BASE, f"{BASE}comprobar/", f"{BASE}comprobar/reach/"):
        response = client_norte.post(url, typed(8728) | changes)
        assert response.status_code == 422
        assert response.headers["HX-Retarget"] == "#guide-fields"
        assert said in text_of(response)
    assert not Router.objects.exists()


def test_a_router_that_waits_for_its_address_is_completed(
    client_norte: Client, client_sur: Client, in_norte: Tenant, sur: Tenant
) -> None:
    router = make_router("RB-Importado", host="")
    Router.objects.update(is_enabled=False)
    url = f"/red/routers/{router.pk}/conexion/"
    assert "RB-Importado" in text_of(client_norte.get(url))
    assert client_sur.get(url).status_code == 404
    assert client_sur.post(url, typed(8728, host="10.0.0.7")).status_code == 404
    assert client_norte.post(url, typed(8728, name="RB-Importado", host="10.0.0.7")).status_code == 204
    router.refresh_from_db()
    assert (router.host, router.is_enabled, router.reveal("password")) == ("10.0.0.7", True, PASSWORD)
    client_norte.post(url, typed(8728, name="RB-Importado", host="10.0.0.8", password=""))
    router.refresh_from_db()
    assert (router.host, router.reveal("password")) == ("10.0.0.8", PASSWORD), "an empty one stays as it was"


def test_only_who_may_edit_the_network(sign_in: Any, in_norte: Tenant, simulator: RouterSimulator) -> None:
    client = sign_in(in_norte, "support")
    for url in (BASE, f"{BASE}comprobar/", f"{BASE}comprobar/login/", f"{BASE}guion/", f"{BASE}campos/"):
        assert client.post(url, typed(simulator.port)).status_code == 404
    assert not Router.objects.exists()


# The script


def test_the_script_of_the_page(client_norte: Client, in_norte: Tenant) -> None:
    page = client_norte.get(BASE).content.decode()
    password = re.search(
        r'name="password"[^>]*value="([A-Za-z0-9]{24})"|value="([A-Za-z0-9]{24})"[^>]*name="password"', page
    )
    assert password, "one is proposed"
    proposed = password[1] or password[2]
    assert f"password=&quot;{proposed}&quot;" in page
    said = html.unescape(client_norte.post(f"{BASE}guion/", typed(8728, reads_passwords="on")).content.decode())
    assert "policy=api,read,write,test,sensitive" in said
    assert "firewall" not in said
    given = typed(8729, tls="pinned", with_rules="on", comes_from="203.0.113.5", major="6")
    said = html.unescape(client_norte.post(f"{BASE}guion/", given).content.decode())
    assert "policy=api,read,write,test " in said
    assert 'address="203.0.113.5"' in said
    assert "/ip service set api-ssl disabled=no port=8729 certificate=crm-api" in said
    assert "move" in said
    assert "Escriba una IP" in text_of(client_norte.post(f"{BASE}guion/", {**given, "comes_from": "mi casa"}))
    assert "no admite" in text_of(client_norte.post(f"{BASE}guion/", {**given, "password": "a\x07b"}))


def test_versions_of_the_script_differ_where_the_router_does() -> None:
    old, new = (script_for(Preparation("crm", "x", major=major)) for major in (6, 7))
    assert "/ip service set api disabled=no" in old
    assert "/ip service set [find name=api !dynamic] disabled=no" in new
    assert "secreta" not in repr(Preparation("crm", "x-secreta"))
    assert new_password() != new_password()


@given(st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=30))
def test_no_text_leaves_its_quotes(text: str) -> None:
    inside = quoted(text)[1:-1]
    assert not re.search(r'(?<!\\)(\\\\)*["$]', inside)
    assert re.sub(r"\\(.)", r"\1", inside) == text


# The clock


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"date": "nov/21/2026", "time": "14:03:09", "gmt-offset": "-06:00"}, (20, 3)),
        ({"date": "2026-11-21", "time": "14:03:09", "gmt-offset": "+00:00"}, (14, 3)),
        ({"date": "2026-11-21", "time": "14:03:09"}, (14, 3)),
    ],
)
def test_both_ways_to_write_a_time(row: dict[str, str], expected: tuple[int, int]) -> None:
    found = read_clock(row)
    assert found is not None
    found = found.astimezone(dt.UTC)
    assert (found.hour, found.minute) == expected


@pytest.mark.parametrize(
    "row", [{}, {"date": "ayer"}, {"date": "2026-11-21", "time": "tarde"}, {"date": "2026-13-40", "time": "1:1:1"}]
)
def test_no_time_at_all(row: dict[str, str]) -> None:
    assert read_clock(row) is None


def test_each_provider_adds_its_own(client_norte: Client, client_sur: Client, norte: Tenant, sur: Tenant) -> None:
    client_norte.post(BASE, typed(8728, host="10.0.0.4"))
    assert client_sur.post(BASE, typed(8728, host="10.0.0.4")).status_code == 204, "the same name, of another provider"
    for tenant in (norte, sur):
        with entered(tenant):
            assert Router.objects.count() == 1
