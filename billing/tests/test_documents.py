"""Documents say what the books say, on paper and in the API: each amount, each tax, each movement."""

import datetime as dt
import io
from decimal import Decimal

import pytest
import zxingcpp
from django.utils import timezone
from PIL import Image

from billing.documents.build import build_pdf, build_picture
from billing.documents.facts import read_account, read_invoice
from billing.documents.links import DocumentRef
from billing.documents.shelf import fresh_link, make_sheet
from billing.domain.credit_notes import issue_credit_note, write_off_invoice
from billing.domain.document_settings import save_document_settings
from billing.domain.invoices import void_invoice
from billing.domain.ledger import Leg, Posting, accounts, balance, post, statement
from billing.domain.opening import OpeningInvoice, open_invoice
from billing.domain.payments import record_payment, void_payment
from billing.domain.run import run_billing, start_run
from billing.models import Invoice, InvoiceTax
from billing.tests.scenes import DECEMBER, NOW, STAFF, TODAY, make_customer, owe
from billing.tests.test_paper import pages
from tenants.current import entered, tenant_today
from tenants.models import Brand, Tenant

TEXTS = {
    "legal_name": "Norte Net Telecomunicaciones S.A. de C.V.",
    "tax_id": "GODE561231GR8",
    "bank_data": "BBVA\nCLABE 0123 4567 8901 2345 67",
    "legal_text": "Este documento no es un comprobante fiscal.",
    "footer": "Gracias por preferirnos.",
}


def paper(ref, day=TODAY, **how):
    return " ".join(pages(build_pdf(make_sheet(ref, today=day), **how)))


def billed(customer):
    run_billing(run_id=start_run(period=DECEMBER, origin="hand", actor=STAFF, now=NOW).pk, now=NOW)
    return Invoice.objects.get(customer=customer, imported=False)


def pay(customer, amount, key="k", when=NOW):
    how = {"method": "transfer", "reference": "SPEI 778", "received_at": when, "actor": STAFF, "now": when}
    return record_payment(customer_id=customer.pk, amount=Decimal(amount), key=key, **how)


def write_texts(**more):
    return save_document_settings(changes={**TEXTS, **more}, actor=STAFF, now=NOW)


# --- on paper -------------------------------------------------------------------------------------------


def test_an_invoice_on_paper_has_its_lines_taxes_texts_and_a_code_that_opens_it(in_norte):
    write_texts()
    customer = make_customer("María Guadalupe Hernández Ñaupari")
    invoice = billed(customer)
    sheet = make_sheet(DocumentRef("invoice", invoice.pk), today=TODAY)
    text = " ".join(pages(build_pdf(sheet)))
    for words in (
        invoice.label, customer.name, customer.code, "100 Mbps", "Subtotal $517.24", "IVA 16 % $82.76",
        "Total $600.00", "Vence el 3 de diciembre de 2026", "RFC GODE 561231 GR8",
        *[v for v in TEXTS.values() if v.startswith("Norte")],
        "CLABE 0123 4567 8901 2345 67", f"Escriba como referencia: {customer.code}",
        TEXTS["legal_text"], TEXTS["footer"],
    ):  # fmt: skip
        assert words in text
    [code] = zxingcpp.read_barcodes(Image.open(io.BytesIO(build_picture(sheet))))
    assert code.text == sheet.link == fresh_link(DocumentRef("invoice", invoice.pk), today=TODAY)
    assert code.text.startswith("http://norte")


def test_what_is_paid_no_longer_asks_for_money(in_norte):
    write_texts()
    customer = make_customer()
    invoice = owe(customer, "600")
    ref = DocumentRef("invoice", invoice.pk)
    assert "Vencida" in paper(ref)
    pay(customer, "100")
    assert "Pagado −$100.00 Por pagar $500.00" in paper(ref)
    pay(customer, "500", "k2")
    text = paper(ref)
    assert "Pagada" in text
    assert "CLABE" not in text


def test_a_void_invoice_says_so_and_why(in_norte):
    invoice = owe(make_customer(), "600")
    void_invoice(invoice_id=invoice.pk, reason="Se cobró dos veces", actor=STAFF, now=NOW)
    text = paper(DocumentRef("invoice", invoice.pk))
    assert "ANULADA" in text
    assert "Se cobró dos veces" in text
    assert "Por pagar" not in text


