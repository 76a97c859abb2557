"""The invoices and a customer's movements in a real browser: picking, sending, filters that survive, access rules."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from billing.tests.scenes import make_customer, owe
from billing.tests.test_document_sending import write_texts
from billing.tests.test_invoices_send import talking
from billing.tests.test_statement import pay
from inbox.models import Message
from tenants.current import enter, tenant_today


@pytest.fixture
def lists(browser, norte):
    with enter("norte"):
        today = tenant_today(timezone.now())
        write_texts()
        person = talking("Maximiliano Fernández de la Cruz")
        owe(person, "1234567.89", today=today)
        owe(make_customer("Beto Calla"), "200", days_late=3, today=today)
        for number in range(60):
            owe(person, "100", days_late=30 + number, today=today)
        pay(person, "250")
    browser.person = person
    return browser


def grave(page):
    found = Axe().run(page, options={"preload": False}).response["violations"]
    return [(v["id"], [n["target"] for n in v["nodes"]]) for v in found if v["impact"] in {"serious", "critical"}]


def test_the_picked_are_sent_after_saying_to_whom(lists, norte):
    page = lists.open(norte, "/cobranza/facturas/?sort=owed")
    picks = page.locator(".rows__pick")
    picks.nth(0).check()
    picks.nth(1).check()
    expect(page.locator("[data-pick-count]")).to_have_text("2")
    page.get_by_role("button", name="Enviar por WhatsApp").click()
    dialog = page.get_by_role("dialog", name="Enviar facturas por WhatsApp")
    expect(dialog).to_contain_text("1 no se envía.")
    expect(dialog).to_contain_text("Beto Calla")
    dialog.get_by_role("button", name="Enviar 1 factura").click()
    expect(page.get_by_text("1 factura va en camino")).to_be_visible()
    expect(dialog).to_have_count(0)
    with enter("norte"):
        assert Message.objects.count() == 1


def test_what_is_asked_of_the_invoices_survives_a_reload(lists, norte):
    page = lists.open(norte, "/cobranza/facturas/")
    page.get_by_label("Orden").select_option("due")
    expect(page).to_have_url(re.compile("sort=due"))
    page.reload()
    expect(page.get_by_label("Orden")).to_have_value("due")
    expect(page.locator(".chip[aria-current]")).to_have_text("Por pagar")
    expect(page.locator(".rows__link")).to_have_count(50)
    page.get_by_role("button", name="Ver más").click()
    expect(page.locator(".rows__link")).to_have_count(60)  # two of the 62 are paid


@pytest.mark.parametrize(("width", "dark"), [(390, True), (1440, False)], ids=["phone-dark", "desk-light"])
def test_movements_are_filtered_in_the_address_and_break_no_rule(lists, norte, width, dark):
    page = lists.open(norte, f"/cobranza/cuenta/{lists.person.pk}/movimientos/", width=width, dark=dark)
    expect(page.locator(".rows__link")).to_have_count(50)
    page.get_by_role("button", name="Ver más").click()
    expect(page.locator(".rows__link")).to_have_count(62)
    page.get_by_label("Tipo de movimiento").select_option("payment")
    expect(page).to_have_url(re.compile("kind=payment"))
    expect(page.locator(".rows__link")).to_have_count(1)
    page.reload()
    expect(page.locator(".rows__link")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert grave(page) == []
    page.goto(lists.url(norte, "/cobranza/facturas/"))
    page.locator(".rows__pick").first.check()
    assert grave(page) == []
    # axe adds styles of its own, which the pages' policy refuses.
    lists.complaints = [c for c in lists.complaints if "inline style" not in c and "preload" not in c]
