"""Nothing of an account before a control datum: who is asked, what counts, how long it holds, how often one may err."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from billing.domain.policies import current_policy
from billing.models import Promise, Receipt
from billing.tests.scenes import owe
from chatbot import abilities
from chatbot.domain.identity import read_datum
from chatbot.domain.model_tools import GUIDE, TOOLS, tools_for
from chatbot.domain.situations import NotProved, Situation
from chatbot.models import Acquaintance, Bot, RunningForm, Turn, WrongDatum
from chatbot.tests.conftest import Chat, add_service, answer, turn_on
from customers.models import Contact, Customer, Plan, Service
from events.models import Event
from inbox.models import Conversation, Message, Ticket
from inbox.tests.conftest import make_customer, receive
from simulators.openai.server import KEY, ModelSimulator
from tenants.current import entered, tenant_today

pytestmark = pytest.mark.django_db
ASKED = "Para hablar de su cuenta, escríbame su número de cliente"


@pytest.fixture
def asking(chat: Chat, customer: Customer) -> Chat:
    """Ana owes 600 and her provider wants a datum."""
    Customer.objects.filter(pk=customer.pk).update(national_id="MUAA-800101.4821")
    add_service(customer)
    owe(customer, "600")
    turn_on(identity="days", identity_days=30)
    return chat


@pytest.fixture
def model() -> Iterator[ModelSimulator]:
    with ModelSimulator() as simulator:
        yield simulator


def let_bot_promise() -> None:
    owe(Customer.objects.get(), "100", days_late=3, today=tenant_today(timezone.now()))
    policy = current_policy()
    policy.promise_by = ["staff", "bot"]
    policy.save()


def later(**delta: int) -> None:
    """Let time pass since the proof."""
    Acquaintance.objects.update(proved_at=timezone.now() - timedelta(**delta))


def test_a_new_bot_asks() -> None:
    assert Bot().identity == Bot.Identity.DAYS


@pytest.mark.parametrize(
    "text",
    [
        "cuanto debo", "cuando vence mi factura", "mandeme mi factura", "tengo servicio?", "que plan tengo",
        "no tengo internet", "deme chance de pagar el viernes", "quiero comprar 5 dias", "quiero cambiar de plan",
        "me voy a mudar de casa", "quiero cancelar mi servicio", "olvide la clave de mi wifi",
    ],
)  # fmt: skip
def test_nothing_personal_is_said_or_done_before_the_datum(asking, text):
    assert asking.asks(text).startswith(ASKED)
    assert asking.turn.waiting_for == "form:identify"
    assert asking.turn.intent in abilities.PERSONAL
    assert not Ticket.objects.exists()
    assert not Promise.objects.exists()
    assert asking.conversation.bot_active


@pytest.mark.parametrize("datum", ["N-1", "n1", "mi código es N-1", "4821", "termina en 4821", "MUAA8001014821"])
def test_the_right_datum_takes_up_what_was_wanted(asking, customer, datum, sur):
    asking.asks("cuanto debo")
    assert asking.asks(datum).startswith("Debe $600.00")
    assert asking.turn.intent == "balance"
    assert Acquaintance.objects.get().customer == customer
    assert asking.asks("que plan tengo").startswith("Hogar 100")
    assert not WrongDatum.objects.exists()
    assert [e.customer_id for e in Event.objects.filter(type="identity.proved")] == [customer.pk]
    with entered(sur):
        assert not Acquaintance.objects.exists()


def test_it_holds_for_its_days_and_no_longer(asking):
    asking.asks("cuanto debo")
    asking.asks("4821")
    later(days=29)
    assert "600" in asking.asks("cuanto debo")
    later(days=31)
    assert asking.asks("cuanto debo").startswith(ASKED)


def test_each_talk_asks_anew_where_it_is_set_so(asking):
    turn_on(identity="talk")
    asking.asks("cuanto debo")
    assert "600" in asking.asks("4821")
    assert "600" in asking.asks("cuanto debo")
    later(hours=2)
    assert asking.asks("cuanto debo").startswith(ASKED)


def test_what_is_wrong_is_not_said_and_three_a_day_end_with_a_person(asking, customer):
    other = make_customer(name="Beto", phone="+5215550001111", code="N-2")
    asking.asks("cuanto debo")
    said = [asking.asks("N-2"), asking.asks("482"), asking.asks("9999")]
    assert said[0] == said[1]
    assert said[0].startswith("Ese dato no coincide.")
    assert "persona" in said[2]
    assert not any("600" in text or other.name in text for text in said)
    assert WrongDatum.objects.filter(customer=customer).count() == 3
    assert not asking.conversation.bot_active
    # Handed back, the right one is of no use before tomorrow, from here or from another phone of the same customer.
    Conversation.objects.update(bot_active=True)
    assert "Por seguridad" in asking.asks("cuanto debo")
    Conversation.objects.update(bot_active=True)
    assert "600" not in asking.asks("4821")
    Contact.objects.create(customer=customer, kind="phone", value="+524449998888")
    receive(asking.channel, "cuanto debo", sid="SMother", sender="+524449998888")
    answer()
    assert "Por seguridad" in asking.said()[-1]
    WrongDatum.objects.update(at=timezone.now() - timedelta(hours=25))
    Conversation.objects.update(bot_active=True)
    assert asking.asks("cuanto debo").startswith(ASKED)


def test_a_list_of_data_is_one_wrong_try(asking):
    asking.asks("cuanto debo")
    assert "no coincide" in asking.asks("0001 0002 4821 0004")
    assert WrongDatum.objects.count() == 1


def test_a_datum_that_was_not_asked_for_proves_nothing(asking):
    asking.asks("hola")
    asking.asks("4821")
    assert not Acquaintance.objects.exclude(proved_at=None).exists()
    assert asking.asks("cuanto debo, soy el cliente N-1").startswith(ASKED)


def test_the_same_datum_again_counts_once(asking):
    asking.asks("cuanto debo")
    asking.writes("9999")
    receive(asking.channel, "9999", sid=Message.objects.order_by("-pk")[0].external_id)
    answer()
    answer(120)
    assert WrongDatum.objects.count() == 1
    assert sum("no coincide" in text for text in asking.said()) == 1


def test_a_person_and_what_is_public_need_no_datum(asking):
    turn_on(identity="days", payment_instructions="En OXXO")
    assert "OXXO" in asking.asks("donde puedo pagar")
    assert "foto" in asking.asks("ya pague")
    asking.sends()
    answer()
    assert Receipt.objects.count() == 1
    asking.asks("cuanto debo")
    asking.asks("mejor paseme con una persona")
    assert not asking.conversation.bot_active
    assert not RunningForm.objects.exists()


def test_who_gives_no_datum_gets_a_person(asking):
    asking.asks("cuanto debo")
    assert "No le entendí" in asking.asks("no me la se")
    asking.asks("quien sabe jaja")
    assert not asking.conversation.bot_active


def test_it_proves_one_address_alone(asking):
    asking.asks("cuanto debo")
    asking.asks("4821")
    Acquaintance.objects.update(address="whatsapp:+524447770000")  # the conversation was led on to another one
    assert asking.asks("cuanto debo").startswith(ASKED)


def test_a_yes_that_comes_after_the_proof_ended_gives_nothing(asking):
    let_bot_promise()
    asking.asks("cuanto debo")
    asking.asks("4821")
    assert "¿Acepta?" in asking.asks("deme chance")
    later(days=40)
    assert asking.asks("sí").startswith(ASKED)
    assert not Promise.objects.exists()
    assert "¿Acepta?" in asking.asks("4821")
    asking.asks("sí")
    assert Promise.objects.count() == 1


def test_a_form_that_runs_for_somebody_no_longer_known_stops(asking):
    asking.asks("me voy a mudar de casa")
    asking.asks("4821")
    asking.asks("Calle Juárez 15, colonia Centro")
    later(days=40)
    assert asking.asks("el lunes").startswith(ASKED)
    assert not Ticket.objects.exists()


def test_a_number_of_two_customers_is_whose_the_datum_says(asking, customer):
    turn_on(identity="phone")  # a phone is not enough where it is of two
    beto = make_customer(name="Beto Ruiz", phone="+524441234567", code="N-2")
    owe(beto, "777")
    Conversation.objects.all().delete()
    asking.asks("hola")
    assert asking.conversation.bot_active
    asked = asking.asks("cuanto debo")
    assert asked.startswith(ASKED)
    assert "Beto" not in asked
    assert asking.asks("N-2").startswith("Debe $777.00")
    assert "600" not in asking.asks("cuanto debo")
    assert Acquaintance.objects.get().customer == beto
    assert asking.conversation.customer is None


def test_several_services_are_asked_about_and_remembered(asking, customer):
    plan = Plan.objects.create(name="Local 50", price="400.00", download_kbps=50_000, upload_kbps=10_000)
    shop = Service.objects.create(customer=customer, plan=plan, code="S-2", address="Local 3, Mercado")
    turn_on(identity="phone")
    asked = asking.asks("me voy a mudar de casa")
    assert asked.startswith("¿De cuál de sus servicios?")
    message = Message.objects.filter(direction="out").order_by("-pk")[0]
    assert [option["title"] for option in message.content["options"]] == ["Hogar 100", "Local 50"]
    assert "¿A qué dirección" in asking.asks("2")
    assert Acquaintance.objects.get().service == shop
    asking.asks("cancelar")
    assert "¿A qué dirección" in asking.asks("me voy a mudar de casa")  # not asked again
    asking.asks("Calle Juárez 15")
    asking.asks("el lunes")
    asking.asks("sí")
    assert Ticket.objects.get().service == shop


def test_the_gate_stands_under_every_tool(asking, customer):
    situation = Situation(bot=Bot(), conversation=Conversation(customer=customer), intent="balance", now=timezone.now())
    with pytest.raises(NotProved):
        _ = situation.account_id
    offered, results = tools_for(situation, off=set())
    assert "proved" not in {TOOLS[tool.name].needs for tool in offered if tool.name in TOOLS}
    [guide] = [tool for tool in offered if tool.name == GUIDE]
    assert set(guide.parameters["topic"]["enum"]).isdisjoint(abilities.PERSONAL)
    assert "600" not in json.dumps(results)


def test_a_model_has_no_tool_of_an_account_before_the_datum(asking, model, settings):
    settings.ALLOW_LOCAL_MODELS = True
    turn_on(identity="days", engine="openai", base_url=model.url, model="chico", api_key=KEY)
    model.call("balance")
    odd = "oiga y eso de la lana que hay que soltar como va"
    assert "600" not in asking.asks(odd)
    offered = {t["function"]["name"] for t in model.requests[0]["tools"]}
    assert offered <= {"ask_photo", "identify", "call_person", "knowledge", GUIDE}
    assert "600" not in json.dumps(model.requests)
    model.call(("identify", {"topic": "balance"}))
    assert asking.asks(odd).startswith(ASKED)
    count = len(model.requests)
    assert asking.asks("4821").startswith("Debe $600.00")
    assert len(model.requests) == count
    model.say_text("Debe $600.00.")
    assert asking.asks("cuanto debo pues") == "Debe $600.00."
    assert "4821" not in json.dumps(model.requests)  # what it was proved with is no model's business


def test_too_much_of_one_contact_is_a_persons(chat, customer, sur):
    turn_on(turns_an_hour=3)
    for _number in range(3):
        assert "No debe nada" in chat.asks("cuanto debo")
    assert "persona" in chat.asks("cuanto debo")
    assert not chat.conversation.bot_active
    with entered(sur):
        assert not Turn.objects.exists()


def test_more_receipts_than_one_may_send_are_not_filed(chat):
    turn_on(contact_receipts_a_day=2)
    for number in range(3):
        chat.sends(b"\xff\xd8\xff" + bytes([number]) * 40)
        answer()
    assert Receipt.objects.count() == 2
    assert not chat.conversation.bot_active


def test_time_is_offered_so_often_and_no_more(asking):
    turn_on(contact_promises_a_day=2)
    let_bot_promise()
    for _number in range(2):
        assert "¿Acepta?" in asking.asks("deme chance de pagar luego")
        asking.asks("no")
    assert "persona" in asking.asks("deme chance de pagar luego")
    assert not Promise.objects.exists()


@pytest.mark.parametrize(
    ("text", "datum"),
    [("", ""), ("no sé", ""), ("4821", "4821"), ("es el 4.821", "4821"), ("N-1", "N1"), ("12 34", "1234")],
)
def test_a_datum_is_what_has_digits(text, datum):
    assert read_datum(text) == datum


def test_the_invoice_itself_is_sent_once_and_to_its_owner(asking, customer, sur):
    beto = make_customer(name="Beto", phone="+5215550001111", code="N-2")
    owe(beto, "777")
    asking.asks("mandeme mi factura por favor")
    assert not Message.objects.filter(direction="out", attachments__isnull=False).exists()
    said = asking.asks("4821")
    label = customer.invoices.get().label
    assert said == f"Aquí tiene su factura {label}."
    answer(120)
    message = Message.objects.get(direction="out", attachments__isnull=False)
    file = message.attachments.get()
    assert (file.content_type, file.filename, message.kind) == ("application/pdf", f"{label}.pdf", "document")
    assert file.file.open().read(5) == b"%PDF-"
    assert asking.turn.intent == "invoice_copy"
    assert Event.objects.get(type="document.sent").customer_id == customer.pk
    with entered(sur):
        assert not Message.objects.exists()


def test_who_has_no_invoice_is_told_so(chat):
    assert chat.asks("mandeme mi factura por favor") == "Todavía no tiene ninguna factura."
