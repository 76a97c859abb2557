"""Several bots on their pages: made, set up, given channels, tried and taken away."""

from __future__ import annotations

import pytest

from chatbot.domain.bots import bot_of_channel, current_bot
from chatbot.models import Bot, Turn
from chatbot.tests.conftest import turn_on
from inbox.models import Message
from inbox.tests.conftest import make_channel
from tenants.current import entered

pytestmark = pytest.mark.django_db
MAIN = {"engine": "rules", "max_misses": "2", "pause_seconds": "2", "enabled": "on", "emoji": "on"}


def test_another_bot_is_made_set_up_and_taken_away(client_norte, client_sur, norte):
    with entered(norte):
        turn_on(greeting="Hola")
        channel = make_channel()
    assert client_norte.post("/asistente/nuevo/", {"new_name": "Ventas"}).status_code == 302
    with entered(norte):
        bot = Bot.objects.get(name="Ventas")
        assert (bot.enabled, bot.greeting) == (False, "Hola")
    page = f"/asistente/{bot.pk}/"
    assert "Ventas" in client_norte.get(page).content.decode()
    answer = client_norte.post(page, MAIN | {"intents_off": ["move"], "answer_length": "200", "hours": "closed"})
    assert answer.status_code == 302
    assert client_norte.post(f"{page}canales/", {"channels": [channel.pk]}).status_code == 302
    with entered(norte):
        bot = bot_of_channel(channel.pk)
        assert (bot.name, bot.intents_off, bot.answer_length, bot.hours) == ("Ventas", ["move"], 200, "closed")
        assert current_bot().intents_off == []
    for path in (page, f"{page}canales/", f"{page}borrar/", f"{page}probar/"):
        assert client_sur.post(path, {"text": "x"}).status_code == 404
    assert client_norte.post(f"{page}borrar/").status_code == 302
    with entered(norte):
        assert bot_of_channel(channel.pk) == current_bot()


def test_mistakes_are_said_and_change_nothing(client_norte, norte):
    with entered(norte):
        turn_on()
        main = current_bot().pk
    assert client_norte.post("/asistente/nuevo/", {"new_name": ""}).status_code == 422
    wrong = client_norte.post("/asistente/", MAIN | {"answer_length": "5", "temperature": "nan"})
    assert wrong.status_code == 422
    client_norte.post(f"/asistente/{main}/borrar/")
    with entered(norte):
        assert (Bot.objects.count(), current_bot().answer_length) == (1, 800)


def test_the_trial_tells_each_step_and_writes_nothing(client_norte, norte):
    with entered(norte):
        turn_on(intents_off=["balance"])
    page = client_norte.post("/asistente/probar/", {"text": "cuanto debo", "asked": "hola", "told": "Saluda."})
    text = page.content.decode()
    for said in ("Le toca contestar", "Cuánto debe", "ms", "atiende una persona", "Saluda."):
        assert said in text
    with entered(norte):
        assert not Turn.objects.exists()
        assert not Message.objects.exists()
