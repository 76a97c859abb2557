"""The whole path: a customer writes to a bot, the door keeps it, the lanes carry it in and the answers out."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.utils import timezone

from customers.models import Customer
from events.models import Event
from inbox.channels.base import Choice, Choices
from inbox.domain import gestures, media, notifications, sending
from inbox.domain.introductions import new_token, telegram_link
from inbox.domain.notices import reach_of
from inbox.domain.sending import queue_message
from inbox.models import Attachment, Conversation, Message, Notification, Reaction, Revision
from inbox.tests.conftest import make_customer, until
from inbox.tests.telegram_scenes import ACTOR, JPEG, connect
from simulators.telegram.server import TelegramSimulator
from tenants.current import entered

pytestmark = pytest.mark.django_db
SECRET = "HTTP_X_TELEGRAM_BOT_API_SECRET_TOKEN"


@pytest.fixture
def telegram(settings):
    with TelegramSimulator() as simulator:
        settings.TELEGRAM_API_BASE = simulator.url
        yield simulator


@pytest.fixture
def channel(in_norte, telegram):
    """norte's bot; tests carry its updates to the door themselves."""
    found = connect(now=timezone.now())
    telegram.kept = telegram.hook
    telegram.hook = {"url": "", "secret_token": ""}
    return found


def knock(client, telegram, update, secret=None):
    path = "/" + telegram.kept["url"].split("/", 3)[3]
    said = telegram.kept["secret_token"] if secret is None else secret
    return client.post(path, json.dumps(update), content_type="application/json", **{SECRET: said})


def later(seconds=2):
    return timezone.now() + dt.timedelta(seconds=seconds)


def carry():
    """The lanes work: what came in, its files, and what goes out."""
    notifications.drain(now=later())
    media.drain(now=later())
    sending.drain(now=later())


def tell(client, telegram, *updates):
    for update in updates:
        assert knock(client, telegram, update).status_code == 200
    carry()


@pytest.fixture
def say(client_norte, telegram, channel):
    """What people did reaches norte."""
    return lambda *updates: tell(client_norte, telegram, *updates)


def answer(body="Debe $600", **rest):
    message = queue_message(
        conversation=Conversation.objects.get(), author=ACTOR, now=timezone.now(), body=body, **rest
    )
    sending.drain(now=later())
    message.refresh_from_db()
    return message


def test_a_question_and_its_answer(say, telegram):
    ana = telegram.person(501, last_name="Muñoz")
    say(ana.writes("¿Cuánto debo?"))
    talk = Conversation.objects.get()
    assert (talk.address, talk.contact_name, talk.unread) == ("telegram:501", "Ana Muñoz", 1)
    assert talk.window_is_open(later(7 * 24 * 3600))
    sent = answer(reply_to=Message.objects.get(direction="in"))
    assert (sent.status, sent.error_text) == ("sent", "")
    [shown] = ana.received()
    assert (shown.text, shown.reply_to) == ("Debe $600", ana.last["message_id"])
    say(ana.writes("gracias", reply_to=shown))
    assert Message.objects.get(body="gracias").reply_to == sent


def test_fifty_copies_are_one_message(say, telegram):
    update = telegram.person(501).writes("hola")
    say(*[update] * 50)
    say(update)
    assert (Message.objects.count(), Notification.objects.count()) == (1, 1)
    assert Conversation.objects.get().unread == 1


def test_every_kind_is_kept_and_its_file_fetched_once(say, telegram):
    ana = telegram.person(501)
    say(
        ana.sends_photo(JPEG, "Mi pago"),
        ana.sends_voice(b"OggS\x00voz"),
        ana.sends_audio(b"ID3\x03audio"),
        ana.sends_video(b"\x00\x00\x00\x18ftypmp42"),
        ana.sends_document(b"%PDF-1.7", "comprobante.pdf"),
        ana.sends_sticker(b"RIFF0000WEBPVP8 ", "👍"),
        ana.sends_location(22.15, -100.98),
        ana.sends_venue(22.15, -100.98, title="Casa", address="Av. 1"),
        ana.sends_contact("+524440000000", name="Vecino"),
        ana.sends(poll={"id": "1", "question": "¿?"}),
    )
    kinds = list(Message.objects.order_by("seq").values_list("kind", flat=True))
    assert kinds == [
        "image", "audio", "audio", "video", "document", "sticker", "location", "location", "contacts", "unsupported",
    ]  # fmt: skip
    found = {a.message.kind: a for a in Attachment.objects.filter(fetched_at__isnull=False).select_related("message")}
    assert len(found) == 5
    assert Attachment.objects.count() == Attachment.objects.filter(error="").count() == 6
    assert found["image"].file.read() == JPEG
    assert (found["document"].filename, found["document"].content_type) == ("comprobante.pdf", "application/pdf")
    assert Attachment.objects.get(is_voice=True).content_type == "audio/ogg"
    assert telegram.calls.count("getFile") == 6
    assert not Conversation.objects.get().phone


