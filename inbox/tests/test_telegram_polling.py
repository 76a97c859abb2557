"""Asking Telegram where it cannot call us: killed, cut off, started twice, nothing is lost and nothing comes twice."""

from __future__ import annotations

import queue
import signal

import psycopg
import pytest
from django.utils import timezone

from inbox.channels.telegram.polling import Batch, Poller
from inbox.channels.telegram.wire import BotApi, Button
from inbox.domain import notifications
from inbox.domain.telegram_polling import bots_to_ask, keep_updates
from inbox.models import Channel, Message, Notification
from inbox.tests.conftest import until
from inbox.tests.telegram_scenes import TOKEN, connect, update
from simulators.telegram.server import TelegramSimulator
from simulators.telegram.world import Hook
from tenants.current import enter, entered
from tests.harness.environment import current_run, database_name


@pytest.fixture
def telegram(settings):
    with TelegramSimulator() as simulator:
        settings.TELEGRAM_API_BASE = simulator.url
        yield simulator


def hooked_off(simulator):
    """As where no public address exists: no webhook."""
    for bot in simulator.world.bots.values():
        bot.hook = Hook()


POLL = """
import sys
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "channels", "run", "telegram", *sys.argv[1:]])
"""


@pytest.fixture
def runs(telegram, children):
    """Starts `manage.py channels run telegram`."""

    def run(*options):
        process = children(POLL, *options, settings={"TELEGRAM_API_BASE": telegram.url}, with_errors=True)
        process.stdout.readline()
        return process

    return run


def told():
    with enter("norte"):
        return sorted(Notification.objects.values_list("provider_id", flat=True))


def read_all():
    with enter("norte"):
        notifications.drain(now=timezone.now())
        return [m.body for m in Message.objects.order_by("id")]


def ids(*updates):
    return sorted(str(u["update_id"]) for u in updates)


def test_what_people_write_comes_in_and_sigterm_ends_cleanly(fresh_db, in_norte, telegram, runs):
    connect(now=timezone.now())
    hooked_off(telegram)
    ana = telegram.person(501)
    before = ana.writes("antes de empezar")
    process = runs()
    until(lambda: told() == ids(before), 20)
    after = ana.writes("mientras corre")
    until(lambda: told() == ids(before, after), 20)
    assert read_all() == ["antes de empezar", "mientras corre"]
    until(lambda: not telegram.bot.pending, 20)  # confirmed
    process.send_signal(signal.SIGTERM)
    said = process.communicate(timeout=15)
    assert (process.returncode, "Traceback" in said, TOKEN in said) == (0, False, False)


def test_killed_between_fetching_and_keeping_nothing_is_lost_and_nothing_doubled(fresh_db, in_norte, telegram, runs):
    connect(now=timezone.now())
    hooked_off(telegram)
    ana = telegram.person(501)
    written = [ana.writes(f"mensaje {number}") for number in range(5)]
    with psycopg.connect(current_run().database_url(database_name())) as other:
        # Whoever stores must wait: it is killed with the updates in its hands.
        other.execute("LOCK TABLE norte.inbox_notification IN ACCESS EXCLUSIVE MODE")
        process = runs()
        stuck = "FROM pg_locks WHERE NOT granted AND relation = 'norte.inbox_notification'::regclass"
        with psycopg.connect(current_run().database_url(database_name()), autocommit=True) as watch:
            until(lambda: watch.execute(f"SELECT pid {stuck}").fetchone(), 20)
            process.kill()
            process.wait()
            watch.execute(f"SELECT pg_terminate_backend(pid) {stuck}")
        other.rollback()
    assert told() == []
    assert len(telegram.bot.pending) == 5  # never confirmed
    runs()
    until(lambda: told() == ids(*written), 20)
    until(lambda: not telegram.bot.pending, 20)
    assert read_all() == [f"mensaje {number}" for number in range(5)]


def test_killed_after_keeping_and_before_confirming_they_are_told_again_and_kept_once(
    fresh_db, in_norte, telegram, runs
):
    connect(now=timezone.now())
    hooked_off(telegram)
    written = telegram.person(501).writes("hola")
    with enter("norte"):
        [bot] = bots_to_ask()
        keep_updates(bot=bot, updates=[written])  # and it died before asking on
    assert telegram.bot.pending
    runs()
    until(lambda: not telegram.bot.pending, 20)
    assert told() == ids(written)
    assert read_all() == ["hola"]


