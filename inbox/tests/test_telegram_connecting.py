"""A bot is tried before it is kept, and nobody else's is taken."""

from __future__ import annotations

import pytest
from django.utils import timezone

from inbox.domain import telegram as staff
from inbox.domain.channels import NotAccepted, NumberTaken
from inbox.domain.telegram_channels import connect_telegram, why_not_called
from inbox.models import Channel
from inbox.tests.telegram_scenes import ACTOR, TOKEN, connect
from simulators.telegram.server import TelegramSimulator
from tenants.current import entered
from tenants.models import Route

pytestmark = pytest.mark.django_db


@pytest.fixture
def telegram(settings):
    with TelegramSimulator() as simulator:
        settings.TELEGRAM_API_BASE = simulator.url
        yield simulator


def now():
    return timezone.now()


def test_a_bot_is_connected_and_its_webhook_set_with_a_secret(in_norte, telegram):
    found = connect_telegram(channel=None, name="Telegram", token=f" {TOKEN} ", actor=ACTOR, now=now())
    channel = Channel.objects.get()
    assert (channel.kind, channel.address, channel.number) == ("telegram", "telegram:123456", "@enlace_bot")
    assert (channel.reveal("auth_token"), channel.is_default) == (TOKEN, False)
    assert telegram.hook == {"url": found.hook, "secret_token": channel.reveal("hook_secret")}
    assert found.hook.endswith(f"/hooks/telegram/{channel.hook}/")
    assert len(channel.reveal("hook_secret")) >= 32
    assert telegram.bot.hook.allowed_updates == [
        "message", "edited_message", "callback_query", "message_reaction", "my_chat_member",
    ]  # fmt: skip
    assert set(Route.objects.filter(provider="telegram").values_list("account", flat=True)) == {
        "123456",
        str(channel.hook),
    }
    assert TOKEN.encode() not in bytes(channel.auth_token)


def test_connecting_again_changes_the_name_and_the_secret_and_keeps_the_address(in_norte, telegram):
    first = connect(now=now())
    secret = first.reveal("hook_secret")
    telegram.token = "123456:nueva"
    connect_telegram(channel=first, name="Clientes", token="123456:nueva", actor=ACTOR, now=now())
    channel = Channel.objects.get()
    assert (channel.pk, channel.hook, channel.name) == (first.pk, first.hook, "Clientes")
    assert channel.reveal("auth_token") == "123456:nueva"
    assert telegram.hook["secret_token"] == channel.reveal("hook_secret") != secret
    kept = connect_telegram(channel=channel, name="Otra vez", token="", actor=ACTOR, now=now()).channel
    assert kept.reveal("auth_token") == "123456:nueva"


@pytest.mark.parametrize(
    ("token", "words"), [("hola", "número, dos puntos"), ("99:ninguno", "rechazó la clave"), ("", "número, dos puntos")]
)
def test_a_wrong_token_gets_a_sentence_and_keeps_nothing(in_norte, telegram, token, words):
    with pytest.raises(NotAccepted, match=words) as caught:
        connect(now=now(), token=token)
    assert token == "" or token not in str(caught.value)
    assert not Channel.objects.exists()
    assert not Route.objects.filter(provider="telegram").exists()


def test_telegram_that_is_away_is_told_apart(in_norte, settings):
    settings.TELEGRAM_API_BASE = "http://127.0.0.1:9"
    with pytest.raises(NotAccepted) as caught:
        connect(now=now())
    assert not caught.value.reached
    assert not Channel.objects.exists()


def test_another_bots_token_is_no_new_token_of_this_one(in_norte, telegram):
    channel = connect(now=now())
    telegram.add_bot("777:otro", username="otro_bot")
    with pytest.raises(NotAccepted, match="otro bot"):
        connect_telegram(channel=channel, name="x", token="777:otro", actor=ACTOR, now=now())
    assert connect(now=now(), token="777:otro").pk != channel.pk
    assert Channel.objects.count() == 2


def test_a_bot_belongs_to_one_provider_and_its_webhook_stays(norte, sur, telegram):
    with entered(norte):
        connect(now=now())
    before = telegram.hook
    with entered(sur):
        with pytest.raises(NumberTaken):
            connect(now=now())
        assert not Channel.objects.exists()
    assert telegram.hook == before


def test_the_bot_that_calls_the_staff_is_not_the_customers(in_norte, telegram):
    staff.connect_bot(token=TOKEN, actor=ACTOR, now=now())
    before = telegram.hook
    with pytest.raises(NotAccepted, match="guardia"):
        connect(now=now())
    assert telegram.hook == before


def test_the_staffs_bot_of_one_provider_is_nobody_elses(norte, sur, telegram):
    with entered(norte):
        staff.connect_bot(token=TOKEN, actor=ACTOR, now=now())
    before = telegram.hook
    with entered(sur):
        with pytest.raises(staff.NotConnected, match="otro proveedor"):
            staff.connect_bot(token=TOKEN, actor=ACTOR, now=now())
        with pytest.raises(NumberTaken):
            connect(now=now())
        assert not Channel.objects.exists()
        assert staff.current_telegram() is None
    assert telegram.hook == before
    with entered(norte):
        telegram.add_bot("777:otro", username="otro_bot")
        staff.connect_bot(token="777:otro", actor=ACTOR, now=now())
    with entered(sur):  # given up
        staff.connect_bot(token=TOKEN, actor=ACTOR, now=now())


def test_a_bot_that_is_switched_off_is_not_called_until_it_is_on_again(in_norte, telegram, client_norte):
    channel = connect(now=now())
    hooked = dict(telegram.hook)
    url = f"/bandeja/numeros/{channel.pk}/encender/"
    client_norte.post(url, {"on": "0"})
    assert telegram.hook["url"] == ""
    client_norte.post(url, {"on": "1"})
    assert telegram.hook == hooked
    telegram.fail("error", times=5)
    page = client_norte.post(url, {"on": "0"}, follow=True).content.decode()
    assert "no se le pudo avisar" in page
    channel.refresh_from_db()
    assert not channel.is_active


def test_and_the_other_way_round(in_norte, telegram):
    connect(now=now())
    before = telegram.hook
    with pytest.raises(staff.NotConnected, match="clientes"):
        staff.connect_bot(token=TOKEN, actor=ACTOR, now=now())
    assert telegram.hook == before


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://nortenet.mx", "https"),
        ("https://norte.localhost", "internet"),
        ("https://nortenet.mx:8000", "puertos"),
        ("https://nortenet.mx", ""),
        ("https://nortenet.mx:8443", ""),
    ],
)
def test_where_telegram_cannot_call_it_is_said_why(in_norte, settings, url, why):
    settings.TELEGRAM_API_BASE = "https://api.telegram.org"
    said = why_not_called(Channel(kind="telegram"), f"{url}/hooks/telegram/x/")
    assert (why in said) if why else said == ""
