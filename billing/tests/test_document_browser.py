"""The link in a real browser: copied at the desk, opened on a customer's phone."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from billing.documents.links import DocumentRef
from billing.documents.shelf import fresh_link
from billing.tests.scenes import make_customer
from billing.tests.test_documents import ten_years, write_texts
from billing.tests.test_pages import debt, today
from tenants.current import enter

LINK = re.compile(r"^http://norte[^/]*/d/i\d+-\d+\.[\w-]{43}/$")


def test_a_link_is_copied_and_the_dialog_gives_way_to_the_word(browser, norte):
    with enter("norte"):
        invoice = debt(make_customer("Ñandú Órnelas"))
    page = browser.open(norte, f"/cobranza/facturas/{invoice.pk}/")
    page.get_by_role("button", name="Copiar enlace").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Quien lo tenga")).to_have_value(LINK)
    dialog.get_by_role("button", name="Copiar", exact=True).click()
    expect(page.get_by_text("Se copió.")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize(("width", "dark"), [(390, False), (390, True), (1440, False)])
def test_a_customer_reads_an_invoice_and_ten_years_of_account(browser, norte, width, dark):
    with enter("norte"):
        write_texts()
        customer = make_customer("María de los Ángeles Fernández de Córdoba y Álvarez de Toledo")
        ten_years(customer)
        invoice = debt(customer, "1234567.89")
        refs = [DocumentRef("invoice", invoice.pk), DocumentRef("statement", customer.pk)]
        paths = ["/" + fresh_link(ref, today=today()).split("/", 3)[3] for ref in refs]
    page = browser.open(norte, "/d/roto/", role=None, width=width, dark=dark)
    for path in [*paths, "/d/roto/"]:
        page.goto(browser.url(norte, path))
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        found = Axe().run(page, options={"preload": False}).response["violations"]
        grave = [(v["id"], [n["target"] for n in v["nodes"]]) for v in found if v["impact"] in {"serious", "critical"}]
        assert grave == [], path
    page.goto(browser.url(norte, paths[0]))
    expect(page.get_by_text("$1,234,567.89").first).to_be_visible()
    expect(page.get_by_role("link", name="Descargar PDF")).to_be_visible()
    # axe adds styles of its own, which the page's policy refuses; and the broken link is a 404 on purpose.
    allowed = ("inline style", "preload", "404")
    browser.complaints = [c for c in browser.complaints if not any(word in c for word in allowed)]
