"""Webhooks at once, and killed, flushed and unplugged between door and conversation: each effect once."""

from __future__ import annotations

import base64
import json
import signal
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlencode

import pytest
import requests
from django.db import connection
from django.utils import timezone
from twilio.request_validator import RequestValidator

from config.celery import drain as drain_task
from config.celery import drain_lane
from config.scheduler import SWEEP_SECONDS, sweep, tick
from inbox.channels.base import Envelope
from inbox.domain.notifications import LANE, drain, store
from inbox.models import Conversation, Message, Notification
from inbox.tests.cloud_whatsapp.conftest import cloud, make_cloud_channel  # noqa: F401 -- a fixture
from inbox.tests.conftest import CUSTOMER, FORM, NUMBER, SID, TOKEN, inbound_fields, make_channel, until
from tenants.current import current_tenant, enter, entered
from tenants.models import Wake
from tenants.redis import redis_client
from tests.harness.fixtures import host_of

# A process that drains, and dies as by kill -9 where it is told: after so many statements, or before or after so many
# commits.
KILLED = """
import os, signal, sys
from django.db import connection
from django.utils import timezone
from inbox.domain import notifications
from tenants.current import enter
where, left = sys.argv[1], [int(sys.argv[2])]
# Where commits are counted there is one a row, however fast they are read.
notifications.BATCH_SECONDS = 0.02 if where == "statement" else 0.0

def count():
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)

def statement(execute, *arguments):
    result = execute(*arguments)
    count()
    return result

commit = connection._commit

def killing_commit():
    if where == "before":
        count()
    commit()
    if where == "after":
        count()

with enter("norte"):
    if where == "statement":
        with connection.execute_wrapper(statement):
            notifications.drain(now=timezone.now())
    else:
        connection._commit = killing_commit
        notifications.drain(now=timezone.now())
"""
# The door in a process of its own, which is given calls and says what it answers.
DOOR = """
import json, sys, time
from django.test import Client
for line in sys.stdin:
    call = json.loads(line)
    answer = Client().post(call["path"], call["body"], content_type=call["type"], headers=call["headers"])
    time.sleep(0.2)  # its nudge goes out in a thread, and fails there
    print(answer.status_code, flush=True)
"""
WRITERS = (CUSTOMER, "+5214449990001")


def died(child):
    """Whether a child was killed where it was told; it may end well, and never badly."""
    if child.wait() == 0:
        return False
    assert child.returncode == -signal.SIGKILL, "it failed by itself: see above"
    with connection.cursor() as cursor:
        # PostgreSQL sees after a moment that its client is gone.
        def held():
            cursor.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'")
            return cursor.fetchone()

        until(lambda: not held())
    return True


def call(host, fields, path="/hooks/twilio/"):
    signature = RequestValidator(TOKEN).compute_signature(f"http://{host}{path}", fields)
    return {
        "headers": {"Host": host, "X-Twilio-Signature": signature},
        "body": urlencode(fields),
        "path": path,
        "type": FORM,
    }


def keep(channel, fields):
    payload = {"form": fields, "key": "", "is_state": False}
    envelope = Envelope(SID, f"whatsapp:{NUMBER}", fields["MessageSid"], payload)
    assert store(tenant=current_tenant(), channel_id=channel.pk, envelopes=[envelope], now=timezone.now()) == 1


def no_gaps():
    """What is there is whole: lines numbered without gaps, in the order they came, each from a row that says so."""
    read = set(Notification.objects.filter(state="done").values_list("provider_id", flat=True))
    assert {m.external_id for m in Message.objects.filter(direction="in")} == read
    for talk in Conversation.objects.all():
        lines = list(talk.messages.order_by("seq"))
        assert [line.seq for line in lines] == list(range(1, talk.seq + 1))
        came = [line.body for line in lines if line.direction == "in"]
        assert came == sorted(came)
        assert talk.unread == len(came)


def nothing_in_sur():
    with enter("sur"):
        assert [kind.objects.count() for kind in (Conversation, Message, Notification)] == [0, 0, 0]


# --- Many at once ------------------------------------------------------------------------------------------------


