"""The pages of bank statements: who may, what is asked, and that nothing is booked before a person says so."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from billing.bank.statements import counts_of
from billing.bank.work import drain
from billing.domain.money_accounts import add_account
from billing.models import BankImport, BankLine, Payment
from billing.tests.scenes import NOW, STAFF, check_books, make_customer
from billing.tests.test_bank import book, bring, csv_of
from billing.tests.test_pages import HTMX
from tenants.current import enter


def url(name, *args):
    return reverse(f"billing:{name}", args=args)


def upload(client, content, name="bbva.csv"):
    return client.post(url("statements"), {"file": SimpleUploadedFile(name, content)})


def test_from_the_file_to_the_report(client_norte, in_norte):
    customer = make_customer("Ana Certera Solís")
    assert "nombre su cuenta" in client_norte.get(url("statements")).content.decode()
    bank = add_account(kind="bank", name="BBVA", actor=STAFF)
    assert client_norte.get(url("statements")).status_code == 200
    response = upload(client_norte, csv_of(f"03/11/2026;PAGO {customer.code} ANA CERTERA SOLIS;;;450.00"))
    row = BankImport.objects.get()
    assert response.url == url("statement_import", row.pk)
    page = client_norte.get(response.url).content.decode()
    assert "ANA CERTERA" in page
    form = client_norte.get(response.url).context["form"]
    sent = {**form.initial, "bank": "BBVA", "account": bank.pk}
    wrong = client_norte.post(response.url, {**sent, "column_day": ""})
    assert (wrong.status_code, "Diga qué columna es la fecha" in wrong.content.decode()) == (422, True)
    assert not BankLine.objects.exists()
    client_norte.post(response.url, sent)
    assert client_norte.get(url("statement_progress", row.pk)).status_code == 200
    drain(now=NOW)
    assert client_norte.get(url("statement_progress", row.pk))["HX-Refresh"] == "true"
    page = client_norte.get(response.url).content.decode()
    assert "el nombre coincide" in page
    assert "Registrar 1 pago" in page
    assert not Payment.objects.exists()
    client_norte.post(url("statement_confirm", row.pk), {"expected": "2"})
    assert BankImport.objects.get().stage == "review"
    client_norte.post(url("statement_confirm", row.pk), {"expected": "1"})
    drain(now=NOW)
    page = client_norte.get(f"{response.url}?ver=registrados").content.decode()
    assert "registrado" in page
    assert Payment.objects.get().actor_label == "Owner"
    check_books()


def test_each_decision_about_a_line(client_norte, in_norte):
    customer = make_customer("Ana Certera Solís")
    row = bring(csv_of("24/11/2026;NADIE;;;450.00"))
    line = row.lines.get()

    def turn(verb, **sent):
        return client_norte.post(url("statement_line", line.pk), {**sent, "verb": verb}, **HTMX)

    assert turn("marcar", ticked="on").status_code == 422
    assert turn("elegir", id="999999").status_code == 422
    found = client_norte.get(url("statement_people", line.pk), {"q": "certera"}, **HTMX).content.decode()
    assert customer.name in found
    assert "Registrar 1 pago" in turn("elegir", id=customer.pk).content.decode()
    assert "Registrar 0 pagos" in turn("marcar").content.decode()
    assert turn("apartar").status_code == 200
    assert counts_of(row)["ignored"] == 1
    assert turn("volver").status_code == 200
    assert turn("reabrir").status_code == 422
    assert turn("enlazar", id="1").status_code == 422
    assert not Payment.objects.exists()


def test_a_discarded_file_leaves_nothing_and_may_come_again(client_norte, in_norte):
    row = bring(csv_of("24/11/2026;NADIE;;;450.00"))
    client_norte.post(url("statement_discard", row.pk))
    assert not BankLine.objects.exists()
    assert bring(csv_of("24/11/2026;NADIE;;;450.00")).lines.count() == 1


@pytest.mark.parametrize(("content", "words"), [(b"%PDF-1.4", "no es un estado"), (b"", "vac")])
def test_a_bad_file_gets_a_sentence(client_norte, in_norte, content, words):
    add_account(kind="bank", name="BBVA", actor=STAFF)
    response = upload(client_norte, content)
    assert (response.status_code, words in response.content.decode()) == (422, True)
    assert not BankImport.objects.exists()


def test_only_who_may_and_only_this_provider(sign_in, norte, client_sur, in_norte):
    row = bring(csv_of("24/11/2026;NADIE;;;450.00"))
    line = row.lines.get().pk
    support = sign_in(norte, "support")
    for name, pk in (("statement_import", row.pk), ("statement_progress", row.pk), ("statement_people", line)):
        assert support.get(url(name, pk)).status_code == 404
        assert client_sur.get(url(name, pk)).status_code == 404
    for client in (support, client_sur):
        assert client.post(url("statement_line", line), {"verb": "apartar"}).status_code == 404
        assert client.post(url("statement_confirm", row.pk), {"expected": "1"}).status_code == 404
    assert BankLine.objects.get().state == "unknown"
    with enter("sur"):
        assert not BankImport.objects.exists()


@pytest.mark.parametrize("lines", [1, 12])
def test_a_statement_asks_as_often_for_twelve_lines_as_for_one(
    client_norte, in_norte, django_assert_max_num_queries, lines
):
    customer = make_customer("Ana Certera Solís")
    row = bring(csv_of(*(f"24/11/2026;{customer.code} ANA CERTERA SOLIS {n};;;{n}.00" for n in range(1, lines + 1))))
    client_norte.get(url("statement_import", row.pk))
    with django_assert_max_num_queries(16):
        client_norte.get(url("statement_import", row.pk))
    book(row)
    with django_assert_max_num_queries(16):
        client_norte.get(url("statement_import", row.pk))


def test_a_statement_that_is_worked_on_shows_in_the_ring(client_norte, in_norte):
    row = bring(csv_of("03/11/2026;NADIE;;;450.00"))
    BankImport.objects.update(stage="matching")
    page = client_norte.get(reverse("desk:work"), **HTMX).content.decode()
    assert url("statement_import", row.pk) in page or "Estado de cuenta" in page
