"""The thread: what a line shows, reactions told to the far side, ready answers, mentions, files by ranges."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from django.utils.html import escape

from accounts.models import User
from events.domain import Actor
from inbox.channels.base import ChannelError
from inbox.channels.items import Action, Edited
from inbox.domain import gestures
from inbox.domain.canned import fill_reply, find_replies
from inbox.domain.changes import apply_edit
from inbox.domain.conversations import add_line, add_note, locked
from inbox.domain.presence import note_presence, who_is_here
from inbox.models import CannedReply, Mention, Message, Reaction, ReadMark
from inbox.tests.conftest import make_channel, make_customer, receive
from tests.harness.fixtures import staff

HTMX = {"HX-Request": "true"}
JPEG = b"\xff\xd8\xff\xe0" + b"0" * 300
ACTOR = Actor("system", None, "Prueba")


@pytest.fixture
def talk(in_norte):
    make_customer()
    return receive(make_channel(), "¿Cuánto debo?", sender_name="Ana").conversation


@pytest.fixture
def able(monkeypatch):
    """Twilio's kind as if it could do everything."""
    from dataclasses import replace  # noqa: PLC0415

    from inbox.kinds import KINDS  # noqa: PLC0415

    can = replace(KINDS["twilio_whatsapp"], reactions=True, replies=True, read_receipts=True, typing=True)
    monkeypatch.setitem(KINDS, "twilio_whatsapp", can)


class FarSide:
    """A far side that remembers, and refuses when told to."""

    def __init__(self):
        self.said, self.error = [], None

    def react(self, *, recipient, external_id, emoji):
        if self.error:
            raise self.error
        self.said.append((external_id, emoji))

    def mark_read(self, *, recipient, external_id, typing=False):
        self.said.append((external_id, "typing" if typing else "read"))


@pytest.fixture
def far(monkeypatch):
    side = FarSide()
    monkeypatch.setattr(gestures, "carrier_of", lambda _channel: side)
    return side


def shown(client, talk):
    return client.get(f"/bandeja/{talk.pk}/", headers=HTMX).content.decode()


@pytest.mark.parametrize(
    "case",
    [
        (
            "location",
            {"latitude": 22.15, "longitude": -100.98, "name": "Plaza", "address": "Centro 1"},
            "",
            ["Plaza", "Centro 1", "22.150000, -100.980000", "mlat=22.150000"],
            "Ubicación: Plaza",
        ),
        ("location", {"latitude": "x", "longitude": 500}, "", ["Ubicación"], "Ubicación"),
        ("contacts", {"contacts": [{"name": "Luis", "phones": ["+524440000000"]}]}, "", ["tel:+524440000000"], "Luis"),
        ("choices", {"options": [{"id": "1", "title": "Sí quiero"}], "label": ""}, "¿Sigue?", ["Sí quiero"], "¿Sigue?"),
        ("choice", {"id": "1", "title": "Sí quiero"}, "", ["Sí quiero"], "Sí quiero"),
        ("unsupported", {"type": "poll"}, "", ["no entrega aquí"], "no se puede mostrar"),
        ("text", {"forwarded": True}, "<b>hola</b>", ["Reenviado", "&lt;b&gt;hola&lt;/b&gt;"], "<b>hola</b>"),
    ],
)
def test_every_kind_is_shown_and_said_in_the_list(talk, client_norte, case):
    kind, content, body, words, preview = case
    fields = {"direction": "in", "status": "received", "kind": kind, "content": content, "body": body}
    add_line(conversation=locked(talk.pk), author=ACTOR, now=timezone.now(), **fields)
    page = shown(client_norte, talk)
    for word in words:
        assert word in page
    talk.refresh_from_db()
    assert preview in talk.last_message_text


def test_earlier_words_are_there_on_demand(talk, client_norte):
    line = talk.messages.get()
    item = Edited(external_id=line.external_id, sender=talk.address, body="¿Cuánto pago?")
    apply_edit(channel=talk.channel, item=item, now=timezone.now())
    page = shown(client_norte, talk)
    assert "¿Cuánto pago?" in page
    assert "¿Cuánto debo?" in page.partition("<summary>")[2]
    line.refresh_from_db()
    line.deleted_at = timezone.now()
    line.save()
    assert "El cliente eliminó este mensaje" in shown(client_norte, talk)