def test_two_that_ask_at_once_fight_and_nothing_comes_twice(fresh_db, in_norte, telegram, runs):
    connect(now=timezone.now())
    hooked_off(telegram)
    runs()
    runs()
    ana = telegram.person(501)
    written = [ana.writes(f"{number}") for number in range(4)]
    until(lambda: told() == ids(*written), 40)
    assert read_all() == ["0", "1", "2", "3"]


def test_a_webhook_that_is_set_is_taken_away_only_when_asked(fresh_db, in_norte, telegram, runs):
    connect(now=timezone.now())
    telegram.hook = {"url": "http://127.0.0.1:9/x", "secret_token": "s"}
    written = telegram.person(501).writes("hola")
    quiet = runs()
    until(lambda: "getUpdates" in telegram.calls, 20)
    assert told() == []
    assert telegram.hook["url"]
    quiet.kill()
    runs("--unhook", "--tenant", "norte")
    until(lambda: told() == ids(written), 20)
    assert telegram.hook["url"] == ""


# --- without a process -------------------------------------------------------------------------------------------


@pytest.fixture
def poller(telegram):
    """A thread that asks, and the queue it hands over to."""
    batches = queue.Queue[Batch]()
    thread = Poller(key=("norte", 1), token=TOKEN, base=telegram.url, batches=batches, patience=1)
    thread.start()
    yield thread, batches
    thread.stop()


def test_the_next_question_confirms_only_what_was_kept(telegram, poller):
    ana, (_thread, batches) = telegram.person(501), poller
    first = ana.writes("uno")
    batches.get(timeout=5).settle(kept=False)
    again = batches.get(timeout=5)
    assert list(again.updates) == [first]
    assert telegram.bot.pending
    again.settle(kept=True)
    until(lambda: not telegram.bot.pending)


def test_a_press_is_answered_once_it_is_kept(telegram, poller):
    ana, (_thread, batches) = telegram.person(501), poller
    ana.starts()
    batches.get(timeout=5).settle(kept=True)
    BotApi(TOKEN, telegram.url).send(501, "¿?", [[Button("Sí", "1")]])
    press = ana.presses(ana.received()[-1], "Sí")["callback_query"]["id"]
    batch = batches.get(timeout=5)
    assert press not in telegram.answers
    batch.settle(kept=True)
    until(lambda: press in telegram.answers)


@pytest.mark.parametrize("fault", ["error", "html", "drop", "rate"])
def test_trouble_passes(telegram, poller, fault):
    thread, batches = poller
    telegram.fail(fault, seconds=1, method="getUpdates")
    until(lambda: thread.trouble)
    written = telegram.person(501).writes("hola")
    batch = batches.get(timeout=10)
    assert list(batch.updates) == [written]
    assert thread.trouble == ""
    assert TOKEN not in thread.trouble


@pytest.mark.django_db
def test_bots_of_every_provider_are_asked_and_those_switched_off_are_not(norte, sur, telegram):
    telegram.add_bot("777:sur", username="sur_bot")
    with entered(norte):
        connect(now=timezone.now())
    with entered(sur):
        connect(now=timezone.now(), token="777:sur")
    assert {bot.tenant.slug for bot in bots_to_ask()} == {"norte", "sur"}
    assert [bot.token for bot in bots_to_ask(only="sur")] == ["777:sur"]
    with entered(sur):
        Channel.objects.update(is_active=False)
    assert {bot.tenant.slug for bot in bots_to_ask()} == {"norte"}


@pytest.mark.django_db
def test_one_that_the_database_cannot_hold_does_not_stand_before_the_others(in_norte, telegram):
    connect(now=timezone.now())
    [bot] = bots_to_ask()
    good = update(2, text="hola")
    assert keep_updates(bot=bot, updates=[update(1, text="x", weight=float("nan")), good]) == 2
    assert dict(Notification.objects.values_list("provider_id", "payload"))["2"] == good
    notifications.drain(now=timezone.now())
    assert [m.body for m in Message.objects.all()] == ["hola"]
