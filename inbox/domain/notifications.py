"""What the far sides told us: kept as one row each, then read and applied in their order, once.

Nothing outside the database is done here, so rows are worked on in one transaction a batch: a drain that is killed
leaves them as they were. One row that cannot be applied does not take the others along, nor one item its whole row.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import psycopg
from django.db import DatabaseError, connection, transaction
from django.db.models import Min, Q
from psycopg import sql
from psycopg.types.json import Jsonb

from inbox.channels.base import Door, Envelope
from inbox.channels.items import Ignored, Inbound, Item, StatusReport
from inbox.channels.registry import CHANNELS
from inbox.domain.arrivals import apply_item
from inbox.domain.changes import NotHereYet
from inbox.domain.receiving import address_of, clean_content
from inbox.domain.senders import foresee
from inbox.models import Notification
from tenants.batches import one_batch, tried_whole
from tenants.models import Tenant
from tenants.wakes import GRACE, nudge_soon

logger = logging.getLogger(__name__)

LANE = "inbox.receive"
BATCH = 25  # rows in one transaction
BATCH_SECONDS = 0.15  # a transaction holds the conversations it wrote into, and agents wait for them
BUDGET = timedelta(seconds=10)  # then the other tenants have their turn
PAUSES = [timedelta(seconds=s) for s in (1, 5, 30, 120, 600, 1800)]  # before a row that failed is tried again
# What a row is about may still be on its way: an answer of ours is recorded within the second.
MISSING = [timedelta(seconds=s) for s in (1, 4, 25)]
ID_LENGTH = 200
# Applied again they change nothing, so reading a row again may bring in what was lost.
REPEATABLE = (Inbound, StatusReport)
# Whoever comes with them stays where they are.
SETTLED = (*REPEATABLE, Ignored)

STORE = """
WITH stored AS (
    INSERT INTO {notification} (channel_id, provider_id, payload, state, attempts, error, outcome, received_at)
    VALUES (%s, %s, %s::jsonb, 'pending', 0, '', '', %s)
    ON CONFLICT (channel_id, provider_id) DO NOTHING RETURNING id
), woken AS (
    INSERT INTO public.tenants_wake (tenant_id, lane, due_at) SELECT %s, %s, %s FROM stored
)
SELECT count(*) FROM stored
"""


# What reading a row changes of it; what came is never written again.
KEEP = """
UPDATE inbox_notification SET state = %s, attempts = %s, error = %s, outcome = %s, applied = %s, next_try_at = %s,
    settled_at = %s
