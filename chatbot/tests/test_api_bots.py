"""/bots/ and /assistants/ with a key: made, read, changed, taken away; each provider its own."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import ApiKey
from chatbot.domain.bots import bot_of_channel, current_bot
from chatbot.models import Bot, BotChannel, Persona, PersonaVersion
from inbox.tests.conftest import make_channel
from tenants.current import entered

pytestmark = pytest.mark.django_db
JSON = {"content_type": "application/json"}


def program(sign_in, tenant, role="administrator"):
    """A client that holds one of the provider's keys."""
    with entered(tenant):
        _key, secret = ApiKey.issue(name="n8n", role=role)
    client = sign_in(tenant, None)
    client.defaults["HTTP_AUTHORIZATION"] = f"Api-Key {secret}"
    return client


@pytest.fixture
def ours(sign_in, norte):
    """A program of norte's."""
    return program(sign_in, norte)


@pytest.fixture
def number(in_norte):
    """A number of norte's, as people write it."""
    return make_channel().number


def test_a_bot_lives(ours, norte, number):
    body = {"name": "Ventas", "instructions": "Vende.", "model": "gpt-6-luna", "twilio_phone_number": number}
    made = ours.post("/bots/", body | {"metadata": {"old": 7}}, **JSON)
    assert made.status_code == 201, made.content
    bot = made.json()
    assert bot["assistant_id"].startswith("asst_")
    assert {name: bot[name] for name in body} == body
    assert bot["metadata"] == {"old": 7}
    assert ours.get(f"/bots/{bot['id']}").json() == bot == ours.get(f"/bots/{bot['id']}/").json()
    assert [row["name"] for row in ours.get("/bots/").json()] == ["Asistente", "Ventas"]
    changed = ours.put(f"/bots/{bot['id']}", {"instructions": "Vende más.", "twilio_phone_number": ""}, **JSON)
    assert changed.json() == bot | {"instructions": "Vende más.", "twilio_phone_number": None}
    with entered(norte):
        assert list(PersonaVersion.objects.values_list("number", "author_label")) == [(1, "n8n"), (2, "n8n")]
        assert not BotChannel.objects.exists()
    assert ours.delete(f"/bots/{bot['id']}").status_code == 204
    assert ours.get(f"/bots/{bot['id']}").status_code == 404
    assert ours.delete(f"/bots/{bot['id']}").status_code == 404


def test_an_assistant_is_a_stored_persona(ours, norte):
    made = ours.post("/assistants/", {"name": "Lucía", "instructions": "Amable.", "model": "gpt-6-sol"}, **JSON)
    assert made.status_code == 201
    persona = made.json()
    assert persona["id"].startswith("asst_")
    bot = ours.post("/bots/", {"name": "Soporte", "assistant_id": persona["id"]}, **JSON).json()
    assert (bot["assistant_id"], bot["instructions"], bot["model"]) == (persona["id"], "Amable.", "gpt-6-sol")
    twin = ours.post("/bots/", {"name": "Otro", "assistant_id": persona["id"]}, **JSON).json()
    other = ours.put(f"/bots/{twin['id']}", {"instructions": "Seca."}, **JSON).json()
    assert other["assistant_id"] != persona["id"]  # shared: the first keeps its words
    assert ours.get(f"/bots/{bot['id']}").json()["instructions"] == "Amable."


def test_an_old_assistant_id_is_kept_with_its_words(ours, norte):
    old = "asst_abcDEF0123456789abcdef12"
    refused = ours.post("/bots/", {"name": "Viejo", "assistant_id": old}, **JSON)
    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["assistant_id"])
    made = ours.post("/bots/", {"name": "Viejo", "assistant_id": old, "instructions": "Como antes."}, **JSON)
    assert (made.status_code, made.json()["assistant_id"]) == (201, old)
    again = ours.post("/bots/", {"name": "Dos", "assistant_id": old}, **JSON).json()
    assert again["instructions"] == "Como antes."


