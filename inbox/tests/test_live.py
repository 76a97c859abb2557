"""The stream: replays, resets, refuses, and keeps providers and people apart. Over real HTTP."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
import requests
from django.conf import settings
from django.core import signing

from config.live import BLOCK_MS
from inbox.live import OPEN_TOPICS, TOPICS
from tenants.current import enter
from tenants.live import make_live_token, publish_live, revoke_live
from tenants.live_tokens import SALT
from tenants.redis import redis_client
from tests.harness.fixtures import staff


class Stream:
    """An open stream whose events are read one at a time; `patience` in seconds without any."""

    def __init__(self, port, token, last="", patience=5.0):
        params = {"token": token, **({"last": last} if last else {})}
        self.answer = requests.get(f"http://127.0.0.1:{port}/live", params=params, stream=True, timeout=patience)
        self.lines = self.answer.iter_lines(chunk_size=1)

    def next(self):
        event = {}
        for raw in self.lines:
            line = raw.decode()
            if not line and "event" in event:
                return event
            if line:
                name, _, value = line.partition(": ")
                event[name] = value
        return None

    def close(self):
        self.answer.close()


@pytest.fixture
def site(fresh_db, norte, sur, site_port):
    return site_port


def token(tenant, user=1, topics=("inbox",)):
    with enter(tenant.schema_name):
        return make_live_token(user_id=user, topics=list(topics))


def publish(tenant, topic, **hint):
    with enter(tenant.schema_name):
        publish_live(topic, **hint)


def test_hints_arrive_and_those_of_others_do_not(site, norte, sur):
    stream = Stream(site, token(norte))
    assert stream.next()["event"] == "ready"
    publish(sur, "inbox", conversation=1)
    publish(norte, "receipts", receipt=1)
    publish(norte, "inbox", conversation=7, seq=2)
    event = stream.next()
    assert (event["event"], json.loads(event["data"])) == ("inbox", {"conversation": 7, "seq": 2})
    stream.close()


def test_a_browser_that_comes_back_gets_what_it_missed(site, norte):
    publish(norte, "inbox", seq=1)
    stream = Stream(site, token(norte))
    last = stream.next()["id"]
    stream.close()
    publish(norte, "inbox", seq=2)
    publish(norte, "inbox", seq=3)
    stream = Stream(site, token(norte), last=last)
    assert stream.next()["event"] == "ready"
    assert [json.loads(stream.next()["data"])["seq"] for _ in range(2)] == [2, 3]
    publish(norte, "inbox", seq=4)
    assert json.loads(stream.next()["data"])["seq"] == 4
    stream.close()


@pytest.mark.parametrize("last", ["1-1", "not an id", "0-0", "9999999999999-0"])
def test_an_unknown_last_id_is_told_to_fetch_everything(site, norte, last):
    publish(norte, "inbox", seq=1)
    stream = Stream(site, token(norte), last=last)
    assert [stream.next()["event"] for _ in range(2)] == ["ready", "reset"]
    stream.close()


def test_a_flushed_redis_means_reset(site, norte):
    publish(norte, "inbox", seq=1)
    stream = Stream(site, token(norte))
    last = stream.next()["id"]
    stream.close()
    redis_client().flushdb()
    stream = Stream(site, token(norte), last=last)
    assert [stream.next()["event"] for _ in range(2)] == ["ready", "reset"]
    stream.close()


def test_while_nothing_happens_nothing_is_said(site, norte):
    """A silence is no lost Redis: each page would fetch everything again every few seconds."""
    stream = Stream(site, token(norte), patience=BLOCK_MS / 1000 + 1.5)
    assert stream.next()["event"] == "ready"
    with pytest.raises(requests.ConnectionError, match="Read timed out"):
        stream.next()


def test_a_refused_token_is_401(site, norte, monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 1_000_000.0)
    old = signing.dumps({"tenant": str(norte.uuid), "user": 1, "topics": ["inbox"]}, salt=SALT)
    monkeypatch.undo()
    for value in ("", "forged", old):
        assert requests.get(f"http://127.0.0.1:{site}/live", params={"token": value}, timeout=5).status_code == 401


def test_a_revoked_person_stops_hearing_and_others_go_on(site, norte):
    mine, other = Stream(site, token(norte, user=1)), Stream(site, token(norte, user=2))
    assert {mine.next()["event"], other.next()["event"]} == {"ready"}
    with enter("norte"):
        revoke_live(user_id=1)
    assert mine.next()["event"] == "revoked"
    assert mine.next() is None
    publish(norte, "inbox", seq=5)
    assert other.next()["event"] == "inbox"
    other.close()


def test_signing_out_and_losing_a_role_revoke(site, norte, sign_in):
    client = sign_in(norte, "support")
    answer = client.get("/bandeja/en-vivo/")
    assert set(signing.loads(answer.json()["token"], salt=SALT)["topics"]) == {
        "inbox",
        "presence",
        "receipts",
        "payments",
        "promises",
        "tonight",
        "network",
        "work",
    }
    with enter("norte"):
        person = staff("support")
    stream = Stream(site, answer.json()["token"])
    assert stream.next()["event"] == "ready"
    with enter("norte"):
        person.role = "technician"
        person.save()
    assert stream.next()["event"] == "revoked"
    time.sleep(1.1)  # tokens count whole seconds; one made within the second of a revocation is refused
    value = client.get("/bandeja/en-vivo/").json()["token"]
    stream = Stream(site, value)
    assert stream.next()["event"] == "ready"
    client.post("/salir/")
    assert stream.next()["event"] == "revoked"
    assert Stream(site, value).next()["event"] == "revoked"  # the old token opens nothing any more
    assert client.get("/bandeja/en-vivo/").status_code == 401


def test_every_topic_that_is_published_can_be_heard():
    found = set()
    for path in Path(settings.BASE_DIR).glob("*/**/*.py"):
        if "tests" not in path.parts and not path.parts[len(Path(settings.BASE_DIR).parts)].startswith("."):
            found |= set(re.findall(r'publish_live\(\s*"(\w+)"', path.read_text()))
    assert "inbox" in found
    assert found <= {*TOPICS, *OPEN_TOPICS}
