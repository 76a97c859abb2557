"""The guided conversations, each from its first word to its effect, on a phone with the rules engine."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from chatbot.models import RunningForm
from chatbot.tests.conftest import STAFF, add_service, turn_on
from customers.domain.holds import open_hold
from customers.models import Customer, Plan, Service, Zone
from events.models import Event
from inbox.domain.templates import ensure_default_templates
from inbox.models import Message, Ticket
from network.domain.outages import close_outage, open_outage
from network.models import Access, Outage, Router
from tenants.current import entered

pytestmark = pytest.mark.django_db


def notes() -> str:
    return "\n".join(Message.objects.filter(direction="note").values_list("body", flat=True))


def connect(service, *, up: bool) -> Access:
    router, _ = Router.objects.get_or_create(name="Torre 1", defaults={"host": "10.0.0.1", "username": "api"})
    return Access.objects.create(service=service, router=router, username=f"u-{service.code}", session_up=up)


# --- a fault ----------------------------------------------------------------------------------------------


def test_a_fault_is_asked_about_and_becomes_one_ticket(chat, customer, sur):
    ensure_default_templates()
    service = add_service(customer)
    connect(service, up=False)
    said = chat.asks("esta muy lento")
    assert "sin conexión" in said
    assert said.endswith("¿Desde cuándo?")  # what it is was said already
    assert "apagó y encendió" in chat.asks("desde ayer en la noche")
    assert "30 segundos" in chat.asks("no")
    assert not Ticket.objects.exists()
    said = chat.asks("no, sigue igual")
    ticket = Ticket.objects.get()
    assert f"reporte {ticket.number}" in said
    assert (ticket.customer, ticket.service, ticket.category, ticket.source) == (customer, service, "fault", "bot")
    body = ticket.comments.get().body
    assert body.startswith(
        "«esta muy lento»\nQué pasa: Lento\nDesde cuándo: desde ayer en la noche\nReinició el módem: No\n"
    )
    assert "Torre 1: sin sesión." in body
    assert not Message.objects.filter(template__key="ticket_opened").exists()  # the answer says it
    assert chat.conversation.bot_active
    assert f"folio {ticket.number}" in chat.asks("no tengo internet")
    assert Ticket.objects.count() == 1
    with entered(sur):
        assert not Ticket.objects.exists()


def test_a_restart_that_helps_opens_no_ticket(chat, customer):
    add_service(customer)
    chat.asks("no tengo internet")
    chat.asks("hace una hora")
    chat.asks("no")
    assert "Qué bueno" in chat.asks("sí, ya funciona")
    assert not Ticket.objects.exists()
    assert not RunningForm.objects.exists()


def test_which_service_is_asked_of_who_has_several(chat, customer):
    one = add_service(customer, address="Calle Uno")
    other = Service.objects.create(customer=customer, plan=one.plan, code="S-2", address="Calle Dos")
    assert "¿De cuál de sus servicios?" in chat.asks("no tengo internet")
    chat.asks("el de la calle dos")
    chat.asks("desde hoy")
    chat.asks("sí")
    assert Ticket.objects.get().service == other


def test_a_known_outage_is_told_and_nothing_is_asked(chat, customer, sur):
    zone = Zone.objects.create(name="Centro")
    add_service(customer, zone=zone)
    outage = open_outage(zone=zone, text="Cortaron la fibra en la carretera.", actor=STAFF, now=timezone.now(),
                         expected_until=timezone.now() + timedelta(hours=3))  # fmt: skip
    said = chat.asks("no tengo internet")
    assert said.startswith("Cortaron la fibra en la carretera.")
    assert "a más tardar" in said
    assert not RunningForm.objects.exists()
    assert not Ticket.objects.exists()
    assert close_outage(outage_id=outage.pk, actor=STAFF, now=timezone.now())
    assert not close_outage(outage_id=outage.pk, actor=STAFF, now=timezone.now())
    assert "¿Desde cuándo?" in chat.asks("no tengo internet")
    assert list(Event.objects.filter(type__startswith="outage").values_list("type", flat=True).order_by("pk")) == [
        "outage.opened", "outage.closed",
    ]  # fmt: skip
    with entered(sur):
        assert not Outage.objects.exists()


def test_an_outage_elsewhere_is_not_told(chat, customer):
    add_service(customer, zone=Zone.objects.create(name="Centro"))
    open_outage(zone=Zone.objects.create(name="Sierra"), actor=STAFF, now=timezone.now())
    assert "¿Desde cuándo?" in chat.asks("no tengo internet")


def test_a_router_that_does_not_answer_is_an_outage(chat, customer):
    access = connect(add_service(customer), up=False)
    Router.objects.filter(pk=access.router_id).update(failures=3)
    assert "falla general" in chat.asks("no tengo internet")
    assert not Ticket.objects.exists()


def test_a_service_that_is_paused_is_a_persons(chat, customer):
    service = add_service(customer)
    open_hold(service_id=service.pk, reason="pause", source="staff", actor=STAFF, now=timezone.now())
    assert "suspendido" in chat.asks("no tengo internet")
    assert not chat.conversation.bot_active
    assert not Ticket.objects.exists()


def test_a_bot_without_tickets_calls_a_person_with_what_was_collected(chat, customer):
    turn_on(tools_off=["tickets"])
    add_service(customer)
    chat.asks("no tengo internet")
    chat.asks("desde ayer")
    chat.asks("sí")
    assert not Ticket.objects.exists()
    assert not chat.conversation.bot_active
    assert "Desde cuándo: Desde ayer" in notes()


@pytest.mark.parametrize(("up", "says"), [(True, "activo y con conexión"), (False, "¿Qué le pasa?")])
def test_the_state_of_the_service_is_what_is_seen(chat, customer, up, says):
    connect(add_service(customer), up=up)
    assert says in chat.asks("esta activo mi servicio?")


# --- leaving ----------------------------------------------------------------------------------------------


def test_who_wants_to_leave_says_why_and_a_person_takes_over(chat, customer):
    service = add_service(customer)
    assert "motivo" in chat.asks("quiero cancelar el servicio")
    assert "No hice ningún cambio" in chat.asks("es que ya no me gusta como me tratan")
    assert not chat.conversation.bot_active
    assert "Motivo: es que ya no me gusta como me tratan" in notes()
    service.refresh_from_db()
    assert service.status == "active"
    assert not Ticket.objects.exists()


# --- Wi-Fi ------------------------------------------------------------------------------------------------


def test_the_wifi_password_is_helped_with_in_words(chat, customer):
    add_service(customer)
    chat.asks("olvide la contraseña del wifi")
    assert "etiqueta" in chat.asks("la olvidé")
    assert "Perfecto" in chat.asks("sí")
    assert not Ticket.objects.exists()
    chat.asks("quiero cambiar la clave del wifi")
    assert "192.168.1.1" in chat.asks("quiero cambiarla")
    said = chat.asks("no pude")
    assert f"folio {Ticket.objects.get().number}" in said
    assert Customer.objects.count() == 1
    assert Plan.objects.count() == 1
