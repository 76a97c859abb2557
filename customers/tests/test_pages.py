"""The customers' pages: what they show, to whom, and with how many queries."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.domain.holds import open_hold
from customers.models import Contact, Customer, Equipment, Hold, Plan, Service, Zone
from events.domain import Actor, record
from events.models import Event
from tenants.current import current_tenant, entered
from tenants.models import Tenant

NOW = datetime(2026, 11, 4, 15, tzinfo=UTC)
ACTOR = Actor("user", 7, "Regina Lozano")


def make(count, *, start=1):
    """Customers with a phone and a service each."""
    zone, _ = Zone.objects.get_or_create(name="Ribera")
    plan, _ = Plan.objects.get_or_create(name="Plan 50 Mbps", price=Decimal(450))
    made = []
    for number in range(start, start + count):
        customer = Customer.objects.create(code=f"{number:04d}", name=f"Íñigo Núñez {number:04d}", zone=zone)
        Contact.objects.create(customer=customer, kind="phone", value=f"+52550000{number:04d}", is_primary=True)
        Service.objects.create(customer=customer, plan=plan, zone=zone, code=f"{number:04d}-1")
        made.append(customer)
    return made


def hold(customer, reason="debt", **detail):
    service = customer.services.get()
    open_hold(service_id=service.pk, reason=reason, source="test", actor=ACTOR, now=NOW, detail=detail)


def names(response):
    return re.findall(r'rows__link"\s+href="/clientes/\d+/"\s*>\s*([^<]+?)\s*<', response.content.decode())


@pytest.fixture
def three(in_norte):
    return make(3)


def test_the_list_finds_by_name_code_phone_and_document(client_norte, three):
    Customer.objects.filter(pk=three[1].pk).update(national_id="25899354")
    for text, found in (
        ("inigo nunez 0001", ["Íñigo Núñez 0001"]),
        ("0002 INIGO", ["Íñigo Núñez 0002"]),
        ("5500000003", ["Íñigo Núñez 0003"]),
        ("25899354", ["Íñigo Núñez 0002"]),
        ("nadie", []),
    ):
        assert names(client_norte.get("/clientes/", {"q": text})) == found, text


def test_filters_narrow_and_live_in_the_address(client_norte, three):
    hold(three[0], amount="450.00", invoices=1, currency="MXN")
    hold(three[1], "pause")
    Service.objects.filter(customer=three[2]).update(status=Service.Status.CANCELLED)
    zone = Zone.objects.get()
    for params, found in (
        ({"estado": "cortado"}, ["Íñigo Núñez 0001"]),
        ({"estado": "pausa"}, ["Íñigo Núñez 0002"]),
        ({"estado": "cancelado"}, ["Íñigo Núñez 0003"]),
        ({"estado": "activo"}, []),
        ({"zona": zone.pk, "orden": "nuevos"}, [f"Íñigo Núñez 000{n}" for n in (3, 2, 1)]),
        ({"plan": 999999}, []),
        ({"estado": "inventado", "zona": "x"}, [f"Íñigo Núñez 000{n}" for n in (1, 2, 3)]),
    ):
        assert names(client_norte.get("/clientes/", params)) == found, params
    part = client_norte.get(
        "/clientes/",
        {"q": "", "estado": "cortado", "zona": "", "plan": "", "orden": "nombre"},
        headers={"HX-Request": "true", "HX-Target": "customers"},
    )
    assert part["HX-Push-Url"] == "/clientes/?estado=cortado"
    assert "<html" not in part.content.decode()


@pytest.mark.parametrize("sort", ["nombre", "codigo", "nuevos", "saldo"])
def test_pages_by_key_show_each_once(client_norte, in_norte, sort):
    make(120)
    seen = []
    response = client_norte.get("/clientes/", {"orden": sort})
    while True:
        seen += names(response)
        following = re.search(r'hx-get="(/clientes/\?[^"]*desde=[^"]*)"', response.content.decode())
        if not following:
            break
        address = following[1].replace("&amp;", "&")
        response = client_norte.get(address, headers={"HX-Request": "true"})
    assert len(seen) == len(set(seen)) == 120


def test_a_broken_key_starts_anew(client_norte, three):
    for key in ("%%%", "bm8", "WzEsMl0"):
        assert client_norte.get("/clientes/", {"desde": key}).status_code == 200


def test_queries_do_not_grow_with_the_rows(client_norte, in_norte):
    def queries(path):
        with CaptureQueriesContext(connection) as captured:
            assert client_norte.get(path).status_code == 200
        return len(captured)

    first = make(1)[0]
    queries("/clientes/")
    one = queries("/clientes/")
    make(49, start=2)
    assert queries("/clientes/") == one <= 20
    few = queries(f"/clientes/{first.pk}/")
    for _ in range(25):
        record("customer.changed", subject=first, actor=ACTOR, at=NOW)
    assert queries(f"/clientes/{first.pk}/") == few <= 20


def test_the_page_says_the_state_in_words(client_norte, three):
    hold(three[0], amount="450.00", invoices=1, currency="MXN", oldest_due="2026-11-01")
    text = client_norte.get(f"/clientes/{three[0].pk}/").content.decode()
    assert "Cortado desde el 4 nov por 1 factura vencida ($450.00)" in text
    assert "tel:+525500000001" in text
    assert "Plan 50 Mbps" in text
    assert "ordenó el corte por falta de pago" in text
    assert f"/cobranza/por-que/{three[0].services.get().pk}/" in text


def test_the_timeline_filters_and_pages(client_norte, three):
    customer = three[0]
    for _ in range(70):
        record("customer.changed", subject=customer, actor=ACTOR, at=NOW)
    record("service.held", subject=customer.services.get(), actor=ACTOR, at=NOW, reason="pause")
    url = f"/clientes/{customer.pk}/historia/"
    seen, address = 0, url
    while address:
        text = client_norte.get(address, headers={"HX-Request": "true"}).content.decode()
        seen += text.count('class="event ')
        more = re.search(rf'hx-get="({url}\?antes=[^"]*)"', text)
        address = more and more[1].replace("&amp;", "&")
    assert seen == Event.objects.filter(customer_id=customer.pk).count() == 71
    only = client_norte.get(url, {"tipo": "service"}).content.decode()
    assert only.count('class="event ') == 1


def test_a_customer_is_registered_with_phones_and_a_first_plan(client_norte, three):
    plan = Plan.objects.get()
    response = client_norte.post(
        "/clientes/nuevo/",
        {"name": "Begoña Yáñez", "phones": "55 0012 3456\n5500123457", "plan": plan.pk, "place": "21.5, -104.9"},
    )
    customer = Customer.objects.get(name="Begoña Yáñez")
    assert response.url == f"/clientes/{customer.pk}/"
    assert customer.code == "0004"
    assert list(customer.contacts.values_list("value", "is_primary")) == [
        ("+525500123456", True),
        ("+525500123457", False),
    ]
    assert customer.services.get().code == "0004-1"
    assert customer.latitude == Decimal("21.5")
    assert Event.objects.filter(type="customer.created", customer_id=customer.pk).exists()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"name": ""}, "Escriba el nombre"),
        ({"name": "A", "phones": "55 12"}, "«55 12» no es un teléfono"),
        ({"name": "A", "email": "no tiene"}, "no es un correo"),
        ({"name": "A", "place": "aquí"}, "latitud y longitud"),
        ({"name": "A", "place": "95, 0"}, "no está en la Tierra"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(client_norte, in_norte, data, words):
    response = client_norte.post("/clientes/nuevo/", {**data, "notes": "no se pierde"})
    assert response.status_code == 422
    assert words in response.content.decode()
    assert "no se pierde" in response.content.decode()
    assert not Customer.objects.exists()


def test_a_change_is_recorded_once_and_only_when_it_is_one(client_norte, three):
    customer = three[0]
    data = {"name": customer.name, "zone": customer.zone_id, "phones": "+52 55 0000 0001"}
    client_norte.post(f"/clientes/{customer.pk}/editar/", data)
    assert not Event.objects.filter(type="customer.changed").exists()
    client_norte.post(f"/clientes/{customer.pk}/editar/", {**data, "name": "Ana Ruiz", "phones": "5500000009"})
    customer.refresh_from_db()
    assert (customer.name, customer.name_key) == ("Ana Ruiz", "ana ruiz")
    assert Event.objects.get(type="customer.changed").facts["fields"] == ["name", "phones"]
    assert [contact.value for contact in customer.contacts.all()] == ["+525500000009"]


def test_a_service_changes_but_its_plan_is_the_business_of_another_dialog(client_norte, three):
    service = three[0].services.get()
    before = service.plan
    faster = Plan.objects.create(name="Plan 100 Mbps", price=600)
    data = {"plan": faster.pk, "zone": service.zone_id, "status": "active", "price": "", "installed_on": "2026-01-05"}
    assert client_norte.post(f"/clientes/servicios/{service.pk}/editar/", data).status_code == 302
    service.refresh_from_db()
    assert (service.plan, service.installed_on) == (before, date(2026, 1, 5))
    assert Event.objects.get(type="service.changed").facts["fields"] == ["installed_on"]
    bad = client_norte.post(f"/clientes/{three[0].pk}/servicios/nuevo/", {**data, "price": "-5"})
    assert "no puede ser menor que cero" in bad.content.decode()
    client_norte.post(f"/clientes/{three[0].pk}/servicios/nuevo/", data)
    assert {s.code for s in three[0].services.all()} == {"0001-1", "0001-2"}


def test_the_table_to_take_away(client_norte, three):
    Customer.objects.filter(pk=three[0].pk).update(name="=CMD()")
    everything = b"".join(client_norte.get("/clientes/exportar.csv")).decode()
    assert everything.startswith("\ufeffCódigo,")
    assert everything.count("\r\n") == 4
    assert "'=CMD()" in everything
    picked = b"".join(client_norte.get("/clientes/exportar.csv", {"id": [three[1].pk]})).decode()
    assert "0002" in picked
    assert "0003" not in picked


PAGES = ["/clientes/", "/clientes/{id}/", "/clientes/{id}/ficha/", "/clientes/{id}/historia/"]
EDITS = ["/clientes/nuevo/", "/clientes/{id}/editar/", "/clientes/{id}/servicios/nuevo/"]


def test_another_provider_and_a_stranger_find_nothing(client_sur, client_norte, sign_in, three):
    norte, sur = current_tenant(), Tenant.objects.get(schema_name="sur")
    with entered(sur):
        assert not Customer.objects.exists()
    for page in PAGES[1:] + EDITS[1:]:
        path = page.format(id=three[0].pk)
        assert client_sur.get(path).status_code == 404, path
        assert client_norte.get(path).status_code == 200, path
        assert "/entrar" in sign_in(norte, None).get(path).url
    assert names(client_sur.get("/clientes/")) == []
    assert "0001" not in b"".join(client_sur.get("/clientes/exportar.csv")).decode()


@pytest.mark.parametrize(
    ("role", "edits", "exports"),
    [
        ("owner", True, True),
        ("collections", True, True),
        ("support", True, False),
        ("technician", False, False),
        ("sales", True, False),
        ("read_only", False, False),
    ],
)
def test_each_role_finds_what_it_may(sign_in, three, role, edits, exports):
    person = sign_in(current_tenant(), role)
    allowed = {True: 200, False: 404}
    for paths, may in ((PAGES, True), (EDITS, edits), (["/clientes/exportar.csv"], exports)):
        for page in paths:
            assert person.get(page.format(id=three[0].pk)).status_code == allowed[may], (role, page)


def test_money_is_hidden_from_who_may_not_see_it(sign_in, norte, three):
    text = sign_in(norte, "technician").get("/clientes/").content.decode()
    assert "Debe" not in text
    assert "deuda" not in text


def test_a_hold_of_each_reason_has_its_words(client_norte, three):
    hold(three[0], "abuse")
    hold(three[1], "staff", note="venía suspendido de WispHub")
    open_hold(
        service_id=three[2].services.get().pk,
        reason=Hold.Reason.PAUSE,
        source="test",
        actor=ACTOR,
        now=NOW,
        until=datetime(2099, 1, 5, tzinfo=UTC),
    )
    texts = [client_norte.get(f"/clientes/{customer.pk}/").content.decode() for customer in three]
    assert "por uso indebido" in texts[0]
    assert "por Regina Lozano: venía suspendido de WispHub" in texts[1]
    assert "En pausa hasta el 4 ene 2099" in texts[2]


def test_equipment_passwords_are_shown_to_who_works_with_them_and_noted(sign_in, client_sur, three):
    service = three[0].services.get()
    equipment = Equipment(service=service, model="LHG 5", wifi_name="Casa Núñez")
    equipment.seal(wifi_password="clave5076", cpe_password="ubnt6585")
    equipment.save()
    norte, path = current_tenant(), f"/clientes/servicios/{service.pk}/claves/"
    page = sign_in(norte, "support").get(f"/clientes/{three[0].pk}/").content.decode()
    assert "Casa Núñez" in page
    assert "Mostrar claves" in page
    assert "clave5076" not in page
    shown = sign_in(norte, "support").post(path).content.decode()
    assert "clave5076" in shown
    assert "ubnt6585" in shown
    event = Event.objects.get(type="equipment.shown")
    assert (event.actor_label, event.customer_id, event.facts) == ("Support", three[0].pk, {})
    assert "Mostrar claves" not in sign_in(norte, "read_only").get(f"/clientes/{three[0].pk}/").content.decode()
    for outsider in (sign_in(norte, "read_only"), sign_in(norte, "sales"), client_sur):
        assert outsider.post(path).status_code == 404
