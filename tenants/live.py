"""Hints to browsers that something changed. Hints, not truth: the page fetches what it may see."""

from __future__ import annotations

import json
import logging
from functools import partial
from typing import Any

import redis
from django.db import transaction

from tenants.current import current_tenant
from tenants.live_tokens import REVOKED, read_live_token, sign_live_token, stream_key
from tenants.redis import redis_client

__all__ = ["make_live_token", "publish_live", "read_live_token", "revoke_live"]

logger = logging.getLogger(__name__)

KEPT = 1000  # hints kept for browsers that come back; older ones get a reset and refetch


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
    return sign_live_token(tenant=str(current_tenant().uuid), user_id=user_id, topics=topics)


def revoke_live(*, user_id: int) -> None:
    """End the streams of a person whose session or permissions changed; their pages ask for a new token."""
    publish_live(REVOKED, user=user_id)