@pytest.mark.parametrize(
    ("action", "status", "said"),
    [
        ("retry", "failed", ("Reenviar", "Elegir plantilla")),
        ("opt_out", "failed", ("pidió que no se le escriba", "Reenviar")),
        ("stop", "failed", ("no existe", "Reenviar")),
        ("", "doubtful", ("revise antes de reenviar", "Elegir plantilla")),
    ],
)
def test_a_fault_says_why_and_what_can_be_done(talk, client_norte, action, status, said):
    there, not_there = said
    line = talk.messages.get()
    Message.objects.filter(pk=line.pk).update(
        direction="out", status=status, error_action=action, error_code="63003", error_text="El número no existe."
    )
    page = shown(client_norte, talk)
    assert there in page
    assert not_there not in page


def test_a_reaction_is_told_until_the_far_side_heard(talk, client_norte, client_sur, able, far):
    line = talk.messages.get()
    url = f"/bandeja/{talk.pk}/reaccionar/{line.pk}/"
    assert client_sur.post(url, {"emoji": "👍"}).status_code == 404
    assert client_norte.post(url, {"emoji": "x" * 17}, headers=HTMX).status_code == 422
    assert client_norte.post(url, {"emoji": "👍"}, headers=HTMX).status_code == 204
    now = timezone.now()
    far.error = ChannelError("No hay línea.", permanent=False)
    gestures.drain(now=now)
    assert Reaction.objects.get().next_try_at > now
    far.error = None
    gestures.drain(now=now + timedelta(hours=1))
    gestures.drain(now=now + timedelta(hours=2))
    assert far.said == [(line.external_id, "👍")]
    assert "👍" in shown(client_norte, talk)
    client_norte.post(url, {"emoji": ""}, headers=HTMX)
    gestures.drain(now=now + timedelta(hours=3))
    assert (line.external_id, "") in far.said
    assert not Reaction.objects.exists()


def test_a_refused_reaction_says_why(talk, client_norte, able, far):
    line = talk.messages.get()
    far.error = ChannelError("WhatsApp no aceptó la reacción.", permanent=True, action=Action.STOP)
    client_norte.post(f"/bandeja/{talk.pk}/reaccionar/{line.pk}/", {"emoji": "👍"}, headers=HTMX)
    gestures.drain(now=timezone.now())
    assert Reaction.objects.get().next_try_at is None
    assert "WhatsApp no aceptó la reacción." in shown(client_norte, talk)


def test_opening_shows_the_customer_that_it_was_read_once(talk, client_norte, able, far):
    for _ in range(2):
        shown(client_norte, talk)
    gestures.drain(now=timezone.now())
    gestures.drain(now=timezone.now())
    assert far.said == [(talk.messages.get().external_id, "read")]
    assert ReadMark.objects.get().next_try_at is None


def test_an_answer_to_a_line_and_three_files_at_once(talk, client_norte, able):
    line = talk.messages.get()
    files = [SimpleUploadedFile(f"{n}.jpg", JPEG, "image/jpeg") for n in range(3)]
    for _ in range(2):  # the same form twice makes the same messages
        for file in files:
            file.seek(0)
        fields = {"body": "Vea", "file": files, "reply_to": line.pk, "key": "k1"}
        assert client_norte.post(f"/bandeja/{talk.pk}/responder/", fields, headers=HTMX).status_code == 204
    sent = list(talk.messages.filter(direction="out").order_by("seq"))
    assert [(m.body, m.kind, m.reply_to_id) for m in sent] == [
        ("Vea", "image", line.pk), ("", "image", None), ("", "image", None)
    ]  # fmt: skip
    page = shown(client_norte, talk)
    assert f'data-quote="{line.pk}"' in page
    talk.refresh_from_db()
    assert talk.last_message_text == "Foto"


def test_what_is_too_long_or_too_large_changes_nothing(talk, client_norte):
    big = SimpleUploadedFile("a.jpg", JPEG + b"0" * (17 * 1024 * 1024), "image/jpeg")
    for fields, word in (({"body": "x" * 1601}, "1,600"), ({"file": big}, "16 MB")):
        answer = client_norte.post(f"/bandeja/{talk.pk}/responder/", fields, headers=HTMX)
        assert answer.status_code == 422
        assert word in answer.content.decode()
    assert not talk.messages.filter(direction="out").exists()


