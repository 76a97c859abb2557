"""What stands beside a conversation: whose it may be, a number its record lacks; and its menu."""

from __future__ import annotations

import pytest
from django.utils import timezone

from customers.models import Contact
from events.models import Event
from inbox.domain.linking import link_conversation
from inbox.domain.organising import save_view
from inbox.models import Conversation, View
from inbox.tests.conftest import ACTOR, make_channel, make_customer, receive
from tests.harness.fixtures import staff

HTMX = {"HX-Request": "true"}


@pytest.fixture
def talk(in_norte):
    return receive(make_channel(), "soy n-1077 y no navego", sender="+5214447776666").conversation


def beside(client, talk):
    return client.get(f"/bandeja/{talk.pk}/cliente/sugerido/").content.decode()


def test_who_wrote_their_code_is_offered_and_linked_with_their_phone(talk, client_norte, client_sur):
    assert "Vincular" not in beside(client_norte, talk)
    customer = make_customer(code="N-1077", phone="+524440009999")
    shown = beside(client_norte, talk)
    assert "Ana Muñoz" in shown
    assert "Vincular" in shown
    assert "add_phone" in shown
    assert client_sur.get(f"/bandeja/{talk.pk}/cliente/sugerido/").status_code == 404
    url = f"/bandeja/{talk.pk}/cliente/vincular/"
    said = {"customer": customer.pk, "add_phone": "1"}
    assert client_sur.post(url, said, headers=HTMX).status_code == 404
    assert client_norte.post(url, said, headers=HTMX).status_code == 204
    talk.refresh_from_db()
    assert talk.customer == customer
    assert Contact.objects.filter(customer=customer, value="+524447776666").exists()
    assert beside(client_norte, talk).strip() == ""


def test_a_phone_that_the_record_lacks_is_offered_and_added_once(talk, client_norte):
    customer = make_customer(code="N-1077", phone="+524440009999")
    link_conversation(conversation_id=talk.pk, customer=customer, actor=ACTOR, now=timezone.now())
    assert "Agregar este teléfono a la ficha" in beside(client_norte, talk)
    url = f"/bandeja/{talk.pk}/cliente/vincular/"
    for _ in range(2):
        client_norte.post(url, {"customer": customer.pk, "add_phone": "1"}, headers=HTMX)
    assert Contact.objects.filter(customer=customer).count() == 2
    assert Event.objects.filter(type="contact.added").count() == 1
    assert Event.objects.filter(type="conversation.linked").count() == 1
    assert beside(client_norte, talk).strip() == ""


def test_the_transcript_is_in_the_conversations_menu(talk, client_norte):
    page = client_norte.get(f"/bandeja/{talk.pk}/").content.decode()
    begins = page.index('id="organise-menu"')
    menu = page[begins : page.index("</header>", begins)]
    assert f"/bandeja/{talk.pk}/transcripcion.pdf" in menu
    assert "transcripcion.pdf?notas=1" in menu
    assert page.count("transcripcion.pdf?notas=1") == 1


def test_a_saved_view_has_a_button_for_who_may_remove_it(in_norte, norte, client_norte, sign_in):
    owner, agent = staff("owner"), staff("support")
    mine = save_view(name="Mía", query="prioridad=4", owner=agent)
    shared = save_view(name="De todos", query="sin_leer=1", owner=None)
    foreign = save_view(name="Ajena", query="cola=open", owner=owner)

    def removable(client):
        page = client.get("/bandeja/").content.decode()
        return {view.name for view in (mine, shared, foreign) if f"/bandeja/vistas/{view.pk}/quitar/" in page}

    assert removable(sign_in(norte, "support")) == {"Mía"}
    assert removable(client_norte) == {"De todos", "Ajena"}
    sign_in(norte, "support").post(f"/bandeja/vistas/{mine.pk}/quitar/")
    assert not View.objects.filter(pk=mine.pk).exists()


@pytest.mark.parametrize(("text", "found", "said"), [("a", 0, True), (" ñ ", 0, True), ("an", 1, False)])
def test_one_letter_is_not_searched_and_the_page_says_so(in_norte, client_norte, text, found, said):
    receive(make_channel(), "hola", sender_name="Ana Ruiz")
    page = client_norte.get("/bandeja/lista/", {"q": text, "cola": "open"}).content.decode()
    assert page.count("data-conversation=") == found
    assert ("a partir de dos letras" in page) is said
    assert Conversation.objects.count() == 1
