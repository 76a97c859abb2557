"""The chat of a page: a token says who a visitor is, they read their own lines alone, and nothing is said twice."""

from __future__ import annotations

import json
import time
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from events.domain import Actor
from inbox.channels.base import Choice, Choices
from inbox.domain import media, notifications, sending, tidying, web_chat
from inbox.domain.conversations import add_note
from inbox.domain.presence import CUSTOMER, who_is_here
from inbox.domain.web_chat import new_token
from inbox.models import Channel, Conversation, Message, Notification
from inbox.tests.conftest import make_customer
from tenants.current import enter, entered
from tenants.models import Tenant

ACTOR = Actor("user", 1, "Agente")
SITE = "https://www.nortefibra.mx"
FORM = {"name": "Página", "origins": SITE + "/\nhttp://127.0.0.1:8099", "title": "Escríbanos", "greeting": "Hola"}
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64


@pytest.fixture
def chat(in_norte, client_norte):
    answer = client_norte.post("/bandeja/numeros/nuevo/web_chat/", FORM)
    assert answer.status_code == 302
    return Channel.objects.get(kind="web_chat")


@pytest.fixture
def browser_of(sign_in, norte, chat):
    """A visitor's browser: no session, no cookie."""

    class Browser:
        def __init__(self):
            self.client = sign_in(norte, None)
            self.token = ""
            self.base = f"/chat/{chat.hook}"
            self.session()

        def session(self):
            self.token = self.call("session", token=self.token).json()["token"]

        def call(self, path, /, headers=None, **said):
            given = {"Authorization": f"Bearer {self.token}", **(headers or {})}
            return self.client.post(f"{self.base}/{path}", json.dumps(said), "application/json", headers=given)

        def write(self, body, own_id="aaaaaaaa-1", **more):
            return self.call("message", id=own_id, body=body, **more)

        def lines(self, **said):
            return self.call("lines", **said).json()["lines"]

    return Browser


def settle():
    notifications.drain(now=timezone.now())
    media.drain(now=timezone.now())
    sending.drain(now=timezone.now())


def reply(body, **more):
    found = Conversation.objects.get()
    message = sending.queue_message(conversation=found, author=ACTOR, now=timezone.now(), body=body, **more)
    settle()
    message.refresh_from_db()
    return message


def test_a_visitor_writes_and_is_answered(browser_of, chat):
    visitor = browser_of()
    assert visitor.write("Hola", name="Ana", phone="444 123 4567", email="ana@x.mx").status_code == 200
    assert Notification.objects.get().state == "pending"  # kept before it is read
    settle()
    found = Conversation.objects.get()
    assert (found.channel, found.contact_name, found.phone) == (chat, "Ana · ana@x.mx", "+524441234567")
    answer = reply("¿En qué le ayudo?")
    assert answer.status == "sent"
    lines = visitor.lines()
    assert [(line["mine"], line["text"]) for line in lines] == [(True, "Hola"), (False, "¿En qué le ayudo?")]
    visitor.call("state", seq=lines[-1]["seq"], status="delivered")
    visitor.call("state", seq=lines[-1]["seq"], status="read")
    visitor.call("state", seq=lines[-1]["seq"], status="delivered")  # late: states never go backwards
    answer.refresh_from_db()
    assert answer.status == "read"


def test_a_phone_that_was_only_typed_makes_nobody_a_customer(browser_of):
    make_customer()
    browser_of().write("¿Cuánto debo?", phone="+524441234567")
    settle()
    assert Conversation.objects.get().customer is None


def test_said_twice_it_is_one_message(browser_of):
    visitor = browser_of()
    for _ in range(3):
        assert visitor.write("una vez").status_code == 200
    settle()
    visitor.write("una vez")
    settle()
    assert Message.objects.count() == 1


