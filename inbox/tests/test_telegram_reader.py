"""Updates as the Bot API documents them, read to the last kind."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from inbox.channels.base import Call, Malformed
from inbox.channels.items import Blocked, Edited, Ignored, Inbound, Introduced, Reacted
from inbox.channels.telegram.reader import TelegramDoor
from inbox.tests.telegram_scenes import ANA, CHAT, GROUP, update

NOW = dt.datetime.fromtimestamp(1790000030, dt.UTC)
DOOR = TelegramDoor()


def read(payload, now=NOW):
    return list(DOOR.read(payload, now=now))


def one(**content):
    [item] = read(update(**content))
    return item


def test_a_text():
    item = one(text="¿Cuánto debo?")
    assert item == Inbound(
        external_id="501:7", sender="telegram:501", recipient="", body="¿Cuánto debo?", sender_name="Ana Muñoz"
    )


def test_one_that_comes_late_counts_from_when_it_was_written():
    [item] = read(update(text="hola"), NOW + dt.timedelta(hours=3))
    assert item.at == dt.datetime.fromtimestamp(1790000000, dt.UTC)


def test_a_picture_in_its_full_size():
    sizes = [
        {"file_id": "chica", "file_unique_id": "a", "width": 90, "height": 67, "file_size": 900},
        {"file_id": "grande", "file_unique_id": "b", "width": 1280, "height": 960, "file_size": 90000},
        {"file_id": "media", "file_unique_id": "c", "width": 320, "height": 240, "file_size": 9000},
    ]
    item = one(photo=sizes, caption="Mi comprobante")
    assert (item.kind, item.body) == ("image", "Mi comprobante")
    assert [m.url for m in item.media] == ["grande"]
    assert item.media[0].content_type == "image/jpeg"


@pytest.mark.parametrize(
    ("name", "file", "kind", "claimed"),
    [
        ("voice", {"duration": 3, "mime_type": "audio/ogg"}, "audio", "audio/ogg"),
        ("audio", {"duration": 9, "title": "x"}, "audio", "audio/mpeg"),
        ("video", {"width": 1, "height": 1, "duration": 1}, "video", "video/mp4"),
        ("video_note", {"length": 240, "duration": 1}, "video", "video/mp4"),
        ("document", {"file_name": "pago.pdf", "mime_type": "application/pdf"}, "document", "application/pdf"),
        ("sticker", {"type": "regular", "emoji": "👍", "is_animated": False}, "sticker", "image/webp"),
    ],
)
def test_files_of_every_kind(name, file, kind, claimed):
    item = one(**{name: {"file_id": "F", "file_unique_id": "u", **file}})
    [media] = item.media
    assert (item.kind, media.url, media.content_type) == (kind, "F", claimed)
    assert media.voice is (name == "voice")
    assert media.filename == file.get("file_name", "")
    assert item.body == file.get("emoji", "")


def test_a_moving_sticker_is_shown_by_its_still_picture():
    sticker = {"file_id": "tgs", "is_animated": True, "emoji": "🔥", "thumbnail": {"file_id": "still"}}
    assert [m.url for m in one(sticker=sticker).media] == ["still"]


def test_an_animation_is_one_file():
    file = {"file_id": "gif", "mime_type": "video/mp4", "file_name": "giphy.mp4"}
    item = one(animation=file, document=file)
    assert (item.kind, len(item.media)) == ("video", 1)


def test_places():
    point = {"latitude": 22.15, "longitude": -100.98}
    assert one(location=point).content == {**point, "name": "", "address": ""}
    venue = {"location": point, "title": "Casa", "address": "Av. 1"}
    item = one(venue=venue, location=point)
    assert (item.kind, item.content) == ("location", {**point, "name": "Casa", "address": "Av. 1"})


@pytest.mark.parametrize(
    ("contact", "phone"),
    [
        ({"phone_number": "524441234567", "first_name": "Ana", "user_id": 501}, "+524441234567"),
        ({"phone_number": "+52 444 123 4567", "first_name": "Ana", "user_id": 501}, "+524441234567"),
        ({"phone_number": "524441234567", "first_name": "Otro", "user_id": 502}, ""),
        ({"phone_number": "524441234567", "first_name": "Sin cuenta"}, ""),
        ({"phone_number": "12", "first_name": "Ana", "user_id": 501}, ""),
    ],
)
def test_only_the_own_contact_is_a_phone_that_can_be_called(contact, phone):
    item = one(contact=contact)
    assert (item.kind, item.phone) == ("contacts", phone)
    assert item.content["contacts"][0]["name"] == contact["first_name"]


def test_an_answer_names_what_it_answers():
    assert one(text="sí", reply_to_message={"message_id": 3, "chat": CHAT, "date": 1, "text": "¿?"}).reply_to == "501:3"


def test_a_link_of_ours_introduces_and_its_code_is_no_word_of_the_conversation():
    inbound, introduced = read(update(text="/start abc-DEF_123"))
    assert inbound.body == "/start"
    assert introduced == Introduced(sender="telegram:501", token="abc-DEF_123")
    assert one(text="/start").body == "/start"


def test_changed_words():
    changed = update(text="Pagué ayer", edit_date=1790000010)
    changed["edited_message"] = changed.pop("message")
    assert read(changed) == [Edited(external_id="501:7", sender="telegram:501", body="Pagué ayer")]


def press(chat=CHAT, **changes):
    rows = [[{"text": "Sí, pagar", "callback_data": "pay:1"}], [{"text": "No", "callback_data": "no"}]]
    message = {"message_id": 9, "chat": chat, "date": 1, "text": "¿?", "reply_markup": {"inline_keyboard": rows}}
    query = {"id": "4382", "from": ANA, "message": message, "chat_instance": "1", "data": "pay:1", **changes}
    return {"update_id": 5, "callback_query": query}


def test_a_button_that_was_pressed():
    [item] = read(press())
    assert (item.kind, item.body, item.reply_to) == ("choice", "Sí, pagar", "501:9")
    assert item.content == {"id": "pay:1", "title": "Sí, pagar"}
    assert item.external_id == "press:4382"


def test_reactions():
    def reaction(*put):
        about = {"chat": CHAT, "message_id": 9, "user": ANA, "date": 1, "old_reaction": [], "new_reaction": list(put)}
        return read({"update_id": 6, "message_reaction": about})

    heart = {"type": "emoji", "emoji": "❤"}
    assert reaction(heart) == [Reacted(external_id="501:9", sender="telegram:501", emoji="❤")]
    assert reaction() == [Reacted(external_id="501:9", sender="telegram:501", emoji="")]
    assert reaction({"type": "custom_emoji", "custom_emoji_id": "1"})[0].emoji == "❔"


def member(status, chat=CHAT):
    about = {"chat": chat, "from": ANA, "date": 1, "old_chat_member": {"status": "member"}}
    return {"update_id": 8, "my_chat_member": {**about, "new_chat_member": {"status": status}}}


def test_who_blocks_the_bot_and_who_comes_back():
    assert read(member("kicked")) == [Blocked(sender="telegram:501", blocked=True)]
    assert read(member("member")) == [Blocked(sender="telegram:501", blocked=False)]


@pytest.mark.parametrize("kind", ["poll", "dice", "story"])
def test_what_cannot_be_shown_is_told(kind):
    item = one(**{kind: {"id": 1}})
    assert (item.kind, item.content["type"]) == ("unsupported", kind)


@pytest.mark.parametrize(
    "payload",
    [
        update(text="hola", chat=GROUP),
        {"update_id": 2, "edited_message": {"message_id": 1, "from": ANA, "chat": GROUP, "date": 1, "text": "x"}},
        {"update_id": 2, "channel_post": {"message_id": 1, "chat": GROUP, "date": 1, "text": "x"}},
        {"update_id": 2, "poll": {"id": "1"}},
        {"update_id": 2},
        update(pinned_message={"message_id": 1}),
        update(text="soy otro bot", **{"from": {**ANA, "is_bot": True}}),
        press(chat=GROUP),
        press(message=None),
        member("kicked", GROUP),
        {"update_id": 6, "message_reaction": {"chat": GROUP, "message_id": 1, "date": 1, "new_reaction": []}},
    ],
)
def test_groups_and_the_talk_of_machines_are_told_and_left(payload):
    [item] = read(payload)
    assert isinstance(item, Ignored)
    assert item.why


@pytest.mark.parametrize(
    "payload",
    [
        {"update_id": 1, "message": {"chat": CHAT, "from": ANA, "text": "x"}},
        {"update_id": 1, "message": "x"},
        update(photo=[{"x": 1}]),
    ],
)
def test_what_cannot_be_read_says_so(payload):
    with pytest.raises(ValueError, match="update"):
        read(payload)


def call(body, *, key="hook-1", secret="", method="POST"):
    headers = {"x-telegram-bot-api-secret-token": secret}
    return Call(method=method, urls=(), path_key=key, query={}, headers=headers, body=body)


def test_the_door_goes_by_the_address_and_the_updates_number():
    [envelope] = DOOR.route(call(json.dumps(update(77, text="hola")).encode()))
    assert (envelope.account, envelope.number, envelope.provider_id) == ("hook-1", "hook-1", "77")


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"{}", b'{"update_id": "1"}', b'{"update_id": true}', b"[" * 9999])
def test_junk_is_told_apart(body):
    with pytest.raises(Malformed):
        DOOR.route(call(body))


def test_the_secret_must_be_there():
    secrets = ["primera", "segunda"]
    assert DOOR.is_genuine(call(b"", secret="segunda"), secrets=secrets)
    for wrong in ("", "tercera", "primer", "ñ"):
        assert not DOOR.is_genuine(call(b"", secret=wrong), secrets=secrets)
    assert not DOOR.is_genuine(call(b"", secret=""), secrets=[""])
