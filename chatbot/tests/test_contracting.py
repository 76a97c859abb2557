"""Plans, coverage, contracting with its free trial, another plan, prepaid days: each to its effect, or none of it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from billing.domain.ledger import credit_in
from billing.domain.payment_requests import request_link
from billing.domain.policies import current_policy
from billing.domain.run import run_billing, start_run
from billing.models import Invoice, Payment, PaymentRequest, PlanChange
from billing.tests.scenes import owe
from billing.tests.till import connect_stripe, work
from chatbot.models import Bot, RunningForm
from chatbot.tests.conftest import STAFF, Chat, add_service, turn_on
from customers.domain.holds import open_hold
from customers.models import Contact, Customer, Hold, Plan, Service, Zone
from inbox.kinds import ContentKind
from inbox.models import Message, Ticket
from inbox.tests.conftest import make_channel, make_customer
from network.domain.desire import refresh_stale
from network.models import Access, Router
from network.tests.process_tools import eventually, router_row, running, settled, simulate
from simulators.stripe_api import StripeSimulator
from tenants.current import enter, entered, tenant_today


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


def trial_bot(router: Router | None) -> None:
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
@pytest.mark.parametrize(("kind", "words"), [("hotspot", "red Wi-Fi"), ("user_manager", "su módem o la página")])
def test_a_trial_by_another_method_is_made_and_told_so(stranger, kind, words):
    router = Router.objects.create(name="Torre 1", host="10.0.0.1", username="api")
    trial_bot(router)
    Bot.objects.update(trial_kind=kind)
    Zone.objects.create(name="Centro")
    offer("Hogar 50", "450", 50_000)
    contract(stranger)
    said = stranger.asks("sí")
    access = Access.objects.get()
    assert (access.kind, access.provisions, access.generation) == (kind, True, 1)
    assert f"Usuario: {access.username}" in said
    assert "PPPoE" not in said
    assert words in said


@pytest.mark.django_db
@pytest.mark.parametrize("where", ["none", "off", "uisp_nms", "uisp_crm"])
def test_a_trial_that_nobody_can_make_by_wire_is_a_persons_and_said_so(stranger, where, sur):
    router = None
    if where != "none":
        kind = where if where.startswith("uisp") else "mikrotik"
        router = Router.objects.create(name="Equipo", host="10.0.0.1", kind=kind, is_enabled=where != "off")
    trial_bot(router)
    Zone.objects.create(name="Centro")
    offer("Hogar 50", "450", 50_000)
    assert "7 días de prueba sin costo: una persona los activa" in contract(stranger)
    said = stranger.asks("sí")
    ticket = Ticket.objects.get()
    assert f"folio {ticket.number}. Una persona activa su prueba" in said
    assert ticket.comments.get().body.startswith("Se le ofrecieron 7 días de prueba: falta crear su servicio")
    assert not Access.objects.exists()
    assert not Customer.objects.exists()
    assert not Service.objects.exists()
    with entered(sur):
        assert not Ticket.objects.exists()


@pytest.mark.django_db
def test_a_trial_never_takes_an_account_that_is_there(stranger):
    router = Router.objects.create(name="Torre 1", host="10.0.0.1", username="api")
    trial_bot(router)
    Zone.objects.create(name="Centro")
    offer("Hogar 50", "450", 50_000)
    other = make_customer(phone="+524449990000", code="N-77")
    theirs = add_service(other)
    taken = [
        Access.objects.create(service=theirs, router=router, username=f"s-{number:05d}") for number in range(1, 30)
    ]
    taken += [Access.objects.create(service=theirs, router=router, username=f"s-{number}") for number in range(1, 30)]
    contract(stranger)
    stranger.asks("sí")
    mine = Access.objects.exclude(service=theirs).get()
    assert mine.username.startswith(mine.service.code.lower())
    assert Access.objects.filter(service=theirs).count() == len(taken)


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


@pytest.mark.parametrize(("kind", "menu"), [("pppoe", "/ppp/secret"), ("hotspot", "/ip/hotspot/user")])
def test_a_trials_account_is_on_the_router(fresh_db, norte, kind, menu):
    with simulate() as simulator, enter("norte"):
        trial_bot(router_row(simulator))
        Bot.objects.update(trial_kind=kind)
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
        assert access.username in [row["name"] for row in simulator.rows(menu)]


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


@pytest.fixture
def stripe():
    with StripeSimulator() as simulator:
        yield simulator


def by_packs(customer: Customer, days: int = 15) -> Service:
    """A service that is charged in packs of days, at 20.00 a day."""
    rules = current_policy()
    rules.period_unit, rules.pack_days, rules.issue_before, rules.due_after = "days", days, 0, 0
    rules.save()
    installed = tenant_today(timezone.now()) + timedelta(days=1)
    service = add_service(customer, installed_on=installed)
    service.plan = offer("Prepago", "20", 50_000, price_unit="day")
    service.save()
    return service


def holds() -> int:
    return Hold.objects.filter(closed_at=None).count()


@pytest.mark.django_db
def test_days_are_paid_by_link_and_only_the_payment_gives_them(chat, customer, stripe, sur):
    connect_stripe(stripe)
    turn_on(payment_instructions="Deposite en la cuenta 123.")
    by_packs(customer)
    chat.asks("quiero comprar días")
    assert "15 días de Prepago son $300.00." in chat.asks("15 dias")
    assert not PaymentRequest.objects.exists()
    said = chat.asks("sí")
    request = PaymentRequest.objects.get()
    assert (request.amount, request.customer, request.description) == (300, customer, "15 días · Prepago")
    assert request_link(request) in said
    assert "cuenta 123" not in said
    assert chat.turn.waiting_for == ""
    assert not Payment.objects.exists()
    assert credit_in(customer.pk, "MXN") == 0  # a yes gives nothing
    chat.asks("sí")
    assert PaymentRequest.objects.count() == 1
    work(later=timedelta(seconds=10))  # the lane opens it at the gateway
    request.refresh_from_db()
    assert request.status == "open"
    stripe.pay(request.external_id)
    work(later=timedelta(minutes=3))
    assert Payment.objects.get().amount == 300
    assert credit_in(customer.pk, "MXN") == 300
    assert "$300.00 a su favor" in chat.asks("cuánto debo")
    # The pack that they are is charged, and paid with them.
    now = timezone.now() + timedelta(days=1)
    run = start_run(period=tenant_today(now), origin="hand", actor=STAFF, now=now, customer_id=customer.pk)
    run_billing(run_id=run.pk, now=now)
    invoice = Invoice.objects.order_by("due_on").first()
    assert (invoice.total, invoice.status) == (300, "paid")
    with entered(sur):
        assert not PaymentRequest.objects.exists()
        assert not Payment.objects.exists()


@pytest.mark.django_db
def test_what_is_owed_is_paid_first_and_a_cut_service_comes_back_with_the_payment(chat, customer, stripe):
    connect_stripe(stripe)
    service = by_packs(customer)
    owe(customer, "300", days_late=20, today=tenant_today(timezone.now()))
    open_hold(service_id=service.pk, reason="debt", source="dunning", actor=STAFF, now=timezone.now())
    chat.asks("quiero comprar días")
    assert "Además debe $300.00, que se paga primero: en total $600.00." in chat.asks("15")
    assert "su servicio vuelve" in chat.asks("sí")
    request = PaymentRequest.objects.get()
    assert request.amount == 600
    assert holds() == 1
    work(later=timedelta(seconds=10))
    request.refresh_from_db()
    assert holds() == 1
    stripe.pay(request.external_id)
    work(later=timedelta(minutes=3))
    assert holds() == 0
    assert Invoice.objects.get().status == "paid"
    assert credit_in(customer.pk, "MXN") == 300


@pytest.mark.django_db
def test_a_debt_that_grew_since_is_read_back_again(chat, customer):
    turn_on(payment_instructions="Deposite en la cuenta 123.")
    by_packs(customer)
    chat.asks("quiero comprar días")
    chat.asks("15")
    owe(customer, "50", days_late=1, today=tenant_today(timezone.now()))
    said = chat.asks("sí")
    assert "en total $350.00" in said
    assert "cuenta 123" not in said
    assert "cuenta 123" in chat.asks("sí")


@pytest.mark.django_db
def test_no_days_are_sold_for_what_the_staff_switched_off(chat, customer, stripe):
    connect_stripe(stripe)
    service = by_packs(customer)
    open_hold(service_id=service.pk, reason="abuse", source="staff", actor=STAFF, now=timezone.now())
    assert "Le paso con una persona" in chat.asks("quiero comprar días")
    assert not PaymentRequest.objects.exists()


@pytest.mark.django_db
def test_without_a_way_to_pay_a_person_says_how(chat, customer):
    by_packs(customer)
    chat.asks("quiero comprar días")
    chat.asks("15")
    assert "Una persona le dice" in chat.asks("sí")
    assert "15 días · Prepago" in Message.objects.get(direction="note").body
    assert not PaymentRequest.objects.exists()
    assert not chat.conversation.bot_active


@pytest.mark.django_db
def test_a_service_by_the_month_has_no_days(chat, customer):
    add_service(customer)
    assert "se paga por mes" in chat.asks("quiero comprar 7 días")
    assert not RunningForm.objects.exists()