def test_a_file_too_big_says_so_and_is_not_asked_for_again(say, telegram):
    say(telegram.person(501).sends_document(b"1" * (20 * 1024 * 1024 + 1), "respaldo.zip", mime="application/zip"))
    attachment = Attachment.objects.get()
    assert "20 MB" in attachment.error
    assert (attachment.next_try_at, bool(attachment.file)) == (None, False)


def test_words_that_change_and_reactions(say, telegram):
    ana = telegram.person(501)
    say(ana.writes("pague ayer"), ana.edits("Pagué ayer"))
    message = Message.objects.get()
    assert (message.body, Revision.objects.get().body) == ("Pagué ayer", "pague ayer")
    assert message.edited_at is not None
    sent = answer("Gracias, Ana")
    [shown] = ana.received()
    telegram.bot.asked_updates = ["message", "message_reaction"]
    say(ana.reacts(shown, "❤"))
    assert [(r.message_id, r.emoji, r.by) for r in Reaction.objects.all()] == [(sent.pk, "❤", "contact")]
    say(ana.reacts(shown, "", before="❤"))
    assert not Reaction.objects.exists()


def test_we_react_too(say, telegram):
    ana = telegram.person(501)
    say(ana.writes("pagué"))
    message = Message.objects.get()
    gestures.react(message=message, emoji="👍", actor=ACTOR, now=timezone.now())
    gestures.drain(now=later())
    assert telegram.bot.reactions == {(501, ana.last["message_id"]): "👍"}


def test_who_writes_sees_that_somebody_types(say, client_norte, telegram):
    say(telegram.person(501).writes("hola"))
    talk = Conversation.objects.get()
    answer = client_norte.post(f"/bandeja/{talk.pk}/presencia/", {"state": "typing", "answer": "1"})
    assert answer.status_code in {200, 204}
    gestures.drain(now=later())
    assert telegram.bot.typing == [501]


def test_buttons_go_out_and_what_is_pressed_comes_back(say, client_norte, telegram):
    ana = telegram.person(501)
    say(ana.writes("hola"))
    choices = Choices((Choice("pay:1", "Pagar"), Choice("no", "Después")))
    sent = answer("¿Qué hacemos?", choices=choices)
    assert sent.status == "sent"
    [shown] = ana.received()
    press = ana.presses(shown, "Pagar")
    heard = knock(client_norte, telegram, press)  # the call's own answer ends the button's waiting sign
    assert heard.json() == {"method": "answerCallbackQuery", "callback_query_id": press["callback_query"]["id"]}
    say(press)
    taken = Message.objects.get(kind="choice")
    assert (taken.body, taken.content["id"], taken.reply_to) == ("Pagar", "pay:1", sent)


def test_files_leave_by_upload(say, telegram):
    ana = telegram.person(501)
    say(ana.writes("mi factura"))
    sent = answer("Aquí está", files=[sending.Upload(b"%PDF-1.7 factura", "julio.pdf")])
    assert sent.status == "sent"
    assert [(s.kind, s.file, s.text) for s in ana.received()] == [("document", b"%PDF-1.7 factura", "Aquí está")]


def test_who_blocks_the_bot_hears_nothing_more(say, telegram):
    ana, customer = telegram.person(501), make_customer()
    say(ana.writes("hola"))
    Conversation.objects.update(customer=customer)
    say(ana.blocks())
    assert Conversation.objects.get().opted_out_at is not None
    assert reach_of(customer).reason == "opted_out"
    say(ana.unblocks())
    assert Conversation.objects.get().opted_out_at is None


