"""Collectors at work in a real browser: comprobantes by keyboard, cash at the counter, the night."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from billing.domain.nights import plan_night
from billing.domain.receipt_filing import file_picture
from billing.domain.receipt_reads import ReadValues, claim_reading, note_reading
from billing.models import Decision, Night, Payment, Receipt
from billing.tests.proofs import photo, screenshot
from billing.tests.scenes import STAFF, check_books, make_customer
from billing.tests.test_pages import debt, today
from tenants.current import enter


@pytest.fixture
def stack(browser, norte):
    with enter("norte"):
        one, two, three = (make_customer(name) for name in ("Ana Primera", "Beto Segundo", "Ñico Tercero"))
        for data, customer in zip((screenshot(), photo("navy"), photo("green")), (one, two, three), strict=True):
            debt(customer)
            file_picture(data=data, source="portal", customer_id=customer.pk, actor=STAFF, now=timezone.now())
    return browser


def test_the_stack_is_worked_off_with_three_keys(stack, norte):
    page = stack.open(norte, "/cobranza/comprobantes/")
    expect(page.get_by_role("heading", name="Ana Primera")).to_be_visible()
    page.keyboard.press("j")
    expect(page.get_by_role("heading", name="Beto Segundo")).to_be_visible()
    page.keyboard.press("a")
    expect(page.get_by_text("registrado")).to_be_visible()
    expect(page.get_by_role("heading", name="Ñico Tercero")).to_be_visible()
    page.keyboard.press("r")
    page.keyboard.type("No se lee")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Ana Primera")).to_be_visible()
    page.get_by_role("button", name=re.compile("Aceptar")).click()
    expect(page.get_by_text("No queda nada por revisar")).to_be_visible()
    with enter("norte"):
        assert sorted(Receipt.objects.values_list("status", flat=True)) == ["accepted", "accepted", "rejected"]
        assert Payment.objects.count() == 2
        check_books()


def test_the_picture_turns_grows_and_starts_straight_again(stack, norte):
    page = stack.open(norte, "/cobranza/comprobantes/")
    picture = page.locator("[data-picture]")
    page.get_by_role("button", name="Girar").click()
    page.keyboard.press("+")
    assert "90deg" in picture.get_attribute("style")
    assert "1.4" in picture.get_attribute("style")
    page.keyboard.press("j")
    expect(page.get_by_role("heading", name="Beto Segundo")).to_be_visible()
    assert not picture.get_attribute("style")


def test_what_is_being_typed_stays_when_the_picture_has_been_read(stack, norte):
    page = stack.open(norte, "/cobranza/comprobantes/")
    page.get_by_label("Referencia").fill("la que veo")
    with enter("norte"):
        job = claim_reading(now=timezone.now())
        values = ReadValues(amount="600.00", reference="83920122", confidence={"amount": 0.98, "reference": 0.4})
        note_reading(receipt_id=job.receipt_id, attempt=job.attempt, values=values, now=timezone.now())
    offer = page.get_by_role("link", name=re.compile("llenar con lo leído"))
    expect(offer).to_be_visible(timeout=15_000)
    expect(page.get_by_label("Referencia")).to_have_value("la que veo")
    expect(page.get_by_role("heading", name="Ana Primera")).to_be_visible()
    offer.click()
    expect(page.get_by_label("Referencia")).to_have_value("83920122")
    expect(page.get_by_text("dudoso")).to_be_visible()


def test_a_comprobante_of_somebody_else_is_moved_to_them(stack, norte):
    page = stack.open(norte, "/cobranza/comprobantes/")
    page.get_by_role("button", name="Es de otro").click()
    page.get_by_placeholder("Nombre, código o teléfono").fill("tercero")
    page.get_by_role("link", name=re.compile("Ñico Tercero")).first.click()
    expect(page.get_by_role("heading", name="Ñico Tercero")).to_be_visible()
    page.keyboard.press("a")
    expect(page.get_by_text("registrado")).to_be_visible()
    with enter("norte"):
        assert Payment.objects.get().customer.name == "Ñico Tercero"


def test_cash_at_the_counter_on_a_phone(browser, norte):
    with enter("norte"):
        customer = make_customer("Ana Primera")
        invoice = debt(customer)
    page = browser.open(norte, f"/cobranza/facturas/{invoice.pk}/", width=390, height=844, role="collections")
    page.get_by_role("button", name="Cobrar").click()
    amount = page.get_by_label("Monto")
    expect(amount).to_have_value("600.00")
    amount.fill("mil")
    page.get_by_role("button", name="Registrar el pago").click()
    expect(page.get_by_text("sólo con números")).to_be_visible()
    expect(amount).to_have_value("mil")
    amount.fill("600")
    page.get_by_role("button", name="Registrar el pago").click()
    expect(page.get_by_role("heading", name="Pago registrado")).to_be_visible()
    with enter("norte"):
        assert Payment.objects.get().amount == 600
        check_books()


def test_one_is_taken_out_of_the_night_and_the_sum_follows(browser, norte):
    with enter("norte"):
        for name in ("Ana Primera", "Beto Segundo"):
            debt(make_customer(name))
        plan_night(day=today(), now=timezone.now())
    page = browser.open(norte, "/cobranza/esta-noche/")
    expect(page.get_by_text("$1,200.00").first).to_be_visible()
    page.get_by_role("row", name=re.compile("Ana Primera")).get_by_role("button", name="Quitar").click()
    expect(page.get_by_text("Ana Primera no se tocará esta noche.")).to_be_visible()
    expect(page.locator("tfoot")).to_contain_text("$600.00")
    with enter("norte"):
        assert Decision.objects.exclude(taken_out_at=None).get().customer.name == "Ana Primera"


def test_why_and_the_counter_open_from_fragments_that_follow_what_happens(browser, norte):
    with enter("norte"):
        customer = make_customer("Ana Primera")
        debt(customer)
        night = plan_night(day=today(), now=timezone.now())
        night.decisions.update(done_at=timezone.now(), outcome="done")
        Night.objects.update(status="done", done_at=timezone.now())
    page = browser.open(norte, "/cobranza/esta-noche/")
    for _twice in range(2):
        page.get_by_role("button", name="¿Por qué?").click()
        expect(page.get_by_role("dialog")).to_contain_text("Debe $600.00")
        page.get_by_role("dialog").get_by_role("button", name="Cerrar").last.click()
        expect(page.get_by_role("dialog")).to_have_count(0)
    page.goto(browser.url(norte, f"/clientes/{customer.pk}/"))
    for _twice in range(2):
        page.locator("#account").get_by_role("button", name="Cobrar").click()
        expect(page.get_by_role("heading", name="Cobrar a Ana Primera")).to_be_visible()
        page.get_by_role("dialog").get_by_role("button", name="Cancelar").click()
        expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("path", ["esta-noche", "comprobantes", "facturas", "pagos", "corridas/nueva", "politica"])
def test_no_page_is_wider_than_the_window(stack, norte, path, width):
    page = stack.open(norte, f"/cobranza/{path}/", width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
