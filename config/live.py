"""The live process: server-sent events from the tenant's Redis stream. It opens no database.

`GET /live?token=…` with a token of tenants.live. Hints only: the page fetches what it may see. An unknown last id is
answered with `reset`, and the page fetches everything again; a refused token with 401, and the page asks for another.

    uvicorn config.live:app
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import redis.asyncio as aioredis
from django.conf import settings
from django.core import signing
from redis.exceptions import RedisError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tenants.live_tokens import REVOKED, TOKEN_SECONDS, issued_at, read_live_token, stream_key

logger = logging.getLogger(__name__)

HEARTBEAT = 20.0  # seconds; proxies close what is silent for a minute
LIFE = 900.0  # seconds; then the page shows again that its session holds
BLOCK_MS = 5000
# What waits for a hint is answered after BLOCK_MS at the latest. The client's own limit is no longer than that, so each
# silence would look like a Redis that is gone; and with none, one that never answers would look like silence.
ANSWER_SECONDS = BLOCK_MS / 1000 + 5
BEHIND = 500  # hints a slow browser may lag before it is told to fetch everything
START = "0-0"
OURS = {"ready", "beat", "deaf", "renew"}  # events this process makes itself


@dataclass
class Hint:
    """One entry of the stream. Made here: `deaf` when entries may be lost, and `reset` when that is over."""

    id: str
    topic: str
    data: str


@dataclass(eq=False)
class Listener:
    """One browser's place to put hints."""

    queue: asyncio.Queue[Hint] = field(default_factory=lambda: asyncio.Queue(BEHIND))

    def put(self, hint: Hint) -> None:
        """Add a hint; one that lags too far gets a reset in place of what it missed."""
        if self.queue.full():
            while not self.queue.empty():
                self.queue.get_nowait()
            hint = Hint(hint.id, "reset", "{}")
        self.queue.put_nowait(hint)


class Hub:
    """Reads each tenant's stream once, for all the browsers of this process."""

    def __init__(self) -> None:
        self._redis: Any = None
        self._listeners: dict[str, set[Listener]] = {}
        self._readers: dict[str, asyncio.Task[None]] = {}

    @property
    def redis(self) -> Any:
        """The process's client, made inside the running loop. Its answers are decoded text."""
        if self._redis is None:
            self._redis = aioredis.Redis.from_url(
                settings.REDIS_URL,
                decode_responses=True,
                socket_connect_timeout=2,
                socket_timeout=ANSWER_SECONDS,
                health_check_interval=30,
            )
        return self._redis

    @contextlib.asynccontextmanager
    async def listening(self, key: str) -> AsyncIterator[Listener]:
        """Listen to a stream; its reader lives as long as somebody does."""
        listener = Listener()
        self._listeners.setdefault(key, set()).add(listener)
        try:
            last = await self.last_id(key) if key not in self._readers else START
            if key not in self._readers:  # nobody began one while we asked
                self._readers[key] = asyncio.create_task(self._read(key, last))
            yield listener
        finally:
            self._listeners[key].discard(listener)
            if not self._listeners[key]:
                del self._listeners[key]
                reader = self._readers.pop(key, None)
                if reader is not None:
                    reader.cancel()

    async def last_id(self, key: str) -> str:
        """The newest id of a stream. Raises RedisError."""
        newest = await self.redis.xrevrange(key, count=1)
        return str(newest[0][0]) if newest else START

    async def revoked_since(self, key: str, user: int, since: int) -> bool:
        """Whether a user was revoked after `since` (ms); no token is older than TOKEN_SECONDS. Raises RedisError."""
        rows = await self.redis.xrange(key, max(since, int(time.time() - TOKEN_SECONDS) * 1000))
        hints = (Hint(id_, row["topic"], row["hint"]) for id_, row in rows)
        return any(hint.topic == REVOKED and _concerns(hint, user, since) for hint in hints)

    async def missed(self, key: str, last: str) -> list[Hint] | None:
        """What came after `last`; None when that id is not known (any more). Raises RedisError."""
        try:
            if not await self.redis.xrange(key, last, last):
                return None
            rows = await self.redis.xrange(key, f"({last}")
        except aioredis.ResponseError:
            return None  # not an id at all
        return [Hint(id_, row["topic"], row["hint"]) for id_, row in rows]

    async def _read(self, key: str, last: str) -> None:
        while True:
            try:
                answer = await self.redis.xread({key: last}, block=BLOCK_MS, count=200)
            except (RedisError, OSError) as error:
                logger.warning("the stream cannot be read: %s", type(error).__name__)
                self._tell(key, Hint(last, "deaf", "{}"))
                last = await self._come_back(key)
                continue
            for _key, rows in answer or []:
                for last, row in rows:
                    self._tell(key, Hint(last, row["topic"], row["hint"]))

    async def _come_back(self, key: str) -> str:
        """Wait for Redis; what was lost meanwhile, everybody fetches."""
        while True:
            await asyncio.sleep(1)
            try:
                last = await self.last_id(key)
            except (RedisError, OSError):
                continue
            self._tell(key, Hint(last, "reset", "{}"))
            return last

    def _tell(self, key: str, hint: Hint) -> None:
        for listener in self._listeners.get(key, ()):
            listener.put(hint)


