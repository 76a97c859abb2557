"""The settings: who may change them, what is kept, and that a key never comes out."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from accounts.models import ApiKey
from chatbot.domain.bots import BotRefused, change_bot, current_bot, retirement_of
from chatbot.models import Bot
from chatbot.tests.conftest import STAFF, turn_on
from events.models import Event
from events.sentences import sentence
from network.models import Router
from simulators.openai.server import KEY, ModelSimulator
from tenants.current import entered

pytestmark = pytest.mark.django_db
FORM = {"enabled": "on", "engine": "rules", "max_misses": "2", "pause_seconds": "2"}
MODEL = FORM | {"engine": "openai", "base_url": "https://api.ejemplo.com/v1", "model": "m", "api_key": KEY}


def test_the_page_turns_the_bot_on_for_this_provider_only(client_norte, norte, sur):
    assert client_norte.get("/asistente/").status_code == 200
    answer = client_norte.post("/asistente/", FORM | {"greeting": "Qué tal"})
    assert answer.status_code == 302
    with entered(norte):
        assert (current_bot().enabled, current_bot().greeting) == (True, "Qué tal")
        event = Event.objects.get(type="bot.changed")
        assert sentence(event).startswith("Owner cambió en el asistente: ")
    with entered(sur):
        assert not Bot.objects.exists()
        assert not current_bot().enabled


@pytest.mark.parametrize("role", ["collections", "support", "technician", "sales", "read_only"])
def test_others_find_nothing(sign_in, norte, role):
    client = sign_in(norte, role)
    assert client.get("/asistente/").status_code == 404
    assert client.post("/asistente/", FORM).status_code == 404
    assert client.post("/asistente/probar/", {"text": "hola"}).status_code == 404
    assert client.get("/api/v1/bot/").status_code == 404
    with entered(norte):
        assert not Bot.objects.exists()


def test_a_key_is_sealed_and_never_shown(client_norte, norte):
    client_norte.post("/asistente/", MODEL)
    with entered(norte):
        bot = current_bot()
        assert bot.reveal("api_key") == KEY
        assert KEY.encode() not in bytes(bot.api_key)
        assert KEY not in str(list(Event.objects.values()))
    page = client_norte.get("/asistente/").content.decode()
    assert KEY not in page
    assert "Hay una guardada" in page
    assert KEY not in client_norte.get("/api/v1/bot/").content.decode()


def test_an_empty_key_keeps_the_stored_one_and_a_box_forgets_it(client_norte, norte):
    client_norte.post("/asistente/", MODEL)
    client_norte.post("/asistente/", MODEL | {"api_key": ""})
    with entered(norte):
        assert current_bot().has_key
    client_norte.post("/asistente/", MODEL | {"api_key": "", "forget_key": "on"})
    with entered(norte):
        assert not current_bot().has_key


def test_a_key_does_not_follow_to_another_address(client_norte, norte):
    client_norte.post("/asistente/", MODEL)
    client_norte.post("/asistente/", MODEL | {"api_key": "", "base_url": "https://otro.ejemplo.com/v1"})
    with entered(norte):
        assert not current_bot().has_key


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"model": ""}, "Escriba el nombre del modelo"),
        ({"base_url": ""}, "Escriba la dirección del servicio"),
        ({"base_url": "no es una"}, "URL"),
        ({"max_misses": "9"}, "5"),
        ({"engine": "otra"}, "otra"),
    ],
)
def test_a_mistake_is_said_beside_its_field_and_nothing_changes(client_norte, norte, changes, says):
    answer = client_norte.post("/asistente/", MODEL | changes | {"greeting": "lo que escribí"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert says in page
    assert "lo que escribí" in page
    assert KEY not in page
    with entered(norte):
        assert not current_bot().enabled


def test_a_model_that_goes_is_said_on_the_page(client_norte, norte):
    with entered(norte):
        turn_on(engine="openai", base_url="https://api.openai.com/v1", model="gpt-4o-mini", api_key="sk-x")
    page = client_norte.get("/asistente/").content.decode()
    assert "«gpt-4o-mini» deja de existir el 14/1/2027" in page
    assert "gpt-6-luna" in page
    with entered(norte):
        gone = retirement_of(current_bot(), now=dt.datetime(2027, 1, 14, 12, tzinfo=dt.UTC))
        assert "dejó de existir" in gone
        turn_on(model="gpt-6-luna")
    assert "de existir" not in client_norte.get("/asistente/").content.decode()


def test_the_model_of_a_known_service_is_the_one_in_the_table(in_norte):
    assert turn_on(engine="openai", base_url="https://api.deepseek.com", api_key="sk-x").model == "deepseek-v4-flash"


def test_a_refused_change_keeps_everything(in_norte):
    turn_on(greeting="uno")
    with pytest.raises(BotRefused):
        change_bot(actor=STAFF, now=timezone.now(), engine="openai", greeting="dos")
    assert current_bot().greeting == "uno"
    with pytest.raises(TypeError):
        change_bot(actor=STAFF, now=timezone.now(), saludo="dos")


def test_trying_says_what_it_would_do_and_does_nothing(client_norte, norte):
    page = client_norte.post("/asistente/probar/", {"text": "ya pagué, le mando el boucher"}).content.decode()
    assert "Ya pagó" in page
    assert "foto del comprobante" in page
    assert "<html" not in page
    with entered(norte):
        assert not Bot.objects.exists()
    assert client_norte.post("/asistente/probar/", {"text": ""}).status_code == 422


def test_trying_a_model_shows_its_failure_and_what_rules_say(client_norte, norte, settings):
    settings.ALLOW_LOCAL_MODELS = True
    with ModelSimulator() as model:
        with entered(norte):
            turn_on(engine="openai", base_url=model.url, model="chico", api_key="sk-mala")
        page = client_norte.post("/asistente/probar/", {"text": "cuanto debo"}).content.decode()
        assert "rechazó la clave" in page
        assert "Cuánto debe" in page
        with entered(norte):
            turn_on(api_key=KEY)
        model.say_text("Con gusto le ayudo: ¿qué necesita saber?")
        page = client_norte.post(
            "/asistente/probar/", {"text": "platíqueme de las fiestas del pueblo"}
        ).content.decode()
    assert "Con gusto le ayudo" in page
    assert "tokens" in page


def test_the_api_reads_and_changes(client_norte, norte, sur, client_sur):
    assert client_norte.get("/api/v1/bot/").json()["enabled"] is False
    answer = client_norte.patch(
        "/api/v1/bot/", {"enabled": True, "greeting": "Hola", "api_key": KEY}, content_type="application/json"
    )
    assert answer.status_code == 200
    assert (answer.json()["enabled"], answer.json()["has_key"]) == (True, True)
    assert "api_key" not in answer.json()
    assert client_sur.get("/api/v1/bot/").json() == client_sur.get("/api/v1/bot/").json() | {"enabled": False}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"engine": "openai"}, "model"),
        ({"engine": "openai", "base_url": "https://api.deepseek.com", "model": "deepseek-chat"}, "model"),
        ({"engine": "magia"}, "engine"),
        ({"max_misses": 0}, "max_misses"),
        ({"saludo": "x"}, "saludo"),
    ],
)
def test_the_api_says_what_is_wrong(client_norte, norte, body, field):
    answer = client_norte.patch("/api/v1/bot/", body, content_type="application/json")
    assert answer.status_code == 400
    assert field in answer.json()["fields"]
    with entered(norte):
        assert not current_bot().enabled


def test_a_key_of_a_program_may_change_it_where_it_is_from(sign_in, norte, sur):
    with entered(norte):
        _key, secret = ApiKey.issue(name="n8n", role="administrator")
    headers = {"Authorization": f"Api-Key {secret}"}
    stranger = sign_in(norte, None)
    body = {"enabled": True}
    assert stranger.patch("/api/v1/bot/", body, content_type="application/json", headers=headers).status_code == 200
    elsewhere = sign_in(sur, None)
    refused = elsewhere.patch("/api/v1/bot/", body, content_type="application/json", headers=headers)
    assert refused.status_code in {401, 403}
    with entered(norte):
        assert Event.objects.get(type="bot.changed").actor_label == "n8n"
    with entered(sur):
        assert not Bot.objects.exists()


def test_trials_and_changes_of_plan_are_set_on_the_page(client_norte, norte, sur):
    with entered(norte):
        router = Router.objects.create(name="Torre 1", host="10.0.0.1", username="api")
    more = {"changes_plans": "on", "trial_days": "7", "trial_router": str(router.pk)}
    assert client_norte.post("/asistente/", FORM | more).status_code == 302
    with entered(norte):
        bot = current_bot()
        assert (bot.changes_plans, bot.trial_days, bot.trial_router) == (True, 7, router)
    assert client_norte.post("/asistente/", FORM | more | {"trial_days": "61"}).status_code != 302
    with entered(norte):
        assert current_bot().trial_days == 7
    with entered(sur):
        assert not Bot.objects.exists()
