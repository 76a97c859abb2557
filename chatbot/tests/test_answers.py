"""What the bot says of an account, and when it calls a person."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from billing.models import Receipt
from billing.tests.scenes import owe
from chatbot.models import Turn
from chatbot.tests.conftest import JPEG, STAFF, Chat, add_service, answer, fetched, turn_on
from customers.domain.holds import open_hold
from customers.models import Customer
from events.models import Event
from inbox.domain.channels import add_channel
from inbox.domain.conversations import close_conversation
from inbox.models import Attachment, Conversation, Message
from inbox.tests.conftest import make_customer
from tenants.current import entered, tenant_today

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7 comprobante"


def owes(customer, amount, *, days_late):
    return owe(customer, amount, days_late=days_late, today=tenant_today(timezone.now()))


def surs_channel():
    return add_channel(
        kind="twilio_whatsapp",
        name="WhatsApp",
        address="whatsapp:+5491150000001",
        account="AC" + "2" * 32,
        auth_token="clave-sur",
        actor=STAFF,
    )


def cut_for(service, reason="debt"):
    return open_hold(service_id=service.pk, reason=reason, source="policy", actor=STAFF, now=timezone.now())


def handed_over():
    return [event.facts["reason"] for event in Event.objects.filter(type="conversation.handed_over").order_by("pk")]


# --- what is owed -----------------------------------------------------------------------------------------


def test_who_owes_nothing_is_told_so(chat):
    assert chat.asks("cuanto debo") == "No debe nada: está al corriente."
    assert (chat.turn.intent, chat.turn.engine) == ("balance", "rules")


def test_what_is_owed_is_told_invoice_by_invoice(chat, customer):
    old, new = owes(customer, "350.50", days_late=3), owes(customer, "1600.00", days_late=-5)
    said = chat.asks("¿Cuánto devo?").splitlines()
    assert said[0] == "Debe $1,950.50:"
    assert said[1].startswith(f"- Factura {old.label}: $350.50, venció el ")
    assert said[2].startswith(f"- Factura {new.label}: $1,600.00, vence el ")
    assert " de " in said[1]
    assert chat.conversation.bot_active


def test_due_today_is_not_overdue(chat, customer):
    owes(customer, "100.00", days_late=0)
    assert "vence hoy" in chat.asks("cuanto debo")


def test_a_long_debt_fits_one_message(chat, customer):
    for days in range(1, 12):
        owes(customer, "100.00", days_late=days * 30)
    said = chat.asks("cuanto debo")
    assert "y 5 facturas más" in said
    assert said.startswith("Debe $1,100.00:")


def test_where_to_pay_is_said_in_the_providers_words(chat, customer):
    turn_on(payment_instructions="Deposite en BBVA 0123456789.")
    owes(customer, "100.00", days_late=1)
    assert "BBVA 0123456789" in chat.asks("cuanto debo")
    assert "BBVA 0123456789" in chat.asks("donde puedo pagar")


def test_where_to_pay_without_words_is_for_a_person(chat):
    chat.asks("a que cuenta deposito")
    assert handed_over() == ["Pregunta dónde o cómo pagar."]


def test_a_customer_is_told_of_nobody_elses_account(chat, customer):
    other = make_customer(phone="+524449999999", name="Berta Ruiz", code="N-2")
    owes(other, "777.00", days_late=2)
    for text in ("cuanto debe Berta Ruiz", "cuanto debo, soy Berta Ruiz codigo N-2", "deuda de N-2"):
        said = chat.asks(text)
        assert "777" not in said


def test_another_providers_customer_is_nobody_here(chat, customer, sur):
    owes(customer, "350.00", days_late=3)
    with entered(sur):
        turn_on()
        there = Chat(surs_channel())
        assert "350" not in there.asks("cuanto debo")
        assert there.conversation.customer is None
        assert not Receipt.objects.exists()


# --- paid -------------------------------------------------------------------------------------------------


def test_paid_without_a_photo_asks_for_it_and_the_next_photo_counts(chat, customer, sur):
    assert "foto" in chat.asks("ya pague")
    assert chat.turn.waiting_for == "receipt_photo"
    message = chat.sends()
    answer()
    receipt = Receipt.objects.get()
    assert (receipt.customer, receipt.message, receipt.status) == (customer, message, "waiting")
    assert receipt.filed_by == "Asistente"
    assert chat.said()[-1].startswith("Recibimos su comprobante")
    assert (chat.turn.intent, chat.turn.waiting_for) == ("payment_made", "")
    assert chat.conversation.bot_active
    with entered(sur):
        assert not Receipt.objects.exists()


@pytest.mark.parametrize("words", ["", "ya pague", "gracias", "aqui esta", "buenas tardes", "le mando el boucher"])
def test_a_photo_is_a_receipt_with_or_without_words(chat, words):
    chat.sends(body=words)
    answer()
    assert Receipt.objects.count() == 1
    assert len(chat.said()) == 1


def test_words_and_a_photo_in_two_messages_are_one_answer(chat):
    turn_on(pause_seconds=2)
    chat.writes("ya deposité le mando el boucher")
    chat.sends()
    answer(3)
    assert Receipt.objects.count() == 1
    assert len(chat.said()) == 1


def test_a_pdf_is_a_receipt_too(chat):
    chat.sends(PDF, kind="application/pdf")
    answer()
    assert Receipt.objects.count() == 1


def test_the_same_photo_again_is_said_to_be_known(chat):
    chat.sends()
    answer()
    chat.sends()
    answer()
    assert sorted(Receipt.objects.values_list("status", flat=True)) == ["duplicate", "waiting"]
    assert "ya la habíamos recibido" in chat.said()[-1]


def test_paid_again_while_a_receipt_waits_says_it_is_being_looked_at(chat):
    chat.sends()
    answer()
    assert "lo está revisando" in chat.asks("ya pagué")


def test_paid_twice_without_a_photo_is_for_a_person(chat):
    chat.asks("ya pague")
    chat.asks("ya le dije que ya pague")
    assert handed_over() == ["Dice que pagó y no mandó comprobante."]


def test_a_promise_of_a_photo_is_waited_for(chat):
    chat.asks("ya pague")
    assert chat.asks("ahorita se la mando") == ""
    assert chat.turn.waiting_for == "receipt_photo"
    chat.sends(body="ahi va")
    answer()
    assert Receipt.objects.count() == 1


def test_the_answer_waits_for_the_file_to_arrive(chat):
    message = chat.writes(files=("image/jpeg",))
    due = answer()
    assert chat.said() == []
    assert chat.turn.state == "due"
    assert due is not None
    fetched(message, JPEG, "image/jpeg")
    answer(5)
    assert Receipt.objects.get().attachment.sha256
    assert len(chat.said()) == 1


def test_a_file_that_never_arrives_is_for_a_person(chat):
    chat.writes(files=("image/jpeg",))
    answer()
    answer(100)
    assert "No pude abrir el archivo" in chat.said()[0]
    assert handed_over() == ["No se pudo descargar un archivo que mandó el cliente."]
    assert not Receipt.objects.exists()


def test_a_file_that_was_given_up_is_for_a_person_at_once(chat):
    chat.writes(files=("image/jpeg",))
    Attachment.objects.update(next_try_at=None, error="404")
    answer()
    assert "No pude abrir el archivo" in chat.said()[0]


@pytest.mark.parametrize(
    ("data", "kind", "says"),
    [
        (b"OggS voz", "audio/ogg", "notas de voz"),
        (b"PK\x03\x04 excel", "application/octet-stream", "fotos y archivos PDF"),
        (b"0000ftyp video", "video/mp4", "fotos y archivos PDF"),
    ],
)
def test_what_is_no_picture_is_for_a_person(chat, data, kind, says):
    chat.sends(data, kind=kind)
    answer()
    assert says in chat.said()[0]
    assert len(handed_over()) == 1
    assert not Receipt.objects.exists()


def test_a_sticker_is_not_answered(chat):
    chat.sends(b"RIFF0000WEBP", kind="image/webp")
    answer()
    assert chat.said() == []
    assert not Receipt.objects.exists()
    assert chat.turn.state == "done"


def test_a_photo_of_a_fault_is_no_receipt(chat, customer):
    add_service(customer)
    chat.sends(body="no tengo internet, el modem tiene una luz roja")
    answer()
    assert not Receipt.objects.exists()
    assert "¿Desde cuándo?" in chat.said()[0]
    chat.sends(JPEG + b"el modem")  # and neither is the next one
    answer()
    assert not Receipt.objects.exists()
    assert "Gracias por la foto." in chat.said()[1]


def test_a_photo_from_someone_cut_for_debt_is_the_receipt(chat, customer):
    owes(customer, "350.00", days_late=3)
    cut_for(add_service(customer))
    chat.sends(body="no tengo internet")
    answer()
    assert Receipt.objects.count() == 1


# --- the service ------------------------------------------------------------------------------------------


def test_no_internet_while_cut_for_debt_says_what_is_owed(chat, customer):
    owes(customer, "350.00", days_late=3)
    cut_for(add_service(customer))
    said = chat.asks("no tengo internet")
    assert said.startswith("Su servicio está suspendido por falta de pago.")
    assert "$350.00" in said
    assert chat.turn.waiting_for == "receipt_photo"
    assert handed_over() == []


def test_held_for_another_reason_is_for_a_person_and_not_explained(chat, customer):
    cut_for(add_service(customer), "abuse")
    said = chat.asks("no tengo internet")
    assert "abuse" not in said
    assert handed_over() == ["Pregunta por su servicio, que está suspendido."]


def test_the_plan_is_told(chat, customer):
    add_service(customer, price="550.00")
    assert chat.asks("que plan tengo") == "Hogar 100: 100 Mbps de bajada y 20 Mbps de subida, $550.00 al mes."


# --- people -----------------------------------------------------------------------------------------------


def test_who_asks_for_a_person_gets_one(chat):
    chat.asks("quiero hablar con alguien")
    conversation = chat.conversation
    assert (conversation.status, conversation.bot_active) == ("open", False)
    assert conversation.waiting_since is not None
    assert handed_over() == ["Pide hablar con una persona."]
    assert Message.objects.get(direction="note").body.splitlines()[0] == "Pide hablar con una persona."


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("pago el viernes", "Pide tiempo o promete pagar."),
        ("quiero mas megas", "Quiere cambiar de plan."),
    ],
)
def test_what_only_a_person_decides_goes_to_one_with_its_reason(chat, text, reason):
    assert chat.asks(text)
    assert handed_over() == [reason]


def test_not_understood_once_is_asked_again_and_twice_is_for_a_person(chat):
    assert "No le entendí" in chat.asks("mi perro se comio el zapato")
    assert chat.conversation.bot_active
    assert "persona" in chat.asks("el gato tambien")
    assert handed_over() == ["El asistente no entendió 2 mensajes seguidos."]


def test_a_conversation_that_comes_back_begins_anew(chat):
    chat.asks("mi perro se comio el zapato")
    chat.asks("el gato tambien")
    close_conversation(conversation_id=chat.conversation.pk, actor=STAFF, now=timezone.now())
    assert "No le entendí. Puede escribir" in chat.asks("y el canario")
    assert chat.conversation.bot_active


def test_what_was_asked_a_day_ago_is_forgotten(chat):
    chat.asks("ya pague")
    Turn.objects.update(settled_at=timezone.now() - timedelta(hours=25))
    assert chat.asks("ok") == ""
    assert chat.turn.waiting_for == ""


def test_understanding_begins_the_count_anew(chat):
    chat.asks("mi perro se comio el zapato")
    chat.asks("cuanto debo")
    chat.asks("el gato tambien")
    assert handed_over() == []


def test_a_greeting_is_the_providers_own(chat, norte):
    assert norte.name in chat.asks("buenas tardes")
    turn_on(greeting="¡Qué tal! Aquí Norte.")
    assert chat.asks("hola") == "¡Qué tal! Aquí Norte."


def test_thanks_are_answered_once_and_ok_is_not(chat):
    assert chat.asks("gracias") == "Con gusto."
    assert chat.asks("muchas gracias") == ""
    assert chat.asks("ok") == ""


def test_a_stranger_is_asked_who_they_are_and_gets_a_person(stranger):
    said = stranger.asks("cuanto debo")
    assert "nombre completo o su número de cliente" in said
    assert handed_over() == ["El número no está entre los clientes."]
    assert stranger.asks("soy Ana Muñoz") == ""  # from here on a person answers


def test_a_stranger_who_only_greets_is_told_what_there_is_and_nobody_is_called(stranger):
    said = stranger.asks("hola buenas tardes")
    assert "qué planes hay" in said
    assert "cuánto debe" not in said
    assert handed_over() == []
    assert (stranger.conversation.status, stranger.conversation.bot_active) == ("pending", True)
    assert "nombre completo" in stranger.asks("soy Ana Muñoz, cliente 12345")
    assert handed_over() == ["El número no está entre los clientes."]
    note = Message.objects.get(direction="note")
    assert "12345" in note.body


def test_a_stranger_is_greeted_in_the_providers_own_words(stranger):
    turn_on(greeting="¡Bienvenido a Norte!")
    assert stranger.asks("hola") == "¡Bienvenido a Norte!"


def test_a_strangers_receipt_is_kept_for_review(stranger):
    stranger.sends()
    answer()
    assert Receipt.objects.get().customer is None
    assert "nombre completo" in stranger.said()[0]
    assert Conversation.objects.get().status == "open"


def test_two_customers_with_one_phone_are_nobody_in_particular(stranger):
    for code in ("N-1", "N-2"):
        make_customer(code=code, name=f"Cliente {code}")
    owes(Customer.objects.get(code="N-1"), "350.00", days_late=2)
    assert "350" not in stranger.asks("cuanto debo")