def test_another_visitor_reads_nothing_even_after_a_merge(browser_of):
    ana, eva = browser_of(), browser_of()
    ana.write("soy ana")
    eva.write("soy eva", own_id="aaaaaaaa-1")
    settle()
    assert Message.objects.count() == 2
    assert [line["text"] for line in eva.lines()] == ["soy eva"]
    # A person put both together: each browser goes on seeing its own lines only.
    one, other = Conversation.objects.order_by("id")
    other.addresses.update(conversation=one)
    other.messages.update(conversation=one, seq=2)
    assert [line["text"] for line in eva.lines()] == ["soy eva"]
    assert [line["text"] for line in ana.lines()] == ["soy ana"]
    assert ana.call("lines", headers={"Authorization": "Bearer "}).status_code == 401


def test_notes_and_what_waits_are_not_shown(browser_of):
    visitor = browser_of()
    visitor.write("hola")
    settle()
    found = Conversation.objects.get()
    add_note(conversation_id=found.pk, body="es moroso", author=ACTOR, now=timezone.now())
    sending.queue_message(conversation=found, author=ACTOR, now=timezone.now(), body="todavía no")
    assert [line["text"] for line in visitor.lines()] == ["hola"]


def test_forged_foreign_and_expired_tokens_are_refused(browser_of, chat, client_sur, sign_in, monkeypatch):
    visitor = browser_of()
    visitor.write("secreto")
    settle()
    good = visitor.token
    with enter("sur"):
        client_sur.post("/bandeja/numeros/nuevo/web_chat/", FORM)
        theirs = Channel.objects.get(kind="web_chat")
        foreign = new_token(theirs)
    forged = good[:-2] + ("AA" if good[-2:] != "AA" else "BB")
    for token in (forged, foreign, "", "x" * 300, good.replace(":", "")):
        visitor.token = token
        assert visitor.call("lines").status_code == 401
        assert visitor.write("intruso", own_id="bbbbbbbb-1").status_code == 401
    # Our token at the other provider, and our chat on their host.
    other = sign_in(Tenant.objects.get(slug="sur"), None)
    for hook in (theirs.hook, chat.hook):
        answer = other.post(
            f"/chat/{hook}/lines", "{}", "application/json", headers={"Authorization": f"Bearer {good}"}
        )
        assert answer.status_code in {401, 404}
        assert "secreto" not in answer.content.decode()
    visitor.token = good
    later = time.time() + 61 * 24 * 3600
    monkeypatch.setattr(time, "time", lambda: later)
    assert visitor.call("lines").status_code == 401
    monkeypatch.undo()
    assert Message.objects.count() == 1


def test_a_renewed_secret_ends_every_session(browser_of, chat, client_norte):
    visitor = browser_of()
    assert visitor.call("lines").status_code == 200
    client_norte.post(f"/bandeja/numeros/{chat.pk}/renovar/")
    assert visitor.call("lines").status_code == 401


def test_other_sites_are_refused(browser_of, chat):
    visitor = browser_of()
    assert visitor.call("lines", headers={"Origin": "https://otro.example"}).status_code == 403
    page = visitor.client.get(f"/chat/{chat.hook}/", headers={"Referer": SITE + "/"})
    assert f"frame-ancestors 'self' {SITE} http://127.0.0.1:8099" in page["Content-Security-Policy"]
    assert "X-Frame-Options" not in page
    assert "Access-Control-Allow-Origin" not in visitor.call("lines")
    assert visitor.client.get(f"/chat/{chat.hook}/", headers={"Referer": "https://otro.example/"}).status_code == 403


