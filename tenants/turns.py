"""A lane whose rows go in order is drained by one at a time: one works, one waits, and whoever comes then may go."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from tenants.current import current_tenant


@contextmanager
def in_turn(lane: str) -> Iterator[bool]:
    """Hold the current tenant's right to drain `lane`, waiting for at most one other; False when somebody waits.

    The one who waits looks when the other has ended, and so sees what came while that one was finishing. A third has
    nothing to do, because the second has not looked yet.
    """
    working, waiting = (f"{place}:{current_tenant().pk}:{lane}" for place in ("working", "waiting"))
    if not _take(working, wait=False):
        if not _take(waiting, wait=False):
            yield False
            return
        try:
            _take(working, wait=True)
        finally:
            _give_back(waiting)
    try:
        yield True
    finally:
        _give_back(working)


def _take(name: str, *, wait: bool) -> bool:
    """Take a lock of this connection, which a process that dies gives back."""
    take = "pg_advisory_lock" if wait else "pg_try_advisory_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {take}(hashtextextended(%s, 0))", [name])
        return wait or bool(cursor.fetchone()[0])


def _give_back(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])
