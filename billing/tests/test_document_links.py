"""Signed links: what they open, for how long, at whose provider; and the texts that go with every document."""

import datetime as dt

import pytest
from django.utils import timezone

from billing.documents.links import DocumentRef, LinkExpired, LinkUnknown, link_to, read_link, sign_link
from billing.documents.shelf import fresh_link
from billing.tests.scenes import TODAY, make_customer, owe
from billing.tests.test_documents import TEXTS, pay, today, write_texts
from billing.tests.test_paper import pages
from events.models import Event
from tenants.current import enter, entered

# --- links ----------------------------------------------------------------------------------------------


def test_a_link_opens_until_its_last_day_and_not_after(in_norte):
    ref = DocumentRef("statement", 7, dt.date(1900, 1, 1), dt.date(2026, 1, 31))
    for wanted in (ref, DocumentRef("invoice", 9**17), DocumentRef("statement", 1, None, TODAY)):
        token = sign_link(wanted, last_day=TODAY)
        assert read_link(token, today=TODAY) == wanted
        with pytest.raises(LinkExpired):
            read_link(token, today=TODAY + dt.timedelta(days=1))


def test_a_forged_link_or_the_neighbours_opens_nothing(norte, sur):
    with entered(norte):
        token = sign_link(DocumentRef("invoice", 1), last_day=TODAY)
        text, _, signature = token.rpartition(".")
        forged = [
            text.replace("i1", "i2") + "." + signature,
            token[:-1],
            token + "A",
            text,
            "",
            ".",
            "i1-1.",
            "x" * 5000,
        ]
        forged.append(text.replace("i1", "p1") + "." + signature)
        for bad in forged:
            with pytest.raises(LinkUnknown):
                read_link(bad, today=TODAY)
    with entered(sur), pytest.raises(LinkUnknown):
        read_link(token, today=TODAY)


def address(ref, days=30):
    return "/" + link_to(ref, last_day=today() + dt.timedelta(days=days)).split("/", 3)[3]


@pytest.fixture
def anybody(sign_in, norte):
    return sign_in(norte, None)


def test_the_page_shows_what_is_owed_now_and_how_to_pay(in_norte, anybody):
    write_texts()
    in_norte.brand.whatsapp = "+523112104455"
    in_norte.brand.save()
    customer = make_customer("Ñandú Órnelas")
    invoice = owe(customer, "600", today=today())
    owe(customer, "150", today=today())
    url = address(DocumentRef("invoice", invoice.pk))
    response = anybody.get(url)
    page = response.content.decode()
    assert response.status_code == 200
    for words in (
        "Ñandú Órnelas",
        "$600.00",
        "Su cuenta debe hoy $750.00 en total",
        "CLABE 0123",
        customer.code,
        "Descargar PDF",
    ):
        assert words in page
    assert "wa.me/" in page
    assert (response["Cache-Control"], response["X-Robots-Tag"]) == ("private, no-store", "noindex, nofollow")
    assert response["Referrer-Policy"] == "no-referrer"
    assert 'name="robots" content="noindex' in page
    assert "<script" not in page
    assert not {"sessionid"} & set(response.cookies)
    pay(customer, "750", when=timezone.now())
    page = anybody.get(url).content.decode()
    assert "Pagada" in page
    assert "CLABE" not in page
    file = anybody.get(url + "pdf")
    assert (file["Content-Type"], file["Cache-Control"]) == ("application/pdf", "private, no-store")
    assert "Ñandú Órnelas" in pages(file.content)[0]


