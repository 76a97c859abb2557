"""Connecting a number: tried before it is kept, told in words when it fails."""

from __future__ import annotations

import pytest
from django.utils import timezone

from inbox.domain.templates import ensure_default_templates
from inbox.models import Channel, Message, Template
from inbox.tests.conftest import NUMBER, SID, TOKEN, inbound_fields, make_channel, webhook
from tenants.current import enter
from tenants.models import Route

FORM = {"name": "Ventas", "number": NUMBER, "account": SID, "token": TOKEN}


@pytest.fixture
def at_twilio(twilio, settings):
    settings.TWILIO_API_BASE = twilio.url
    return twilio


def test_a_number_is_connected(at_twilio, in_norte, client_norte):
    assert client_norte.post("/bandeja/numeros/nuevo/twilio_whatsapp/", FORM).status_code == 302
    channel = Channel.objects.get()
    assert (channel.address, channel.is_default) == (f"whatsapp:{NUMBER}", True)
    assert channel.reveal("auth_token") == TOKEN
    assert Route.objects.get(number=channel.address).tenant == in_norte
    page = client_norte.get(f"/bandeja/numeros/{channel.pk}/").content.decode()
    assert "/hooks/twilio/" in page
    assert TOKEN not in page
    assert TOKEN not in client_norte.get("/bandeja/numeros/").content.decode()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"token": "wrong"}, "no aceptó el SID o el token"),
        ({"account": "AC1"}, "Empieza con AC"),
        ({"number": "hola"}, "no parece un número"),
        ({"token": ""}, "Este campo"),
    ],
)
def test_a_mistake_gets_a_sentence_and_keeps_nothing(at_twilio, in_norte, client_norte, change, words):
    answer = client_norte.post("/bandeja/numeros/nuevo/twilio_whatsapp/", {**FORM, **change})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Channel.objects.exists()


def test_twilio_that_cannot_be_reached_gets_a_sentence(in_norte, client_norte, settings):
    settings.TWILIO_API_BASE = "http://127.0.0.1:9"
    page = client_norte.post("/bandeja/numeros/nuevo/twilio_whatsapp/", FORM).content.decode()
    assert "No se pudo conectar con Twilio. No se guardó nada. Inténtelo de nuevo en unos minutos" in page
    assert FORM["token"] not in page
    assert page.count("No se guardó lo que escribió aquí y, por seguridad, no se muestra") == 1
    assert f'value="{FORM["account"]}"' in page


def test_an_empty_token_keeps_the_one_there_is(at_twilio, in_norte, client_norte):
    channel = make_channel(api_base=at_twilio.url)
    client_norte.post(f"/bandeja/numeros/{channel.pk}/", {**FORM, "name": "Soporte", "token": ""})
    channel.refresh_from_db()
    assert (channel.name, channel.reveal("auth_token")) == ("Soporte", TOKEN)


def test_while_a_token_is_changed_what_is_signed_with_the_old_one_comes_in(at_twilio, in_norte, client_norte):
    channel, new = make_channel(api_base=at_twilio.url), "b" * 32
    at_twilio.add_account(sid=SID, token=new, numbers=[NUMBER])
    assert client_norte.post(f"/bandeja/numeros/{channel.pk}/", {**FORM, "token": new}).status_code == 302

    def answers(token, sid):
        return webhook(client_norte, token=token, **inbound_fields(MessageSid=sid)).status_code

    assert [answers(TOKEN, "SM1"), answers(new, "SM2"), answers("c" * 32, "SM3")] == [204, 204, 403]
    channel.refresh_from_db()
    channel.config["previous_until"] = timezone.now().isoformat()  # three days later
    channel.save()
    assert [answers(TOKEN, "SM4"), answers(new, "SM5")] == [403, 204]
    assert set(Message.objects.values_list("external_id", flat=True)) == {"SM1", "SM2", "SM5"}


def test_another_providers_number_is_refused(at_twilio, in_norte, sur, client_sur):
    make_channel(api_base=at_twilio.url)
    answer = client_sur.post("/bandeja/numeros/nuevo/twilio_whatsapp/", FORM)
    assert "otro proveedor" in answer.content.decode()
    with enter("sur"):
        assert not Channel.objects.exists()


def test_a_text_holds_whatsapps_rules(in_norte, client_norte):
    text = ensure_default_templates()[0]
    url = f"/bandeja/plantillas/aviso/{text.pk}/"
    assert client_norte.post(url, {"body": "Hola {{1}}, debe {{2}}."}).status_code == 302
    for body in ("{{1}} debe", "Hola {{9}}.", "Hola {{nombre}}."):
        assert client_norte.post(url, {"body": body}).status_code == 422
    assert Template.objects.get(pk=text.pk).body == "Hola {{1}}, debe {{2}}."


def test_only_who_edits_settings(in_norte, sign_in):
    client = sign_in(in_norte, "support")
    for path in ("", "nuevo/twilio_whatsapp/"):
        assert client.get(f"/bandeja/numeros/{path}").status_code == 404


def test_trying_a_channel_says_what_twilio_said(at_twilio, in_norte, client_norte):
    channel = make_channel(api_base=at_twilio.url)
    page = client_norte.post(f"/bandeja/numeros/{channel.pk}/probar/", follow=True).content.decode()
    assert "respondió bien" in page
