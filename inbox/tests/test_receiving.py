"""Webhooks: checked, stored once, in the right tenant and conversation."""

from __future__ import annotations

import threading
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.db import connection, connections
from django.utils import timezone
from twilio.request_validator import RequestValidator

from events.models import Event
from inbox.addresses import phone_of, phone_variants
from inbox.domain import catching_up
from inbox.domain.channels import NumberTaken
from inbox.models import Attachment, Conversation, Message
from inbox.signals import message_received
from inbox.tests.conftest import CUSTOMER, FORM, NUMBER, inbound_fields, make_channel, make_customer, receive, webhook
from tenants.current import enter, entered
from tenants.models import Wake


def run(threads):
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.fixture
def quiet_channel(in_norte):
    return make_channel()


def test_a_signed_message_becomes_a_line_of_its_conversation(quiet_channel, client_norte, sur):
    customer = make_customer(phone="+524441234567")
    assert webhook(client_norte, **inbound_fields()).status_code == 204
    message = Message.objects.get()
    assert (message.seq, message.direction, message.body) == (1, "in", "¿Cuánto debo?")
    conversation = message.conversation
    assert conversation.customer == customer  # +521… on WhatsApp is +52… in our books
    assert (conversation.contact_name, conversation.unread, conversation.status) == ("Ana", 1, "open")
    with enter("sur"):
        assert not Message.objects.exists()


@pytest.mark.parametrize("token", ["wrong", ""])
def test_a_bad_signature_is_refused_and_nothing_is_stored(quiet_channel, client_norte, token):
    assert webhook(client_norte, token=token, **inbound_fields()).status_code == 403
    assert not Conversation.objects.exists()


def test_a_missing_signature_is_refused(quiet_channel, client_norte):
    assert webhook(client_norte, signed=False, **inbound_fields()).status_code == 403
    assert not Conversation.objects.exists()


def test_a_message_of_one_provider_is_nothing_at_another(quiet_channel, client_sur):
    assert webhook(client_sur, **inbound_fields()).status_code == 404
    assert not Message.objects.exists()


def test_an_unknown_number_has_no_effect(quiet_channel, client_norte):
    assert webhook(client_norte, **inbound_fields(To="whatsapp:+1999")).status_code == 404
    assert not Conversation.objects.exists()


def test_the_platforms_address_finds_the_tenant_by_the_number(quiet_channel, sign_in):
    platform = sign_in(None, None)
    assert webhook(platform, **inbound_fields()).status_code == 204
    assert Message.objects.get().body == "¿Cuánto debo?"
    assert webhook(platform, **inbound_fields(To="whatsapp:+1999")).status_code == 404


def test_the_public_address_counts_behind_a_proxy(in_norte, client_norte):
    make_channel(public_base="https://norte.example.mx")
    fields = inbound_fields()
    url = "https://norte.example.mx/hooks/twilio/"
    signature = RequestValidator("clave-norte").compute_signature(url, fields)
    headers = {"X-Twilio-Signature": signature}
    answer = client_norte.post("/hooks/twilio/", urlencode(fields), content_type=FORM, headers=headers)
    assert answer.status_code == 204


def test_the_same_message_again_changes_nothing(quiet_channel, client_norte):
    for _ in range(3):
        assert webhook(client_norte, **inbound_fields()).status_code == 204
    assert Message.objects.count() == 1
    assert Conversation.objects.get().unread == 1


def test_junk_is_refused_without_an_error(quiet_channel, client_norte):
    assert webhook(client_norte, **inbound_fields(MessageSid="")).status_code == 400
    assert webhook(client_norte, **inbound_fields(Body="x" * 300_000)).status_code == 413
    assert client_norte.post("/hooks/twilio/", b"\xff\x00{", content_type="application/json").status_code == 400
    assert client_norte.get("/hooks/twilio/").status_code == 405
    assert not Message.objects.exists()


def test_nul_bytes_and_locations(quiet_channel, client_norte):
    webhook(client_norte, **inbound_fields(Body="ho\x00la"))
    place = {"Latitude": "19.43", "Longitude": "-99.13", "Address": "Centro"}
    webhook(client_norte, **inbound_fields(MessageSid="SM2", Body="", **place))
    hello, place = Message.objects.order_by("seq")
    assert (hello.body, hello.kind) == ("hola", "text")
    assert (place.body, place.kind, place.content["address"]) == ("", "location", "Centro")
    assert (place.content["latitude"], place.content["longitude"]) == (19.43, -99.13)


def test_a_whatsapp_id_is_not_made_into_a_phone(quiet_channel):
    make_customer(phone="+521502576394655", name="Otro", code="N-9")
    message = receive(quiet_channel, sender="MX.1502576394655843")
    assert message.conversation.address == "whatsapp:MX.1502576394655843"
    assert message.conversation.customer is None
    assert phone_of(message.conversation.address) is None