def test_what_a_program_writes_as_nothing_is_left_as_it_is(ours):
    nothing = dict.fromkeys(("instructions", "model", "twilio_phone_number", "assistant_id", "metadata"))
    made = ours.post("/bots/", {"name": "Uno"} | nothing, **JSON)
    assert (made.status_code, made.json()["metadata"], made.json()["instructions"]) == (201, {}, "")
    bot = ours.put(f"/bots/{made.json()['id']}", {"instructions": "Vende.", "metadata": {"a": 1}}, **JSON).json()
    same = dict.fromkeys(("instructions", "model", "metadata"))
    assert ours.put(f"/bots/{bot['id']}", same, **JSON).json() == bot
    assert ours.put(f"/bots/{bot['id']}", {"name": None}, **JSON).status_code == 400


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": " "}, "name"),
        ({"name": "x", "twilio_phone_number": "+19998887777"}, "twilio_phone_number"),
        ({"name": "x", "assistant_id": "otra"}, "assistant_id"),
        ({"name": "x", "metadata": [1]}, "metadata"),
        ({"name": "x", "metadata": {"a": "\x00"}}, "metadata"),
        ({"name": "x", "metadata": {"a": "\ud800"}}, "metadata"),
        ({"name": "x", "instructions": "y" * 20_001}, "instructions"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_kept(ours, norte, body, field):
    answer = ours.post("/bots/", body, **JSON)
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == [field]
    with entered(norte):
        assert not Bot.objects.exists()
        assert not Persona.objects.exists()


def test_conflicts_say_why(ours, norte, number):
    first = ours.post("/bots/", {"name": "Uno", "twilio_phone_number": number}, **JSON).json()
    second = ours.post("/bots/", {"name": "Dos", "twilio_phone_number": number}, **JSON)
    assert (second.status_code, "Uno" in second.json()["message"]) == (409, True)
    with entered(norte):
        assert Bot.objects.count() == 2
        main = current_bot().pk
    assert ours.delete(f"/bots/{main}").status_code == 409
    with entered(norte):
        assert bot_of_channel(BotChannel.objects.get().channel_id).pk == first["id"]


def test_the_neighbour_neither_sees_nor_touches(ours, norte, sur, sign_in, number):
    bot = ours.post("/bots/", {"name": "Nuestro", "instructions": "Secreto."}, **JSON).json()
    theirs = program(sign_in, sur)
    assert theirs.get("/bots/").json() == []
    for call in (theirs.get, theirs.delete, lambda path: theirs.put(path, {"name": "x"}, **JSON)):
        assert call(f"/bots/{bot['id']}").status_code == 404
    same = theirs.post("/bots/", {"name": "x", "assistant_id": bot["assistant_id"]}, **JSON)
    assert same.status_code == 400
    assert theirs.post("/bots/", {"name": "x", "twilio_phone_number": number}, **JSON).status_code == 400
    with entered(norte):
        assert Bot.objects.get(pk=bot["id"]).name == "Nuestro"


def test_without_a_key_or_the_right_there_is_nothing(norte, sign_in, ours):
    for client, codes in ((sign_in(norte, None), {401, 403}), (program(sign_in, norte, "read_only"), {403, 404})):
        assert client.get("/bots/").status_code in codes
        assert client.post("/bots/", {"name": "x"}, **JSON).status_code in codes
        assert client.post("/assistants/", {"name": "x"}, **JSON).status_code in codes
        assert client.delete("/bots/1").status_code in codes
    with entered(norte):
        assert not Bot.objects.exists()


def test_it_is_under_the_api_too_and_described_once(ours):
    bot = ours.post("/api/v1/bots/", {"name": "Ventas"}, **JSON).json()
    assert ours.get(f"/api/v1/bots/{bot['id']}/").json() == bot
    paths = ours.get("/api/schema/?format=json").json()["paths"]
    assert set(paths["/bots/"]) == {"get", "post"}
    assert set(paths["/bots/{bot_id}/"]) == {"get", "put", "delete"}
    assert "/assistants/" in paths
    assert "/api/v1/bots/" not in paths


def test_the_list_costs_the_same_for_one_and_for_fifty(ours, norte):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert ours.get("/bots/").status_code == 200
        return len(queries)

    ours.post("/bots/", {"name": "Uno", "instructions": "x"}, **JSON)
    ours.get("/bots/")
    one = cost()
    for n in range(48):
        ours.post("/bots/", {"name": f"B{n}", "instructions": "x"}, **JSON)
    assert cost() == one
    assert len(ours.get("/bots/").json()) == 50
    assert ours.post("/bots/", {"name": "de más"}, **JSON).status_code == 400