def test_files_are_served_by_ranges(talk, client_norte, client_sur):
    file = SimpleUploadedFile("a.jpg", JPEG, "image/jpeg")
    client_norte.post(f"/bandeja/{talk.pk}/responder/", {"file": file}, headers=HTMX)
    url = f"/bandeja/archivos/{talk.messages.get(direction='out').attachments.get().pk}/"
    whole = client_norte.get(url)
    assert (whole.status_code, b"".join(whole.streaming_content)) == (200, JPEG)
    part = client_norte.get(url, headers={"Range": "bytes=2-9"})
    assert (part.status_code, b"".join(part.streaming_content)) == (206, JPEG[2:10])
    assert part["Content-Range"] == f"bytes 2-9/{len(JPEG)}"
    last = client_norte.get(url, headers={"Range": "bytes=-4"})
    assert b"".join(last.streaming_content) == JPEG[-4:]
    assert client_norte.get(url, headers={"Range": "bytes=9999-"}).status_code == 416
    assert client_sur.get(url, headers={"Range": "bytes=0-1"}).status_code == 404


def test_ready_answers_are_filled_in_and_kept_apart(talk, client_norte, client_sur):
    owner, other = staff("owner"), staff("support")
    CannedReply.objects.create(shortcut="saldo", body="Hola {nombre}, debe {saldo}; {nada}. {agente}")
    CannedReply.objects.create(shortcut="mia", body="x", owner=other)
    assert [r.shortcut for r in find_replies(user=owner, text="sal")] == ["saldo"]
    assert not find_replies(user=owner, text="mia")
    answer = client_norte.get(f"/bandeja/{talk.pk}/listas/?q=sal").json()["replies"][0]
    assert answer["text"].startswith("Hola Ana, debe $0.00; {nada}. ")
    technician = SimpleNamespace(can=lambda _code: False, name="T")
    assert "{saldo}" in fill_reply(
        body="{saldo}",
        conversation=talk,
        user=technician,
        now=timezone.now(),  # type: ignore[arg-type]
    )
    assert client_sur.get(f"/bandeja/{talk.pk}/listas/?q=sal").status_code == 404
    page = client_norte.post("/bandeja/respuestas/nueva/", {"shortcut": "SALDO", "body": "otra", "for_all": "on"})
    assert page.status_code == 422
    assert "otra" in page.content.decode()
    assert client_norte.post("/bandeja/respuestas/nueva/", {"shortcut": "hola", "body": "Hola"}).status_code == 302
    assert CannedReply.objects.get(shortcut="hola").owner == owner
    assert client_norte.get(f"/bandeja/respuestas/{CannedReply.objects.get(shortcut='mia').pk}/").status_code == 404


def test_who_is_named_in_a_note_is_told_once(talk, client_norte, client_sur):
    owner, other = staff("owner"), staff("support")
    author = Actor.of_user(other)
    for _ in range(2):
        note = add_note(
            conversation_id=talk.pk, body=f"@{owner.name} vea esto", author=author, now=timezone.now(), key="n1"
        )
    assert Mention.objects.get().user == owner
    assert "count--loud" in client_norte.get("/bandeja/menciones/cuantas/").content.decode()
    assert "vea esto" in client_norte.get("/bandeja/menciones/").content.decode()
    assert "vea esto" not in client_sur.get("/bandeja/menciones/").content.decode()
    assert f'<span class="mention">@{owner.name}</span>' in shown(client_norte, talk)
    assert "count--loud" not in client_norte.get("/bandeja/menciones/cuantas/").content.decode()
    assert note.content == {"mentions": [owner.name]}


def test_a_name_is_set_apart_in_words_and_not_in_links(talk, client_norte):
    odd = User.objects.create_user("odd@norte.example", "x", name=r"José \g<0> O'Neil", role="support")
    ana = User.objects.create_user("ana@norte.example", "x", name="Ana", role="support")
    ana_ruiz = User.objects.create_user("ar@norte.example", "x", name="Ana Ruiz", role="support")
    body = rf"@Ana vea https://redes.example/@Ana con @ana ruiz y @{odd.name}"
    add_note(conversation_id=talk.pk, body=body, author=ACTOR, now=timezone.now())
    assert set(Mention.objects.values_list("user", flat=True)) == {odd.pk, ana.pk, ana_ruiz.pk}
    page = shown(client_norte, talk)
    assert page.count('<span class="mention">') == 3
    assert '<span class="mention">@ana ruiz</span>' in page
    assert f'<span class="mention">@{escape(odd.name)}</span>' in page
    assert 'href="https://redes.example/@Ana"' in page
    assert ">https://redes.example/@Ana</a>" in page


