"""Connecting a number at Meta: everything is tried before it is kept, and told in words when it fails."""

from __future__ import annotations

import pytest

from inbox.channels.base import ChannelError
from inbox.domain.carriers import carrier_of
from inbox.models import Channel
from inbox.tests.cloud_whatsapp.conftest import TOKEN, WORD, make_cloud_channel, outbound
from inbox.tests.cloud_whatsapp.payloads import CUSTOMER, PHONE, SECRET, WABA
from tenants.current import enter
from tenants.models import Route

NEW = "/bandeja/numeros/nuevo/cloud_whatsapp/"
FORM = {
    "name": "Ventas",
    "phone_number_id": PHONE,
    "account": WABA,
    "token": TOKEN,
    "app_secret": SECRET,
    "verify_token": WORD,
}


@pytest.fixture
def at_meta(cloud, settings):
    settings.WHATSAPP_CLOUD_API_BASE = cloud.url
    return cloud


def test_a_number_is_connected_and_its_webhooks_are_asked_for(at_meta, in_norte, client_norte):
    assert client_norte.post(NEW, FORM).status_code == 302
    channel = Channel.objects.get()
    assert (channel.address, channel.account, channel.number) == (PHONE, WABA, "+52 1 444 000 0001")
    assert (channel.reveal("auth_token"), channel.reveal("hook_secret")) == (TOKEN, SECRET)
    assert Route.objects.get(provider="cloud", account=WABA, number=PHONE).tenant == in_norte
    assert at_meta.world.businesses[WABA].subscribed
    page = client_norte.get(f"/bandeja/numeros/{channel.pk}/").content.decode()
    assert "/hooks/cloud_whatsapp/" in page
    assert WORD in page
    assert not [secret for secret in (TOKEN, SECRET) if secret in page]
    assert WORD not in str(list(Route.objects.values()))


def test_the_address_of_the_page_passes_metas_handshake(at_meta, in_norte, client_norte, sign_in):
    client_norte.post(NEW, FORM)
    query = {"hub.mode": "subscribe", "hub.challenge": "42", "hub.verify_token": WORD}
    for place in (sign_in(in_norte, None), sign_in(None, None)):
        assert place.get("/hooks/cloud_whatsapp/", query).content == b"42"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"token": "wrong"}, "token de acceso venció o no es válido"),
        ({"app_secret": "f" * 32}, "no es la de la aplicación"),
        ({"app_secret": "corta"}, "Son 32 letras y números"),
        ({"account": "999999"}, "Meta ya no conoce"),
        ({"phone_number_id": "+52 444"}, "Son solo cifras"),
        ({"verify_token": "dos palabras"}, "sin espacios"),
    ],
)
def test_a_mistake_gets_a_sentence_and_keeps_nothing(at_meta, in_norte, client_norte, change, words):
    answer = client_norte.post(NEW, {**FORM, **change})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert 'value="Ventas"' in answer.content.decode()
    assert not Channel.objects.exists()
    assert not Route.objects.filter(provider__startswith="cloud").exists()
    assert not at_meta.world.businesses[WABA].subscribed


def test_meta_that_cannot_be_reached_gets_a_sentence(in_norte, client_norte, settings):
    settings.WHATSAPP_CLOUD_API_BASE = "http://127.0.0.1:9"
    assert "No se pudo conectar con Meta" in client_norte.post(NEW, FORM).content.decode()
    assert not Channel.objects.exists()


def test_empty_secrets_keep_those_there_are_and_a_new_word_replaces_the_old_one(at_meta, in_norte, client_norte):
    channel = make_cloud_channel(at_meta.url)
    changed = {**FORM, "name": "Soporte", "token": "", "app_secret": "", "verify_token": "otra-palabra"}
    assert client_norte.post(f"/bandeja/numeros/{channel.pk}/", changed).status_code == 302
    channel.refresh_from_db()
    assert (channel.name, channel.reveal("auth_token"), channel.reveal("hook_secret")) == ("Soporte", TOKEN, SECRET)
    assert channel.config["verify_token"] == "otra-palabra"
    assert Route.objects.filter(provider="cloud-verify").count() == 1


def test_another_providers_number_is_refused(at_meta, in_norte, sur, client_sur):
    make_cloud_channel(at_meta.url)
    answer = client_sur.post(NEW, FORM)
    assert answer.status_code == 422
    with enter("sur"):
        assert not Channel.objects.exists()


def test_trying_it_says_what_meta_says(at_meta, in_norte, client_norte):
    channel = make_cloud_channel(at_meta.url)
    url = f"/bandeja/numeros/{channel.pk}/probar/"
    assert "Norte Fibra" in client_norte.post(url, follow=True).content.decode()
    at_meta.world.faults.token_expired = True
    assert "venció" in client_norte.post(url, follow=True).content.decode()


def test_an_app_that_demands_proof_with_each_call_gets_it(at_meta, in_norte, client_norte):
    at_meta.world.faults.proof_required = True
    assert client_norte.post(NEW, FORM).status_code == 302
    channel = Channel.objects.get()
    assert "Norte Fibra" in client_norte.post(f"/bandeja/numeros/{channel.pk}/probar/", follow=True).content.decode()
    carrier_of(channel).send(outbound(body="Hola"))
    assert len(at_meta.sent_to(CUSTOMER)) == 1
    channel.seal(hook_secret="f" * 32)
    with pytest.raises(ChannelError):
        carrier_of(channel).send(outbound(body="Hola"))
