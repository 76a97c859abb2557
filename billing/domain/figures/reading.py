"""How the figures' statements are run."""

from __future__ import annotations

from typing import Any

from django.db import connection

from tenants.current import current_tenant


def fetch(sql: str, params: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of one statement, in the provider's currency and time zone when it asks for them."""
    tenant = current_tenant()
    with connection.cursor() as cursor:
        cursor.execute(sql, {"currency": tenant.currency, "zone": tenant.timezone, **params})
        return list(cursor.fetchall())