def test_a_name_in_a_link_calls_nobody(talk):
    staff("owner")
    User.objects.create_user("ana@norte.example", "x", name="Ana", role="support")
    add_note(conversation_id=talk.pk, body="https://redes.example/@Ana", author=ACTOR, now=timezone.now())
    assert not Mention.objects.exists()


def test_presence_is_seen_by_others_and_ends(talk, client_norte, client_sur):
    url = f"/bandeja/{talk.pk}/presencia/"
    assert client_norte.post(url, {"state": "looking"}).json()["others"] == []
    assert client_norte.post(url, {"state": "dancing"}).status_code == 400
    assert client_sur.post(url, {"state": "looking"}).status_code == 404
    me = f"user:{staff('owner').pk}"
    assert [(p.who, p.state) for p in who_is_here(conversation_id=talk.pk)] == [(me, "looking")]
    note_presence(conversation_id=talk.pk, who=me, name="x", state="gone")
    assert who_is_here(conversation_id=talk.pk) == []


def test_only_what_is_mine_or_nobodys_makes_a_sound(talk, client_norte):
    url = f"/bandeja/{talk.pk}/aviso/"
    assert client_norte.get(url).json()["tell"] is True
    talk.assignee = staff("support")
    talk.save()
    assert client_norte.get(url).json()["tell"] is False
    talk.assignee, talk.blocked_at = None, timezone.now()
    talk.save()
    assert client_norte.get(url).json()["tell"] is False


@pytest.fixture
def rich(monkeypatch):
    """Twilio's kind as if it showed buttons, lists and points."""
    from dataclasses import replace  # noqa: PLC0415

    from inbox.kinds import KINDS  # noqa: PLC0415

    can = replace(KINDS["twilio_whatsapp"], buttons=3, rows=10, location=True)
    monkeypatch.setitem(KINDS, "twilio_whatsapp", can)


def answer(client, talk, **fields):
    return client.post(f"/bandeja/{talk.pk}/responder/", fields, headers=HTMX)


def test_options_and_a_point_are_sent_from_the_composer(talk, rich, client_norte, client_sur):
    page = shown(client_norte, talk)
    assert 'name="options"' in page
    assert 'name="point"' in page
    told = {"body": "¿Cuándo le visitamos?", "options": "Hoy\r\n\r\n Mañana  temprano "}
    assert answer(client_sur, talk, **told).status_code == 404
    assert answer(client_norte, talk, **told).status_code == 204
    line = talk.messages.get(direction="out")
    assert [(o["id"], o["title"]) for o in line.content["options"]] == [("1", "Hoy"), ("2", "Mañana temprano")]
    assert (line.kind, line.body) == ("choices", "¿Cuándo le visitamos?")
    assert answer(client_norte, talk, point=" 22.1565,-100.9855", place_name="Oficina").status_code == 204
    place = talk.messages.get(kind="location").content
    assert (place["latitude"], place["longitude"], place["name"]) == (22.1565, -100.9855, "Oficina")


@pytest.mark.parametrize(
    "fields",
    [
        {"options": "Sí\nNo"},
        {"body": "¿Sí?", "options": "Sí\nsí"},
        {"body": "¿Sí?", "options": "x" * 21},
        {"body": "¿Sí?", "options": "\n".join(map(str, range(11)))},
        {"point": "aquí"},
        {"point": "91, 0"},
        {"point": "nan, inf"},
        {"point": "1, 1", "body": "Estamos aquí"},
        {"point": "1, 1", "body": "¿Sí?", "options": "Sí"},
    ],
)
def test_options_and_points_that_cannot_be_get_a_sentence(talk, rich, client_norte, fields):
    refused = answer(client_norte, talk, **fields)
    assert refused.status_code == 422
    words = refused.content.decode()
    assert "una por línea" in words or "como lo da el mapa" in words
    assert not talk.messages.filter(direction="out").exists()


def test_a_channel_without_them_offers_neither(talk, client_norte):
    page = shown(client_norte, talk)
    assert 'name="options"' not in page
    assert 'name="point"' not in page
    assert answer(client_norte, talk, body="¿Sí?", options="Sí").status_code == 422
    assert answer(client_norte, talk, point="1, 1").status_code == 422
    assert not talk.messages.filter(direction="out").exists()
