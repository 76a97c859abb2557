"""The staff asks from their own number: proved by a code, answered by role, read only, nobody at the neighbour's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.permissions import Role
from billing.domain.nights import plan_night
from billing.tests.scenes import owe
from chatbot.domain.staff_addresses import new_code, staff_at
from chatbot.models import StaffAddress, Turn
from chatbot.tests.conftest import add_service, answer, turn_on
from chatbot.tests.test_answers import surs_channel
from customers.models import Zone
from events.models import Event
from inbox.models import Conversation, Message
from inbox.tests.conftest import make_channel, make_customer, receive
from network.models import Router
from simulators.openai.server import KEY
from tenants.current import entered, tenant_today

pytestmark = pytest.mark.django_db
OWNERS = "+5214448889999"


def person(role: str = "owner", email: str = "jefa@correo.example") -> User:
    return User.objects.create_user(email, name="Jefa", role=role)


class Phone:
    """One phone of the staff writing to the provider."""

    def __init__(self, channel: Any, number: str = OWNERS) -> None:
        self.channel, self.number, self.count = channel, number, 0

    def asks(self, body: str) -> str:
        self.count += 1
        before = Message.objects.filter(direction="out").count()
        receive(self.channel, body, sid=f"SMs{self.number}{self.count}", sender=self.number)
        answer()
        rows = Message.objects.filter(direction="out", author_kind="bot").order_by("pk")[before:]
        return "\n".join(row.reserved or row.body for row in rows)


@pytest.fixture
def phone(in_norte: Any) -> Phone:
    turn_on(identity="days")
    return Phone(make_channel())


def linked(phone: Phone, role: str = "owner") -> User:
    user = person(role)
    assert "Listo, Jefa" in phone.asks(new_code(user=user, now=timezone.now()))
    return user


def some_business() -> None:
    """Ana owes 900, Beto 300 and is late; a zone and a router."""
    centro = Zone.objects.create(name="Centro")
    today = tenant_today(timezone.now())
    for name, number, amount in (("Ana Muñoz", 1, "900"), ("Beto Ruiz", 2, "300")):
        customer = make_customer(name=name, phone=f"+52444123000{number}", code=f"N-{number}")
        customer.zone = centro
        customer.save()
        add_service(customer)
        owe(customer, amount, days_late=20, today=today)
    Router.objects.create(name="Torre Norte", host="10.0.0.1", username="x")


def test_a_code_from_their_own_page_makes_the_number_theirs(phone, sur):
    user = person()
    code = new_code(user=user, now=timezone.now())
    assert "Listo, Jefa" in phone.asks(code.lower())
    row = StaffAddress.objects.get()
    assert (row.user, row.address, row.code_digest) == (user, f"whatsapp:{OWNERS}", "")
    assert Event.objects.filter(type="staff_address.proved").count() == 1
    # The same code again, from another phone, is of no use to anybody.
    other = Phone(phone.channel, "+5214440001122")
    assert "Listo" not in other.asks(code)
    assert staff_at(Conversation.objects.get(address="whatsapp:+5214440001122")) is None
    with entered(sur):
        assert not StaffAddress.objects.exists()


def test_a_code_that_is_old_of_nobody_or_of_who_left_does_nothing(phone):
    user = person()
    old = new_code(user=user, now=timezone.now() - timedelta(minutes=16))
    assert "Listo" not in phone.asks(old)
    assert "Listo" not in phone.asks("EQUIPO ABCDEFGH")
    code = new_code(user=user, now=timezone.now())
    User.objects.update(is_active=False)
    assert "Listo" not in phone.asks(code)
    assert not StaffAddress.objects.exclude(address="").exists()


def test_only_where_the_far_side_vouches_for_the_sender(phone):
    user = person()
    phone.channel.kind = "sandbox"
    phone.channel.save()
    assert "Listo" not in phone.asks(new_code(user=user, now=timezone.now()))
    assert not StaffAddress.objects.exclude(address="").exists()


def test_the_owner_is_told_figures_debtors_people_routers_and_cuts(phone):
    some_business()
    linked(phone)
    figures = phone.asks("¿cómo vamos? dame las cifras de hoy")
    assert "Por cobrar: $1,200.00" in figures
    assert "Cobrado hoy: $0.00" in figures
    debtors = phone.asks("¿quién debe más?").splitlines()
    assert debtors[1].startswith("1. Ana Muñoz (N-1): $900.00")
    assert debtors[2].startswith("2. Beto Ruiz (N-2): $300.00")
    found = phone.asks("busca munoz")
    assert "Ana Muñoz (N-1)" in found
    assert "debe $900.00" in found
    assert "Beto" not in found
    assert phone.asks("zona centro").startswith("Centro: 2 clientes.")
    assert phone.asks("router torre norte").startswith("Torre Norte: sin leer todavía")
    assert "no hay cortes previstos" in phone.asks("cortes de esta noche")
    now = timezone.now()
    plan_night(day=tenant_today(now), now=now)
    assert phone.asks("cuantos cortes hay hoy").startswith("Cortes de hoy: ")
    assert phone.asks("hola").startswith("Puede preguntarme:")
    assert set(Turn.objects.values_list("intent", "engine")) == {("staff", "rules")}


CAN = {
    "cifras de hoy": {Role.OWNER, Role.ADMINISTRATOR, Role.COLLECTIONS, Role.READ_ONLY},
    "quien debe mas": {Role.OWNER, Role.ADMINISTRATOR, Role.COLLECTIONS, Role.READ_ONLY, Role.SUPPORT},
    "busca munoz": set(Role),
    "zona centro": set(Role),
    "routers": set(Role) - {Role.SALES},
    "cortes de esta noche": {Role.OWNER, Role.ADMINISTRATOR, Role.COLLECTIONS, Role.READ_ONLY, Role.SUPPORT},
}


@pytest.mark.parametrize("role", Role.values)
def test_each_role_is_told_what_its_pages_show(phone, role):
    some_business()
    linked(phone, role)
    for question, roles in CAN.items():
        said = phone.asks(question)
        assert (said == "Su rol no puede ver eso.") == (role not in roles), (role, question, said)
    if role in {Role.TECHNICIAN, Role.SALES}:
        assert "debe" not in phone.asks("busca munoz")
    User.objects.update(role="read_only", is_active=False)
    assert "900" not in phone.asks("quien debe mas")  # who left is nobody


def test_whoever_is_no_staff_gets_none_of_it(phone):
    some_business()
    linked(phone)
    for number in ("+5214441230001", "+5214447776655"):
        other = Phone(phone.channel, number)
        for question in CAN:
            Conversation.objects.update(bot_active=True)
            said = other.asks(question)
            assert "900" not in said
            assert "Beto" not in said
            assert "Torre" not in said


def test_another_providers_staff_is_nobody_here(phone, norte, sur):
    with entered(sur):
        turn_on()
        there = Phone(surs_channel())
        linked(there)
    some_business()
    said = phone.asks("quien debe mas")
    assert "900" not in said
    with entered(sur):
        assert "Nadie debe nada." in there.asks("quien debe mas")


def test_it_changes_nothing_and_asks_no_model(phone, settings):
    some_business()
    linked(phone)
    settings.ALLOW_LOCAL_MODELS = True
    turn_on(engine="openai", base_url="http://127.0.0.1:9/v1", model="chico", api_key=KEY)
    events = Event.objects.exclude(type__startswith="bot.").count()
    assert "Ana Muñoz" in phone.asks("quien debe mas")
    assert Turn.objects.order_by("-pk")[0].engine == "rules"
    assert "conectar" not in Turn.objects.order_by("-pk")[0].reason
    more = Event.objects.exclude(type__startswith="bot.").values_list("type", flat=True)[events:]
    assert all(kind.startswith("message.") for kind in more), list(more)


def test_the_same_notification_again_is_answered_once(phone):
    some_business()
    linked(phone)
    phone.asks("quien debe mas")
    receive(phone.channel, "quien debe mas", sid=f"SMs{OWNERS}{phone.count}", sender=OWNERS)
    answer()
    assert Message.objects.filter(direction="out", reserved__startswith="Los que más deben").count() == 1


def test_who_is_staff_and_customer_is_both(phone):
    some_business()
    both = Phone(phone.channel, "+5214441230001")
    linked(both)
    assert "Beto Ruiz" in both.asks("quien debe mas")
    assert both.asks("cuanto debo").startswith("Para hablar de su cuenta")


def test_a_code_is_in_no_language(phone):
    """Its letters come by chance: none of them makes an Englishman of a person of the staff."""
    for code in ("MYVUTDYS", "MM6NZZEC", "CNTGBUS7"):
        phone.asks(f"EQUIPO {code}")
    assert set(Turn.objects.values_list("language", flat=True)) == {"es"}


def test_the_page_gives_a_code_and_takes_numbers_away(phone, sign_in, norte):
    client = sign_in(norte, "owner")
    page = client.post("/asistente/mi-numero/codigo/").content.decode()
    code = page[page.index("EQUIPO ") :][:15]
    assert "no-store" in client.get("/asistente/mi-numero/")["Cache-Control"]
    phone.asks(code)
    assert OWNERS in client.get("/asistente/mi-numero/").content.decode()
    stranger = sign_in(norte, "support")
    assert OWNERS not in stranger.get("/asistente/mi-numero/").content.decode()
    row = StaffAddress.objects.exclude(address="").get()
    assert stranger.post(f"/asistente/mi-numero/{row.pk}/quitar/").status_code == 404
    assert client.post(f"/asistente/mi-numero/{row.pk}/quitar/").status_code == 302
    assert not StaffAddress.objects.exclude(address="").exists()
    assert "deben" not in phone.asks("quien debe mas")


def test_who_manages_staff_takes_anybodys_number_away(phone, sign_in, norte):
    linked(phone, "support")
    row = StaffAddress.objects.get()
    boss = sign_in(norte, "owner")
    assert OWNERS in boss.get("/asistente/mi-numero/").content.decode()
    assert boss.post(f"/asistente/mi-numero/{row.pk}/quitar/").status_code == 302
    assert not StaffAddress.objects.exists()
    assert Event.objects.filter(type="staff_address.forgotten").count() == 1
