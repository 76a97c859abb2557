"""Killed between commit and send, and while a picture is being opened: one effect, and nothing lost."""

import datetime as dt
import time
from decimal import Decimal

import pytest
from django.utils import timezone

from billing.domain.receipt_filing import drain as open_pictures
from billing.domain.receipt_presses import drain as do_presses
from billing.models import Payment, ReceiptPicture
from billing.tests.proofs import screenshot
from billing.tests.scenes import check_books, make_customer, owe
from billing.tests.test_receipt_calls import arrive, now, put_on_call
from billing.tests.test_receipts import file, picture
from inbox.domain.media import store_bytes
from inbox.domain.telegram import drain as send
from inbox.domain.telegram import note_press
from inbox.models import TelegramPost
from simulators.telegram.server import TelegramSimulator
from tenants.current import enter

LANE = """
import datetime as dt, sys
from django.utils import timezone
from django.utils.module_loading import import_string
from tenants.current import enter
with enter("norte"):
    print("begins", flush=True)
    import_string(sys.argv[1])(now=timezone.now() + dt.timedelta(seconds=2))
"""


@pytest.fixture
def start_lane(children):
    """Starts a process that drains a lane, once it is about to."""

    def start(drain, **settings):
        process = children(LANE, drain, settings=settings)
        process.stdout.readline()
        return process

    return start


def kill(process):
    process.kill()
    process.wait()


def wait_until(met, seconds=30):
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def telegram(settings):
    with TelegramSimulator(anyone=True) as simulator:
        settings.TELEGRAM_API_BASE = simulator.url
        yield simulator


def test_a_sender_killed_while_telegram_answers_is_followed_by_another(fresh_db, in_norte, telegram, start_lane):
    put_on_call()
    customer = make_customer()
    owe(customer, "600")
    arrive(customer=customer, amount="600")
    telegram.fail("slow", seconds=2)
    process = start_lane("inbox.domain.telegram.drain", TELEGRAM_API_BASE=telegram.url)
    wait_until(lambda: "sendPhoto" in telegram.calls)
    kill(process)
    assert TelegramPost.objects.get().state == "queued"
    send(now=now() + dt.timedelta(minutes=2))
    assert TelegramPost.objects.get().state == "sent"
    # It may have arrived twice; both are pressed, and there is one payment.
    wait_until(lambda: len(telegram.shown) == 2)
    for number, message in enumerate(telegram.shown):
        data = message.button("Aceptar")["callback_data"]
        values = {"update_id": number, "chat_id": 501, "data": data, "callback_id": str(number)}
        note_press(**values, lane="receipts.pressed", now=now())
    do_presses(now=now())
    assert Payment.objects.get().amount == Decimal(600)
    check_books()


def test_an_opener_killed_half_way_leaves_the_picture_to_the_next(fresh_db, in_norte, start_lane):
    with enter("norte"):
        customer = make_customer()
        attachment = picture(customer, "")
        store_bytes(attachment=attachment, data=screenshot(), content_type="image/jpeg", now=timezone.now())
        receipt = file(attachment, customer)
        ReceiptPicture.objects.update(next_try_at=timezone.now())
    process = start_lane("billing.domain.receipt_filing.drain")
    wait_until(lambda: ReceiptPicture.objects.get().attempts == 1)
    kill(process)
    shown = ReceiptPicture.objects.get(receipt=receipt)
    if shown.state == "waiting":  # killed before it was written down
        open_pictures(now=timezone.now() + dt.timedelta(minutes=3))
        shown.refresh_from_db()
    assert (shown.state, len(shown.previews)) == ("ready", 1)