hub = Hub()


async def live(request: Request) -> Response:
    """Stream the hints of the token's topics."""
    try:
        text = request.query_params.get("token", "")
        token = {**read_live_token(text), "at": issued_at(text)}
    except signing.BadSignature:
        return JSONResponse({"error": "token"}, status_code=401)
    last = request.headers.get("last-event-id") or request.query_params.get("last") or ""
    return StreamingResponse(
        stream(token, last),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def stream(token: dict[str, Any], last: str) -> AsyncIterator[str]:
    """The events of one browser, until its token's life is over or it is revoked."""
    key, topics = stream_key(token["tenant"]), {*token["topics"], "reset", REVOKED}
    yield "retry: 2000\n\n"
    try:
        async with hub.listening(key) as listener:
            if await hub.revoked_since(key, token["user"], token["at"]):
                yield event(Hint(await hub.last_id(key), REVOKED, "{}"))
                return
            async for hint in hints_for(key, listener, last):
                if hint.topic == REVOKED and not _concerns(hint, token["user"], token["at"]):
                    continue
                if hint.topic in topics or hint.topic in OURS:
                    yield event(hint)
                if hint.topic == REVOKED:
                    return
    except (RedisError, OSError):
        logger.warning("Redis cannot be reached; the browser will come back")


async def hints_for(key: str, listener: Listener, last: str) -> AsyncIterator[Hint]:
    """`ready`, what was missed since `last` (or `reset`), then what comes; a `beat` in silence, `renew` at the end."""
    ends = time.monotonic() + LIFE
    # Listening began before this look, so nothing falls between the two; what comes twice is dropped by its id.
    missed = await hub.missed(key, last) if last else []
    newest = await hub.last_id(key)
    if missed is None:
        missed = [Hint(newest, "reset", "{}")]
    seen = missed[-1].id if missed else newest
    yield Hint(last if last and missed else newest, "ready", "{}")
    for hint in missed:
        yield hint
    while time.monotonic() < ends:
        try:
            hint = await asyncio.wait_for(listener.queue.get(), HEARTBEAT)
        except TimeoutError:
            yield Hint(seen, "beat", "{}")
            continue
        if hint.topic in {"reset", "deaf"} or order(hint.id) > order(seen):
            seen = hint.id
            yield hint
    yield Hint(seen, "renew", "{}")


def _concerns(hint: Hint, user: int, since: int) -> bool:
    """Whether a revocation is about this user and newer than their token."""
    return json.loads(hint.data).get("user") == user and order(hint.id)[0] >= since


def order(stream_id: str) -> tuple[int, int]:
    """A stream id as it sorts."""
    left, _, right = stream_id.partition("-")
    return int(left), int(right or 0)


def event(hint: Hint) -> str:
    """A hint as a server-sent event."""
    return f"id: {hint.id}\nevent: {hint.topic}\ndata: {hint.data}\n\n"


async def health(_request: Request) -> Response:
    """Whether this process runs."""
    return JSONResponse({"status": "ok"})


app = Starlette(routes=[Route("/live", live), Route("/health", health)])
