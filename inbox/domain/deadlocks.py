"""Who locks several conversations may meet somebody who locks them in another order.

What comes in locks many, in the order in which it came; so no order is right for all, and now and then each of two
waits for the other. PostgreSQL ends one of them: nothing was done then, and it is done again.
"""

from __future__ import annotations

from django.db import OperationalError
from psycopg.errors import DeadlockDetected

TRIES = 4


def is_deadlock(error: OperationalError) -> bool:
    """Whether that is how a statement ended."""
    return isinstance(error.__cause__, DeadlockDetected)
