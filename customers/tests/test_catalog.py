"""Plans, taxes and zones: what is made, what is refused in a sentence, what is asked first, and who may."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.domain.catalog import CatalogRefused, NotConfirmed
from customers.domain.taxes import change_tax, create_tax, retire_tax
from customers.models import Plan, Service, Tax, Zone
from customers.tests.test_api import Api, get
from customers.tests.test_pages import ACTOR, NOW, make
from events.models import Event
from events.sentences import sentence
from tenants.current import entered

BY = {"actor": ACTOR, "now": NOW}


@pytest.fixture
def iva(in_norte):
    return create_tax(fields={"name": "IVA", "kind": "added", "rate": Decimal("0.16")}, **BY)


@pytest.fixture
def plan(iva):
    """Three services on it, one of them with its own price."""
    three = make(3)
    found = Plan.objects.get()
    found.taxes.set([iva])
    found.tax_rate = iva.rate
    found.save()
    Service.objects.filter(customer=three[0]).update(price=99)
    return found


def typed(**changes):
    fields = {"name": "Plan 50 Mbps", "price": "450", "price_unit": "month", "download": "50", "upload": "10"}
    return {**fields, "tax_included": "1", **changes}


def mark(response):
    return re.search(r'name="confirm" value="([0-9a-f]{64})"', response.content.decode())[1]


def test_a_plan_is_made_with_its_taxes(client_norte, iva, sur):
    ieps = create_tax(fields={"name": "IEPS", "rate": Decimal("0.03")}, **BY)
    client_norte.post("/clientes/planes/nuevo/", typed(taxes=[iva.pk, ieps.pk], upload="1.5", tax_included="0"))
    made = Plan.objects.get()
    assert (made.price, made.download_kbps, made.upload_kbps, made.tax_included) == (450, 50_000, 1_500, False)
    assert made.tax_rate == Decimal("0.19")
    page = client_norte.get("/clientes/planes/").content.decode()
    assert "Más IEPS 3 %, IVA 16 %" in page
    assert "50 / 1.5 Mbps" in page
    with entered(sur):
        assert not Plan.objects.exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"price": "-450"}, "no puede ser negativo"),
        ({"price": "0"}, "ponga el servicio como gratis"),
        ({"price": "mil"}, "sólo con números"),
        ({"price": "450.125"}, "más decimales"),
        ({"price": ""}, "Escriba el precio."),
        ({"name": " "}, "Escriba el nombre del plan."),
        ({"name": "x" * 81}, "de 1 a 80 letras"),
        ({"name": "plan 50 mbps"}, "Ya hay un plan con ese nombre"),
        ({"download": "rápido"}, "en Mbps"),
        ({"download": "-5"}, "no puede ser negativa"),
        ({"tax_rate": "101"}, "de 0 a 100"),
        ({"price_unit": "year"}, "year"),
    ],
)
def test_a_wrong_plan_gets_a_sentence_keeps_what_was_typed_and_makes_nothing(client_norte, in_norte, changes, said):
    Plan.objects.create(name="Plan 50 Mbps", price=450)
    before = Plan.objects.count()
    response = client_norte.post("/clientes/planes/nuevo/", typed(**{"name": "Otro", **changes}))
    text = response.content.decode()
    assert response.status_code == 422
    assert said in text
    assert str(next(iter(changes.values()))).strip() in text
    assert Plan.objects.count() == before


def test_a_new_price_says_whom_it_touches_and_waits_for_the_yes(client_norte, plan):
    url = f"/clientes/planes/{plan.pk}/"
    body = typed(price="500", taxes=[plan.taxes.get().pk])
    asked = client_norte.post(url, body)
    text = asked.content.decode()
    assert asked.status_code == 422
    assert "Vale para 2 servicios desde la próxima factura de cada uno" in text
    assert "1 servicio con precio propio no cambia." in text
    assert 'value="500"' in text
    plan.refresh_from_db()
    assert plan.price == 450
    # The yes to one price is not the yes to another.
    client_norte.post(url, {**body, "price": "900", "confirm": mark(asked)})
    plan.refresh_from_db()
    assert plan.price == 450
    client_norte.post(url, {**body, "confirm": mark(asked)})
    plan.refresh_from_db()
    assert plan.price == 500
    assert "Precio: $500.00 (antes $450.00)." in sentence(Event.objects.get(type="plan.changed"))


def test_speed_and_name_change_without_asking(client_norte, plan):
    body = typed(name="Plan Hogar", download="60", taxes=[plan.taxes.get().pk])
    assert client_norte.post(f"/clientes/planes/{plan.pk}/", body).status_code == 302
    plan.refresh_from_db()
    assert (plan.name, plan.download_kbps) == ("Plan Hogar", 60_000)


def test_a_retired_plan_is_not_contracted_and_its_services_go_on(client_norte, plan):
    client_norte.post(f"/clientes/planes/{plan.pk}/retirar")
    plan.refresh_from_db()
    assert not plan.is_active
    assert plan.services.count() == 3
    client_norte.post(f"/clientes/planes/{plan.pk}/ofrecer")
    plan.refresh_from_db()
    assert plan.is_active


def test_a_plan_with_a_rate_without_a_name_keeps_it_until_a_tax_is_chosen(client_norte, iva):
    old = Plan.objects.create(name="Viejo", price=100, tax_rate=Decimal("0.08"))
    url = f"/clientes/planes/{old.pk}/"
    assert 'value="8"' in client_norte.get(url).content.decode()
    client_norte.post(url, typed(name="Viejo", price="100", tax_rate="8"))
    old.refresh_from_db()
    assert old.tax_rate == Decimal("0.08")
    client_norte.post(url, typed(name="Viejo", price="100", tax_rate="8", taxes=[iva.pk]))
    old.refresh_from_db()
    assert old.tax_rate == Decimal("0.16")
    client_norte.post(url, typed(name="Viejo", price="100"))
    old.refresh_from_db()
    assert old.tax_rate == 0


def test_a_new_rate_says_what_changes_and_then_reaches_the_plans(client_norte, plan, iva):
    url = f"/clientes/impuestos/{iva.pk}/"
    body = {"name": "IVA", "kind": "added", "rate": "18"}
    asked = client_norte.post(url, body)
    text = asked.content.decode()
    assert "Desde las próximas facturas será IVA, 18 %." in text
    assert "Lo cobran Plan 50 Mbps, con 3 servicios." in text
    assert "Lo ya emitido queda como está." in text
    iva.refresh_from_db()
    assert iva.rate == Decimal("0.16")
    client_norte.post(url, {**body, "confirm": mark(asked)})
    iva.refresh_from_db()
    plan.refresh_from_db()
    assert iva.rate == plan.tax_rate == Decimal("0.18")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"rate": "101"}, "no puede pasar del 100 %"),
        ({"rate": "-1"}, "mayor que cero"),
        ({"rate": "0"}, "mayor que cero"),
        ({"rate": "1.23456"}, "tres decimales"),
        ({"rate": "NaN"}, "como número"),
        ({"name": "x" * 21}, "de 1 a 20 letras"),
        ({"name": "iva"}, "Ya hay un impuesto"),
    ],
)
def test_a_wrong_tax_gets_a_sentence_and_makes_nothing(client_norte, iva, changes, said):
    body = {"name": "ISR", "kind": "withheld", "rate": "1.25", "base": "net"}
    response = client_norte.post("/clientes/impuestos/nuevo/", body | changes)
    assert response.status_code == 422
    assert said in response.content.decode()
    assert next(iter(changes.values())) in response.content.decode()
    assert Tax.objects.count() == 1


def test_a_tax_in_use_is_neither_retired_nor_turned_into_a_withholding(plan, iva):
    with pytest.raises(CatalogRefused, match="Plan 50 Mbps"):
        retire_tax(tax_id=iva.pk, **BY)
    with pytest.raises(CatalogRefused, match="haga otro"):
        change_tax(tax_id=iva.pk, fields={"kind": "withheld"}, confirmed=True, **BY)
    with pytest.raises(NotConfirmed):
        change_tax(tax_id=iva.pk, fields={"name": "IVA general"}, **BY)
    other = create_tax(fields={"name": "IEPS", "rate": Decimal("0.9")}, **BY)
    with pytest.raises(CatalogRefused):
        plan.taxes.add(other)
        change_tax(tax_id=other.pk, fields={"rate": Decimal("0.95")}, confirmed=True, **BY)
    iva.refresh_from_db()
    assert (iva.is_active, iva.kind, iva.name) == (True, "added", "IVA")


def test_withholdings_belong_to_customers_not_to_plans(client_norte, in_norte):
    body = {"name": "Ret. IVA", "kind": "withheld", "rate": "66.667", "base": "tax"}
    client_norte.post("/clientes/impuestos/nuevo/", body)
    tax = Tax.objects.get()
    assert (tax.base, tax.rate) == ("tax", Decimal("0.66667"))
    assert client_norte.post("/clientes/planes/nuevo/", typed(taxes=[tax.pk])).status_code == 422
    assert "Ret. IVA" in client_norte.get("/clientes/nuevo/").content.decode()


def test_zones_are_made_renamed_and_removed_when_empty(client_norte, in_norte):
    make(2)
    zone = Zone.objects.get()
    client_norte.post("/clientes/zonas/nueva/", {"name": "Lago"})
    assert client_norte.post("/clientes/zonas/nueva/", {"name": "lago"}).status_code == 422
    client_norte.post(f"/clientes/zonas/{zone.pk}/", {"name": "Ribera Alta"})
    zone.refresh_from_db()
    assert zone.name == "Ribera Alta"
    client_norte.post(f"/clientes/zonas/{zone.pk}/borrar")
    lago = Zone.objects.get(name="Lago")
    client_norte.post(f"/clientes/zonas/{lago.pk}/borrar")
    assert list(Zone.objects.values_list("name", flat=True)) == ["Ribera Alta"]


def test_the_breakdown_follows_what_is_typed(client_norte, iva):
    url = "/cobranza/desglose"
    included = client_norte.get(url, typed(price="450", taxes=[iva.pk])).content.decode()
    assert "$387.93" in included
    assert "$62.07" in included
    assert "Un cliente exento paga $387.93" in included
    on_top = client_norte.get(url, typed(price="450", taxes=[iva.pk], tax_included="0")).content.decode()
    assert "$522.00" in on_top
    for price in ("", "-5", "mil", "0"):
        assert "Escriba el precio" in client_norte.get(url, typed(price=price)).content.decode()
    assert "IVA 8 %" not in client_norte.get(url, typed(price="100", tax_rate="8", taxes=[iva.pk])).content.decode()


PAGES = ["planes/", "planes/nuevo/", "impuestos/", "impuestos/nuevo/", "zonas/", "zonas/nueva/"]


@pytest.mark.parametrize("role", ["collections", "support", "sales", "technician", "read_only"])
def test_only_who_may_changes_the_catalogue(sign_in, norte, plan, iva, role):
    client = sign_in(norte, role)
    for path in [*PAGES, f"planes/{plan.pk}/", f"impuestos/{iva.pk}/", f"zonas/{Zone.objects.get().pk}/"]:
        assert client.get(f"/clientes/{path}").status_code == 404, path
        assert client.post(f"/clientes/{path}", typed()).status_code in {404, 405}, path
    assert client.post(f"/clientes/planes/{plan.pk}/retirar").status_code == 404


def test_the_other_provider_finds_nothing(client_sur, plan, iva):
    for path in (f"planes/{plan.pk}/", f"impuestos/{iva.pk}/", f"zonas/{Zone.objects.get().pk}/"):
        assert client_sur.get(f"/clientes/{path}").status_code == 404
    assert client_sur.post(f"/clientes/planes/{plan.pk}/retirar").status_code == 404


def test_lists_cost_the_same_with_fifty_rows(client_norte, plan, iva):
    def queries(path):
        client_norte.get(path)
        with CaptureQueriesContext(connection) as seen:
            assert client_norte.get(path).status_code == 200
        return len(seen)

    paths = [f"/clientes/{name}/" for name in ("planes", "impuestos", "zonas")]
    few = [queries(path) for path in paths]
    for number in range(50):
        Plan.objects.create(name=f"Plan {number}", price=10).taxes.set([iva])
        Tax.objects.create(name=f"Tax {number}", rate=Decimal("0.01"))
        Zone.objects.create(name=f"Zona {number}")
    assert [queries(path) for path in paths] == few


def test_the_api_does_what_the_pages_do(norte, plan, iva, sur):
    api = Api(norte)
    path = f"/plans/{plan.pk}/"
    asked = api("patch", path, {"price": "500"})
    assert (asked.status_code, asked.data_["error"]) == (409, "confirm")
    assert "Vale para 2 servicios" in asked.data_["message"]
    assert api("patch", path, {"price": "500", "confirm": True}).data_["price"] == "500.000"
    assert list(api("patch", path, {"price": "-1", "confirm": True}).data_["fields"]) == ["price"]
    made = api("post", "/plans/", {"name": "Día", "price": "20", "price_unit": "day", "taxes": [iva.pk]})
    assert (made.status_code, made.data_["tax_rate"], made.data_["price_unit"]) == (201, "0.16000", "day")
    assert api("patch", path, {"is_active": False}).data_["is_active"] is False
    assert api("delete", path).status_code == 400
    assert api("delete", f"/plans/{made.data_['id']}/").status_code == 204
    assert api("patch", f"/taxes/{iva.pk}/", {"rate": "0.18"}).status_code == 409
    assert api("patch", f"/taxes/{iva.pk}/", {"rate": "1.5", "confirm": True}).status_code == 400
    assert api("patch", f"/taxes/{iva.pk}/", {"rate": "0.18", "confirm": True}).data_["rate"] == "0.18000"
    assert api("delete", f"/taxes/{iva.pk}/").status_code == 400
    assert api("post", "/taxes/", {"name": "ISR", "kind": "withheld", "rate": "0.0125"}).status_code == 201
    zone = api("post", "/zones/", {"name": "Lago"}).data_
    assert api("patch", f"/zones/{zone['id']}/", {"name": "Laguna"}).data_["name"] == "Laguna"
    assert api("delete", f"/zones/{zone['id']}/").status_code == 204
    assert api("delete", f"/zones/{Zone.objects.get().pk}/").status_code == 400
    assert len(get(api, "/taxes/")[1]["results"]) == 2
    assert Api(sur)("patch", path, {"price": "1", "confirm": True}).status_code == 404
    assert Api(norte, "sales")("post", "/zones/", {"name": "Nadie"}).status_code == 404