def test_a_message_to_who_blocked_it_fails_with_the_reason_and_stops_the_notices(say, telegram):
    ana = telegram.person(501)
    say(ana.writes("hola"))
    ana.blocks()  # and its update is lost
    sent = answer()
    assert (sent.status, sent.error_action) == ("failed", "opt_out")
    assert "bloqueó" in sent.error_text
    assert Conversation.objects.get().opted_out_at is not None
    assert ana.received() == []


def test_to_be_asked_to_wait_is_obeyed_and_then_it_goes_out_once(say, telegram):
    ana = telegram.person(501)
    say(ana.writes("hola"))
    telegram.fail("rate", seconds=30)
    sent = answer()
    assert sent.status == "queued"
    assert sent.next_try_at >= timezone.now() + dt.timedelta(seconds=25)
    sending.drain(now=later(10))
    assert ana.received() == []
    sending.drain(now=later(60))
    sent.refresh_from_db()
    assert (sent.status, len(ana.received())) == ("sent", 1)


@pytest.mark.parametrize("fault", ["lost", "drop"])
def test_an_answer_that_is_lost_waits_for_a_person(say, telegram, fault):
    ana = telegram.person(501)
    say(ana.writes("hola"))
    telegram.fail(fault)
    sent = answer()
    assert sent.status == "doubtful"
    for seconds in (90, 600, 3600, 24 * 3600):
        sending.drain(now=later(seconds))
    sent.refresh_from_db()
    assert sent.status == "doubtful"
    assert len(ana.received()) == 1


def test_a_group_is_told_of_and_left(say, telegram):
    say(telegram.person(501, group=-100123).writes("vecinos, ¿hay internet?"))
    row = Notification.objects.get()
    assert (row.state, "supergroup" in row.outcome) == ("ignored", True)
    assert not Conversation.objects.exists()


@pytest.mark.parametrize("secret", ["", "otro", "ñ"])
def test_a_wrong_secret_leaves_nothing(client_norte, telegram, channel, secret):
    assert knock(client_norte, telegram, telegram.person(501).writes("hola"), secret=secret).status_code == 403
    carry()
    assert not Notification.objects.exists()
    assert not Conversation.objects.exists()


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", 400), (b"{", 400), (b"[]", 400), (b'{"update_id": "x"}', 400), (b"1" * 300_000, 413)],
)
def test_junk_is_refused(client_norte, telegram, channel, body, status):
    path = "/" + telegram.kept["url"].split("/", 3)[3]
    said = {SECRET: telegram.kept["secret_token"]}
    assert client_norte.post(path, body, content_type="application/json", **said).status_code == status
    assert client_norte.get(path).status_code == 405
    assert not Notification.objects.exists()


def test_what_nobody_understands_is_kept_and_breaks_nothing(say, telegram):
    say(
        {"update_id": 1, "message": "x"},
        {"update_id": 2, "tomorrow": {"a": "\x00"}},
        telegram.person(501).writes("a\x00b"),
    )
    states = dict(Notification.objects.values_list("provider_id", "state"))
    assert (states["1"], states["2"]) == ("failed", "ignored")
    assert Message.objects.get().body == "ab"


def test_two_providers_with_one_chat_see_each_their_own(client_norte, client_sur, norte, sur, telegram):
    other = telegram.add_bot("777:sur", username="sur_bot")
    with entered(norte):
        connect(now=timezone.now())
    ours = telegram.hook
    with entered(sur):
        connect(now=timezone.now(), token="777:sur")
    theirs = {"url": other.hook.url, "secret_token": other.hook.secret_token}
    telegram.hook = {"url": "", "secret_token": ""}
    other.hook.url = ""
    ana, same = telegram.person(501), telegram.person(501, bot=other)
    telegram.kept = ours
    assert knock(client_norte, telegram, ana.writes("para norte")).status_code == 200
    # Norte's address on sur's host, and sur's with norte's secret.
    assert knock(client_sur, telegram, ana.writes("x")).status_code == 404
    telegram.kept = theirs | {"secret_token": ours["secret_token"]}
    assert knock(client_sur, telegram, same.writes("x")).status_code == 403
    telegram.kept = theirs
    assert knock(client_sur, telegram, same.writes("para sur")).status_code == 200
    for tenant, body in ((norte, "para norte"), (sur, "para sur")):
        with entered(tenant):
            carry()
            assert [m.body for m in Message.objects.all()] == [body]
            answer(f"respuesta {body}")
    assert [s.text for s in ana.received()] == ["respuesta para norte"]
    assert [s.text for s in same.received()] == ["respuesta para sur"]


