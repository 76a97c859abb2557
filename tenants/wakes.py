"""Who has work: one row per wake, inserted in the cause's own transaction, and a direct nudge after commit.

The nudge is only a hint. If Redis is down or flushed, or a worker dies, the row is still there and the
scheduler's tick finds it.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import kombu.exceptions
import redis
from celery import current_app
from django.db import connection, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from tenants.batches import once_a_batch
from tenants.current import current_tenant
from tenants.models import Wake
from tenants.redis import redis_client

logger = logging.getLogger(__name__)

# A wake for now is nudged directly, so its row waits this long before the tick looks at it.
GRACE = timedelta(seconds=5)
# A drain that was killed leaves its guard behind, and is taken up again so much later. One that takes longer is
# joined by a second, which is harmless: rows are claimed.
GUARD = timedelta(seconds=15)
PAUSE_SECONDS = 0.02  # a crowd at the door is not told of one by one
IN_THE_AIR_SECONDS = 5  # a nudge that is lost holds others back no longer than this
NETWORK = "network"  # its process pops all it finds, so nothing is saved by holding back
NETWORK_LIST = "wake:network"


def wake(lane: str, due_at: datetime | None = None) -> None:
    """Say that `lane` of the current tenant has work, now or at `due_at` (aware). Raises NoTenant in public."""
    tenant = current_tenant()
    now = timezone.now()
    if due_at is not None and due_at > now:
        Wake.objects.create(tenant_id=tenant.pk, lane=lane, due_at=due_at)
    elif lane not in _woken():
        Wake.objects.create(tenant_id=tenant.pk, lane=lane, due_at=now + GRACE)
        # The schema is captured here, not when the message is sent: by then the connection may be elsewhere.
        transaction.on_commit(partial(nudge, tenant.schema_name, lane))
        # One row tells of all that a batch did. One within a savepoint may be undone, and tells of its own part alone.
        if not connection.savepoint_ids:
            _woken().add(lane)


@once_a_batch
def _woken() -> set[str]:
    """Return the lanes that the present batch has woken."""
    return set()


def nudge(schema: str, lane: str) -> None:
    """Wake a lane at once. A broker that cannot be reached is logged, not raised: the row remains.

    While one nudge is in the air no other is sent: whoever wakes then has committed, and the drain that is about to
    begin sees it. A month's reminders wake the sender once and not five hundred times.
    """
    try:
        if lane == NETWORK or redis_client().set(_in_the_air(schema, lane), 1, nx=True, ex=IN_THE_AIR_SECONDS):
            send_many([(schema, lane)])
    except (OSError, redis.RedisError, kombu.exceptions.KombuError) as error:
        logger.warning("could not nudge %s of %s: %s", lane, schema, error)


class _Nudger:
    """Sends nudges from a thread of its own: the first at once, then one for all that came within PAUSE_SECONDS."""

    def __init__(self) -> None:
        self._waiting: set[tuple[str, str]] = set()
        self._lock = threading.Lock()
        self._running = False

    def add(self, schema: str, lane: str) -> None:
        """Have a lane woken soon; returns at once."""
        with self._lock:
            self._waiting.add((schema, lane))
            if self._running:
                return
            self._running = True
        threading.Thread(target=self._send, name="nudger", daemon=True).start()

    def _send(self) -> None:
        while True:
            with self._lock:
                waiting, self._waiting = self._waiting, set()
                if not waiting:
                    self._running = False
                    return
            for schema, lane in waiting:
                nudge(schema, lane)
            time.sleep(PAUSE_SECONDS)


_nudger = _Nudger()


def nudge_soon(schema: str, lane: str) -> None:
    """Wake a lane without making the caller wait for the broker. For whoever must answer fast; the row is the truth."""
    _nudger.add(schema, lane)


def landed(schema: str, lane: str) -> None:
    """Say that a nudge has arrived; call before the drain reads its rows. Without Redis the mark ends by itself."""
    try:
        redis_client().delete(_in_the_air(schema, lane))
    except redis.RedisError as error:
        logger.warning("could not note that %s of %s was woken: %s", lane, schema, error)


def _in_the_air(schema: str, lane: str) -> str:
    return f"nudged:{schema}:{lane}"


def send_many(lanes: Iterable[tuple[str, str]]) -> None:
    """Hand (schema, lane) pairs to their queues over one connection. Raises the broker's errors."""
    registry = import_string("config.lanes.LANES")
    network: list[str] = []
    tasks: list[tuple[str, str, str]] = []
    for schema, lane in lanes:
        queue = registry[lane].queue
        if queue == "network":
            network.append(json.dumps({"schema": schema}))
        else:
            tasks.append((schema, lane, queue))
    if network:
        redis_client().lpush(NETWORK_LIST, *network)
    if tasks:
        # One round trip for the whole burst.
        pool: Any = current_app.producer_pool  # the stubs do not know kombu 5.7's batches
        with pool.acquire(block=True) as producer, producer.batch():
            for schema, lane, queue in tasks:
                kwargs = {"schema": schema, "lane": lane}
                current_app.send_task("enlace.drain", kwargs=kwargs, queue=queue, producer=producer)


# The wakes to answer stay while the drain works: one that is killed at once is found by the first of them.
BEGIN = """
WITH guard AS (
    INSERT INTO public.tenants_wake (tenant_id, lane, due_at) VALUES (%(tenant)s, %(lane)s, %(guard)s) RETURNING id
)
SELECT id FROM public.tenants_wake WHERE tenant_id = %(tenant)s AND lane = %(lane)s AND due_at <= %(answered)s
UNION ALL SELECT id FROM guard
"""


def begin_drain(lane: str, now: datetime) -> list[int]:
    """Return the ids of this tenant's wakes for `lane` that a drain started at `now` answers, and of its guard.

    The guard is a wake that finds a drain which died at work. A wake that comes meanwhile may mean new work, and
    stays.
    """
    values = {"tenant": current_tenant().pk, "lane": lane, "answered": now + GRACE, "guard": now + GUARD}
    with connection.cursor() as cursor:
        cursor.execute(BEGIN, values)
        return [pk for (pk,) in cursor.fetchall()]


def settled_wakes(lane: str, now: datetime) -> list[int]:
    """Return the ids of this tenant's wakes for `lane` that a drain started at `now` will answer."""
    due = Wake.objects.filter(tenant_id=current_tenant().pk, lane=lane, due_at__lte=now + GRACE)
    return list(due.values_list("pk", flat=True))


def settle_wakes(ids: list[int]) -> None:
    """Delete wakes that a drain has answered. By id: a wake that came meanwhile may mean new work."""
    if ids:
        Wake.objects.filter(pk__in=ids).delete()
