"""The counter in a real browser: seeing before paying, a drawer's day, and a bank statement."""

import re
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from billing.bank.work import drain
from billing.domain.money_accounts import add_account
from billing.models import BankLine, CashDrawer, Payment
from billing.tests.scenes import STAFF, check_books, make_customer
from billing.tests.test_bank import csv_of
from billing.tests.test_counter_pages import cut
from billing.tests.test_pages import debt
from tenants.current import enter


@pytest.fixture
def counter(browser, norte):
    with enter("norte"):
        add_account(kind="bank", name="BBVA", actor=STAFF)
        customer = make_customer("Ana Certera Solís")
        browser.invoices = [debt(customer), debt(customer)]
        cut(customer)
        browser.customer = customer
    return browser


def test_what_a_payment_does_is_seen_before_it_is_taken(counter, norte):
    page = counter.open(norte, f"/clientes/{counter.customer.pk}/")
    page.get_by_role("button", name="Cobrar").first.click()
    dialog = page.locator("#pay")
    expect(dialog.get_by_text("así que se reconecta")).to_be_visible()
    dialog.get_by_label("Fondo inicial").fill("500")
    dialog.get_by_role("button", name="Abrir mi caja").click()
    expect(dialog.get_by_text("debe tener $500.00")).to_be_visible()
    dialog.get_by_label("Monto", exact=True).fill("700")
    expect(dialog.get_by_text("No se reconecta todavía")).to_be_visible()
    expect(dialog.get_by_text("Quedará debiendo")).to_be_visible()
    dialog.get_by_label("Elegir cuánto va a cada factura").check()
    second = counter.invoices[1]
    dialog.get_by_label(f"Cuánto para {second.label}").fill("600")
    expect(dialog.get_by_text("Saldo a favor", exact=True)).to_be_visible()
    dialog.get_by_role("button", name="Registrar el pago").click()
    expect(dialog.get_by_role("heading", name="Pago registrado")).to_be_visible()
    expect(dialog.get_by_role("link", name="Rollo de 80 mm")).to_be_visible()
    with enter("norte"):
        second.refresh_from_db()
        assert second.status == "paid"
        assert Payment.objects.get().account == CashDrawer.objects.get().account
        check_books()


def test_a_drawers_day(counter, norte):
    page = counter.open(norte, "/cobranza/caja/")
    page.get_by_label("Fondo inicial").fill("500")
    page.get_by_role("button", name="Abrir mi caja").click()
    expect(page.get_by_text("fondo inicial $500.00")).to_be_visible()
    page.get_by_role("button", name="Mover efectivo").click()
    dialog = page.locator("#move")
    expect(dialog.get_by_label("A qué banco")).to_be_visible()
    dialog.get_by_label("Monto").fill("200")
    dialog.get_by_role("button", name="Anotar").click()
    expect(page.locator(".figure__value").first).to_have_text("$300.00")
    page.get_by_role("button", name="Contar y cerrar").click()
    dialog = page.locator("#close")
    dialog.get_by_text("Contar por billetes y monedas").click()
    dialog.get_by_label("$100.00").fill("2")
    dialog.get_by_label("$50.00").fill("1")
    dialog.get_by_role("button", name="Cerrar la caja").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Faltan $50.00")
    dialog.get_by_label("Nota").fill("Vuelto mal dado")
    dialog.get_by_role("button", name="Cerrar la caja").click()
    expect(page.get_by_text("falta", exact=True)).to_be_visible()
    with enter("norte"):
        assert CashDrawer.objects.get().difference == Decimal(-50)
        check_books()


def test_a_bank_statement_is_brought_looked_at_and_booked(counter, norte):
    page = counter.open(norte, "/cobranza/estados-de-cuenta/")
    content = csv_of(
        f"03/11/2026;PAGO {counter.customer.code} ANA CERTERA SOLIS;REF-7781;;600.00", "04/11/2026;NADIE;;;77.00"
    )
    page.set_input_files("input[type=file]", {"name": "bbva.csv", "mimeType": "text/csv", "buffer": content})
    page.get_by_role("button", name="Traer el archivo").click()
    page.get_by_label("Banco", exact=True).fill("BBVA")
    page.get_by_role("button", name=re.compile("Buscar de quién")).click()
    expect(page.get_by_text("Puede cerrar esta página")).to_be_visible()
    with enter("norte"):
        drain(now=timezone.now())
    expect(page.get_by_role("button", name="Registrar 1 pago")).to_be_visible()
    page.get_by_role("link", name=re.compile("Sin dueño")).click()
    page.get_by_label("Buscar otro cliente").press_sequentially("certera")
    page.locator(".bank__found button").first.click()
    page.get_by_role("button", name="Registrar 2 pagos").click()
    with enter("norte"):
        drain(now=timezone.now())
    expect(page.get_by_role("link", name=re.compile("Registrados 2"))).to_be_visible()
    with enter("norte"):
        assert BankLine.objects.filter(state="booked").count() == 2
        check_books()
