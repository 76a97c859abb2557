"""One works, one waits, a third goes: and the one who waits sees what came meanwhile."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from config.celery import drain_lane
from inbox.tests.conftest import until
from tenants.current import enter
from tenants.models import Wake
from tenants.redis import redis_client
from tenants.turns import in_turn
from tenants.wakes import nudge

LANE = "inbox.receive"


class Person(threading.Thread):
    """Somebody who takes a turn of their own, and keeps it until told."""

    def __init__(self, schema: str = "norte", lane: str = LANE) -> None:
        super().__init__(daemon=True)
        self.schema, self.lane = schema, lane
        self.answer: bool | None = None
        self.enough = threading.Event()
        self.start()

    def run(self) -> None:
        try:
            with enter(self.schema), in_turn(self.lane) as self.answer:
                if self.answer:
                    self.enough.wait(30)
        finally:
            connection.close()

    def leave(self) -> None:
        self.enough.set()
        self.join(30)


def waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        return int(cursor.fetchone()[0])


@pytest.fixture
def worker_and_waiter(fresh_db, norte, sur):
    first = Person()
    until(lambda: first.answer is True)
    second = Person()
    until(lambda: waiting() == 1)
    yield first, second
    first.leave()
    second.leave()


def test_one_works_one_waits_and_a_third_goes(worker_and_waiter):
    first, second = worker_and_waiter
    third = Person()
    third.join(10)
    assert third.answer is False
    assert second.answer is None
    first.leave()
    until(lambda: second.answer is True)
    fourth = Person()
    until(lambda: waiting() == 1)
    second.leave()
    until(lambda: fourth.answer is True)
    fourth.leave()


def test_another_provider_and_another_lane_have_turns_of_their_own(worker_and_waiter):
    for other in (Person("sur"), Person(lane="inbox.send")):
        until(lambda other=other: other.answer is True)
        other.leave()


def test_who_goes_leaves_the_wakes_and_the_mark_for_the_one_who_waits(worker_and_waiter, norte):
    now = timezone.now()
    Wake.objects.create(tenant=norte, lane=LANE, due_at=now + timedelta(seconds=5))
    nudge("norte", LANE)
    assert redis_client().llen("now") == 1
    assert drain_lane(schema="norte", lane=LANE, now=now) is None
    assert Wake.objects.filter(tenant=norte, lane=LANE).count() == 1
    nudge("norte", LANE)
    assert redis_client().llen("now") == 1  # whoever waits has not looked yet
    for person in worker_and_waiter:
        person.leave()
    drain_lane(schema="norte", lane=LANE, now=now)
    assert not Wake.objects.filter(tenant=norte, lane=LANE).exists()
    nudge("norte", LANE)
    assert redis_client().llen("now") == 2
