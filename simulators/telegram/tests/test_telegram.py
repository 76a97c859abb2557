"""The stand-in is as strict as Telegram is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from simulators.telegram.server import TOKEN, TelegramSimulator

JPEG = b"\xff\xd8\xff1"


@pytest.fixture
def telegram():
    with TelegramSimulator(anyone=True) as simulator:
        yield simulator


@pytest.fixture
def strict():
    with TelegramSimulator(local=False) as simulator:
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
    photo = {"photo": ("a.jpg", JPEG, "image/jpeg")}
    sent = call(telegram, "sendPhoto", files=photo, chat_id="5", caption="hola")["result"]
    name = call(telegram, "getFile", file_id=sent["photo"][0]["file_id"])["result"]["file_path"]
    assert requests.get(f"{telegram.url}/file/bot{TOKEN}/{name}", timeout=5).content == JPEG
    change = {"chat_id": 5, "message_id": sent["message_id"], "caption": "adiós"}
    assert call(telegram, "editMessageCaption", **change)["ok"]
    assert "not modified" in call(telegram, "editMessageCaption", **change)["description"]
    wrong = {"photo": ("a.jpg", b"MZ", "image/jpeg")}
    assert call(telegram, "sendPhoto", files=wrong, chat_id="5")["error_code"] == 400


@pytest.mark.parametrize("name", ["Document", "Voice", "Audio", "Video"])
def test_files_of_each_kind_can_be_fetched_again(telegram, name):
    said = {name.lower(): ("x.bin", b"OggS123", "application/octet-stream")}
    sent = call(telegram, f"send{name}", files=said, chat_id="5", caption="c")["result"]
    path = call(telegram, "getFile", file_id=sent[name.lower()]["file_id"])["result"]["file_path"]
    assert requests.get(f"{telegram.url}/file/bot{TOKEN}/{path}", timeout=5).content == b"OggS123"
    assert requests.get(f"{telegram.url}/file/bototra/{path}", timeout=5).status_code == 404


def test_buttons_carry_64_bytes_and_no_more(telegram):
    def send(data):
        markup = {"inline_keyboard": [[{"text": "Sí", "callback_data": data}]]}
        return call(telegram, "sendMessage", chat_id=5, text="x", reply_markup=markup)

    assert send("a" * 64)["ok"]
    assert send("ñ" * 33)["error_code"] == 400


def test_texts_have_an_end(telegram):
    assert call(telegram, "sendMessage", chat_id=5, text="x" * 4096)["ok"]
    assert call(telegram, "sendMessage", chat_id=5, text="x" * 4097)["description"].endswith("message is too long")
    assert call(telegram, "sendMessage", chat_id=5, text=" ")["description"].endswith("message text is empty")
    long = {"document": ("a", b"1", "text/plain")}
    assert call(telegram, "sendDocument", files=long, chat_id="5", caption="x" * 1025)["error_code"] == 400


def test_a_bot_cannot_begin_nor_write_to_who_blocked_it(strict):
    assert call(strict, "sendMessage", chat_id=5, text="x")["description"] == "Bad Request: chat not found"
    ana = strict.person(5)
    ana.starts()
    assert call(strict, "sendMessage", chat_id=5, text="x")["ok"]
    ana.blocks()
    refused = call(strict, "sendMessage", chat_id=5, text="x")
    assert (refused["error_code"], refused["description"]) == (403, "Forbidden: bot was blocked by the user")
    ana.unblocks()
    assert call(strict, "sendMessage", chat_id=5, text="x")["ok"]
    kinds = [u["my_chat_member"]["new_chat_member"]["status"] for u in updates(strict) if "my_chat_member" in u]
    assert kinds == ["kicked", "member"]


def test_replies_reactions_and_presses_speak_of_what_is_there(strict):
    ana = strict.person(5)
    said = ana.writes("hola")["message"]["message_id"]
    answer = call(strict, "sendMessage", chat_id=5, text="x", reply_parameters={"message_id": said})
    assert answer["result"]["reply_to_message"]["text"] == "hola"
    assert call(strict, "sendMessage", chat_id=5, text="x", reply_parameters={"message_id": 1})["error_code"] == 400
    kept = {"message_id": 1, "allow_sending_without_reply": True}
    assert call(strict, "sendMessage", chat_id=5, text="x", reply_parameters=kept)["ok"]
    reaction = [{"type": "emoji", "emoji": "👍"}]
    assert call(strict, "setMessageReaction", chat_id=5, message_id=said, reaction=reaction)["ok"]
    assert strict.bot.reactions == {(5, said): "👍"}
    odd = [{"type": "emoji", "emoji": "🧾"}]
    assert call(strict, "setMessageReaction", chat_id=5, message_id=said, reaction=odd)["error_code"] == 400
    buttons = {"inline_keyboard": [[{"text": "Sí", "callback_data": "1"}]]}
    call(strict, "sendMessage", chat_id=5, text="¿?", reply_markup=buttons)
    press = ana.presses(ana.received()[-1], "Sí")["callback_query"]
    assert call(strict, "answerCallbackQuery", callback_query_id=press["id"])["ok"]
    assert call(strict, "answerCallbackQuery", callback_query_id="otro")["error_code"] == 400
    assert call(strict, "sendChatAction", chat_id=5, action="typing")["ok"]
    assert call(strict, "sendChatAction", chat_id=5, action="volar")["error_code"] == 400


def updates(telegram, **said):
    return call(telegram, "getUpdates", **said)["result"]


def test_updates_wait_until_the_next_offset_confirms_them(telegram):
    ana = telegram.person(5)
    first, second = ana.writes("uno"), ana.writes("dos")
    assert updates(telegram) == updates(telegram) == [first, second]
    assert updates(telegram, limit=1) == [first]
    assert updates(telegram, offset=second["update_id"]) == [second]
    assert updates(telegram) == [second]
    assert updates(telegram, offset=second["update_id"] + 1) == []


def test_a_webhook_and_polling_exclude_each_other(telegram):
    hook = {"url": "http://127.0.0.1:9/x", "secret_token": "s"}
    assert call(telegram, "setWebhook", **hook)["ok"]
    assert call(telegram, "getUpdates")["error_code"] == 409
    assert call(telegram, "getWebhookInfo")["result"]["url"] == hook["url"]
    assert call(telegram, "deleteWebhook")["ok"]
    assert updates(telegram) == []


def test_a_second_poll_ends_the_first(telegram):
    with ThreadPoolExecutor() as pool:
        first = pool.submit(call, telegram, "getUpdates", timeout=4)
        while "getUpdates" not in telegram.calls:
            pass
        second = pool.submit(call, telegram, "getUpdates", timeout=1)
        assert first.result()["error_code"] == 409
        assert second.result()["ok"]


def test_reactions_come_only_to_who_asked_for_them(telegram):
    ana = telegram.person(5)
    said = ana.writes("hola")["message"]
    ana.reacts(said, "👍")
    assert [set(u) - {"update_id"} for u in updates(telegram)] == [{"message"}]
    updates(telegram, allowed_updates=["message", "message_reaction"])
    ana.reacts(said, "🔥", before="👍")
    assert updates(telegram)[-1]["message_reaction"]["new_reaction"] == [{"type": "emoji", "emoji": "🔥"}]


def test_the_real_one_takes_https_on_four_ports(strict):
    assert call(strict, "setWebhook", url="http://norte.example/x")["error_code"] == 400
    assert call(strict, "setWebhook", url="https://norte.example:8000/x")["error_code"] == 400
    assert call(strict, "setWebhook", url="https://norte.example/x", secret_token="no vale")["error_code"] == 400
    assert call(strict, "setWebhook", url="https://norte.example:8443/x", secret_token="vale")["ok"]


def test_a_file_past_twenty_megabytes_is_not_handed_out(telegram):
    telegram.person(5).sends_document(b"1" * (20 * 1024 * 1024 + 1))
    file_id = updates(telegram)[-1]["message"]["document"]["file_id"]
    assert call(telegram, "getFile", file_id=file_id)["description"] == "Bad Request: file is too big"


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


@pytest.mark.parametrize(("fault", "shown"), [("drop", 1), ("hang", 0)])
def test_a_connection_can_end_without_an_answer(telegram, fault, shown):
    telegram.fail(fault, seconds=0.1)
    with pytest.raises(requests.ConnectionError):
        call(telegram, "sendMessage", chat_id=5, text="x")
    assert len(telegram.shown) == shown


def test_it_is_driven_over_http_too(telegram):
    base = telegram.url
    made = requests.post(f"{base}/_sim/bots", json={"token": "9:x", "username": "otro_bot"}, timeout=5)
    assert made.status_code == 201
    said = requests.post(f"{base}/_sim/people/7/writes?bot=9:x", json={"text": "hola"}, timeout=5)
    assert said.json()["message"]["text"] == "hola"
    assert call(telegram, "getUpdates", token="9:x")["result"] == [said.json()]
    assert updates(telegram) == []
    assert requests.put(f"{base}/_sim/faults", json={"kind": "rate", "repeats": 1}, timeout=5).json()["ok"]
    assert call(telegram, "sendMessage", chat_id=7, text="x", token="9:x")["error_code"] == 429
    assert call(telegram, "sendMessage", chat_id=7, text="x", token="9:x")["ok"]
    assert requests.get(f"{base}/_sim/chats/7?bot=9:x", timeout=5).json()["messages"][0]["text"] == "x"
    assert requests.post(f"{base}/_sim/people/7/vuela", json={}, timeout=5).status_code == 400
