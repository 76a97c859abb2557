"""A promise to pay in a real browser: the dialog says what will happen, and the page shows it afterwards."""

import datetime as dt

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from billing.models import Promise
from billing.tests.scenes import STAFF, give_access, make_customer, owe
from customers.domain.holds import open_hold
from customers.models import Hold
from tenants.current import enter, tenant_today


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)])
def test_who_is_cut_promises_and_comes_back(browser, norte, width, dark):
    with enter("norte"):
        customer = make_customer("Ñandú Órnelas Peña de la Garza")
        give_access(customer)
        owe(customer, "1234567.89", days_late=22, today=tenant_today(timezone.now()))
        past = timezone.now() - dt.timedelta(hours=1)
        open_hold(service_id=customer.services.get().pk, reason="debt", source="dunning", actor=STAFF, now=past)
        day = tenant_today(timezone.now()) + dt.timedelta(days=2)
    page = browser.open(norte, f"/clientes/{customer.pk}/", width=width, dark=dark)
    page.get_by_role("button", name="Dar una promesa").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("$1,234,567.89")
    expect(dialog).to_contain_text("vuelve a tener internet en cuanto la dé")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    dialog.get_by_label("Nota").fill("Cobra el viernes")
    dialog.get_by_label("Paga a más tardar el").fill("2020-01-01")
    dialog.get_by_role("button", name="Dar la promesa y reconectar").click()
    expect(dialog).to_contain_text("Ese momento ya pasó")
    expect(dialog.get_by_label("Nota")).to_have_value("Cobra el viernes")
    dialog.get_by_label("Paga a más tardar el").fill(day.isoformat())
    dialog.get_by_label("A las").fill("18:30")
    dialog.get_by_role("button", name="Dar la promesa y reconectar").click()
    panel = page.locator("#promises")
    expect(panel).to_contain_text("Prometió pagar $1,234,567.89")
    expect(panel).to_contain_text("Falta")
    with enter("norte"):
        assert not Hold.objects.filter(closed_at=None).exists()
        assert Promise.objects.get().reconnected

    page.goto(page.url.split("/clientes")[0] + "/cobranza/promesas/")
    expect(page.locator("#list")).to_contain_text("Ñandú Órnelas")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("link", name="Ñandú Órnelas").click()
    page.locator("#promises").get_by_role("button", name="Anular").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Motivo").fill("Fue un error")
    dialog.get_by_role("button", name="Anular la promesa").click()
    expect(page.locator("#promises")).to_contain_text("Fue un error")
    with enter("norte"):
        assert Promise.objects.get().status == "cancelled"
