"""The phone for trying things: it goes the whole way, and touches nobody real."""

from __future__ import annotations

import pytest
from django.utils import timezone

from events.domain import Actor
from inbox.domain import approvals, notifications, sending
from inbox.domain.notices import notify_customer
from inbox.domain.templates import approve_notices
from inbox.models import Channel, Conversation, Message
from inbox.tests.conftest import make_channel, make_customer
from tenants.current import enter

ACTOR = Actor("user", 1, "Agente")


@pytest.fixture
def phone(in_norte, client_norte):
    answer = client_norte.post("/bandeja/numeros/nuevo/sandbox/", {"name": "Pruebas"})
    assert answer.status_code == 302
    return Channel.objects.get(kind="sandbox")


def url(phone, act=""):
    return f"/bandeja/numeros/{phone.pk}/telefono/{act}"


def settle():
    notifications.drain(now=timezone.now())
    sending.drain(now=timezone.now())


def send(body="respuesta"):
    found = Conversation.objects.get()
    message = sending.queue_message(conversation=found, author=ACTOR, now=timezone.now(), body=body)
    settle()
    message.refresh_from_db()
    return message


@pytest.fixture
def ana(phone, client_norte):
    client_norte.post(url(phone, "tomar/"), {"name": "Ana de prueba"})
    found = Conversation.objects.get()
    client_norte.post(url(phone, "escribir/"), {"quien": found.pk, "body": "<b>hola</b>", "own_id": "1"})
    client_norte.post(url(phone, "escribir/"), {"quien": found.pk, "body": "<b>hola</b>", "own_id": "1"})
    settle()
    return found


def test_somebody_made_up_writes_and_reads(ana, phone, client_norte, client_sur):
    assert Message.objects.get().body == "<b>hola</b>"  # sent twice, one message
    assert send().status == "read"
    page = client_norte.get(url(phone), {"quien": ana.pk}).content.decode()
    assert "respuesta" in page
    assert "&lt;b&gt;hola" in page
    assert client_sur.get(url(phone)).status_code == 404
    with enter("sur"):
        assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("outcome", "code", "status"),
    [("delivered", "", "delivered"), ("sent", "", "sent"), ("blocked", "", "failed"), ("failed", "63024", "failed")],
)
@pytest.mark.usefixtures("ana")
def test_the_switches_decide_what_becomes_of_a_message(phone, client_norte, outcome, code, status):
    client_norte.post(url(phone, "opciones/"), {"outcome": outcome, "code": code})
    message = send()
    assert message.status == status
    assert bool(message.error_text) == (status == "failed")


def test_a_day_that_goes_by_closes_the_window(ana, phone, client_norte):
    assert Conversation.objects.get().window_is_open(timezone.now())
    client_norte.post(url(phone, "opciones/"), {"quien": ana.pk, "window": "closed"})
    assert not Conversation.objects.get().window_is_open(timezone.now())


def test_a_customer_that_is_played_is_linked_and_their_number_stays_theirs(phone, client_norte):
    customer = make_customer()
    client_norte.post(url(phone, "tomar/"), {"customer": customer.pk})
    found = Conversation.objects.get()
    client_norte.post(url(phone, "escribir/"), {"quien": found.pk, "body": "BAJA", "own_id": "1"})
    settle()
    assert Conversation.objects.get().customer == customer
    assert not customer.contacts.filter(opted_out=True).exists()


def test_notices_leave_by_it_only_when_said_and_nothing_else_is_there(phone, client_norte):
    customer = make_customer()

    def notify(key):
        return notify_customer(
            customer_id=customer.pk,
            template="payment_reminder",
            variables={},
            key=key,
            actor=ACTOR,
            now=timezone.now(),
        )

    assert notify("a") is None
    client_norte.post(f"/bandeja/numeros/{phone.pk}/", {"name": "Pruebas", "for_notices": "on"})
    sent = notify("b")
    assert sent is not None
    assert sent.channel == phone
    real = make_channel()
    approve_notices(channel=real, ids={"payment_reminder": "HX" + "a" * 32})
    client_norte.post(url(phone, "tomar/"), {"customer": customer.pk})
    client_norte.post(
        url(phone, "escribir/"), {"quien": Conversation.objects.first().pk, "body": "hola", "own_id": "9"}
    )
    settle()
    again = notify("c")
    assert again is not None
    assert again.channel == real


def test_its_texts_stay_approved_when_the_channels_are_asked_for_theirs(phone):
    before = set(phone.approvals.values_list("external_id", "status"))
    assert {status for _id, status in before} == {"approved"}
    approvals.drain(now=timezone.now())
    assert set(phone.approvals.values_list("external_id", "status")) == before
    phone.refresh_from_db()
    assert phone.templates_synced_at


def test_it_is_never_the_default(phone, client_norte):
    assert not phone.is_default
    assert client_norte.post(f"/bandeja/numeros/{phone.pk}/principal/").status_code == 404