def test_every_tax_is_a_line_and_a_withheld_one_is_named_so(in_norte):
    customer = make_customer()
    invoice = Invoice.objects.create(
        customer=customer, label="B-7", issued_on=TODAY, due_on=TODAY, subtotal=1000, tax=190, withheld=10, total=1180,
        currency="MXN", created_at=NOW,
    )  # fmt: skip
    for name, rate, amount in (("IVA", "0.16", 160), ("IEPS", "0.03", 30), ("ISR", "0.0125", -10)):
        InvoiceTax.objects.create(invoice=invoice, name=name, rate=Decimal(rate), base=1000, amount=amount)
    text = paper(DocumentRef("invoice", invoice.pk))
    wanted = "Subtotal $1,000.00 IVA 16 % $160.00 IEPS 3 % $30.00 Retención ISR 1.25 % −$10.00 Total $1,180.00"
    assert wanted in text
    facts = read_invoice(invoice, today=TODAY)
    assert facts.subtotal + sum(tax.amount for tax in facts.taxes) == facts.total


@pytest.mark.parametrize("size", ["letter", "roll"])
def test_a_receipt_says_where_the_money_went(in_norte, size):
    customer = make_customer()
    invoice = owe(customer, "600")
    payment = pay(customer, "650.50")
    ref = DocumentRef("payment", payment.pk)
    text = paper(ref, paper=size)
    for words in (
        "$650.50",
        "Transferencia",
        "SPEI 778",
        f"Factura {invoice.label} pagada $600.00",
        "Saldo a favor $50.50",
        "Ana",
    ):
        assert words in text
    void_payment(payment_id=payment.pk, reason="No llegó", actor=STAFF, now=NOW)
    assert "ANULADO" in paper(ref, paper=size)


def test_a_credit_note_names_its_invoice_and_both_add_up(in_norte, client_norte):
    customer = make_customer()
    invoice = billed(customer)
    pay(customer, "550")
    why = {"reason": "Tres días sin servicio", "actor": STAFF, "now": NOW}
    note = issue_credit_note(invoice_id=invoice.pk, amount=Decimal(116), **why)
    ref = DocumentRef("credit_note", note.pk)
    text = paper(ref)
    for words in (
        note.label, invoice.label, "Tres días sin servicio", "Subtotal $100.00 IVA 16 % $16.00 Total $116.00",
        f"Descontado de la factura {invoice.label} $50.00", "Queda a favor $66.00",
    ):  # fmt: skip
        assert words in text
    text = paper(DocumentRef("invoice", invoice.pk))
    assert "Notas de crédito −$50.00 Pagado −$550.00" in text
    text = paper(DocumentRef("statement", customer.pk))
    assert f"Nota de crédito {note.label} ({invoice.label}) $116.00 −$66.00" in text
    file = client_norte.get(f"/api/v1/credit-notes/{note.pk}/pdf/")
    assert note.label in pages(file.content)[0]
    link = client_norte.post(f"/api/v1/credit-notes/{note.pk}/link/").json()["url"]
    assert note.label in client_norte.get("/" + link.split("/", 3)[3]).content.decode()
    assert client_norte.get(f"/cobranza/notas/{note.pk}/pdf").status_code == 200


def test_what_nobody_paid_is_not_called_paid(in_norte):
    given, forgiven = owe(make_customer(), "600"), owe(make_customer(), "600")
    why = {"reason": "Se mudó", "actor": STAFF, "now": NOW}
    issue_credit_note(invoice_id=given.pk, **why)
    write_off_invoice(invoice_id=forgiven.pk, **why)
    for invoice, words in ((given, "Notas de crédito −$600.00"), (forgiven, "Dado por incobrable −$600.00")):
        text = paper(DocumentRef("invoice", invoice.pk))
        assert words in text
        assert "Saldada" in text
        assert "Pagad" not in text


@pytest.mark.parametrize(
    ("currency", "amount", "shown"),
    [
        ("MXN", "1234567.89", "$1,234,567.89"),
        ("CLP", "1234567", "$1.234.567"),
        ("TND", "1234567.891", "TND 1,234,567.891"),
    ],
)
def test_amounts_are_whole_in_every_currency(in_norte, currency, amount, shown):
    Tenant.objects.filter(pk=in_norte.pk).update(currency=currency)
    in_norte.currency = currency
    with entered(in_norte):
        customer = make_customer("María de los Ángeles Fernández de Córdoba y Álvarez de Toledo")
        item = OpeningInvoice("t:1", customer.pk, "F-1", TODAY, TODAY, Decimal(amount))
        open_invoice(item, actor=STAFF, now=NOW)
        invoice = Invoice.objects.get(label="F-1")
        assert shown in paper(DocumentRef("invoice", invoice.pk))
        assert f"Saldo final {shown}" in paper(DocumentRef("statement", customer.pk))