@pytest.mark.parametrize(
    ("phone", "variants"),
    [
        ("+5214441234567", ["+5214441234567", "+524441234567"]),
        ("+541123456789", ["+541123456789", "+5491123456789"]),
        ("+5511987654321", ["+5511987654321", "+551187654321"]),
        ("+551132654321", ["+551132654321"]),  # a landline stays alone
        ("+51999888777", ["+51999888777"]),
    ],
)
def test_number_variants_are_one_person(phone, variants):
    assert phone_variants(phone) == variants


def test_two_customers_on_one_phone_are_left_to_a_person(quiet_channel):
    make_customer(code="N-1")
    make_customer(code="N-2", name="Hermano")
    assert receive(quiet_channel).conversation.customer is None


def test_baja_ends_the_notices_and_alta_brings_them_back(quiet_channel):
    customer = make_customer()
    for number, (word, out) in enumerate([("hola", False), ("BAJA.", True), ("Alta", False), ("stop", True)]):
        receive(quiet_channel, word, sid=f"SMw{number}")
        assert customer.contacts.get().opted_out is out


def test_the_words_hold_for_whoever_is_no_customer_too(quiet_channel, sur):
    words = [("Sair!", True), ("start", False), ("Dar de baja", True), ("no quiero bajar el plan", True)]
    for number, (word, out) in enumerate(words):
        talk = receive(quiet_channel, word, sid=f"SMx{number}").conversation
        talk.refresh_from_db()
        assert (talk.opted_out_at is not None) is out, word
    kinds = list(Event.objects.filter(type__startswith="contact.opted").order_by("id").values_list("type", flat=True))
    assert kinds == ["contact.opted_out", "contact.opted_in", "contact.opted_out"]
    with entered(sur):
        assert not Conversation.objects.exists()


def test_media_is_announced_and_fetched_later(quiet_channel, client_norte):
    url = "https://api.twilio.com/x/Media/ME1"
    webhook(client_norte, **inbound_fields(NumMedia="1", MediaUrl0=url, MediaContentType0="image/jpeg"))
    attachment = Attachment.objects.get()
    assert (attachment.kind, attachment.remote_url, attachment.fetched_at) == ("image", url, None)
    assert Wake.objects.filter(lane="inbox.media").exists()


def test_a_message_whose_webhook_was_lost_is_brought_in(channel, twilio, sur):
    begun = timezone.now()
    catching_up.drain(now=begun)
    received = receive(channel, "llegó", sid="SMknown")
    lost = twilio.customer_writes(number=NUMBER, customer=CUSTOMER, body="perdido", photo=b"\xff\xd8\xff\xe0")
    catching_up.drain(now=begun + timedelta(minutes=1))  # not yet its turn
    assert Message.objects.count() == 1
    for minutes in (6, 12):
        catching_up.drain(now=begun + timedelta(minutes=minutes))
    late = Message.objects.get(external_id=lost.sid)
    assert (late.body, late.conversation, late.seq) == ("perdido", received.conversation, 2)
    assert late.created_at < begun + timedelta(minutes=1)
    assert Attachment.objects.get().remote_url.endswith(lost.media[0].sid)
    with enter("sur"):
        assert not Message.objects.exists()


def test_a_far_side_that_is_off_is_asked_again_from_where_we_were(channel, twilio):
    begun = timezone.now()
    catching_up.drain(now=begun)
    url, channel.config = channel.config["api_base"], {"api_base": "http://127.0.0.1:9"}
    channel.save(update_fields=["config"])
    twilio.customer_writes(number=NUMBER, customer=CUSTOMER, body="perdido")
    catching_up.drain(now=begun + timedelta(minutes=30))
    channel.config = {"api_base": url}
    channel.save(update_fields=["config"])
    catching_up.drain(now=begun + timedelta(minutes=40))
    assert Message.objects.get().body == "perdido"


def test_a_listener_that_fails_loses_no_message(quiet_channel):
    def broken(**_):
        raise RuntimeError("the bot is ill")

    message_received.connect(broken)
    try:
        message = receive(quiet_channel)
    finally:
        message_received.disconnect(broken)
    message.refresh_from_db()
    assert message.conversation.waiting_since


def test_fifty_copies_at_once_make_one_message(fresh_db, norte):
    with enter("norte"):
        channel = make_channel()
    barrier = threading.Barrier(10)

    def work():
        try:
            with enter("norte"):
                barrier.wait()
                for _ in range(5):
                    receive(channel)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(10)]
    run(threads)
    with enter("norte"):
        assert Message.objects.count() == 1
        assert Conversation.objects.get().seq == 1
    connection.close()


def test_a_burst_from_a_new_contact_makes_one_conversation(fresh_db, norte):
    with enter("norte"):
        channel = make_channel()
    barrier = threading.Barrier(6)

    def work(number):
        try:
            with enter("norte"):
                barrier.wait()
                receive(channel, f"mensaje {number}", sid=f"SM{number}")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    run(threads)
    with enter("norte"):
        assert Conversation.objects.count() == 1
        assert sorted(Message.objects.values_list("seq", flat=True)) == [1, 2, 3, 4, 5, 6]
    connection.close()


def test_a_route_belongs_to_one_provider(quiet_channel, sur):
    with enter("sur"), pytest.raises(NumberTaken):
        make_channel()
    assert quiet_channel.number == NUMBER
