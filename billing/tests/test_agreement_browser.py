"""What is agreed with a service, in a real browser: the amounts are there before, and the page shows it afterwards."""

import datetime as dt
from decimal import Decimal

from django.utils import timezone
from playwright.sync_api import expect

from billing.models import CreditNote, Extra
from billing.tests.bills import bill, line
from billing.tests.scenes import check_books, make_customer, make_plan
from tenants.current import enter, tenant_today


def test_a_charge_a_plan_and_a_credit_note(browser, norte):
    with enter("norte"):
        service = make_customer(plan=make_plan("Hogar", "600.00")).services.get()
        make_plan("Rápido", "900.00")
        today = tenant_today(timezone.now())
        days = (today - dt.timedelta(days=9), today + dt.timedelta(days=21))
        invoice = bill(service, line("600", days=days), now=timezone.now())
    page = browser.open(norte, f"/clientes/{service.customer_id}/")

    def act(name):
        page.get_by_role("button", name=f"Más acciones de {service.code}").click()
        page.get_by_role("button", name=name).click()

    act("Agregar un cargo")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Como saldrá en la factura").fill("Visita técnica")
    dialog.get_by_label("Monto").fill("-3")
    dialog.get_by_role("button", name="Agregar").click()
    expect(dialog.get_by_text("sólo con números")).to_be_visible()
    dialog.get_by_label("Monto").fill("250")
    dialog.get_by_role("button", name="Agregar").click()
    expect(page.get_by_role("button", name="Quitar")).to_be_visible()
    expect(page.locator(".agreed")).to_contain_text("Visita técnica")

    act("Cambiar el plan o el precio")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Plan nuevo").select_option(label="Rápido")
    expect(dialog).to_contain_text("Se devuelven 21 días de Hogar: $420.00")
    dialog.get_by_role("button", name="Cambiar el plan").click()
    expect(page.locator(".service")).to_contain_text("Rápido")

    page.goto(page.url.split("/clientes")[0] + f"/cobranza/facturas/{invoice.pk}/")
    page.get_by_role("button", name="Nota de crédito").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Un monto").click()
    dialog.get_by_role("textbox", name="Monto").fill("80")
    dialog.get_by_label("Motivo").fill("Fallas")
    expect(dialog).to_contain_text("La factura baja $80.00")
    dialog.get_by_role("button", name="Hacer la nota de crédito").click()
    expect(page.get_by_role("heading", name="Nota de crédito NC-2")).to_be_visible()
    with enter("norte"):
        assert Extra.objects.get().amount == Decimal(250)
        assert sorted(CreditNote.objects.values_list("total", flat=True)) == [Decimal(80), Decimal(420)]
        check_books()