def test_a_broken_logo_never_breaks_a_document(in_norte, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    invoice = owe(make_customer(), "600")
    folder = tmp_path / str(in_norte.uuid) / "brand"
    folder.mkdir(parents=True)
    png = io.BytesIO()
    Image.new("RGB", (60, 40), "#f00").save(png, "PNG")
    for name, data in {"text.png": b"hola", "cut.png": png.getvalue()[:60], "gone.png": None, "empty.png": b""}.items():
        if data is not None:
            (folder / name).write_bytes(data)
        Brand.objects.filter(tenant=in_norte).update(logo=f"brand/{name}")
        assert in_norte.brand.name in paper(DocumentRef("invoice", invoice.pk)), name


# --- the statement --------------------------------------------------------------------------------------


def ten_years(customer):
    """An invoice and a payment a month, some short, some over, some taken back; straight into the ledger."""
    chart = accounts("MXN", "receivable", "income", "bank")
    first, moves = dt.datetime(2016, 12, 5, 15, tzinfo=dt.UTC), []
    for month in range(120):
        when = first + dt.timedelta(days=30.4 * month)
        paid = Decimal("450.10") + (month % 5 - 2)
        steps = [("invoice", 0, Decimal("450.10"), f"F-{month}"), ("payment", 6, -paid, f"SPEI {month}")]
        steps += [("payment_void", 7, paid, "No llegó")] if month % 17 == 0 else []
        for kind, days, amount, memo in steps:
            at = when + dt.timedelta(days=days)
            contra = chart["income" if kind == "invoice" else "bank"]
            legs = (Leg(chart["receivable"], amount, customer.pk), Leg(contra, -amount))
            moves.append(Posting(kind, at, at.date(), "MXN", legs, memo))
    post(moves)


def test_ten_years_paginate_and_every_number_is_the_ledgers(in_norte, client_norte):
    customer = make_customer()
    ten_years(customer)
    moves = list(reversed(statement(customer.pk)))
    assert len(moves) > 240
    found = pages(build_pdf(make_sheet(DocumentRef("statement", customer.pk), today=TODAY)))
    assert len(found) > 5
    assert f"Página {len(found)} de {len(found)}" in found[-1]
    text = " ".join(found)
    assert text.count("F-") >= 120
    closing = balance(customer.pk)["MXN"]
    charged = sum(m.amount for m in moves if m.amount > 0)
    settled = sum(m.amount for m in moves if m.amount < 0)
    assert charged + settled == closing == moves[-1].balance
    assert f"Cargos ${charged:,.2f} Abonos −${-settled:,.2f} Saldo final ${closing:,.2f}" in text
    api = client_norte.get(f"/api/v1/customers/{customer.pk}/statement/?page_size=200").json()
    newest = [(m["amount"], m["balance"]) for m in api["results"]]
    assert newest == [(f"{m.amount:.2f}", f"{m.balance:.2f}") for m in moves[:-201:-1]]
    assert (api["sums"][0]["opening"], api["sums"][0]["closing"]) == ("0.00", f"{closing:.2f}")


def test_a_stretch_begins_with_the_balance_before_it_and_ends_with_the_one_after(in_norte):
    customer = make_customer()
    ten_years(customer)
    moves = list(reversed(statement(customer.pk)))
    since, until = dt.date(2020, 1, 1), dt.date(2020, 12, 31)
    facts = read_account(customer, currency="MXN", since=since, until=until)
    inside = [m for m in moves if since <= m.day <= until]
    assert [line.movement for line in facts.lines] == inside
    sums = facts.sums
    assert sums.opening == [m for m in moves if m.day < since][-1].balance
    assert sums.opening + sums.charged + sums.credited == sums.closing == inside[-1].balance
    nothing = read_account(customer, currency="MXN", since=dt.date(2050, 1, 1), until=dt.date(2050, 2, 1))
    assert (nothing.lines, nothing.sums.opening) == ((), moves[-1].balance)
    assert nothing.sums.closing == nothing.sums.opening
    before = read_account(customer, currency="MXN", since=None, until=dt.date(2000, 1, 1))
    assert (before.lines, before.sums.closing) == ((), 0)


def test_the_statement_costs_the_same_queries_for_one_movement_and_for_many(in_norte, django_assert_num_queries):
    one, many = make_customer(), make_customer()
    owe(one, "600")
    ten_years(many)
    owe(many, "600")
    for customer in (one, many):
        with django_assert_num_queries(2):
            read_account(customer, currency="MXN", since=None, until=TODAY)


def today():
    return tenant_today(timezone.now())
