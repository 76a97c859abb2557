"""One Redis client per process."""

from __future__ import annotations

from functools import cache

import redis
from django.conf import settings


@cache
def redis_client() -> redis.Redis:
    """Return the process's client; its pool is thread-safe. Commands raise redis.RedisError."""
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=10, health_check_interval=30
    )