def test_a_file_goes_both_ways_and_others_cannot_open_it(browser_of):
    visitor, stranger = browser_of(), browser_of()

    def give(name, data, own_id):
        file = SimpleUploadedFile(name, data, "image/png")
        given = {"Authorization": f"Bearer {visitor.token}"}
        return visitor.client.post(f"{visitor.base}/message", {"id": own_id, "file": file}, headers=given)

    assert give("recibo.png", PNG, "aaaaaaaa-1").status_code == 200
    assert give("virus.png", b"MZ" + b"0" * 90, "aaaaaaaa-2").status_code == 415
    assert give("hoja.html", b"<script>alert(1)</script>", "aaaaaaaa-3").status_code == 415
    settle()
    message = Message.objects.get()
    assert message.kind == "image"
    assert message.attachments.get().content_type == "image/png"
    reply("Le mando la foto", files=[sending.Upload(PNG, "mapa.png")])
    lines = visitor.lines()
    assert [len(line["files"]) for line in lines] == [1, 1]
    for line in lines:
        answer = stranger.client.get(f"{visitor.base}/file/{line['files'][0]['link']}")
        assert answer.status_code == 200  # the link is the permission, and only its owner was told it
        assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert stranger.client.get(f"{visitor.base}/file/{lines[0]['files'][0]['link']}x").status_code == 404


def test_choices_are_buttons_and_only_what_was_offered_counts(browser_of):
    visitor = browser_of()
    visitor.write("hola")
    settle()
    offered = reply("¿Qué desea?", choices=Choices((Choice("pagar", "Pagar"), Choice("falla", "No tengo internet"))))
    line = visitor.lines()[-1]
    assert line["choices"] == [{"id": "pagar", "title": "Pagar"}, {"id": "falla", "title": "No tengo internet"}]
    wrong = visitor.write("x", own_id="aaaaaaaa-2", choice={"of": line["id"], "id": "gratis"})
    assert wrong.status_code == 400
    visitor.write("x", own_id="aaaaaaaa-3", choice={"of": line["id"], "id": "falla"})
    settle()
    taken = Message.objects.order_by("seq").last()
    assert (taken.kind, taken.body, taken.reply_to) == ("choice", "No tengo internet", offered)


def test_a_blocked_visitor_writes_nothing_more(browser_of):
    visitor = browser_of()
    visitor.write("hola")
    settle()
    Conversation.objects.update(blocked_at=timezone.now())
    assert visitor.write("otra vez", own_id="aaaaaaaa-2").status_code == 403
    assert Notification.objects.count() == 1


def test_floods_and_giants_are_refused(browser_of):
    visitor = browser_of()
    assert visitor.write("x" * 5000, own_id="aaaaaaaa-0").status_code == 400
    assert visitor.call("message", id="aaaaaaaa-0", body="x" * 40_000).status_code == 413
    codes = [visitor.write("hola", own_id=f"aaaaaaaa-{n}").status_code for n in range(25)]
    assert codes.count(200) <= 20
    assert codes[-1] == 429


NONSENSE = [
    b"[]",
    b"{",
    b"null",
    b'{"id": {}}',
    b'{"id": "aaaaaaaa-1", "choice": [1]}',
    b"\xff",
    b"[" * 30_000,
    b'{"since": "0001-01-01T00:00:00+00:00"}',
    b'{"since": "9999-12-31T23:59:59-23:59"}',
]


@pytest.mark.parametrize("said", NONSENSE)
def test_nonsense_is_refused_in_peace(browser_of, said):
    visitor = browser_of()
    headers = {"Authorization": f"Bearer {visitor.token}"}
    for name in ("session", "lines", "message", "state", "typing"):
        answer = visitor.client.post(f"{visitor.base}/{name}", said, "application/json", headers=headers)
        assert answer.status_code < 500
    assert not Message.objects.exists()


def test_the_script_names_the_provider_and_nothing_else(browser_of, chat, norte):
    answer = browser_of().client.get(f"/chat/{chat.hook}.js")
    text = answer.content.decode()
    assert "Escríbanos" in json.loads('"' + text.split('"title": "')[1].split('"')[0] + '"')
    assert "enlace" not in text.lower()
    assert len(text) < 8000
    assert "</script" not in text


def test_fetching_costs_the_same_for_one_line_and_for_many(browser_of, django_assert_max_num_queries):
    visitor = browser_of()
    visitor.write("uno")
    settle()
    with django_assert_max_num_queries(12):
        visitor.lines()
    for number in range(8):
        visitor.write("más", own_id=f"cccccccc-{number}")
    settle()
    with django_assert_max_num_queries(12):
        assert len(visitor.lines()) == 9