# --- who they are ---------------------------------------------------------------------------------------------


def test_the_own_phone_is_known_and_anothers_is_not(say, telegram):
    ana = telegram.person(501)
    say(ana.sends_contact("+524449999999", name="Vecino", user_id=999))
    assert Conversation.objects.get().phone == ""
    say(ana.shares_phone("+524441234567"))
    assert Conversation.objects.get().phone == "+524441234567"


def start(telegram, customer, channel, number=501):
    token = new_token(customer=customer, channel=channel, now=timezone.now())
    return telegram.person(number).starts(token)


def test_a_link_of_ours_says_who_comes_by_it(say, telegram, channel):
    customer = make_customer()
    link = telegram_link(customer=customer, channel=channel, now=timezone.now())
    assert link.startswith("https://t.me/enlace_bot?start=")
    code = link.partition("=")[2]
    assert len(code) <= 64
    say(telegram.person(501).starts(code))
    talk = Conversation.objects.get()
    assert talk.customer == customer
    assert code not in "".join(Message.objects.values_list("body", flat=True))
    event = Event.objects.get(type="conversation.introduced")
    assert code not in json.dumps(event.facts)
    # The same link in somebody else's hands is nothing.
    say(telegram.person(502).starts(code))
    assert Conversation.objects.get(address="telegram:502").customer is None


def test_a_link_ends_and_is_worth_nothing_elsewhere(say, telegram, channel, sur):
    customer = make_customer()
    old = new_token(customer=customer, channel=channel, now=timezone.now() - dt.timedelta(days=8))
    good = new_token(customer=customer, channel=channel, now=timezone.now())
    with entered(sur):
        there = connect(now=timezone.now(), token=telegram.add_bot("777:sur", username="s").token)
        theirs = new_token(
            customer=Customer.objects.create(pk=customer.pk, name="B"), channel=there, now=timezone.now()
        )
    forged = [old, theirs, good[:-2] + "AA", "", "x", "A" * 64, good + "A", "ñ"]
    for number, code in enumerate(forged):
        say(telegram.person(600 + number).starts(code))
    assert not Conversation.objects.filter(customer__isnull=False).exists()
    assert not Notification.objects.filter(state="failed").exists()
    say(telegram.person(501).starts(good))
    assert Conversation.objects.get(customer=customer).address == "telegram:501"


def test_staff_get_the_link_on_the_customers_page(say, client_norte, client_sur, telegram, channel):
    customer = make_customer()
    assert "telegram/cliente" in client_norte.get(f"/clientes/{customer.pk}/").content.decode()
    assert "Link de Telegram" in client_norte.get(f"/bandeja/telegram/cliente/{customer.pk}/").content.decode()
    page = client_norte.get(f"/bandeja/telegram/cliente/{customer.pk}/enlace/").content.decode()
    code = page.partition("?start=")[2].partition('"')[0]
    say(telegram.person(501).starts(code))
    assert Conversation.objects.get().customer == customer
    assert client_sur.get(f"/bandeja/telegram/cliente/{customer.pk}/enlace/").status_code == 404
    channel.is_active = False
    channel.save()
    assert "button" not in client_norte.get(f"/bandeja/telegram/cliente/{customer.pk}/").content.decode()


def test_what_a_person_linked_stays(say, telegram, channel):
    first, second = make_customer(), make_customer(phone="+524440000009", name="Beto", code="N-2")
    say(telegram.person(501).writes("hola"))
    Conversation.objects.update(customer=first)
    say(start(telegram, second, channel))
    assert Conversation.objects.get().customer == first


# --- over the wire ----------------------------------------------------------------------------------------------


def test_the_simulator_calls_the_door_and_again_until_it_is_answered(say, telegram):
    """Here only that what failed is told again: the door itself is called above."""
    telegram.hook = {"url": "http://127.0.0.1:9/x", "secret_token": "s"}
    telegram.person(501).writes("hola")
    until(lambda: len(telegram.bot.deliveries) >= 2)
    assert telegram.bot.pending
    assert telegram.bot.hook.error == "Connection refused"
