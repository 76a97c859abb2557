"""The scheduler: once a second, hand the lanes that are due to their queues. One at a time holds the lock."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from datetime import datetime

import django

LOCK = 0x456E6C61  # "Enla": the advisory lock of whoever ticks
EVERY_SECONDS = 1.0
# At most so many lanes a tick: a thousand providers due at midnight are spread over the seconds after it.
BURST = 100
SWEEP_SECONDS = 600

logger = logging.getLogger("enlace.scheduler")

DUE = """
WITH first AS MATERIALIZED (  -- looked up once: a plan that joins it again would go past the limit
    SELECT wake.id FROM public.tenants_wake wake WHERE wake.due_at <= %s
    ORDER BY wake.due_at LIMIT %s FOR UPDATE SKIP LOCKED
), due AS (
    DELETE FROM public.tenants_wake WHERE id IN (SELECT id FROM first) RETURNING tenant_id, lane
)
SELECT DISTINCT tenant.schema_name, due.lane FROM due
JOIN public.tenants_tenant tenant ON tenant.id = due.tenant_id AND tenant.status = %s
ORDER BY 1, 2
"""


def tick(now: datetime, *, burst: int = BURST) -> int:
    """Delete the wakes due at `now` and nudge their lanes; return how many lanes were nudged.

    The nudges go out before the commit: if the broker refuses, the rows stay and the next tick tries again.
    Raises the broker's and the database's errors.
    """
    from django.db import connection, transaction  # noqa: PLC0415 -- apps must be loaded first

    from tenants.models import Tenant  # noqa: PLC0415 -- apps must be loaded first
    from tenants.wakes import send_many  # noqa: PLC0415 -- apps must be loaded first

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(DUE, [now, burst, Tenant.Status.READY])
        lanes = cursor.fetchall()
        send_many(lanes)
    return len(lanes)


def sweep(seconds: float, since: float) -> int:
    """Nudge every lane of the tenants whose turn fell in (since, seconds]; each has one turn in SWEEP_SECONDS.

    The safety net: work whose wake was lost is found here.
    """
    from config.lanes import LANES  # noqa: PLC0415 -- apps must be loaded first
    from tenants.models import Tenant  # noqa: PLC0415 -- apps must be loaded first
    from tenants.wakes import send_many  # noqa: PLC0415 -- apps must be loaded first

    turns = {int(second) % SWEEP_SECONDS for second in range(int(since) + 1, int(seconds) + 1)}
    if not turns:
        return 0
    ready = Tenant.objects.filter(status=Tenant.Status.READY).values_list("pk", "schema_name")
    # 211 is prime to 600: neighbours by number are far apart in time.
    lanes = [(schema, lane) for pk, schema in ready if pk * 211 % SWEEP_SECONDS in turns for lane in LANES]
    send_many(lanes)
    return len(lanes)


def run(stop: threading.Event) -> None:
    """Tick until told to stop. Waits for the lock, so that a second scheduler is a spare and not a twin."""
    from django.db import DatabaseError, connection  # noqa: PLC0415 -- apps must be loaded first
    from django.utils import timezone  # noqa: PLC0415 -- apps must be loaded first

    since = time.time()
    held = False
    while not stop.wait(EVERY_SECONDS):
        try:
            if not held or connection.connection is None or connection.connection.closed:
                held = _take_lock()
            if held:
                seconds = time.time()
                tick(timezone.now())
                sweep(seconds, since)
                since = seconds
        except DatabaseError:
            logger.exception("the tick failed; the rows stay for the next one")
            connection.close()
            held = False
        except Exception:
            logger.exception("the tick failed; the rows stay for the next one")


def _take_lock() -> bool:
    from django.db import connection  # noqa: PLC0415 -- apps must be loaded first

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def main() -> None:
    """Run as a process: `python -m config.scheduler`."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    logger.info("ticking every %s s", EVERY_SECONDS)
    run(stop)


if __name__ == "__main__":
    main()
