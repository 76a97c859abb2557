"""A conversation on paper: what was written and by whom, notes only for who asks and may, nobody else's."""

from __future__ import annotations

import pypdfium2
import pytest
from django.utils import timezone

from accounts.models import ApiKey
from accounts.permissions import Role
from inbox.domain.conversations import add_note
from inbox.models import Attachment, Message
from inbox.tests.conftest import ACTOR, make_customer, receive
from tenants.current import entered

pytestmark = pytest.mark.django_db


def words(answer):
    assert answer["Content-Type"] == "application/pdf"
    document = pypdfium2.PdfDocument(answer.content)
    return " ".join(" ".join(page.get_textpage().get_text_bounded().split()) for page in document)


@pytest.fixture
def talk(channel):
    make_customer()
    message = receive(channel, "no tengo internet 😀 #set [x] $y")
    Attachment.objects.create(message=message, kind="image", filename="foto.jpg", size=2048)
    add_note(conversation_id=message.conversation_id, body="es la antena", author=ACTOR, now=timezone.now())
    return message.conversation


def test_it_says_what_was_said(talk, client_norte):
    text = words(client_norte.get(f"/bandeja/{talk.pk}/transcripcion.pdf"))
    for part in ("Conversación con Ana Muñoz", "no tengo internet", "#set [x] $y", "[Imagen] foto.jpg (2 kB)"):
        assert part in text
    assert "antena" not in text


def test_notes_only_for_who_asks_and_may(talk, norte, sign_in, client_norte):
    url = f"/bandeja/{talk.pk}/transcripcion.pdf?notas=1"
    assert "es la antena" in words(client_norte.get(url))
    assert "antena" not in words(sign_in(norte, "read_only").get(url))


def test_over_the_api_and_not_for_the_neighbour(talk, norte, sur, sign_in):
    with entered(norte):
        _key, text = ApiKey.issue(name="erp", role=Role.SUPPORT)
    auth, url = {"Authorization": f"Api-Key {text}"}, f"/api/v1/conversations/{talk.pk}/transcript/"
    assert "es la antena" in words(sign_in(norte, None).get(f"{url}?notes=true", headers=auth))
    assert sign_in(sur, "owner").get(f"/bandeja/{talk.pk}/transcripcion.pdf").status_code == 404
    assert sign_in(sur, None).get(url, headers=auth).status_code in {401, 403, 404}


def test_a_long_talk_keeps_its_end(talk, client_norte, monkeypatch):
    monkeypatch.setattr("inbox.documents.transcript.MOST", 2)
    for index in range(3):
        Message.objects.create(
            conversation=talk,
            channel=talk.channel,
            direction="in",
            seq=100 + index,
            body=f"línea {index}",
            status="sent",
        )
    text = words(client_norte.get(f"/bandeja/{talk.pk}/transcripcion.pdf"))
    assert "los últimos 2 de 4" in text
    assert "línea 2" in text
    assert "línea 0" not in text
