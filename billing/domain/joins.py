"""How PostgreSQL is told to join rows that it knows nothing of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def hashed_joins() -> Iterator[None]:
    """Inside, statements join by hashing. For what joins rows written a moment ago, in the caller's transaction.

    The planner has no count of what a CTE gives or of rows younger than the last ANALYZE; it guesses one, joins by a
    loop within a loop, and a thousand customers cost a million comparisons. LATERAL look-ups still use their index.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off")
        yield
        # After an error there is nothing to set back: the rollback does.
        cursor.execute("SET LOCAL enable_nestloop TO DEFAULT")
