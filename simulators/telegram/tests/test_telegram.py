"""The stand-in is as strict as Telegram is."""

from __future__ import annotations

import pytest
import requests

from simulators.telegram.server import TOKEN, TelegramSimulator


@pytest.fixture
def telegram():
    with TelegramSimulator() as simulator:
        yield simulator


def call(telegram, method, token=TOKEN, files=None, **said):
    if files:
        return requests.post(f"{telegram.url}/bot{token}/{method}", data=said, files=files, timeout=5).json()
    return requests.post(f"{telegram.url}/bot{token}/{method}", json=said, timeout=5).json()


def test_it_knows_its_token_and_its_methods(telegram):
    assert call(telegram, "getMe")["result"]["username"] == "enlace_bot"
    assert call(telegram, "getMe", token="otra")["error_code"] == 401
    assert call(telegram, "sendNothing")["error_code"] == 404


def test_a_photo_is_sent_read_back_and_its_caption_changed_once(telegram):
    photo = {"photo": ("a.jpg", b"\xff\xd8\xff1", "image/jpeg")}
    sent = call(telegram, "sendPhoto", files=photo, chat_id="5", caption="hola")["result"]
    name = call(telegram, "getFile", file_id=sent["photo"][0]["file_id"])["result"]["file_path"]
    assert requests.get(f"{telegram.url}/file/bot{TOKEN}/{name}", timeout=5).content == b"\xff\xd8\xff1"
    change = {"chat_id": 5, "message_id": sent["message_id"], "caption": "adiós"}
    assert call(telegram, "editMessageCaption", **change)["ok"]
    assert "not modified" in call(telegram, "editMessageCaption", **change)["description"]
    wrong = {"photo": ("a.jpg", b"MZ", "image/jpeg")}
    assert call(telegram, "sendPhoto", files=wrong, chat_id="5")["error_code"] == 400


def test_buttons_carry_64_bytes_and_no_more(telegram):
    def send(data):
        markup = {"inline_keyboard": [[{"text": "Sí", "callback_data": data}]]}
        return call(telegram, "sendMessage", chat_id=5, text="x", reply_markup=markup)

    assert send("a" * 64)["ok"]
    assert send("ñ" * 33)["error_code"] == 400


@pytest.mark.parametrize(("fault", "code"), [("rate", 429), ("error", 500), ("blocked", 403)])
def test_it_fails_on_demand(telegram, fault, code):
    telegram.fail(fault)
    answer = call(telegram, "sendMessage", chat_id=5, text="x")
    assert (answer["error_code"], telegram.shown) == (code, [])
    assert call(telegram, "sendMessage", chat_id=5, text="x")["ok"]


def test_an_answer_can_be_lost_after_the_message_was_sent(telegram):
    telegram.fail("lost")
    assert call(telegram, "sendMessage", chat_id=5, text="x")["error_code"] == 500
    assert len(telegram.shown) == 1
