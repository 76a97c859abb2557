"""The inbox's pages: who sees what, what an action does, and that many rows cost no more queries than one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from events.domain import Actor
from inbox.domain.conversations import hand_over
from inbox.domain.filters import Filters
from inbox.domain.listing import conversation_page
from inbox.domain.sending import Upload, queue_message
from inbox.domain.templates import approve_notices, ensure_default_templates
from inbox.models import Approval, Attachment, Conversation, Message
from inbox.tests.conftest import ACTOR, make_channel, make_customer, receive
from tests.harness.fixtures import staff

HTMX = {"HX-Request": "true"}
JPEG = b"\xff\xd8\xff\xe0" + b"0" * 300


@pytest.fixture
def talk(in_norte):
    """A conversation of a known customer."""
    make_customer()
    return receive(make_channel(), "¿Cuánto debo?", sender_name="Ana").conversation


def many(channel, count):
    for number in range(count):
        phone = f"+52444200{number:04d}"
        make_customer(phone=phone, code=f"M-{number}", name=f"Cliente {number}")
        receive(channel, f"mensaje {number}", sid=f"SMm{number}", sender=phone)


def queries(client, url, **headers):
    client.get(url)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert client.get(url, headers=headers).status_code == 200
    return len(seen)


def test_the_list_and_the_thread_are_shown(talk, client_norte):
    page = client_norte.get("/bandeja/").content.decode()
    assert "Ana Muñoz" in page
    assert "Elija una conversación" in page
    page = client_norte.get(f"/bandeja/{talk.pk}/").content.decode()
    assert "¿Cuánto debo?" in page
    fragment = client_norte.get(f"/bandeja/{talk.pk}/", headers=HTMX).content.decode()
    assert "¿Cuánto debo?" in fragment
    assert "<html" not in fragment


def test_another_provider_sees_nothing(talk, client_sur):
    assert "Ana" not in client_sur.get("/bandeja/").content.decode()
    for path in ("", "novedades/?desde=0", "anteriores/?antes=9"):
        assert client_sur.get(f"/bandeja/{talk.pk}/{path}").status_code == 404
    assert client_sur.post(f"/bandeja/{talk.pk}/responder/", {"body": "hola"}).status_code == 404
    assert not Message.objects.filter(direction="out").exists()


@pytest.mark.parametrize("count", [1, 50])
def test_query_counts_do_not_grow(talk, client_norte, count):
    many(talk.channel, count)
    for number in range(count):
        queue_message(conversation=talk, body=f"línea {number}", author=ACTOR, now=timezone.now())
    assert queries(client_norte, "/bandeja/") <= 14
    assert queries(client_norte, "/bandeja/lista/") <= 8
    assert queries(client_norte, f"/bandeja/{talk.pk}/", **HTMX) <= 16
    assert queries(client_norte, f"/bandeja/{talk.pk}/novedades/?desde=0", **HTMX) <= 14


def test_the_list_pages_by_key_and_loses_none(talk, norte):
    many(talk.channel, 35)
    user = staff("owner")
    for queue in ("open", "waiting"):
        seen, after = [], ""
        while True:
            page = conversation_page(user=user, filters=Filters(queue=queue), now=timezone.now(), after=after, limit=10)
            seen += [row.pk for row in page.rows]
            after = page.after
            if not after:
                break
        assert len(seen) == len(set(seen)) == 36
    assert conversation_page(user=user, filters=Filters(), now=timezone.now(), after="nonsense").rows


@pytest.mark.parametrize("text", ["ana mu", "N-1", "4441234567", "Ana"])
def test_search_finds_by_name_code_and_phone(talk, client_norte, text):
    many(talk.channel, 3)
    page = client_norte.get("/bandeja/lista/", {"q": text}).content.decode()
    assert "Ana Muñoz" in page
    assert "Cliente 2" not in page


def test_queues_hold_what_they_say(talk, client_norte):
    owner = staff("owner")
    for queue, there in (("waiting", True), ("unassigned", True), ("mine", False), ("resolved", False)):
        assert ("Ana Muñoz" in client_norte.get(f"/bandeja/lista/?cola={queue}").content.decode()) is there
    client_norte.post(f"/bandeja/{talk.pk}/asignar/", {"person": owner.pk})
    for queue, there in (("mine", True), ("unassigned", False)):
        assert ("Ana Muñoz" in client_norte.get(f"/bandeja/lista/?cola={queue}").content.decode()) is there
    client_norte.post(f"/bandeja/{talk.pk}/cerrar/")
    assert "Ana Muñoz" in client_norte.get("/bandeja/lista/?cola=resolved").content.decode()
    assert "Ana Muñoz" not in client_norte.get("/bandeja/lista/?cola=nonsense").content.decode()


def test_a_reply_is_queued_once_per_key(talk, client_norte):
    for _ in range(2):
        answer = client_norte.post(f"/bandeja/{talk.pk}/responder/", {"body": "Hola", "key": "k1"}, headers=HTMX)
        assert answer.status_code == 204
        assert "inbox:changed" in answer["HX-Trigger"]
    message = Message.objects.get(direction="out")
    assert (message.body, message.author_label, message.status) == ("Hola", "Owner", "queued")


def test_a_note_stays_inside(talk, client_norte):
    client_norte.post(f"/bandeja/{talk.pk}/responder/", {"kind": "note", "body": "ojo"}, headers=HTMX)
    note = Message.objects.get(direction="note")
    assert (note.body, note.next_try_at) == ("ojo", None)
    talk.refresh_from_db()
    assert talk.last_message_text == "¿Cuánto debo?"


def test_a_photo_goes_with_the_reply_and_junk_is_refused(talk, client_norte):
    photo = SimpleUploadedFile("recibo.jpg", JPEG)
    client_norte.post(f"/bandeja/{talk.pk}/responder/", {"body": "", "file": photo}, headers=HTMX)
    attachment = Attachment.objects.get()
    assert attachment.content_type == "image/jpeg"
    junk = SimpleUploadedFile("x.jpg", b"<script>")
    answer = client_norte.post(f"/bandeja/{talk.pk}/responder/", {"body": "a", "file": junk}, headers=HTMX)
    assert answer.status_code == 422
    assert "no se puede enviar" in answer.content.decode()
    assert Message.objects.filter(direction="out").count() == 1


@pytest.mark.parametrize(("body", "words"), [("", "Escriba un mensaje"), ("x" * 1601, "1,600")])
def test_a_reply_that_cannot_go_says_why(talk, client_norte, body, words):
    answer = client_norte.post(f"/bandeja/{talk.pk}/responder/", {"body": body}, headers=HTMX)
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_outside_the_window_only_a_template_goes(talk, client_norte):
    ensure_default_templates()
    approve_notices(channel=talk.channel, ids={"payment_due": "HX1"})
    Conversation.objects.update(last_inbound_at=timezone.now() - timedelta(hours=25))
    answer = client_norte.post(f"/bandeja/{talk.pk}/responder/", {"body": "hola"}, headers=HTMX)
    assert answer.status_code == 422
    approval, place = Approval.objects.get(), f"/bandeja/{talk.pk}/plantillas/"
    assert "Vence hoy" in client_norte.get(place).content.decode()
    form = client_norte.get(f"{place}datos/?approval={approval.pk}").content.decode()
    assert "Hola Ana" in form
    fields = {"approval": approval.pk, "value-1": "Ana", "value-2": "", "key": "k"}
    assert client_norte.post(f"{place}enviar/", fields, headers=HTMX).status_code == 422
    fields["value-2"] = "$450.00"
    for _turn in range(2):
        assert client_norte.post(f"{place}enviar/", fields, headers=HTMX).status_code == 204
    message = Message.objects.get(direction="out")
    assert message.as_template
    assert "$450.00" in message.body


@pytest.mark.parametrize(
    ("role", "read", "write", "give"),
    [
        ("support", 200, 302, 302),
        ("collections", 200, 302, 302),
        ("sales", 200, 302, 404),
        ("technician", 200, 404, 404),
        ("read_only", 200, 404, 404),
    ],
)
def test_roles(talk, sign_in, norte, role, read, write, give):  # noqa: PLR0917
    client = sign_in(norte, role)
    assert client.get(f"/bandeja/{talk.pk}/").status_code == read
    assert client.post(f"/bandeja/{talk.pk}/responder/", {"body": "hola"}).status_code == write
    assert client.post(f"/bandeja/{talk.pk}/asignar/", {"person": ""}).status_code == give
    assert client.post(f"/bandeja/{talk.pk}/cerrar/").status_code == write


def test_a_stranger_signs_in_first(talk, sign_in, norte):
    client = sign_in(norte, None)
    assert client.get("/bandeja/").status_code == 302
    answer = client.get(f"/bandeja/{talk.pk}/novedades/", headers=HTMX)
    assert answer["HX-Redirect"].startswith("/entrar/")


def test_files_are_for_those_who_may_see_them(talk, client_norte, client_sur, sign_in, norte):
    message = queue_message(conversation=talk, files=[Upload(JPEG)], author=ACTOR, now=timezone.now())
    attachment = message.attachments.get()
    url = f"/bandeja/archivos/{attachment.pk}/"
    answer = client_norte.get(url)
    assert b"".join(answer.streaming_content) == JPEG
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert client_sur.get(url).status_code == 404
    assert sign_in(norte, None).get(url).status_code == 302
    attachment.content_type = "text/html"
    attachment.save()
    answer = client_norte.get(url)
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Type"] == "application/octet-stream"


def test_news_are_what_the_page_misses(talk, client_norte):
    for number in range(3):
        receive(talk.channel, f"nuevo {number}", sid=f"SMn{number}")
    page = client_norte.get(
        f"/bandeja/{talk.pk}/novedades/?desde=2&visto={timezone.now().isoformat()}"
    ).content.decode()
    assert "nuevo 1" in page
    assert "nuevo 2" in page
    fresh = page.split('hx-swap-oob="true"')[0]
    assert "nuevo 0" not in fresh


def test_reading_marks_read_by_those_who_may_answer(talk, client_norte, sign_in, norte):
    sign_in(norte, "read_only").get(f"/bandeja/{talk.pk}/")
    talk.refresh_from_db()
    assert talk.unread == 1
    client_norte.get(f"/bandeja/{talk.pk}/")
    talk.refresh_from_db()
    assert talk.unread == 0


def test_what_the_bot_answered_is_not_unread_until_it_hands_over(talk):
    queue_message(conversation=talk, body="No debe nada", author=Actor.bot(), now=timezone.now())
    talk.refresh_from_db()
    assert talk.unread == 0
    hand_over(conversation_id=talk.pk, reason="Lo pidió", actor=Actor.bot(), now=timezone.now())
    talk.refresh_from_db()
    assert (talk.unread, talk.status, talk.bot_active) == (1, "open", False)


def test_an_unknown_number_is_linked_by_a_person(in_norte, client_norte):
    talk = receive(make_channel()).conversation
    customer = make_customer(phone="+524449999999")
    found = client_norte.get(f"/bandeja/{talk.pk}/cliente/?buscar=Ana", headers=HTMX).content.decode()
    assert "Ana Muñoz" in found
    client_norte.post(f"/bandeja/{talk.pk}/cliente/vincular/", {"customer": customer.pk})
    talk.refresh_from_db()
    assert talk.customer == customer


def test_without_a_channel_the_page_says_what_to_do(in_norte, client_norte):
    assert "Conecte su WhatsApp" in client_norte.get("/bandeja/").content.decode()


def test_a_person_gone_cannot_be_given_work(talk, client_norte):
    gone = User.objects.create_user("x@ejemplo.test", "x", name="Ido", role="support", is_active=False)
    assert client_norte.post(f"/bandeja/{talk.pk}/asignar/", {"person": gone.pk}).status_code == 404
