"""Plans, coverage, contracting with its free trial, another plan, prepaid days: each to its effect, or none of it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from billing.models import PaymentRequest, PlanChange
from chatbot.models import RunningForm
from chatbot.tests.conftest import Chat, add_service, turn_on
from customers.models import Contact, Customer, Hold, Plan, Service, Zone
from inbox.kinds import ContentKind
from inbox.models import Message, Ticket
from inbox.tests.conftest import make_channel, make_customer
from network.domain.desire import refresh_stale
from network.models import Access, Router
from network.tests.process_tools import eventually, router_row, running, settled, simulate
from tenants.current import enter, entered


def offer(name: str, price: str, kbps: int = 0, **more: str) -> Plan:
    return Plan.objects.create(name=name, price=price, download_kbps=kbps, upload_kbps=kbps, **more)


# --- plans and coverage -----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_plans_are_told_to_anybody(stranger):
    offer("Hogar 100", "600", 100_000)
    offer("Hogar 50", "450", 50_000)
    Plan.objects.create(name="Viejo", price="1", is_active=False)
    said = stranger.asks("que planes tienen?")
    assert said.index("Hogar 50: 50 Mbps, $450.00 al mes") < said.index("Hogar 100: 100 Mbps, $600.00 al mes")
    assert "Viejo" not in said
    assert stranger.conversation.bot_active


@pytest.mark.django_db
def test_coverage_of_a_zone_of_ours_is_a_yes(stranger, sur):
    Zone.objects.create(name="San Isidro")
    with entered(sur):
        Zone.objects.create(name="Las Lomas")
    assert "Sí, tenemos servicio en San Isidro" in stranger.asks("tienen cobertura en san isidro?")
    assert not Ticket.objects.exists()
    stranger.asks("llegan a mi colonia?")
    said = stranger.asks("en Las Lomas, calle 3")
    assert f"folio {Ticket.objects.get().number}" in said
    assert Ticket.objects.get().customer is None
    assert "Lugar: en Las Lomas, calle 3" in Ticket.objects.get().comments.get().body
    assert "ya está anotado" in stranger.asks("llegan a mi colonia?")
    assert Ticket.objects.count() == 1


@pytest.mark.django_db
def test_coverage_close_to_somebody_is_a_yes_that_names_nobody(stranger):
    near = make_customer(phone="+524449990000", name="Vecina Pérez")
    Customer.objects.filter(pk=near.pk).update(latitude="22.150000", longitude="-100.980000")
    add_service(near)
    stranger.asks("llegan a mi colonia?")
    stranger.writes("", kind=ContentKind.LOCATION, content={"latitude": 22.1502, "longitude": -100.9801})
    from chatbot.tests.conftest import answer  # noqa: PLC0415 -- the place came as a message of its own

    answer()
    assert "damos servicio ahí cerca" in stranger.said()[-1]
    assert "Vecina" not in stranger.said()[-1]


# --- contracting ------------------------------------------------------------------------------------------


def contract(chat: Chat, zone: str = "Centro") -> str:
    chat.asks("quiero contratar internet")
    chat.asks("Luisa Pérez Gómez")
    chat.asks(zone)
    chat.asks("Calle Hidalgo 20")
    return chat.asks("Hogar 50")


@pytest.mark.django_db
def test_who_contracts_is_left_to_the_staff_as_one_ticket(stranger, sur):
    Zone.objects.create(name="Centro")
    offer("Hogar 50", "450", 50_000)
    said = contract(stranger)
    assert "Luisa Pérez Gómez" in said
    assert "Hogar 50: 50 Mbps, $450.00 al mes" in said
    assert "prueba" not in said
    assert not Ticket.objects.exists()
    said = stranger.asks("sí")
    ticket = Ticket.objects.get()
    assert f"folio {ticket.number}" in said
    body = ticket.comments.get().body
    assert "Nombre: Luisa Pérez Gómez\nZona: Centro\nDirección: Calle Hidalgo 20\nPlan: Hogar 50" in body
    assert "+524441234567" in body
    assert not Customer.objects.exists()
    assert not Service.objects.exists()
    with entered(sur):
        assert not Ticket.objects.exists()
    assert "ya está anotado" in stranger.asks("quiero contratar internet")


@pytest.mark.django_db
def test_a_name_that_is_none_is_asked_again(stranger):
    stranger.asks("quiero contratar internet")
    assert "No le entendí" in stranger.asks("1234")
    assert RunningForm.objects.get().misses == 1


def trial_bot(router: Router) -> None:
    bot = turn_on()
    bot.trial_days, bot.trial_router = 7, router
    bot.save()


@pytest.mark.django_db
def test_a_trial_is_made_once_and_ends_by_itself(stranger, sur):
    trial_bot(Router.objects.create(name="Torre 1", host="10.0.0.1", username="api"))
    Zone.objects.create(name="Centro")
    plan = offer("Hogar 50", "450", 50_000)
    assert "7 días de prueba" in contract(stranger)
    assert not Access.objects.exists()
    said = stranger.asks("sí")
    customer, service, access = Customer.objects.get(), Service.objects.get(), Access.objects.get()
    assert (customer.name, customer.zone.name, customer.address) == ("Luisa Pérez Gómez", "Centro", "Calle Hidalgo 20")
    assert (service.plan, service.status, access.desired, access.provisions) == (plan, "free", "on", True)
    assert access.username in said
    assert access.reveal("password") in said
    assert stranger.conversation.customer == customer
    assert Ticket.objects.get().service == service
    now = timezone.now()
    assert refresh_stale(now=now) == 0
    assert Hold.objects.open(now + timedelta(days=8)).get().source == "trial"
    assert refresh_stale(now=now + timedelta(days=8)) == 1
    access.refresh_from_db()
    assert access.desired == "off"
    with entered(sur):
        assert not Customer.objects.exists()
        assert not Access.objects.exists()


@pytest.mark.django_db
def test_no_second_trial_and_none_outside_our_zones(stranger):
    trial_bot(Router.objects.create(name="Torre 1", host="10.0.0.1", username="api"))
    Zone.objects.create(name="Centro")
    offer("Hogar 50", "450", 50_000)
    assert "prueba" not in contract(stranger, "otra")
    stranger.asks("cancelar")
    for code in ("N-1", "N-2"):
        make_customer(code=code)  # two of them: the conversation is nobody's
    assert "prueba" not in contract(stranger)
    stranger.asks("sí")
    assert Customer.objects.count() == 2
    assert Contact.objects.count() == 2
    assert not Access.objects.exists()


def test_a_trials_account_is_on_the_router(fresh_db, norte):
    with simulate() as simulator, enter("norte"):
        trial_bot(router_row(simulator))
        Zone.objects.create(name="Centro")
        offer("Hogar 50", "450", 50_000)
        chat = Chat(make_channel())
        contract(chat)
        chat.asks("sí")
        access = Access.objects.get()
        with running():
            assert eventually(lambda: settled(access))
        access.refresh_from_db()
        assert access.observed == "on"
        assert [row["name"] for row in simulator.rows("/ppp/secret")] == [access.username]


# --- another plan -----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_plan_is_changed_only_after_a_yes(chat, customer, sur):
    turn_on()
    service = add_service(customer)
    bigger = offer("Hogar 200", "800", 200_000)
    bot = turn_on()
    bot.changes_plans = True
    bot.save()
    said = chat.asks("quiero cambiar de plan")
    assert "Hoy tiene Hogar 100: 100 Mbps, $600.00 al mes" in said
    assert "Cambio su plan de Hogar 100 a Hogar 200" in chat.asks("el de 200")
    assert not PlanChange.objects.exists()
    assert "su plan ya es Hogar 200" in chat.asks("sí, confirmo")
    service.refresh_from_db()
    assert service.plan == bigger
    assert PlanChange.objects.count() == 1
    assert not Ticket.objects.exists()
    chat.asks("sí")
    assert PlanChange.objects.count() == 1
    with entered(sur):
        assert not PlanChange.objects.exists()


@pytest.mark.django_db
def test_a_price_that_changed_since_is_read_back_again(chat, customer):
    add_service(customer)
    bigger = offer("Hogar 200", "800", 200_000)
    chat.asks("quiero cambiar de plan")
    chat.asks("hogar 200")
    Plan.objects.filter(pk=bigger.pk).update(price=Decimal(950))
    assert "$950.00" in chat.asks("sí")
    assert not Ticket.objects.exists()
    assert "folio" in chat.asks("sí")


@pytest.mark.django_db
@pytest.mark.parametrize("own_price", [False, True])
def test_what_only_the_staff_may_change_is_a_ticket(chat, customer, own_price):
    service = add_service(customer, **({"price": "500"} if own_price else {}))
    offer("Hogar 200", "800", 200_000)
    bot = turn_on()
    bot.changes_plans = own_price
    bot.save()
    chat.asks("quiero mas megas")
    assert "una persona lo revisa" in chat.asks("1")
    assert "folio" in chat.asks("sí")
    service.refresh_from_db()
    assert service.plan.name == "Hogar 100"
    assert Ticket.objects.get().subject == "Cambio de plan"
    assert "Plan: Hogar 200" in Ticket.objects.get().comments.get().body
    assert not PlanChange.objects.exists()


# --- days -------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_days_are_priced_read_back_and_paid_where_the_provider_says(chat, customer):
    turn_on(payment_instructions="Deposite en la cuenta 123.")
    service = add_service(customer)
    service.plan = offer("Prepago", "20", 50_000, price_unit="day")
    service.save()
    said = chat.asks("quiero comprar días")
    assert "- 7 días: $140.00" in said
    assert "15 días de Prepago son $300.00" in chat.asks("15 dias")
    said = chat.asks("sí")
    assert "cuenta 123" in said
    assert chat.turn.waiting_for == "receipt_photo"
    assert not PaymentRequest.objects.exists()
    assert Message.objects.filter(direction="out").count() == 3


@pytest.mark.django_db
def test_a_service_by_the_month_has_no_days(chat, customer):
    add_service(customer)
    assert "se paga por mes" in chat.asks("quiero comprar 7 días")
    assert not RunningForm.objects.exists()
