"""Several bots on their pages: made, set up, given channels, tried and taken away."""

from __future__ import annotations

import pytest
from django.utils import timezone

from chatbot.domain.bots import bot_of_channel, current_bot
from chatbot.domain.personas import create_persona
from chatbot.models import Bot, MonthSpend, Persona, Turn
from chatbot.tests.conftest import STAFF, turn_on
from inbox.models import Message
from inbox.tests.conftest import make_channel
from simulators.openai.server import KEY, ModelSimulator
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
    page = client_norte.post("/asistente/probar/", {"text": "cuanto debo", "asked": "hola"})
    text = page.content.decode()
    for said in ("Le toca contestar", "Cuánto debe", "ms", "atiende una persona", "hola"):
        assert said in text
    with entered(norte):
        assert not Turn.objects.exists()
        assert not Message.objects.exists()


def test_a_persona_has_versions_and_an_older_one_comes_back(client_norte, client_sur, norte):
    path = "/asistente/personalidades/"
    assert client_norte.post(path, {"name": "Lucía", "instructions": "Amable."}).status_code == 302
    with entered(norte):
        persona = Persona.objects.get()
    page = f"{path}{persona.pk}/"
    client_norte.post(page, {"name": "Lucía", "instructions": "Seca.\r\nMucho."})
    client_norte.post(page, {"name": "Lucía", "instructions": "Seca.\nMucho."})  # the same words: no version
    assert client_norte.post(page, {"name": "", "instructions": "x"}).status_code == 422
    assert client_norte.post(f"{page}devolver/1/").status_code == 302
    assert client_norte.post(f"{page}devolver/9/").status_code == 404
    for theirs in (page, f"{page}devolver/1/"):
        assert client_sur.post(theirs, {"name": "x", "instructions": "x"}).status_code == 404
    with entered(norte):
        rows = persona.versions.order_by("number").values_list("number", "instructions", "restored_from")
        assert list(rows) == [(1, "Amable.", None), (2, "Seca.\nMucho.", None), (3, "Amable.", 1)]
        assert persona.instructions == "Amable."
    shown = client_norte.get(page).content.decode()
    assert shown.count("Volver a esta versión") == 2
    assert "Lucía" in client_norte.get(path).content.decode()


@pytest.mark.parametrize("many", [1, 50])
def test_pages_cost_the_same_for_one_bot_and_for_fifty(client_norte, norte, many, django_assert_max_num_queries):
    with entered(norte):
        turn_on()
        Bot.objects.bulk_create(Bot(key=f"b-{n}", name=f"B{n}") for n in range(many))
        for n in range(many):
            Persona.objects.create(name=f"P{n}", created_at=timezone.now())
    client_norte.get("/asistente/")
    for path in ("/asistente/", "/asistente/personalidades/"):
        with django_assert_max_num_queries(16):
            assert client_norte.get(path).status_code == 200


def test_the_trial_lets_a_model_speak_as_its_persona_and_shows_what_it_asked_for(client_norte, norte, settings, sur):
    settings.ALLOW_LOCAL_MODELS = True
    with ModelSimulator() as model:
        with entered(norte):
            words = "Eres Lucía y saludas con alegría."
            persona = create_persona(name="Lucía", instructions=words, actor=STAFF, now=timezone.now())
            turn_on(engine="openai", base_url=model.url, model="chico", api_key=KEY, persona=persona)
            turn_on(payment_instructions="En OXXO 4321")
        model.say_text("Buenas.")
        client_norte.post("/asistente/probar/", {"text": "me platica de las fiestas del pueblo"})
        model.call("how_to_pay")
        model.say_text("¡Hola! Pague en OXXO 4321 😀")
        answer = {"text": "donde le deposito lo de mi compadre", "asked": "me platica de las fiestas del pueblo"}
        page = client_norte.post("/asistente/probar/", answer).content.decode()
        assert "Buenas." in page  # what was answered before is not asked again
        assert "¡Hola! Pague en OXXO 4321" in page
        assert "how_to_pay" in page
        system, *lines = model.requests[-1]["messages"]
        assert words in system["content"]
        said = [line["content"] for line in lines if line["role"] == "user"]
        assert said[:2] == ["me platica de las fiestas del pueblo", "donde le deposito lo de mi compadre"]
        model.say_text("Listo, ya le reconecté su servicio.")
        page = client_norte.post("/asistente/probar/", {"text": "donde le deposito lo de mi tía"}).content.decode()
        assert "ya le reconecté" not in page
        assert "prometía" in page
    with entered(norte):
        assert MonthSpend.objects.get().purpose == "trial"
        assert not Turn.objects.exists()
        assert not Message.objects.exists()
    with entered(sur):
        assert not MonthSpend.objects.exists()
