"""The API: the same rules as the pages, by key."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import ApiKey
from inbox.domain.templates import DEFAULTS, approve_notices, ensure_default_templates
from inbox.models import Channel, Conversation, Message
from inbox.tests.conftest import TOKEN, make_channel, make_customer, receive
from tests.harness.fixtures import TenantClient, host_of, staff


@pytest.fixture
def talk(in_norte):
    make_customer()
    return receive(make_channel(), "hola").conversation


def api(tenant, role="support"):
    _key, text = ApiKey.issue(name="n8n", role=role)
    return TenantClient(HTTP_HOST=host_of(tenant), HTTP_AUTHORIZATION=f"Api-Key {text}")


def test_conversations_and_messages(talk, norte):
    client = api(norte)
    rows = client.get("/api/v1/conversations/").json()["results"]
    assert [(row["contact_name"], row["status"], row["unread"]) for row in rows] == [("", "open", 1)]
    assert client.get("/api/v1/conversations/?status=resolved").json()["results"] == []
    messages = client.get(f"/api/v1/conversations/{talk.pk}/messages/").json()["results"]
    assert [m["body"] for m in messages] == ["hola"]


def test_sending_needs_a_key_and_sends_once(talk, norte):
    client = api(norte)
    url = f"/api/v1/conversations/{talk.pk}/messages/"
    assert client.post(url, {"body": "a"}, content_type="application/json").status_code == 400
    answers = [client.post(url, {"body": "a", "key": "1"}, content_type="application/json") for _ in range(2)]
    assert [a.status_code for a in answers] == [201, 201]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    message = Message.objects.get(direction="out")
    assert (message.author_kind, message.author_label) == ("api", "n8n")


def test_outside_the_window_a_template_is_needed(talk, norte):
    Conversation.objects.update(last_inbound_at=timezone.now() - timedelta(days=2))
    ensure_default_templates()
    approve_notices(channel=talk.channel, ids={"payment_due": "HX1"})
    client, url = api(norte), f"/api/v1/conversations/{talk.pk}/messages/"
    answer = client.post(url, {"body": "a", "key": "1"}, content_type="application/json")
    assert "24 horas" in answer.json()["fields"]["template"][0]
    body = {"template": "payment_due", "variables": {"name": "Ana", "amount": "$1"}, "key": "2"}
    assert client.post(url, body, content_type="application/json").status_code == 201


def test_closing(talk, norte):
    assert api(norte).post(f"/api/v1/conversations/{talk.pk}/close/").json()["status"] == "resolved"


def test_assigning_and_notes(talk, norte):
    person = staff("support")
    url = f"/api/v1/conversations/{talk.pk}"
    body = {"assignee": person.pk}
    assert api(norte, "sales").post(f"{url}/assign/", body, content_type="application/json").status_code == 404
    client = api(norte)
    given = client.post(f"{url}/assign/", body, content_type="application/json").json()
    assert (given["assignee"], given["bot_active"]) == (person.pk, False)
    assert client.post(f"{url}/notes/", {"body": "ojo"}, content_type="application/json").status_code == 201
    assert Message.objects.get(direction="note").body == "ojo"


def test_channels_and_templates_hold_no_secret(talk, norte):
    ensure_default_templates()
    client = api(norte)
    answer = client.get("/api/v1/channels/")
    assert [row["number"] for row in answer.json()["results"]] == [talk.channel.number]
    assert TOKEN not in answer.content.decode()
    one = client.get(f"/api/v1/channels/{talk.channel_id}/")
    assert TOKEN not in one.content.decode()
    assert one.json() == answer.json()["results"][0]
    assert len(client.get("/api/v1/templates/").json()["results"]) == len(DEFAULTS)


def test_a_channel_says_what_is_wrong_with_it_in_words(talk, norte, sur):
    url = f"/api/v1/channels/{talk.channel_id}/"
    reader = api(norte, "read_only")
    assert reader.get(url).json()["state"]["word"] == "Conectado"
    Channel.objects.filter(pk=talk.channel_id).update(problem="Twilio no aceptó el token.")
    state = reader.get(url).json()["state"]
    assert (state["word"], state["what"]) == ("Con problema", "Twilio no aceptó el token.")
    assert state["todo"]
    other = TenantClient(HTTP_HOST=host_of(sur), HTTP_AUTHORIZATION=reader.defaults["HTTP_AUTHORIZATION"])
    assert other.get(url).status_code in {401, 403}


def test_a_reader_cannot_write_and_another_provider_sees_nothing(talk, norte, sur):
    url = f"/api/v1/conversations/{talk.pk}/messages/"
    reader = api(norte, "read_only")
    assert reader.get(url).status_code == 200
    assert reader.post(url, {"body": "a", "key": "1"}, content_type="application/json").status_code == 404
    stranger = TenantClient(HTTP_HOST=host_of(norte))
    assert stranger.get(url).status_code in {401, 403}
    other = TenantClient(HTTP_HOST=host_of(sur), HTTP_AUTHORIZATION=reader.defaults["HTTP_AUTHORIZATION"])
    assert other.get(url).status_code in {401, 403}
    assert not Message.objects.filter(direction="out").exists()
