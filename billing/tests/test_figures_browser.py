"""Informes in a browser: the month is changed, a number opened, a definition read; on a phone too, in the dark."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

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


def test_on_a_phone_in_the_dark(browser, norte):
    fill(norte)
    page = browser.open(norte, "/informes/cartera/", width=390, dark=True)
    expect(page.get_by_role("heading", name="Cartera por zona")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    found = Axe().run(page, options={"resultTypes": ["violations"]})
    assert found.response["violations"] == []
    page.locator(".figures-tools a").first.click()
    expect(page.get_by_text("Todavía no hay cifras de ese mes")).to_be_visible()
    # axe measures with inline styles, which the page refuses.
    browser.complaints = [said for said in browser.complaints if "inline style" not in said]
