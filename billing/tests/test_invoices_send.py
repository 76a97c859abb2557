"""The picked invoices by WhatsApp: it says first who gets one; each goes once; who cannot be reached stops nobody."""

import pytest
from django.urls import reverse
from django.utils import timezone

from billing.documents.bulk import MOST
from billing.domain.invoices import void_invoice
from billing.tests.scenes import NOW, STAFF, make_customer, owe, reach
from billing.tests.test_documents import today, write_texts
from events.models import Event
from inbox.models import Conversation, Message
from tenants.current import enter

HTMX = {"HTTP_HX_REQUEST": "true"}


def url():
    return reverse("billing:invoices_send")


def talking(name):
    customer = make_customer(name)
    Conversation.objects.filter(pk=reach(customer).pk).update(last_inbound_at=timezone.now())
    return customer


@pytest.fixture
def three(in_norte):
    """One that can go, one of nobody reachable, one void."""
    write_texts()
    good, silent = (
        owe(talking("Ana Habla"), "100", today=today()),
        owe(make_customer("Beto Calla"), "200", today=today()),
    )
    void = owe(talking("Caro Nula"), "300", today=today())
    void_invoice(invoice_id=void.pk, reason="Duplicada", actor=STAFF, now=NOW)
    return [good.pk, silent.pk, void.pk]


def sent():
    return Message.objects.count(), Event.objects.filter(type="document.sent").count()


def test_it_says_first_who_gets_one_and_writes_nothing(client_norte, three):
    page = client_norte.get(url(), {"id": three}, **HTMX).content.decode()
    assert "Enviar 1 factura" in page
    assert "Ana Habla" in page
    for person, why in (("Beto Calla", "no tiene teléfono"), ("Caro Nula", "Está anulada")):
        assert person in page
        assert why in page
    assert sent() == (0, 0)


def test_each_goes_once_and_who_cannot_be_reached_stops_nobody(client_norte, three):
    for _twice in range(2):
        response = client_norte.post(url(), {"id": three, "key": "k"}, **HTMX)
        assert response.status_code == 200
        assert "1 factura va en camino" in response["HX-Trigger"].encode().decode("unicode_escape")
    assert sent() == (1, 1)
    assert Message.objects.get().attachments.count() == 1


@pytest.mark.parametrize(
    ("ids", "words"), [([], "al menos una"), (["x"], "al menos una"), (range(1, MOST + 2), "hasta 50")]
)
def test_a_wrong_choice_gets_a_sentence(client_norte, in_norte, ids, words):
    assert words in client_norte.get(url(), {"id": list(ids)}, **HTMX).content.decode()
    response = client_norte.post(url(), {"id": list(ids), "key": "k"}, **HTMX)
    assert (response.status_code, words in response.content.decode()) == (422, True)
    assert sent() == (0, 0)


def test_who_may_not_write_to_customers_sends_nothing(sign_in, norte, three):
    reader = sign_in(norte, "read_only")
    assert reader.get(url(), {"id": three}).status_code == 404
    assert reader.post(url(), {"id": three, "key": "k"}).status_code == 404
    assert sent() == (0, 0)


def test_the_other_provider_cannot_choose_ours(client_sur, norte, sur):
    with enter("norte"):
        invoice = owe(talking("Ñandú"), "100", today=today())
    assert client_sur.post(url(), {"id": [invoice.pk], "key": "k"}, **HTMX).status_code == 422
    with enter("norte"):
        assert sent() == (0, 0)
