"""How updates reach a bot: a webhook that is called until it answers well, or long polling. Never both."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import requests

from simulators.gateway_server import reachable
from simulators.telegram.requests import read_number, read_object
from simulators.telegram.world import SECRET, Bot, Hook, Refusal, World, stamp

Said = dict[str, Any]
PORTS = frozenset({443, 80, 88, 8443})
TIMEOUT = 15.0  # seconds a webhook has to answer
AGAIN = 0.3  # seconds before a webhook that failed is called again; the real one waits longer each time
STEP = 0.02  # seconds between two looks of a poll that waits


class Updates:
    """Webhooks and polls, over one world. ``local``: a webhook may be plain http on any port, as with --local."""

    def __init__(self, world: World, *, local: bool = True) -> None:
        self.world = world
        self.local = local
        self.methods: dict[str, Callable[[Bot, Said], Any]] = {}  # what a webhook's answer may ask for
        self._thread = threading.Thread(target=self._deliver_all, name="telegram-updates", daemon=True)

    def start(self) -> None:
        """Begin to call webhooks."""
        self._thread.start()

    def stop(self) -> None:
        """End; what was not taken stays in its queue."""
        with self.world.changed:
            self.world.stopped = True
            self.world.changed.notify_all()
        self._thread.join(timeout=5)

    # --- methods -----------------------------------------------------------------------------------------

    def set_hook(self, bot: Bot, said: Said) -> bool:
        """Have updates sent to an address; an empty one takes the webhook away."""
        url = str(said.get("url", ""))
        if not url:
            return self.drop_hook(bot, said)
        self._check_url(url)
        secret = str(said.get("secret_token", ""))
        if secret and not SECRET.fullmatch(secret):
            raise Refusal(400, "Bad Request: bad webhook: secret token contains unallowed characters")
        most = read_number(said, "max_connections") if "max_connections" in said else 40
        if not 1 <= most <= 100:
            raise Refusal(400, "Bad Request: bad webhook: max_connections must be between 1 and 100")
        asked = read_object(said, "allowed_updates")
        kinds = bot.hook.allowed_updates if asked is None else list(asked)
        with self.world.changed:
            bot.hook = Hook(url, secret, most, kinds)
            bot.polls += 1  # a poll that waits ends
            if said.get("drop_pending_updates") in {True, "true", "True"}:
                bot.pending.clear()
            self.world.changed.notify_all()
        return True

    def drop_hook(self, bot: Bot, said: Said) -> bool:
        """Take the webhook away; what waits stays, unless it is to be dropped."""
        with self.world.changed:
            bot.hook = Hook(allowed_updates=bot.hook.allowed_updates)
            if said.get("drop_pending_updates") in {True, "true", "True"}:
                bot.pending.clear()
        return True

    def tell_hook(self, bot: Bot, _said: Said) -> Said:
        """What getWebhookInfo tells."""
        hook = bot.hook
        told: Said = {
            "url": hook.url,
            "has_custom_certificate": False,
            "pending_update_count": len(bot.pending),
            "max_connections": hook.max_connections,
        }
        if hook.error:
            told |= {"last_error_date": hook.error_at, "last_error_message": hook.error}
        if hook.allowed_updates:
            told["allowed_updates"] = hook.allowed_updates
        return told

    def _check_url(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            raise Refusal(400, "Bad Request: bad webhook: invalid webhook URL specified") from None
        if parts.scheme not in {"https", "http"} or not parts.hostname:
            raise Refusal(400, "Bad Request: bad webhook: invalid webhook URL specified")
        if self.local:
            return
        if parts.scheme != "https":
            raise Refusal(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        if port not in PORTS:
            raise Refusal(400, "Bad Request: bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")

    # --- polling -----------------------------------------------------------------------------------------

    async def poll(self, bot: Bot, said: Said) -> list[Said]:
        """getUpdates: confirm what is below `offset`, then what waits, or what comes within `timeout` seconds."""
        offset = read_number(said, "offset") if "offset" in said else 0
        limit = min(max(read_number(said, "limit") if "limit" in said else 100, 1), 100)
        patience = min(max(read_number(said, "timeout") if "timeout" in said else 0, 0), 50)
        asked = read_object(said, "allowed_updates")
        with self.world.lock:
            if bot.hook.url:
                raise Refusal(
                    409,
                    "Conflict: can't use getUpdates method while webhook is active; "
                    "use deleteWebhook to delete the webhook first",
                )
            bot.polls += 1
            mine = bot.polls
            if asked is not None:
                bot.asked_updates = list(asked)
            _confirm(bot, offset)
        until = time.monotonic() + patience
        while True:
            with self.world.lock:
                if bot.polls != mine:
                    raise Refusal(
                        409,
                        "Conflict: terminated by other getUpdates request; "
                        "make sure that only one bot instance is running",
                    )
                found = list(bot.pending)[:limit]
            if found or time.monotonic() >= until or self.world.stopped:
                return found
            await asyncio.sleep(STEP)

    # --- webhooks ----------------------------------------------------------------------------------------

    def _deliver_all(self) -> None:
        again: dict[str, float] = {}
        while True:
            with self.world.changed:
                if self.world.stopped:
                    return
                now = time.monotonic()
                ready = [
                    (bot, bot.pending[0], replace(bot.hook))
                    for bot in self.world.bots.values()
                    if bot.hook.url and bot.pending and again.get(bot.token, 0) <= now
                ]
                if not ready:
                    self.world.changed.wait(0.05)
                    continue
            for bot, update, hook in ready:
                if not self._deliver(bot, update, hook):
                    again[bot.token] = time.monotonic() + AGAIN

    def _deliver(self, bot: Bot, update: Said, hook: Hook) -> bool:
        status, problem, asked = call_hook(hook, update)
        if act := self.methods.get(str(asked.get("method"))):
            with suppress(Refusal):  # nobody hears what came of it
                act(bot, asked)
        with self.world.lock:
            bot.deliveries.append((update["update_id"], status))
            if 200 <= status < 300:
                if bot.pending and bot.pending[0] is update:
                    bot.pending.popleft()
                return True
            if bot.hook.url == hook.url:
                bot.hook.error_at = stamp()
                bot.hook.error = problem or f"Wrong response from the webhook: {status}"
        return False


def call_hook(hook: Hook, update: Said, *, host: str = "") -> tuple[int, str, Said]:
    """Call a webhook once; return its status (0: none), what went wrong, and the method its answer asks for.

    `host` names the site.
    """
    url, headers = reachable(hook.url)
    if hook.secret_token:
        headers |= {"X-Telegram-Bot-Api-Secret-Token": hook.secret_token}
    if host:
        headers["Host"] = host
    try:
        answer = requests.post(url, json=update, headers=headers, timeout=TIMEOUT, allow_redirects=False)
    except requests.Timeout:
        return 0, "Read timeout expired", {}
    except requests.RequestException:
        return 0, "Connection refused", {}
    asked = answer.json() if answer.headers.get("content-type", "").startswith("application/json") else {}
    return answer.status_code, "", asked if isinstance(asked, dict) else {}


def _confirm(bot: Bot, offset: int) -> None:
    """Forget what the bot has: everything below `offset`; a negative one keeps only that many of the last."""
    if offset < 0:
        kept = list(bot.pending)[offset:]
        bot.pending.clear()
        bot.pending.extend(kept)
        return
    while bot.pending and bot.pending[0]["update_id"] < offset:
        bot.pending.popleft()