WHERE id = %s
"""


class NotStorable(ValueError):
    """A payload that the database cannot keep."""


def store(*, tenant: Tenant, channel_id: int, envelopes: Sequence[Envelope], now: datetime) -> int:
    """Keep what came in for a channel of `tenant` and wake its lane, all or nothing; return how many were new.

    It names its schema itself, so that the tenant need not be entered: that would cost a statement more.
    Raises NotStorable, psycopg.Error, DatabaseError.
    """
    wake = (tenant.pk, LANE, now + GRACE)
    rows = [(channel_id, _id_of(one), _as_json(one.payload), now, *wake) for one in envelopes]
    try:
        stored = _execute(_store_into(tenant.schema_name), rows)
    except psycopg.DataError as error:
        raise NotStorable(type(error).__name__) from None
    if stored:
        schema = tenant.schema_name
        transaction.on_commit(lambda: nudge_soon(schema, LANE))
    return stored


@lru_cache(maxsize=1024)
def _store_into(schema: str) -> str:
    return sql.SQL(STORE).format(notification=sql.Identifier(schema, "inbox_notification")).as_string()


def _execute(statement: str, rows: Sequence[tuple[Any, ...]]) -> int:
    """Run the statement for each row; on a connection that had died meanwhile, once more on a new one."""
    for last in (False, True):
        connection.ensure_connection()
        raw: psycopg.Connection[Any] = connection.connection
        try:
            # Not Django's cursor: it puts statements together as text, and so they cannot be prepared.
            with transaction.atomic() if len(rows) > 1 else nullcontext(), psycopg.Cursor(raw) as cursor:
                return sum(new for row in rows for (new,) in cursor.execute(statement, row, prepare=True))
        except psycopg.OperationalError:
            if last or connection.in_atomic_block or not raw.closed:
                raise
            connection.close()
    return 0


def _id_of(envelope: Envelope) -> str:
    text = envelope.provider_id.replace("\x00", "")
    return text if len(text) <= ID_LENGTH else "sha256:" + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _as_json(payload: Mapping[str, Any]) -> str:
    """Return a payload as PostgreSQL keeps it: without NUL, halves of characters or numbers that are none."""
    try:
        text = json.dumps(payload, ensure_ascii=False, allow_nan=False)
        if "\\u0000" in text:
            text = json.dumps(clean_content(payload), ensure_ascii=False, allow_nan=False)
    except (ValueError, RecursionError) as error:
        raise NotStorable(type(error).__name__) from None
    return text.encode("utf-8", "replace").decode()


def drain(*, now: datetime) -> datetime | None:
    """Read everything due, in order; return when the lane next has work. One at a time: the lane sees to it."""
    began = time.monotonic()
    while True:
        spent = timedelta(seconds=time.monotonic() - began)
        if spent >= BUDGET:
            return now
        # What came after a batch was chosen has a wake of its own, which this drain does not answer.
        if not drain_batch(now=now + spent):
            break
    pending = Notification.objects.filter(state=Notification.State.PENDING)
    due: datetime | None = pending.aggregate(due=Min("next_try_at"))["due"]
    return due


def drain_batch(*, now: datetime, limit: int = BATCH) -> bool:
    """Read some rows in one transaction; say whether more may be due. Where one breaks it they are read one by one."""
    whole = not connection.in_atomic_block
    try:
        with transaction.atomic(), one_batch(whole=whole):
            return _read_some(now, limit)
    except Exception:
        if not whole:
            raise
        logger.exception("a batch of notifications could not be kept; its rows are read one by one")
    return _one_by_one(now, limit) > 0


def _one_by_one(now: datetime, limit: int) -> int:
    """Read rows each in a transaction of its own; one that cannot be kept is put off."""
    done = 0
    for pk in list(_due(now).values_list("pk", flat=True)[:limit]):
        try:
            with transaction.atomic(), one_batch(whole=False):
                _read_some(now, 1, pk=pk)
        except DatabaseError as error:
            with transaction.atomic():
                row = Notification.objects.select_for_update().get(pk=pk)
                _put_off(row, error, PAUSES, now)
                _keep_results([row])
        done += 1
    return done


def _due(now: datetime) -> Any:
    ready = Q(next_try_at=None) | Q(next_try_at__lte=now)
    return Notification.objects.filter(ready, state=Notification.State.PENDING).order_by("id")


def _read_some(now: datetime, limit: int, pk: int | None = None) -> bool:
    """Read up to `limit` of the rows that are due; say whether there may be more of them."""
    began = time.monotonic()
    rows = _due(now).filter(pk=pk) if pk else _due(now)
    chosen = list(rows.select_for_update(skip_locked=True, of=("self",)).select_related("channel")[:limit])
    found = [_items_of(row, now) for row in chosen]
    _foresee(chosen, found)
    done = []
    for row, items in zip(chosen, found, strict=True):
        row.attempts += 1
        if isinstance(items, Exception):
            _settle(row, Notification.State.FAILED, now, error=_said(items))
        else:
            _apply(row, items, now)
        done.append(row)
        if time.monotonic() - began > BATCH_SECONDS:
            break
    _keep_results(done)
    return len(done) < len(chosen) or len(chosen) == limit


def _keep_results(rows: Sequence[Notification]) -> None:
    """Save what came of the rows, in one go."""
    values: list[Any] = [
        (r.state, r.attempts, r.error, r.outcome, Jsonb(r.applied), r.next_try_at, r.settled_at, r.pk) for r in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(KEEP, values)


def _items_of(row: Notification, now: datetime) -> Sequence[Item] | Exception:
    """Read one claimed row; what cannot be read says why, and is kept for when it can."""
    try:
        return door_of(row.channel.kind).read(row.payload, now=now)
    except Exception as error:
        # The reader met something it does not know.
        if not isinstance(error, ValueError):
            logger.exception("notification %s cannot be read", row.pk)
        return error


def _foresee(rows: Sequence[Notification], found: Sequence[Sequence[Item] | Exception]) -> None:
    """Look up who wrote, for several messages at once; not where something among them changes who is where."""
    readable = ((row, items) for row, items in zip(rows, found, strict=True) if not isinstance(items, Exception))
    read = [(row, item) for row, items in readable for item in items]
    senders = {(row.channel_id, address_of(item.sender)) for row, item in read if isinstance(item, Inbound)}
    if len(senders) > 1 and all(isinstance(item, SETTLED) for _, item in read):
        foresee(senders)


def door_of(kind: str) -> Door:
    """Return who reads a kind's calls. Raises ValueError when nobody does."""
    side = CHANNELS.get(kind)
    if side is None or side.door is None:
        raise ValueError("nobody reads this kind of channel")
    return side.door


