"""The dialogs of what is agreed with a service and of credit notes: amounts before, sentences, nothing lost."""

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import timezone

from billing.domain.extras import add_extra
from billing.models import Contract, CreditNote, Discount, Entry, Extra, Invoice, PlanChange
from billing.tests.bills import bill, line
from billing.tests.scenes import STAFF, make_customer, make_plan
from events.models import Event
from tenants.current import current_tenant, tenant_today

HTMX = {"HX-Request": "true"}


@pytest.fixture
def service(in_norte):
    return make_customer(plan=make_plan("Hogar", "600.00")).services.get()


@pytest.fixture
def invoice(service):
    return bill(service, line("600", days=around()), now=timezone.now())


def around():
    today = tenant_today(timezone.now())
    return today - dt.timedelta(days=9), today + dt.timedelta(days=21)


@pytest.fixture
def page(client_norte):
    def get(path, data=None, *, post=False, client=client_norte):
        address = f"/cobranza/{path}"
        answer = client.post(address, data or {}, headers=HTMX) if post else client.get(address, data, headers=HTMX)
        answer.text = answer.content.decode()
        return answer

    return get


def test_charges_and_discounts_are_agreed_seen_and_ended(page, service):
    today = tenant_today(timezone.now())
    data = {"kind": "recurring", "category": "addon", "description": "TV", "amount": "93.50", "starts_on": today}
    wrong = page(f"servicio/{service.pk}/cargo", {**data, "amount": "-3"}, post=True)
    assert wrong.status_code == 422
    assert 'value="-3"' in wrong.text
    assert 'value="TV"' in wrong.text
    late = page(f"servicio/{service.pk}/cargo", {**data, "ends_on": today - dt.timedelta(days=1)}, post=True)
    assert "El último día no puede ser anterior al primero." in late.text
    assert not Extra.objects.exists()
    done = page(f"servicio/{service.pk}/cargo", data, post=True)
    assert done["HX-Redirect"] == f"/clientes/{service.customer_id}/"
    extra = Extra.objects.get()
    assert (extra.amount, extra.taxed, extra.created_by) == (Decimal("93.50"), False, "Owner")
    discount = {"kind": "percent", "value": "101", "description": "Lealtad", "starts_on": today}
    assert "de más de 0 a 100" in page(f"servicio/{service.pk}/descuento", discount, post=True).text
    page(f"servicio/{service.pk}/descuento", {**discount, "value": "15", "periods": "3"}, post=True)
    seen = page(f"servicio/{service.pk}/acuerdos").text
    assert "$93.50" in seen
    assert "−15 %" in seen
    assert "3 períodos" in seen
    assert "Todavía no se cobró" in page(f"cargo/{extra.pk}/terminar").text
    page(f"cargo/{extra.pk}/terminar", post=True)
    page(f"descuento/{Discount.objects.get().pk}/terminar", post=True)
    assert page(f"servicio/{service.pk}/acuerdos").text.strip() == ""


def test_ending_a_charged_extra_says_what_comes_back(page, service):
    today = tenant_today(timezone.now())
    extra = add_extra(
        service_id=service.pk, kind="recurring", description="TV", amount=Decimal(90), actor=STAFF, now=timezone.now()
    )
    bill(service, line("90", kind="extra", source=extra.pk, days=around()), now=timezone.now())
    preview = page(f"cargo/{extra.pk}/terminar/vista", {"ends_on": today})
    assert "Se devuelven $60.00" in preview.text
    assert not CreditNote.objects.exists()
    assert "anterior a su comienzo" in page(f"cargo/{extra.pk}/terminar", {"ends_on": "2020-01-01"}, post=True).text
    page(f"cargo/{extra.pk}/terminar", {"ends_on": today}, post=True)
    assert CreditNote.objects.get().total == Decimal(60)


def test_a_plan_is_changed_knowing_what_it_costs(page, service, invoice):
    faster = make_plan("Rápido", "900.00")
    data = {"plan": faster.pk, "price": "", "when": "now"}
    assert "Se devuelven 21 días de Hogar: $420.00" in page(f"servicio/{service.pk}/plan/vista", data).text
    assert "Ya tiene ese plan" in page(f"servicio/{service.pk}/plan/vista", {**data, "plan": service.plan_id}).text
    assert not PlanChange.objects.exists()
    for bad, said in (
        ({"when": "day"}, "Diga qué día."),
        ({"when": "day", "day": "2020-01-01"}, "Ese día ya pasó"),
        ({"price": "-1"}, "sólo con números"),
    ):
        wrong = page(f"servicio/{service.pk}/plan", {**data, **bad}, post=True)
        assert (wrong.status_code, said in wrong.text) == (422, True), said
    page(f"servicio/{service.pk}/plan", {**data, "when": "period_end"}, post=True)
    seen = page(f"servicio/{service.pk}/acuerdos").text
    assert "Pasa a Rápido" in seen
    change = PlanChange.objects.get()
    assert "sigue con Hogar" in page(f"cambio-de-plan/{change.pk}/cancelar").text
    page(f"cambio-de-plan/{change.pk}/cancelar", post=True)
    page(f"servicio/{service.pk}/plan", data, post=True)
    service.refresh_from_db()
    assert (service.plan, CreditNote.objects.get().total) == (faster, Decimal(420))


