"""Customer numbers: short, in order, and given once."""

from __future__ import annotations

from django.db import connection, models
from django.db.models.functions import Cast

from customers.models import Customer

WIDTH = 4


def as_code(number: int) -> str:
    """Return a customer number as it is printed: 0042, 12345."""
    return f"{number:0{WIDTH}d}"


def take_codes(count: int) -> list[str]:
    """Return `count` free customer codes, in order. Hold the transaction open until they are saved.

    Two people adding a customer at once wait for each other here instead of failing on the unique code.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(current_schema() || '.customers.code'))")
    numbered = Customer.objects.filter(code__regex=r"^\d{1,12}$")
    last = numbered.aggregate(last=models.Max(Cast("code", models.BigIntegerField())))["last"] or 0
    return [as_code(last + step) for step in range(1, count + 1)]
