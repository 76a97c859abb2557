"""Who else has a conversation on screen or is typing: kept in Redis for a moment, never in a row."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass

import redis

from inbox.models import Conversation
from tenants.current import current_tenant
from tenants.live import publish_live
from tenants.redis import redis_client

logger = logging.getLogger(__name__)

STATES = ("looking", "typing", "gone")
LOOKING_SECONDS = 45  # a page says it again every 25
TYPING_SECONDS = 12  # and every 6 while somebody types
CUSTOMER = "customer"
BETWEEN_MARKS = 20  # seconds between two «typing» shown to the customer


@dataclass(frozen=True)
class Present:
    """Somebody at a conversation. `who`: "user:5", or CUSTOMER."""

    who: str
    name: str
    state: str


def _key(conversation_id: int) -> str:
    return f"presence:{current_tenant().uuid}:{conversation_id}"


def note_presence(*, conversation_id: int, who: str, name: str, state: str) -> None:
    """Say that somebody looks, types or went, and tell the browsers. Without Redis nobody is told, and nothing fails.

    For the customer's own typing, where a channel tells of it: ``who=CUSTOMER``.
    """
    key = _key(conversation_id)
    try:
        client = redis_client()
        if state == "gone":
            client.hdel(key, who)
        else:
            client.hset(key, who, json.dumps({"name": name, "state": state, "at": time.time()}))
            client.expire(key, LOOKING_SECONDS)
    except redis.RedisError as error:
        logger.warning("presence lost: %s", type(error).__name__)
        return
    publish_live("presence", conversation=conversation_id, who=who, name=name, state=state)


def who_is_here(*, conversation_id: int, but: str = "") -> list[Present]:
    """Return who is at a conversation now, except `but`."""
    try:
        held = redis_client().hgetall(_key(conversation_id))
    except redis.RedisError:
        return []
    found = []
    for raw_who, raw in held.items():
        who, entry = _text(raw_who), json.loads(raw)
        age = time.time() - entry["at"]
        state = "typing" if entry["state"] == "typing" and age < TYPING_SECONDS else "looking"
        if who != but and age < (TYPING_SECONDS if who == CUSTOMER else LOOKING_SECONDS):
            found.append(Present(who, entry["name"], state))
    return sorted(found, key=lambda one: one.name)


def may_show_typing(conversation: Conversation) -> bool:
    """Say whether the customer should be shown now that somebody types: seldom, and where the channel can."""
    if not conversation.channel.can.typing:
        return False
    try:
        held = redis_client().set(f"{_key(conversation.pk)}:shown", 1, nx=True, ex=BETWEEN_MARKS)
    except redis.RedisError:
        return False
    return bool(held)


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
