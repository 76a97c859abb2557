"""Comprobantes on Telegram: who is called, what their buttons may do, and what happens when things go wrong."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from billing.domain.receipt_filing import Claims, file_picture
from billing.domain.receipt_presses import drain as do_presses
from billing.domain.receipt_reads import ReadValues, claim_reading, note_reading, note_unread
from billing.domain.receipts import accept_receipt, reject_receipt
from billing.models import Payment, Receipt
from billing.tests.proofs import photo, saved_again, screenshot
from billing.tests.scenes import STAFF, make_customer, owe
from inbox.domain.telegram import connect_bot, drain, link_chat, new_link_code, on_call_of
from inbox.models import OnCall, TelegramBot, TelegramPost, TelegramPress
from simulators.telegram.server import TOKEN, TelegramSimulator
from tenants.current import entered
from tests.harness.fixtures import staff

pytestmark = pytest.mark.django_db
SECRET = "HTTP_X_TELEGRAM_BOT_API_SECRET_TOKEN"


@pytest.fixture
def telegram(settings):
    with TelegramSimulator(anyone=True) as simulator:
        settings.TELEGRAM_API_BASE = simulator.url
        yield simulator


def now():
    return timezone.now() + dt.timedelta(seconds=1)


def put_on_call(role="collections", chat=501, token=TOKEN):
    """Somebody of that role, linked and on call; the bot connected."""
    user = staff(role)
    if not TelegramBot.objects.exists():
        connect_bot(token=token, actor=STAFF, now=now())
    code = new_link_code(user=user, now=now())
    link_chat(code=code, chat_id=chat, handle="ana", now=now())
    TelegramPost.objects.all().delete()
    return user


def arrive(data=None, *, customer=None, amount=None):
    """A comprobante comes and is left to a person, as without a model."""
    receipt = file_picture(
        data=data or screenshot(),
        source="portal",
        customer_id=customer.pk if customer else None,
        actor=STAFF,
        now=now(),
        claims=Claims(amount=Decimal(amount) if amount else None, bank="BBVA", reference="77"),
    )
    job = claim_reading(now=now())
    note_unread(receipt_id=job.receipt_id, attempt=job.attempt, note="", now=now(), again_at=None)
    return receipt


def press(client, telegram, message, words, **more):
    """Somebody presses, the webhook is called as Telegram does, and the lanes work."""
    update = telegram.update_of_press(message, words, **more)
    answer = deliver(client, telegram, update)
    do_presses(now=now())
    drain(now=now() + dt.timedelta(seconds=1))
    return answer, telegram.answers.get(update["callback_query"]["id"])


def deliver(client, telegram, update, secret=None):
    path = "/" + telegram.hook["url"].split("/", 3)[3]
    headers = {SECRET: telegram.hook["secret_token"] if secret is None else secret}
    return client.post(path, json.dumps(update), content_type="application/json", **headers)


@pytest.fixture
def anybody(sign_in, norte):
    return sign_in(norte, None)


def test_who_is_on_call_accepts_from_there_once(anybody, in_norte, telegram):
    user = put_on_call()
    customer = make_customer("Lucía Gómez")
    invoice = owe(customer, "600")
    receipt = arrive(customer=customer, amount="600")
    drain(now=now())
    [message] = telegram.shown
    assert (message.chat, message.photo[:3]) == (501, b"\xff\xd8\xff")
    assert "Lucía Gómez" in message.text
    response, said = press(anybody, telegram, message, "Aceptar $600.00")
    assert (response.status_code, said) == (200, "Pago registrado.")
    receipt.refresh_from_db()
    invoice.refresh_from_db()
    assert (receipt.status, receipt.reviewed_by, invoice.status) == ("accepted", user.name, "paid")
    assert f"Aceptado por {user.name}" in message.text
    assert message.buttons == []
    assert Payment.objects.count() == 1


def test_a_press_told_fifty_times_is_one_payment(anybody, in_norte, telegram):
    put_on_call()
    customer = make_customer()
    owe(customer, "600")
    arrive(customer=customer, amount="600")
    drain(now=now())
    update = telegram.update_of_press(telegram.shown[0], "Aceptar")
    for _time in range(50):
        assert deliver(anybody, telegram, update).status_code == 200
    again = {**update, "update_id": update["update_id"] + 1}
    deliver(anybody, telegram, again)
    do_presses(now=now())
    assert (Payment.objects.count(), TelegramPress.objects.count()) == (1, 2)
    assert "Ya lo resolvió" in TelegramPress.objects.latest("id").answer


def test_an_amount_that_is_not_certain_only_opens_the_page(in_norte, telegram):
    put_on_call()
    customer = make_customer()
    owe(customer, "600")
    receipt = arrive(customer=customer, amount="599")
    arrive(photo("navy"), customer=None, amount="600")
    arrive(photo("green"), customer=customer)
    drain(now=now())
    assert len(telegram.shown) == 3
    for message in telegram.shown:
        with pytest.raises(LookupError):
            message.button("Aceptar")
    assert telegram.shown[0].button("Abrir")["url"].endswith(f"{reverse('billing:receipts')}?r={receipt.pk}")


def test_what_was_read_and_is_sure_may_be_booked_and_what_is_not_may_not(in_norte, telegram):
    put_on_call()
    customer = make_customer()
    owe(customer, "600")
    for sure, data in ((0.97, screenshot()), (0.8, photo("navy"))):
        file_picture(data=data, source="api", customer_id=customer.pk, actor=STAFF, now=now())
        job = claim_reading(now=now())
        values = ReadValues(amount="550", bank="BBVA", reference="1", confidence={"amount": sure, "reference": 1})
        note_reading(receipt_id=job.receipt_id, attempt=job.attempt, values=values, now=now())
    drain(now=now())
    certain, doubtful = telegram.shown
    assert certain.button("Aceptar $550.00")
    assert "dudoso" in doubtful.text
    with pytest.raises(LookupError):
        doubtful.button("Aceptar")


def test_a_picture_that_looks_like_another_is_opened(in_norte, telegram):
    put_on_call()
    customer = make_customer()
    owe(customer, "600")
    arrive(customer=customer, amount="600")
    arrive(saved_again(screenshot()), customer=customer, amount="600")
    drain(now=now())
    with pytest.raises(LookupError):
        telegram.shown[-1].button("Aceptar")


def test_it_is_rejected_with_a_reason_the_customer_reads(anybody, in_norte, telegram):
    put_on_call()
    receipt = arrive(customer=make_customer())
    drain(now=now())
    [message] = telegram.shown
    press(anybody, telegram, message, "Rechazar")
    assert message.button("El pago fue a otra cuenta")
    press(anybody, telegram, message, "Volver")
    press(anybody, telegram, message, "Rechazar")
    press(anybody, telegram, message, "El pago fue a otra cuenta")
    receipt.refresh_from_db()
    assert (receipt.status, receipt.reason) == ("rejected", "El pago fue a otra cuenta")
    assert "Rechazado por" in message.text
    assert not Payment.objects.exists()


def test_one_settled_on_the_page_says_so_in_every_chat(anybody, in_norte, telegram):
    put_on_call(chat=501)
    put_on_call("owner", chat=502)
    customer = make_customer()
    owe(customer, "600")
    receipt = arrive(customer=customer, amount="600")
    drain(now=now())
    stale = telegram.update_of_press(telegram.shown[0], "Aceptar")
    reject_receipt(receipt_id=receipt.pk, reason="Otra cuenta", actor=STAFF, now=now())
    drain(now=now())
    assert {m.chat for m in telegram.shown} == {501, 502}
    assert all("Rechazado por Ana. Otra cuenta" in m.text and not m.buttons for m in telegram.shown)
    deliver(anybody, telegram, stale)
    do_presses(now=now())
    drain(now=now())
    assert telegram.answers[stale["callback_query"]["id"]] == "Ya lo resolvió Ana."
    assert not Payment.objects.exists()


@pytest.mark.parametrize("change", [{"role": "technician"}, {"is_active": False}])
def test_what_they_may_do_is_asked_when_they_press(anybody, in_norte, telegram, change):
    user = put_on_call()
    customer = make_customer()
    owe(customer, "600")
    arrive(customer=customer, amount="600")
    drain(now=now())
    User.objects.filter(pk=user.pk).update(**change)
    _, said = press(anybody, telegram, telegram.shown[0], "Aceptar")
    assert "permiso" in said
    assert Receipt.objects.get().status == "waiting"
    assert not Payment.objects.exists()


def test_only_those_on_call_who_may_review_are_told(in_norte, telegram):
    user = put_on_call()
    put_on_call("technician", chat=502)
    arrive(customer=make_customer())
    assert set(TelegramPost.objects.values_list("chat_id", flat=True)) == {501}
    OnCall.objects.filter(user=user).update(is_on=False)
    arrive(photo("navy"), customer=make_customer())
    assert TelegramPost.objects.count() == 1


@pytest.mark.parametrize(
    ("since", "until", "at", "called"),
    [(8, 20, 9, True), (8, 20, 20, False), (20, 6, 23, True), (20, 6, 5, True), (20, 6, 12, False), (7, 7, 3, True)],
)
def test_hours_may_go_past_midnight(in_norte, since, until, at, called):
    place = OnCall(chat_id=1, is_on=True, since=dt.time(since), until=dt.time(until))
    assert place.is_called(dt.time(at)) is called
    assert not OnCall(chat_id=None, is_on=True).is_called(dt.time(at))


# --- what must not work ------------------------------------------------------------------------------------------


def test_a_wrong_secret_or_a_stranger_does_nothing(anybody, in_norte, telegram):
    put_on_call()
    customer = make_customer()
    owe(customer, "600")
    arrive(customer=customer, amount="600")
    drain(now=now())
    update = telegram.update_of_press(telegram.shown[0], "Aceptar")
    for wrong in ("", "otro", telegram.hook["secret_token"][:-1]):
        assert deliver(anybody, telegram, update, secret=wrong).status_code == 403
    stranger = telegram.update_of_press(telegram.shown[0], "Aceptar", sender=999)
    assert deliver(anybody, telegram, stranger).status_code == 200
    for rubbish in ([], {}, {"callback_query": {}}, {"callback_query": {"data": 1}}, {"message": {"text": "/start x"}}):
        assert deliver(anybody, telegram, rubbish).status_code == 200
    do_presses(now=now())
    assert not TelegramPress.objects.exists()
    assert not Payment.objects.exists()


def test_another_providers_bot_presses_nothing_here(sign_in, norte, sur, telegram):
    with entered(norte):
        put_on_call()
        customer = make_customer()
        owe(customer, "600")
        arrive(customer=customer, amount="600")
        drain(now=now())
    ours = dict(telegram.hook)
    update = telegram.update_of_press(telegram.shown[0], "Aceptar")
    other = telegram.add_bot("222222:" + "b" * 35, username="sur_bot")
    other.presses.add(update["callback_query"]["id"])
    with entered(sur):
        put_on_call(token=other.token)
    theirs = {"url": other.hook.url, "secret_token": other.hook.secret_token}
    # Our address on their site, their secret at our address, and the same press at their own bot.
    telegram.hook = ours
    assert deliver(sign_in(sur, None), telegram, update).status_code == 404
    assert deliver(sign_in(norte, None), telegram, update, secret=theirs["secret_token"]).status_code == 403
    telegram.hook = theirs
    assert deliver(sign_in(sur, None), telegram, update).status_code == 200
    with entered(sur):
        do_presses(now=now())
        assert "ya no está" in TelegramPress.objects.get().answer
        assert not Payment.objects.exists()
    with entered(norte):
        do_presses(now=now())
        assert Receipt.objects.get().status == "waiting"
        assert not Payment.objects.exists()


def test_a_code_links_once_soon_and_only_whom_it_was_given_to(in_norte, telegram, anybody):
    put_on_call()
    user = staff("support")
    code = new_link_code(user=user, now=now())
    assert link_chat(code=code, chat_id=7, handle="x", now=now() + dt.timedelta(minutes=16)) is None
    assert link_chat(code="otra", chat_id=7, handle="x", now=now()) is None
    assert deliver(anybody, telegram, telegram.update_of_text(501, f"/start {code}")).status_code == 200
    assert on_call_of(user).chat_id == 501
    assert OnCall.objects.filter(chat_id=501).count() == 1  # who had it before is not called there any more
    assert link_chat(code=code, chat_id=8, handle="x", now=now()) is None


# --- when things go wrong --------------------------------------------------------------------------------------------


def test_telegram_asks_to_wait_and_is_given_the_time(in_norte, telegram):
    put_on_call()
    arrive(customer=make_customer())
    telegram.fail("rate", seconds=7)
    due = drain(now=now())
    assert telegram.shown == []
    assert 5 < (due - timezone.now()).total_seconds() < 10
    assert drain(now=due) is None
    assert len(telegram.shown) == 1


@pytest.mark.parametrize("fault", ["error", "html"])
def test_a_failure_is_tried_again(in_norte, telegram, fault):
    put_on_call()
    arrive(customer=make_customer())
    telegram.fail(fault, times=2)
    due = drain(now=now())
    while due is not None and due < timezone.now() + dt.timedelta(minutes=5):
        due = drain(now=due)
    assert TelegramPost.objects.get().state == "sent"
    assert len(telegram.shown) == 1


def test_whoever_blocks_the_bot_is_off_call(in_norte, telegram):
    put_on_call()
    arrive(customer=make_customer())
    telegram.fail("blocked")
    assert drain(now=now()) is None
    assert TelegramPost.objects.get().state == "failed"
    assert not OnCall.objects.get().is_on


def test_a_token_that_was_taken_back_is_told_and_the_notices_wait(in_norte, telegram):
    put_on_call()
    arrive(customer=make_customer())
    telegram.token = "otro"
    assert drain(now=now()) > timezone.now()
    assert "clave" in TelegramBot.objects.get().error
    assert TOKEN not in TelegramBot.objects.get().error
    assert TelegramPost.objects.get().state == "queued"


def test_a_sender_that_died_half_way_is_taken_over(in_norte, telegram):
    put_on_call()
    customer = make_customer()
    owe(customer, "600")
    receipt = arrive(customer=customer, amount="600")
    post = TelegramPost.objects.get()
    post.next_try_at, post.attempts = now() + dt.timedelta(seconds=60), 1  # claimed by one that was killed
    post.save()
    assert drain(now=now()) > timezone.now()
    # It was settled meanwhile: what is sent at last says so.
    accept_receipt(receipt_id=receipt.pk, amount=Decimal(600), actor=STAFF, now=now())
    drain(now=now() + dt.timedelta(minutes=2))
    [message] = telegram.shown
    assert "Aceptado por" in message.text
    assert message.buttons == []


# --- the pages -----------------------------------------------------------------------------------------------------


def test_the_bot_is_connected_and_a_person_linked_by_the_page(client_norte, in_norte, telegram):
    page = client_norte.post(reverse("inbox:telegram_connect"), {"token": TOKEN}, follow=True)
    assert "enlace_bot" in page.content.decode()
    assert TOKEN not in page.content.decode()
    wrong = client_norte.post(reverse("inbox:telegram_connect"), {"token": "mala"})
    assert (wrong.status_code, "rechazó la clave" in wrong.content.decode()) == (422, True)
    shown = client_norte.post(reverse("inbox:telegram_link")).content.decode()
    code = shown.split("?start=")[1].split('"')[0]
    deliver(client_norte, telegram, telegram.update_of_text(501, f"/start {code}"))
    half = client_norte.post(reverse("inbox:telegram_hours"), {"is_on": "on", "since": "08:00", "until": ""})
    assert (half.status_code, "las dos horas" in half.content.decode()) == (422, True)
    client_norte.post(reverse("inbox:telegram_hours"), {"is_on": "on", "since": "20:00", "until": "06:00"})
    assert OnCall.objects.get().until == dt.time(6)
    client_norte.post(reverse("inbox:telegram_unlink"))
    assert OnCall.objects.get().chat_id is None


def test_who_may_not_change_settings_connects_no_bot(norte, in_norte, sign_in, telegram):
    client = sign_in(norte, "collections")
    assert client.post(reverse("inbox:telegram_connect"), {"token": TOKEN}).status_code == 404
    assert client.get(reverse("inbox:telegram")).status_code == 200
    assert not TelegramBot.objects.exists()
