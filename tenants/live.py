"""Hints to browsers that something changed. Hints, not truth: the page fetches what it may see."""

from __future__ import annotations

import json
import logging
from functools import partial
from typing import Any

import redis
from django.core import signing
from django.db import transaction

from tenants.current import current_tenant
from tenants.redis import redis_client

logger = logging.getLogger(__name__)

KEPT = 1000  # hints kept for browsers that come back; older ones get a reset and refetch
TOKEN_SECONDS = 300
SALT = "live"


def stream_key(tenant_uuid: str) -> str:
    """Return the Redis stream that carries one tenant's hints."""
    return f"live:{tenant_uuid}"


def publish_live(topic: str, **hint: Any) -> None:
    """After commit, tell the tenant's browsers that listen to `topic`. A lost hint costs freshness, not data."""
    key = stream_key(str(current_tenant().uuid))
    transaction.on_commit(partial(_append, key, topic, json.dumps(hint)))


def _append(key: str, topic: str, hint: str) -> None:
    try:
        redis_client().xadd(key, {"topic": topic, "hint": hint}, maxlen=KEPT, approximate=True)
    except redis.RedisError as error:
        logger.warning("live hint %s lost: %s", topic, error)


def make_live_token(*, user_id: int, topics: list[str]) -> str:
    """Return a short-lived token naming tenant, user and topics; the live process reads nothing else."""
    tenant = str(current_tenant().uuid)
    payload = {"tenant": tenant, "user": user_id, "topics": topics}
    return signing.dumps(payload, salt=SALT, compress=False)


def read_live_token(token: str) -> dict[str, Any]:
    """Return the payload. Raises signing.BadSignature, SignatureExpired."""
    payload: dict[str, Any] = signing.loads(token, salt=SALT, max_age=TOKEN_SECONDS)
    return payload