def test_the_page_says_what_to_paste(chat, client_norte, sur, client_sur):
    page = client_norte.get(f"/bandeja/numeros/{chat.pk}/").content.decode()
    assert f"/chat/{chat.hook}.js" in page
    assert chat.reveal("hook_secret") not in page
    assert client_sur.get(f"/bandeja/numeros/{chat.pk}/").status_code == 404
    wrong = client_norte.post(f"/bandeja/numeros/{chat.pk}/", {**FORM, "origins": "javascript:alert(1)"})
    assert wrong.status_code == 422
    chat.refresh_from_db()
    assert chat.config["origins"] == [SITE, "http://127.0.0.1:8099"]


def test_that_a_visitor_types_is_seen_by_the_agents_until_they_write(browser_of, chat, sur):
    visitor = browser_of()
    assert visitor.call("typing").status_code == 200  # nobody to tell of yet
    visitor.write("Hola", name="Ana")
    settle()
    talk = Conversation.objects.get()
    assert who_is_here(conversation_id=talk.pk) == []
    visitor.call("typing")
    assert [(p.who, p.name, p.state) for p in who_is_here(conversation_id=talk.pk)] == [(CUSTOMER, "Ana", "typing")]
    with enter("sur"):
        assert who_is_here(conversation_id=talk.pk) == []
    visitor.write("¿Cuánto debo?", own_id="aaaaaaaa-2")
    assert who_is_here(conversation_id=talk.pk) == []


def give(visitor, data, own_id):
    file = SimpleUploadedFile("foto.png", data, "image/png")
    given = {"Authorization": f"Bearer {visitor.token}"}
    return visitor.client.post(f"{visitor.base}/message", {"id": own_id, "file": file}, headers=given)


def test_a_visitor_fills_no_disk(browser_of, monkeypatch):
    monkeypatch.setattr(web_chat, "DAY_LIMIT", 250)
    monkeypatch.setattr(web_chat, "CHAT_BYTES", (400, 60))
    visitor, other, third = browser_of(), browser_of(), browser_of()
    big = PNG + b"0" * 50  # 122 bytes
    assert [give(visitor, big, f"aaaaaaaa-{n}").status_code for n in (1, 2)] == [200, 200]
    assert give(visitor, big, "aaaaaaaa-1").status_code == 200  # the same again is no more
    full = give(visitor, big, "aaaaaaaa-3")
    assert (full.status_code, full.json()) == (413, {"error": "full"})
    assert give(other, big, "bbbbbbbb-1").status_code == 200
    assert give(third, big, "cccccccc-1").json() == {"error": "full"}  # all visitors of the chat together
    assert Notification.objects.count() == 3
    assert visitor.write("Hola", "aaaaaaaa-9").status_code == 200
    assert "Por hoy no se pueden recibir más archivos" in visitor.client.get(f"{visitor.base}/").content.decode()


def test_files_that_belong_to_nothing_are_removed(browser_of, sur, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    visitor = browser_of()
    assert give(visitor, PNG, "aaaaaaaa-1").status_code == 200
    settle()
    kept = Message.objects.get().attachments.get()
    with entered(sur):
        default_storage.save("inbox/phone/de-sur.png", ContentFile(PNG))
    default_storage.save("inbox/phone/nunca-leido.png", ContentFile(PNG))
    now = timezone.now()
    tidying.drain(now=now)
    assert default_storage.listdir("inbox/phone")[1] == ["nunca-leido.png"]
    assert len(default_storage.listdir("inbox/web")[0]) == 1
    tidying.drain(now=now + timedelta(hours=25))
    assert default_storage.listdir("inbox/phone")[1] == []
    assert default_storage.listdir("inbox/web") == ([], [])
    assert kept.file.storage.exists(kept.file.name)
    with entered(sur):
        assert default_storage.listdir("inbox/phone")[1] == ["de-sur.png"]
