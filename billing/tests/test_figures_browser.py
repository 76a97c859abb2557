"""Informes in a browser: the month is changed, a number opened, a definition read; on a phone too, in the dark."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect

from billing.domain.opening import OpeningInvoice, open_invoice
from billing.domain.payments import record_payment
from billing.tests.scenes import STAFF, make_customer
from customers.models import Zone
from tenants.current import entered, tenant_today


def fill(tenant):
    """A debt of 600 of this month's first days, of which 450 were paid a moment ago."""
    with entered(tenant):
        now = timezone.now()
        customer = make_customer("María Guadalupe Hernández Ñaupari", installed_on=dt.date(2024, 1, 1))
        customer.zone = Zone.objects.create(name="Valle Alto")
        customer.save()
        due = tenant_today(now) - dt.timedelta(days=3)
        open_invoice(OpeningInvoice("x:1", customer.pk, "F-1", due, due, Decimal(600)), actor=STAFF, now=now)
        record_payment(
            customer_id=customer.pk, amount=Decimal(450), method="cash", received_at=now, actor=STAFF, key="k", now=now
        )


def test_from_the_month_to_the_payment(browser, norte):
    fill(norte)
    page = browser.open(norte, "/informes/")
    expect(page.get_by_role("heading", name="Informes")).to_be_visible()
    expect(page.locator(".figures")).to_contain_text("$450.00")
    page.get_by_role("button", name="Qué es Cobrado", exact=True).click()
    expect(page.locator(".hint__text:popover-open")).to_contain_text("según el día en que se recibió")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Cobranza").last.click()
    expect(page).to_have_url(re.compile("/informes/cobranza/"))
    page.locator("#by").select_option("collector")
    expect(page).to_have_url(re.compile("by=collector"))
    expect(page.get_by_role("heading", name="Cobrado por cobrador")).to_be_visible()
    page.get_by_role("row", name="Ana").get_by_role("link").last.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Cobrado · Ana")
    page.get_by_role("link", name="María Guadalupe").click()
    expect(page).to_have_url(re.compile("/cobranza/pagos/"))


@pytest.mark.parametrize(("width", "dark"), [(390, True), (1440, False)], ids=["phone-dark", "desk-light"])
def test_every_page_fits_and_can_be_read(browser, norte, width, dark):
    fill(norte)
    page = browser.open(norte, "/informes/", width=width, dark=dark)
    for path in ("", "cobranza/", "cartera/", "recurrente/", "cortes/", "cortes/lista/", "lista/owed/"):
        page.goto(browser.url(norte, f"/informes/{path}"))
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
        found = Axe().run(page, options={"preload": False}).response["violations"]
        assert [(v["id"], [n["target"] for n in v["nodes"]]) for v in found] == [], path
    page.goto(browser.url(norte, "/informes/cartera/"))
    page.locator(".figures-tools a").first.click()
    expect(page.get_by_text("Todavía no hay cifras de ese mes")).to_be_visible()
    # axe adds styles of its own, which the pages' policy refuses.
    browser.complaints = [c for c in browser.complaints if "inline style" not in c and "preload" not in c]
