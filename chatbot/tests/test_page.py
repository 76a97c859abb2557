"""The settings in a browser: set up, tried, and kept."""

from __future__ import annotations

import pytest

from chatbot.domain.bots import current_bot
from tenants.current import entered


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)])
def test_the_bot_is_turned_on_and_tried(browser, norte, width, dark):
    page = browser.open(norte, "/asistente/", width=width, dark=dark)
    assert not page.get_by_label("Clave", exact=True).is_visible()  # rules need no key
    page.get_by_role("switch").check()
    page.get_by_label("Dónde y cómo pagar").fill("En la oficina, de 9 a 18 h.")
    page.get_by_role("button", name="Guardar").click()
    page.get_by_text("El asistente contesta.").wait_for()
    page.get_by_label("Lo que escribiría un cliente").fill("kuanto devo")
    page.get_by_role("button", name="Probar").click()
    page.get_by_text("Dice cuánto debe, factura por factura").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    with entered(norte):
        assert (current_bot().enabled, current_bot().payment_instructions) == (True, "En la oficina, de 9 a 18 h.")


def test_a_model_without_a_name_is_said_beside_its_field(browser, norte):
    page = browser.open(norte, "/asistente/")
    page.get_by_text("Modelo de lenguaje con clave propia").click()
    page.get_by_label("Clave", exact=True).fill("sk-de-prueba")
    page.get_by_role("button", name="Guardar").click()
    page.get_by_text("Escriba el nombre del modelo").wait_for()
    assert page.get_by_label("Clave", exact=True).input_value() == ""
    with entered(norte):
        assert not current_bot().has_key
