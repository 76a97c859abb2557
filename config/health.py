"""GET /health: can this process reach what it needs?"""

from __future__ import annotations

import redis
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

from tenants.redis import redis_client


def health(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 -- a view's signature
    """Return 200 when the database answers, 503 otherwise; Redis down is degraded, since rows are the truth."""
    parts = {"database": _database(), "redis": _redis()}
    ok = parts["database"] == "ok"
    status = "ok" if all(part == "ok" for part in parts.values()) else "degraded" if ok else "down"
    return JsonResponse({"status": status, **parts}, status=200 if ok else 503)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "down"
    return "ok"


def _redis() -> str:
    try:
        redis_client().ping()
    except redis.RedisError:
        return "down"
    return "ok"
