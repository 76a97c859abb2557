"""What leaves by a bot, over real HTTP, and what each refusal means."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from inbox.channels.base import ChannelError, Choice, Choices, Outbound, OutboundMedia
from inbox.channels.items import Action
from inbox.channels.telegram.carrier import TelegramCarrier
from inbox.kinds import Place
from inbox.tests.telegram_scenes import JPEG, TOKEN
from simulators.telegram.server import TelegramSimulator


@pytest.fixture
def telegram():
    with TelegramSimulator() as simulator:
        simulator.person(501).starts()
        yield simulator


@pytest.fixture
def carrier(telegram):
    return TelegramCarrier(account="123456", secret=TOKEN, config={"api_base": telegram.url})


def outbound(body="hola", **rest):
    return Outbound(key="k", sender="telegram:123456", recipient="telegram:501", body=body, **rest)


def media(data, kind, name="archivo"):
    return (OutboundMedia(url="", content_type=kind, filename=name, size=len(data), read=lambda: data),)


def refused(carrier, message):
    with pytest.raises(ChannelError) as caught:
        carrier.send(message)
    assert TOKEN not in caught.value.message
    return caught.value


def test_a_text_and_its_id(telegram, carrier):
    sent = carrier.send(outbound("¡Hola, *Ana*!"))
    [shown] = telegram.shown
    assert (shown.text, sent.external_id, sent.status) == ("¡Hola, *Ana*!", f"501:{shown.number}", "sent")


@pytest.mark.parametrize(
    ("data", "kind", "shown_as"),
    [
        (JPEG, "image/jpeg", "photo"),
        (b"\x89PNG\r\n\x1a\n1", "image/png", "photo"),
        (b"%PDF-1.7", "application/pdf", "document"),
        (b"OggS1", "audio/ogg", "voice"),
        (b"ID3x", "audio/mpeg", "audio"),
        (b"0000ftyp", "video/mp4", "video"),
        (b"GIF89a1", "image/gif", "document"),
    ],
)
def test_files_of_every_kind_are_uploaded(telegram, carrier, data, kind, shown_as):
    carrier.send(outbound("Su factura", media=media(data, kind, "julio.x")))
    [shown] = telegram.shown
    assert (shown.kind, shown.file, shown.file_name, shown.text) == (shown_as, data, "julio.x", "Su factura")


def test_a_picture_telegram_does_not_take_as_one_goes_as_a_file(telegram, carrier):
    carrier.send(outbound("", media=media(b"no es una foto", "image/jpeg", "foto.jpg")))
    assert [(s.kind, s.file_name) for s in telegram.shown] == [("document", "foto.jpg")]


def test_buttons_replies_and_places(telegram, carrier):
    asked = telegram.person(501).writes("¿Cuánto debo?")["message"]
    options = (Choice("pay:1", "Pagar"), Choice("no", "Después"), Choice("x", "Hablar con una persona", "de 9 a 18 h"))
    carrier.send(outbound("Debe $600", choices=Choices(options), reply_to=f"501:{asked['message_id']}"))
    shown = telegram.shown[-1]
    assert [[b["text"] for b in row] for row in shown.buttons] == [
        ["Pagar", "Después"],
        ["Hablar con una persona · de 9 a 18 h"],
    ]
    assert shown.button("Pagar")["callback_data"] == "pay:1"
    assert shown.reply_to == asked["message_id"]
    carrier.send(outbound("", place=Place(22.1, -100.9)))
    carrier.send(outbound("", place=Place(22.1, -100.9, "Oficina", "Av. 1")))
    assert [s.place for s in telegram.shown[-2:]] == [(22.1, -100.9)] * 2
    assert telegram.shown[-1].text == "Oficina, Av. 1"


def test_an_answer_to_what_is_gone_is_sent_all_the_same(telegram, carrier):
    carrier.send(outbound(reply_to="501:999999"))
    carrier.send(outbound(reply_to="press:4382"))
    assert [s.reply_to for s in telegram.shown] == [None, None]


@pytest.mark.parametrize(
    "message",
    [
        outbound("x" * 4097),
        outbound("🙂" * 2049),
        outbound("x" * 1025, media=media(JPEG, "image/jpeg")),
        outbound("x", choices=Choices((Choice("ñ" * 33, "Sí"),))),
        outbound("x", media=media(JPEG, "image/jpeg") * 2),
        Outbound(key="k", sender="", recipient="whatsapp:+52444", body="x"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_sent(telegram, carrier, message):
    error = refused(carrier, message)
    assert (error.permanent, error.doubtful, error.action) == (True, False, Action.STOP)
    assert telegram.shown == []
    assert not [c for c in telegram.calls if c.startswith("send")]


def test_who_blocked_the_bot_is_left_alone(telegram, carrier):
    telegram.person(501).blocks()
    error = refused(carrier, outbound())
    assert (error.permanent, error.action, error.code) == (True, Action.OPT_OUT, "403")
    assert "bloqueó" in error.message


def test_a_bot_cannot_begin(telegram, carrier):
    error = refused(carrier, Outbound(key="k", sender="", recipient="telegram:999", body="x"))
    assert (error.permanent, error.action) == (True, Action.STOP)
    assert "primero" in error.message


def test_to_be_asked_to_wait_is_obeyed(telegram, carrier):
    telegram.fail("rate", seconds=7)
    error = refused(carrier, outbound())
    assert (error.permanent, error.action, error.after) == (False, Action.RETRY, timedelta(seconds=7))
    assert error.slow_down
    assert telegram.shown == []


@pytest.mark.parametrize("fault", ["lost", "drop", "error", "html"])
def test_an_answer_that_is_lost_leaves_it_to_a_person(telegram, carrier, fault):
    telegram.fail(fault)
    error = refused(carrier, outbound())
    assert (error.doubtful, error.permanent) == (True, True)
    assert len(telegram.shown) == (1 if fault in {"lost", "drop"} else 0)
    with pytest.raises(ChannelError) as caught:
        carrier.find_sent(outbound(), since=timezone.now(), known=())
    assert (caught.value.doubtful, caught.value.permanent) == (True, True)


def test_what_never_left_may_be_tried_again(telegram):
    away = TelegramCarrier(account="123456", secret=TOKEN, config={"api_base": "http://127.0.0.1:9"})
    error = refused(away, outbound())
    assert (error.doubtful, error.permanent, error.action) == (False, False, Action.RETRY)


def test_a_token_that_was_taken_back_makes_its_messages_wait(telegram, carrier):
    telegram.token = "123456:otra"
    error = refused(carrier, outbound())
    assert (error.permanent, error.action) == (False, Action.RETRY)
    assert error.after >= timedelta(minutes=1)
    with pytest.raises(ChannelError):
        carrier.check()


def test_reactions_typing_and_presses(telegram, carrier):
    ana = telegram.person(501)
    asked = ana.writes("hola")["message"]["message_id"]
    carrier.react(recipient="telegram:501", external_id=f"501:{asked}", emoji="❤️")
    assert telegram.bot.reactions == {(501, asked): "❤"}
    carrier.react(recipient="telegram:501", external_id=f"501:{asked}", emoji="")
    assert telegram.bot.reactions == {(501, asked): ""}
    for external_id, emoji in ((f"501:{asked}", "🧾"), ("press:4382", "❤"), ("501:999999", "❤")):
        with pytest.raises(ChannelError):
            carrier.react(recipient="telegram:501", external_id=external_id, emoji=emoji)
    carrier.mark_read(recipient="telegram:501", external_id=f"501:{asked}")
    assert telegram.bot.typing == []
    carrier.mark_read(recipient="telegram:501", external_id=f"501:{asked}", typing=True)
    assert telegram.bot.typing == [501]


def test_files_are_fetched_and_told_by_their_bytes(telegram, carrier):
    ana = telegram.person(501)
    photo = ana.sends_photo(JPEG)["message"]["photo"][-1]["file_id"]
    fetched = carrier.fetch_media(photo)
    assert (fetched.data, fetched.content_type) == (JPEG, "image/jpeg")
    lie = ana.sends_document(b"MZ\x90 un programa", "foto.jpg", mime="image/jpeg")["message"]["document"]["file_id"]
    assert carrier.fetch_media(lie).content_type == "application/octet-stream"
    big = ana.sends_document(b"1" * (20 * 1024 * 1024 + 1))["message"]["document"]["file_id"]
    with pytest.raises(ChannelError, match="20 MB") as caught:
        carrier.fetch_media(big)
    assert caught.value.permanent
    telegram.fail("hang", seconds=0.1)
    with pytest.raises(ChannelError) as caught:
        carrier.fetch_media(photo)
    assert (caught.value.permanent, caught.value.doubtful) == (False, False)