def _apply(row: Notification, items: Sequence[Item], now: datetime) -> None:
    outcomes: list[str] = []
    failed: Exception | None = None
    for place, item in enumerate(items):
        if place in row.applied and not isinstance(item, REPEATABLE):
            outcomes.append("applied before")
            continue
        try:
            # A message brings a transaction of its own.
            with nullcontext() if isinstance(item, Inbound) else transaction.atomic():
                outcomes.append(apply_item(channel=row.channel, item=item, now=now))
            if place not in row.applied:
                row.applied = [*row.applied, place]
        except Exception as error:
            # A message has no savepoint in a batch that is tried whole.
            if (isinstance(item, Inbound) and tried_whole()) or _is_lost():
                raise
            if not isinstance(error, NotHereYet):
                logger.exception("an item of notification %s cannot be applied", row.pk)
            failed = error if failed is None or isinstance(failed, NotHereYet) else failed
            outcomes.append(_said(error))
    row.outcome = "; ".join(outcomes)[:255]
    if failed is not None:
        _put_off(row, failed, MISSING if isinstance(failed, NotHereYet) else PAUSES, now)
    elif all(isinstance(item, Ignored) for item in items):
        _settle(row, Notification.State.IGNORED, now)
    else:
        _settle(row, Notification.State.DONE, now)


def _is_lost() -> bool:
    """Say whether the transaction cannot go on, because of the row or of the connection."""
    raw = connection.connection
    return connection.needs_rollback or raw is None or raw.closed


def _put_off(row: Notification, error: Exception, pauses: Sequence[timedelta], now: datetime) -> None:
    """Have a row read again later, until it has been tried often enough."""
    if row.attempts <= len(pauses):
        row.next_try_at, row.error = now + pauses[row.attempts - 1], _said(error)
    elif isinstance(error, NotHereYet):
        # Written before we were here, or deleted since: nothing is wrong, and nothing can be done.
        state = Notification.State.DONE if row.applied else Notification.State.IGNORED
        _settle(row, state, now, error=_said(error))
    else:
        _settle(row, Notification.State.FAILED, now, error=_said(error))


def _settle(row: Notification, state: str, now: datetime, error: str = "") -> None:
    row.state, row.settled_at, row.next_try_at, row.error = state, now, None, error


def _said(error: Exception) -> str:
    if isinstance(error, NotHereYet):
        return f"message {error} is not here"[:255]
    return f"{type(error).__name__}: {error}".replace("\x00", "")[:255]
