"""A provider sets how it charges, in a real browser: the calendar follows what is typed, and mistakes are named."""

import re

import pytest
from playwright.sync_api import expect

from billing.domain.policies import current_policy
from billing.models import PolicyOverride
from billing.tests.scenes import make_customer, make_plan
from customers.models import Plan, Tax, Zone
from tenants.current import enter


@pytest.fixture
def site(browser, norte):
    with enter("norte"):
        make_customer("Ana Primera", plan=make_plan())
        Zone.objects.create(name="Ribera")
    return browser


def test_the_year_follows_the_form_and_is_saved(site, norte):
    page = site.open(norte, "/cobranza/politica/")
    year = page.locator("#calendar")
    page.get_by_label("Instalado el").fill("2026-12-12")
    expect(year).to_contain_text("20 de 31 días")
    expect(year).to_contain_text("$387.10")
    page.get_by_label("Día de emisión").fill("31")
    page.get_by_label("Hora del corte").fill("21:15")
    page.get_by_label("Hora del corte").blur()
    expect(year).to_contain_text("21:15")
    page.get_by_label("Se ve").select_option("2028")
    expect(year).to_contain_text("febrero no tiene 31: es el 29")
    page.get_by_label("Cuándo empieza cada período").select_option("days")
    expect(page.get_by_label("Día de emisión")).to_be_hidden()
    page.get_by_label("Días por paquete").fill("7")
    page.get_by_label("Días por paquete").blur()
    expect(year).to_contain_text("1 ene – 7 ene")
    with enter("norte"):
        assert current_policy().issue_day == 25
    page.get_by_label("Cuándo empieza cada período").select_option("month")
    page.get_by_role("button", name="Guardar la política").click()
    expect(page.get_by_text("Política guardada.")).to_be_visible()
    with enter("norte"):
        policy = current_policy()
        assert (policy.issue_day, policy.pack_days, f"{policy.cut_hour:%H:%M}") == (31, 7, "21:15")


def test_a_zone_gets_one_term_of_its_own_on_a_phone(site, norte):
    page = site.open(norte, "/cobranza/condiciones/", width=390, height=844)
    page.get_by_role("link", name="Ribera").click()
    row = page.get_by_role("listitem").filter(has_text="Día de vencimiento")
    box = row.get_by_role("spinbutton")
    expect(box).to_be_hidden()
    row.get_by_role("checkbox").check()
    box.fill("0")
    page.get_by_role("button", name="Guardar las condiciones").click()
    expect(row).to_contain_text(re.compile("1"))
    expect(box).to_have_value("0")
    with enter("norte"):
        assert not PolicyOverride.objects.exists()
    box.fill("12")
    page.get_by_role("button", name="Guardar las condiciones").click()
    expect(page.get_by_text("Condiciones de «Ribera» guardadas.")).to_be_visible()
    expect(page.get_by_text("Día de vencimiento: 12")).to_be_visible()
    with enter("norte"):
        assert PolicyOverride.objects.get().values == {"cut_day": 12}


def test_a_plan_is_taken_apart_while_it_is_typed(site, norte):
    with enter("norte"):
        Tax.objects.create(name="IVA", rate="0.16")
    page = site.open(norte, "/clientes/planes/nuevo/")
    page.get_by_label("Nombre").fill("Hogar")
    page.get_by_label("Precio").fill("450")
    page.get_by_label("IVA").check()
    expect(page.get_by_text("$387.93").first).to_be_visible()
    page.get_by_label("Los impuestos").select_option("0")
    expect(page.get_by_text("$522.00")).to_be_visible()
    page.get_by_role("button", name="Crear el plan").click()
    expect(page.get_by_text("Plan «Hogar» listo")).to_be_visible()
    with enter("norte"):
        assert Plan.objects.get(name="Hogar").tax_included is False


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("path", ["/cobranza/condiciones/", "/cobranza/series/", "/clientes/planes/"])
def test_no_page_is_wider_than_the_window(site, norte, path, width):
    page = site.open(norte, path, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