def test_fifty_copies_over_http_and_a_second_message_at_once_are_two_lines_of_one_talk(
    fresh_db, in_norte, sur, site_port
):
    make_channel()
    host, ended = f"{host_of(in_norte)}:{site_port}", threading.Event()

    def post(number):
        made = call(host, inbound_fields(MessageSid=f"SM{number}", Body=f"línea {number}"))
        return requests.post(
            f"http://127.0.0.1:{site_port}{made['path']}",
            data=made["body"],
            headers=made["headers"] | {"Content-Type": FORM},
            timeout=30,
        ).status_code

    def keep_draining():
        try:
            while not ended.is_set():
                drain_lane(schema="norte", lane=LANE, now=timezone.now())
        finally:
            connection.close()

    drainers = [threading.Thread(target=keep_draining) for _ in range(3)]
    for thread in drainers:
        thread.start()
    with ThreadPoolExecutor(50) as pool:
        first = [pool.submit(post, 1) for _ in range(50)]
        time.sleep(0.2)
        second = [pool.submit(post, 2) for _ in range(5)]
    ended.set()
    for thread in drainers:
        thread.join()
    assert {answer.result() for answer in [*first, *second]} == {204}
    drain(now=timezone.now())
    assert list(Notification.objects.order_by("id").values_list("provider_id", "attempts")) == [("SM1", 1), ("SM2", 1)]
    assert list(Message.objects.order_by("seq").values_list("body", flat=True)) == ["línea 1", "línea 2"]
    assert Conversation.objects.get().unread == 2
    nothing_in_sur()


# --- A drainer is killed -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["statement", "before", "after"])
def test_a_drainer_killed_anywhere_leaves_every_message_once_and_in_order(fresh_db, in_norte, sur, children, where):
    channel, many = make_channel(), 14
    for number in range(many):
        sender = f"whatsapp:{WRITERS[number % 2]}"
        keep(channel, inbound_fields(MessageSid=f"SM{number:02}", Body=f"línea {number:02}", From=sender))
    kills, seen = 0, Counter()
    while kills < 60 and died(children(KILLED, where, str(1 + kills * 5 if where == "statement" else 1 + kills % 3))):
        kills += 1
        no_gaps()
        seen[Message.objects.count()] += 1
    assert kills > 5
    assert len(seen) > 1, "it was killed before anything was read only"
    drain(now=timezone.now())
    assert not Notification.objects.exclude(state="done").exists()
    assert Message.objects.count() == many
    assert Conversation.objects.count() == len(WRITERS)
    no_gaps()
    nothing_in_sur()


# --- Redis ---------------------------------------------------------------------------------------------------------


def woken():
    """What was handed to the queue of replies, for a worker; taken out of it."""
    found = []
    while item := redis_client().rpop("now"):
        found.append(json.loads(base64.b64decode(json.loads(item)["body"]))[1])
    return found


def work_off():
    """Do what a worker does with what it was handed for this lane; says for whom."""
    mine = [kwargs for kwargs in woken() if kwargs["lane"] == LANE]
    for kwargs in mine:
        drain_task(**kwargs)
    return {kwargs["schema"] for kwargs in mine}


def test_with_redis_out_of_reach_the_door_answers_and_the_tick_finds_the_row(fresh_db, norte, sur, children):
    with entered(norte):
        make_channel()
    made = call(host_of(norte), inbound_fields())
    unreachable = "redis://127.0.0.1:1/0"
    door = children(DOOR, settings={"REDIS_URL": unreachable, "CELERY_BROKER_URL": unreachable})
    assert door.ask(made) == 204
    assert door.ask(made) == 204
    assert woken() == []
    assert Wake.objects.filter(lane=LANE, tenant=norte).count() == 1
    tick(timezone.now() + timedelta(seconds=6))
    assert work_off() == {"norte"}
    with entered(norte):
        assert Message.objects.get().body == "¿Cuánto debo?"
    nothing_in_sur()


def test_with_redis_flushed_and_even_the_wake_lost_it_is_read_all_the_same(fresh_db, norte, sur):
    with entered(norte):
        channel = make_channel()
        for number in (1, 2):
            keep(channel, inbound_fields(MessageSid=f"SM{number}", Body=f"línea {number}"))
            until(lambda: redis_client().llen("now"))
            redis_client().flushall()
            if number == 1:
                connection.set_schema_to_public()
                tick(timezone.now() + timedelta(seconds=6))
                assert work_off() == {"norte"}
                connection.set_tenant(norte)
                assert Message.objects.get().body == "línea 1"
    Wake.objects.all().delete()
    sweep(float(SWEEP_SECONDS), 0.0)
    assert work_off() == {"norte", "sur"}
    with entered(norte):
        assert [m.body for m in Message.objects.order_by("seq")] == ["línea 1", "línea 2"]
        no_gaps()
    nothing_in_sur()