def test_terms_are_written_and_say_what_leaving_costs(page, service):
    data = {"starts_on": "", "trial_days": "", "term_months": "0", "termination": "amount", "termination_value": "900"}
    assert "de cuántos meses es el plazo" in page(f"servicio/{service.pk}/contrato", data, post=True).text
    assert not Contract.objects.exists()
    page(f"servicio/{service.pk}/contrato", {**data, "term_months": "12"}, post=True)
    assert "Irse hoy cuesta $900.00" in page(f"servicio/{service.pk}/acuerdos").text
    assert 'value="12"' in page(f"servicio/{service.pk}/contrato").text


def test_a_credit_note_from_the_invoice(page, client_norte, invoice):
    whole = client_norte.get(f"/cobranza/facturas/{invoice.pk}/").content.decode()
    assert "Nota de crédito" in whole
    path = f"facturas/{invoice.pk}/acreditar"
    assert "Quedan $600.00 por acreditar; de la factura se deben $600.00." in page(path).text
    preview = page(f"{path}/vista", {"how": "amount", "amount": "100"}).text
    assert "La nota es por $100.00. La factura baja $100.00." in preview
    field = f"line_{invoice.lines.get().pk}"
    for bad, said in (
        ({"how": "amount", "amount": "601"}, "sólo quedan $600.00"),
        ({"how": "amount", "amount": ""}, "Escriba cuánto se acredita."),
        ({"how": "lines", field: ""}, "Escriba en alguna línea"),
        ({"how": "lines", field: "x"}, "sólo con números"),
    ):
        wrong = page(path, {**bad, "reason": "Fallas del jueves"}, post=True)
        assert (wrong.status_code, said in wrong.text) == (422, True), said
        assert "Fallas del jueves" in wrong.text
    assert page(path, {"how": "whole", "reason": ""}, post=True).status_code == 422
    assert not CreditNote.objects.exists()
    done = page(path, {"how": "lines", field: "50.00", "reason": "Fallas"}, post=True)
    note = CreditNote.objects.get()
    assert (note.total, done["HX-Redirect"]) == (Decimal(50), f"/cobranza/notas/{note.pk}/")
    own = client_norte.get(f"/cobranza/notas/{note.pk}/").content.decode()
    assert "Nota de crédito NC-1" in own
    assert "Bajó lo que se debía" in own
    assert "NC-1" in page("notas/", {"q": "nc-1"}).text
    assert "Ninguna nota coincide" in page("notas/", {"q": "zzz"}).text
    shown = client_norte.get(f"/cobranza/facturas/{invoice.pk}/").content.decode()
    assert f"/cobranza/notas/{note.pk}/" in shown
    page(path, {"how": "whole", "reason": "Todo"}, post=True)
    assert Invoice.objects.get(pk=invoice.pk).credited == Decimal(600)
    assert "Acreditada" in client_norte.get(f"/cobranza/facturas/{invoice.pk}/").content.decode()


def test_a_debt_given_up(page, client_norte, invoice):
    path = f"facturas/{invoice.pk}/incobrable"
    assert "El cliente deja de deber $600.00" in page(path).text
    assert page(path, {"reason": ""}, post=True).status_code == 422
    page(path, {"reason": "se mudó"}, post=True)
    assert Event.objects.filter(type="invoice.written_off").exists()
    assert "Dada por incobrable" in client_norte.get(f"/cobranza/facturas/{invoice.pk}/").content.decode()
    # Closed though nobody paid it: no list calls it paid.
    listed = client_norte.get("/cobranza/facturas/").content.decode()
    assert "Incobrable" in listed
    assert "Pagada<" not in listed


def test_nobody_else_gets_in(page, sign_in, client_sur, service, invoice):
    norte, before = current_tenant(), Entry.objects.count()
    for path, may_not in (
        (f"servicio/{service.pk}/cargo", "read_only"),
        (f"servicio/{service.pk}/plan", "technician"),
        (f"servicio/{service.pk}/contrato", "read_only"),
        (f"facturas/{invoice.pk}/acreditar", "collections"),
        (f"facturas/{invoice.pk}/incobrable", "support"),
        ("notas/", "sales"),
    ):
        assert page(path, client=sign_in(norte, may_not)).status_code == 404, path
        if path != "notas/":
            assert page(path, client=client_sur).status_code == 404, path
            assert page(path, {"reason": "x", "how": "whole"}, post=True, client=client_sur).status_code == 404, path
    assert Entry.objects.count() == before


def test_the_fragment_asks_no_more_for_more_rows(page, service, django_assert_max_num_queries):
    for _ in range(20):
        add_extra(
            service_id=service.pk, kind="once", description="X", amount=Decimal(9), actor=STAFF, now=timezone.now()
        )
    with django_assert_max_num_queries(14):
        page(f"servicio/{service.pk}/acuerdos")
