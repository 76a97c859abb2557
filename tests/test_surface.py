"""What people touch, in a real browser: the door, the palette, the theme, the brand's preview; and axe on the pages."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from customers.models import Customer
from tenants.current import entered
from tests.harness.fixtures import staff

PAGES = [
    "/",
    "/ajustes/",
    "/ajustes/marca/",
    "/ajustes/importar/nueva/",
    "/asistente/",
    "/asistente/costos/",
    "/asistente/personalidades/",
    "/asistente/saber/",
    "/asistente/saber/documento/",
    "/asistente/saber/pregunta/",
    "/asistente/saber/sin-respuesta/",
    "/asistente/turnos/",
    "/bandeja/",
    "/bandeja/numeros/",
    "/bandeja/telegram/",
    "/bandeja/tickets/",
    "/clientes/",
    "/clientes/impuestos/",
    "/clientes/nuevo/",
    "/clientes/planes/",
    "/clientes/planes/nuevo/",
    "/clientes/zonas/",
    "/cobranza/comprobantes/",
    "/cobranza/condiciones/",
    "/cobranza/corridas/nueva/",
    "/cobranza/documentos/",
    "/cobranza/esta-noche/",
    "/cobranza/facturas/",
    "/cobranza/notas/",
    "/cobranza/politica/",
    "/cobranza/series/",
    "/informes/",
    "/informes/cobranza/",
    "/informes/recurrente/",
    "/red/",
    "/red/sin-resolver/",
    "/red/agregar/",
    "/styleguide",
]


def test_the_door_keeps_where_one_was_going(browser, norte):
    with entered(norte):
        staff("owner")
    page = browser.open(norte, "/ajustes/marca/", role=None)
    expect(page).to_have_url(re.compile(r"/entrar/\?next="))
    expect(page.get_by_role("link", name=norte.brand.name)).to_be_visible()
    page.get_by_label("Correo").fill("owner@ejemplo.test")
    page.get_by_label("Contraseña").fill("no es esta")
    page.get_by_role("button", name="Entrar").click()
    expect(page.get_by_role("alert")).to_contain_text("no coinciden")
    expect(page.get_by_label("Correo")).to_have_value("owner@ejemplo.test")
    page.get_by_label("Contraseña").fill("clave-de-prueba")
    page.get_by_role("button", name="Entrar").click()
    expect(page.get_by_role("heading", name="Marca")).to_be_visible()


def test_an_expired_session_says_so(browser, norte):
    page = browser.open(norte, "/entrar/?next=/ajustes/&expired=1", role=None)
    expect(page.get_by_role("status")).to_contain_text("seguirá donde estaba")


def test_the_palette_goes_where_the_arrows_say(browser, norte):
    page = browser.open(norte)
    page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog", name="Buscar o ir a")
    expect(palette.get_by_role("option").first).to_have_attribute("aria-selected", "true")
    page.keyboard.type("marca")
    expect(palette.get_by_role("option", name="Ajustes › Marca")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/ajustes/marca/$"))


def test_the_palette_opens_a_customer_and_closes_with_escape(browser, norte):
    with entered(norte):
        person = Customer.objects.create(code="C-900", name="María Guadalupe Hernández Ñaupari")
    page = browser.open(norte)
    page.keyboard.press("Control+k")
    page.keyboard.type("naupari guada")
    option = page.get_by_role("option", name="Ñaupari")
    expect(option).to_have_attribute("href", f"/clientes/{person.pk}/")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_theme_is_kept_and_served_without_a_flash(browser, norte):
    page = browser.open(norte)
    light = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    page.get_by_role("button", name="Mi cuenta").click()
    page.get_by_role("button", name="Oscuro").click()
    dark = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert light != dark
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == dark


def test_the_rail_folds_and_stays_folded(browser, norte):
    page = browser.open(norte)
    word = page.locator(".rail__word").first
    expect(word).to_be_visible()
    page.get_by_role("button", name="Plegar").click()
    expect(word).to_be_hidden()
    page.reload()
    expect(word).to_be_hidden()


def test_the_brand_is_seen_before_it_is_saved(browser, norte):
    page = browser.open(norte, "/ajustes/marca/")
    button = page.locator("#preview .shot--phone .button--primary")
    page.get_by_label("Nombre").fill("Fibra del Valle")
    page.get_by_label("Color principal", exact=True).fill("#ffd400")
    expect(button).to_have_css("background-color", "rgb(255, 212, 0)")
    expect(button).to_have_css("color", "rgb(0, 0, 0)")
    expect(page.locator("#preview")).to_contain_text("Fibra del Valle")
    # Nothing is saved yet, and the page around the preview is still the provider's own.
    expect(page.locator(".rail__name").first).to_have_text(norte.brand.name)
    page.get_by_role("button", name="Guardar la marca").click()
    expect(page.get_by_text("La marca quedó guardada")).to_be_visible()
    expect(page.locator(".rail__name").first).to_have_text("Fibra del Valle")


@pytest.mark.parametrize(("width", "dark"), [(390, False), (1440, True)], ids=["phone-light", "desk-dark"])
def test_no_page_breaks_the_rules_of_access(browser, norte, width, dark):
    page = browser.open(norte, width=width, dark=dark)
    for path in PAGES:
        page.goto(browser.url(norte, path))
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is wider than {width}"
        found = Axe().run(page, options={"preload": False}).response["violations"]
        grave = [(v["id"], [n["target"] for n in v["nodes"]]) for v in found if v["impact"] in {"serious", "critical"}]
        assert grave == [], path
    # axe adds styles of its own, which the pages' policy refuses.
    browser.complaints = [c for c in browser.complaints if "inline style" not in c and "preload" not in c]


@pytest.mark.parametrize("color", ["#ffd400", "#000000", "#ffffff"])
def test_any_brand_can_be_read(browser, norte, color):
    norte.brand.primary_color = color
    norte.brand.version += 1
    norte.brand.save()
    page = browser.open(norte, "/styleguide", role=None)
    page.wait_for_load_state("networkidle")
    found = Axe().run(page, options={"preload": False}).response["violations"]
    assert [v["nodes"] for v in found if v["id"] == "color-contrast"] == []
    browser.complaints = [c for c in browser.complaints if "inline style" not in c and "preload" not in c]