def test_each_kind_has_its_page(in_norte, anybody):
    customer = make_customer("Ñandú Órnelas")
    owe(customer, "600", today=today())
    payment = pay(customer, "100", when=timezone.now())
    for ref, words in (
        (DocumentRef("payment", payment.pk), "Pago recibido"),
        (DocumentRef("statement", customer.pk), "Saldo final"),
        (DocumentRef("statement", customer.pk, dt.date(2020, 1, 1), dt.date(2020, 1, 2)), "No hubo movimientos"),
    ):
        response = anybody.get(address(ref))
        assert response.status_code == 200
        assert words in response.content.decode()
        assert anybody.get(address(ref) + "pdf").status_code == 200
        assert anybody.post(address(ref)).status_code == 405
        assert anybody.head(address(ref)).status_code == 200
    assert anybody.get(address(DocumentRef("payment", payment.pk)) + "pdf?papel=80").status_code == 200


def test_what_does_not_open_is_friendly_and_tells_nothing(norte, sur, sign_in):
    with entered(norte):
        customer = make_customer("Ñandú Órnelas")
        invoice = owe(customer, "600", today=today())
        ref = DocumentRef("invoice", invoice.pk)
        good, old, missing = address(ref), address(ref, days=-1), address(DocumentRef("invoice", 10**9))
    with entered(sur):
        theirs = owe(make_customer("Otra Persona"), "10", today=today())
    ours, neighbour = sign_in(norte, None), sign_in(sur, None)
    assert ours.get(good).status_code == 200
    cases = [(ours, old, 410), (ours, missing, 404), (ours, good[:-2] + "/", 404), (ours, "/d/x/", 404)]
    cases += [(neighbour, good, 404), (neighbour, good + "pdf", 404), (neighbour, old, 404), (ours, old + "pdf", 410)]
    for client, url, status in cases:
        response = client.get(url)
        page = response.content.decode()
        assert response.status_code == status, url
        assert "Este enlace" in page
        assert not [mark for mark in ("Ñandú", "600", invoice.label, "Otra Persona", theirs.label) if mark in page]
        assert response["Cache-Control"] == "private, no-store"
        assert response["X-Robots-Tag"] == "noindex, nofollow"


# --- the provider's texts -------------------------------------------------------------------------------


def test_texts_are_saved_once_with_an_event_and_stay_at_home(client_norte, in_norte):
    url = "/cobranza/documentos/"
    assert client_norte.get(url).status_code == 200
    typed = {**TEXTS, "fiscal_address": "", "link_days": "7"}
    assert client_norte.post(url, typed).status_code == 302
    assert "Norte Net Telecomunicaciones" in client_norte.get(url).content.decode()
    assert client_norte.post(url, typed).status_code == 302  # nothing changed, nothing said
    assert Event.objects.filter(type="documents.changed").count() == 1
    assert read_link(
        fresh_link(DocumentRef("invoice", 1), today=TODAY).split("/")[-2], today=TODAY + dt.timedelta(days=7)
    )
    with enter("sur"):
        assert not Event.objects.filter(type="documents.changed").exists()


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("link_days", "0", "mayor o igual"),
        ("link_days", "9999", "menor o igual"),
        ("tax_id", "GODE5612", "RFC: le faltan"),
        ("bank_data", "x" * 1001, "1000"),
        ("legal_text", "x" * 2001, "2000"),
    ],
)
def test_wrong_texts_get_a_sentence_and_change_nothing(client_norte, in_norte, field, typed, sentence):
    response = client_norte.post("/cobranza/documentos/", {**TEXTS, "link_days": "7", field: typed})
    page = response.content.decode()
    assert response.status_code == 422
    assert sentence in page
    assert typed in page
    assert TEXTS["legal_name"] in page
    assert not Event.objects.filter(type="documents.changed").exists()


def test_the_preview_shows_what_is_typed_and_saves_nothing(client_norte, in_norte):
    typed = {**TEXTS, "link_days": "x", "legal_name": '#panic("x")'}
    before = client_norte.post("/cobranza/documentos/vista", {**typed, "legal_name": ""}).content
    after = client_norte.post("/cobranza/documentos/vista", typed).content
    assert b"data:image/png;base64," in after
    assert before != after
    assert not Event.objects.filter(type="documents.changed").exists()
