"""Rows are the truth; messages only wake."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import redis
from django.db import connection, transaction
from django.utils import timezone

from config.celery import TenantTaskError, drain, drain_lane
from config.scheduler import LOCK, sweep, tick
from tenants import wakes
from tenants.batches import one_batch
from tenants.current import NoTenant, entered
from tenants.models import Tenant, Wake
from tenants.redis import redis_client
from tenants.wakes import NETWORK_LIST, wake


@pytest.fixture
def sent(monkeypatch):
    """The lanes that were handed to their queues."""
    lanes: list[tuple[str, str]] = []
    monkeypatch.setattr(wakes, "send_many", lanes.extend)
    return lanes


def test_each_tenant_in_one_transaction_is_woken_as_itself(db, norte, sur, sent, django_capture_on_commit_callbacks):
    """The trap: a loop over tenants inside one atomic() sent every task as public."""
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        for tenant in (norte, sur):
            with entered(tenant):
                wake("inbox.send")
    assert sent == [("norte", "inbox.send"), ("sur", "inbox.send")]
    assert set(Wake.objects.values_list("tenant_id", "lane")) == {
        (norte.pk, "inbox.send"),
        (sur.pk, "inbox.send"),
    }


def test_a_rolled_back_cause_wakes_nobody(db, norte, sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True), entered(norte):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            wake("inbox.send")
            1 / 0  # noqa: B018
    assert sent == []
    assert not Wake.objects.exists()


def test_public_cannot_wake(db):
    with pytest.raises(NoTenant):
        wake("inbox.send")


@pytest.mark.parametrize("schema", ["", "public", "nadie"])
def test_a_task_without_a_tenant_fails(db, norte, schema):
    with pytest.raises(TenantTaskError):
        drain(schema=schema, lane="inbox.send")


def test_a_task_for_a_tenant_in_preparation_fails(db, norte):
    Tenant.objects.filter(pk=norte.pk).update(status=Tenant.Status.PREPARING)
    with pytest.raises(TenantTaskError):
        drain_lane(schema="norte", lane="inbox.send", now=timezone.now())


def test_a_broker_that_is_down_does_not_undo_the_cause(db, norte, monkeypatch, django_capture_on_commit_callbacks):
    dead = redis.Redis(port=1, socket_connect_timeout=0.2)
    monkeypatch.setattr(wakes, "redis_client", lambda: dead)
    with django_capture_on_commit_callbacks(execute=True), entered(norte):
        wake("network")
    assert Wake.objects.filter(lane="network").count() == 1


def test_the_tick_hands_over_what_is_due_once(db, norte, sur):
    redis_client().delete(NETWORK_LIST)
    now = timezone.now()
    Wake.objects.create(tenant=norte, lane="network", due_at=now)
    Wake.objects.create(tenant=norte, lane="network", due_at=now)
    Wake.objects.create(tenant=sur, lane="network", due_at=now + timedelta(minutes=1))
    assert tick(now) == 1
    assert tick(now) == 0
    assert [json.loads(item) for item in redis_client().lrange(NETWORK_LIST, 0, -1)] == [{"schema": "norte"}]
    assert list(Wake.objects.values_list("tenant_id", flat=True)) == [sur.pk]


def test_the_tick_keeps_the_rows_when_the_broker_refuses(db, norte, monkeypatch):
    now = timezone.now()
    Wake.objects.create(tenant=norte, lane="network", due_at=now)
    dead = redis.Redis(port=1, socket_connect_timeout=0.2)
    monkeypatch.setattr(wakes, "redis_client", lambda: dead)
    with pytest.raises(redis.RedisError), transaction.atomic():
        tick(now)
    assert Wake.objects.count() == 1


def test_the_tick_skips_a_provider_that_is_not_ready(db, norte):
    Tenant.objects.filter(pk=norte.pk).update(status=Tenant.Status.PAUSED)
    Wake.objects.create(tenant=norte, lane="network", due_at=timezone.now())
    assert tick(timezone.now()) == 0


def test_a_burst_is_spread_over_ticks(db, norte):
    now = timezone.now()
    lanes = ["network", "inbox.send", "chatbot"]
    Wake.objects.bulk_create(Wake(tenant=norte, lane=lane, due_at=now) for lane in lanes)
    assert [tick(now, burst=2), tick(now, burst=2), tick(now, burst=2)] == [2, 1, 0]


def test_the_sweep_visits_each_tenant_once_in_ten_minutes(db, norte, sur, sent, monkeypatch):
    visits = [sweep(float(second), float(second - 1)) for second in range(1, 601)]
    assert sum(1 for visit in visits if visit) == 2
    assert len([lane for lane in sent if lane[0] == "norte"]) == len([lane for lane in sent if lane[0] == "sur"]) > 0


def test_a_second_scheduler_waits(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        assert cursor.fetchone() == (True,)
        other = connection.copy()
        try:
            with other.cursor() as second:
                second.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
                assert second.fetchone() == (False,)
        finally:
            other.close()
        cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def test_a_drain_that_dies_is_taken_up_again(db, norte, monkeypatch):
    """The message is gone with the worker and the wake with the tick: the guard is what remains."""
    now = timezone.now()
    with pytest.raises(ZeroDivisionError), monkeypatch.context() as patch:
        patch.setattr("inbox.domain.sending.drain", lambda **_: 1 / 0)
        drain_lane(schema="norte", lane="inbox.send", now=now)
    [left] = Wake.objects.values_list("due_at", flat=True)
    assert left == now + wakes.GUARD


def test_a_drain_that_ends_leaves_nothing_behind(db, norte):
    now = timezone.now()
    Wake.objects.create(tenant=norte, lane="inbox.send", due_at=now)
    drain_lane(schema="norte", lane="inbox.send", now=now)
    assert not Wake.objects.exists()


def test_many_wakes_send_one_nudge_until_it_lands(db, norte, sur, sent, django_capture_on_commit_callbacks):
    def wake_twice() -> None:
        with django_capture_on_commit_callbacks(execute=True), entered(norte):
            wake("inbox.send")
            wake("inbox.send")

    wake_twice()
    assert sent == [("norte", "inbox.send")]
    with django_capture_on_commit_callbacks(execute=True), entered(sur):
        wake("inbox.send")
    assert sent == [("norte", "inbox.send"), ("sur", "inbox.send")]
    drain_lane(schema="norte", lane="inbox.send", now=timezone.now())
    wake_twice()
    assert sent.count(("norte", "inbox.send")) == 2


def test_a_drain_that_dies_leaves_what_it_was_to_answer(db, norte, sur, monkeypatch):
    """The wakes that were due are found as soon as before; the guard is there for when the tick had them already."""
    now = timezone.now()
    later = now + timedelta(minutes=1)
    for tenant, due in ((norte, now + wakes.GRACE), (norte, now), (norte, later), (sur, now)):
        Wake.objects.create(tenant=tenant, lane="inbox.send", due_at=due)
    with pytest.raises(ZeroDivisionError), monkeypatch.context() as patch:
        patch.setattr("inbox.domain.sending.drain", lambda **_: 1 / 0)
        drain_lane(schema="norte", lane="inbox.send", now=now)
    left = Wake.objects.filter(tenant=norte).order_by("due_at").values_list("due_at", flat=True)
    assert list(left) == [now, now + wakes.GRACE, now + wakes.GUARD, later]
    drain_lane(schema="norte", lane="inbox.send", now=now)
    assert list(left.all()) == [now + wakes.GUARD, later]
    assert list(Wake.objects.filter(tenant=sur).values_list("due_at", flat=True)) == [now]


def test_a_batch_wakes_a_lane_once_and_what_is_undone_in_it_keeps_nobody_asleep(fresh_db, norte, sent):
    with entered(norte), transaction.atomic(), one_batch(whole=True):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            wake("inbox.send")
            1 / 0  # noqa: B018
        for _row in range(5):
            wake("inbox.send")
            wake("inbox.receive")
        wake("inbox.send", timezone.now() + timedelta(hours=1))
    rows = list(Wake.objects.order_by("lane", "due_at").values_list("lane", flat=True))
    assert rows == ["inbox.receive", "inbox.send", "inbox.send"]
    assert sorted(sent) == [("norte", "inbox.receive"), ("norte", "inbox.send")]
    with entered(norte), transaction.atomic(), one_batch(whole=True):
        wake("inbox.send")  # another batch, another row
    assert Wake.objects.filter(lane="inbox.send").count() == 3
