"""Signed requests to the product: messages, delivery states and the rest, one by one or many in a POST."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from functools import partial
from typing import Any

import requests

from simulators.clock import Clock, reachable
from simulators.whatsapp_cloud.payloads import Change, envelope, status, statuses_change
from simulators.whatsapp_cloud.world import Business, StoredMessage, World, now

TIMEOUT = (5, 20)  # seconds to connect and to read
RETRIES = 2  # Meta repeats for days; a test has no days
AFTER = 0.4  # seconds before it is repeated


class Webhooks:
    """Sends what Meta would send, signed with the app's secret, and keeps a log of the answers."""

    def __init__(self, world: World, clock: Clock) -> None:
        self.world = world
        self.clock = clock

    def tell(self, business: Business, changes: list[Change]) -> None:
        """Send changes in one POST from another thread, as often as the faults say."""
        self.tell_body(business, envelope(business, changes))

    def tell_body(self, business: Business, body: dict[str, Any]) -> None:
        """Send a whole body from another thread, as often as the faults say."""
        raw = encode(body)
        for copy in range(1 + self.world.faults.duplicates):
            self.clock.after(0.02 * copy, partial(self.post, business, raw))

    def walk_states(self, business: Business, message: StoredMessage, error: int | None) -> None:
        """Carry an accepted message to its end: sent, delivered (and read), or failed with ``error``."""
        pace = self.world.pace
        if error is not None:
            if pace.sent_after is not None:
                self.clock.after(pace.sent_after, partial(self.set_status, business, message, "failed", error))
            return
        named = (("sent", pace.sent_after), ("delivered", pace.delivered_after), ("read", pace.read_after))
        steps = [(at, state) for state, at in named if at is not None]
        if self.world.faults.statuses_out_of_order:
            states = [state for _, state in reversed(steps)]
            steps = [(at, state) for (at, _), state in zip(steps, states, strict=True)]
        for at, state in steps:
            self.clock.after(at, partial(self.set_status, business, message, state))

    def set_status(self, business: Business, message: StoredMessage, state: str, error: int | None = None) -> None:
        """Change a message's state and tell of it."""
        with self.world.lock:
            message.status, message.error_code = state, error
        row = status(message, state, now(), error=error)
        raw = encode(envelope(business, [statuses_change(business.phones[message.phone_id], [row])]))
        for _copy in range(1 + self.world.faults.duplicates):
            self.post(business, raw)

    def post(self, business: Business, raw: bytes, *, signature: str | None = None) -> int | None:
        """POST a signed body, again if it is not answered well. Returns the last status, None without an answer."""
        if not business.url or self.world.faults.silent_webhooks:
            return None
        secret = secrets.token_hex(16) if self.world.faults.wrong_signature else business.app_secret
        signed = signature if signature is not None else sign(secret, raw)
        target, extra = reachable(business.url)
        headers = {
            "X-Hub-Signature-256": signed,
            "Content-Type": "application/json",
            "User-Agent": "facebookexternalua",
        }
        found: int | None = None
        problem = ""
        for attempt in range(1 + RETRIES):
            try:
                answer = requests.post(
                    target, data=raw, headers=headers | extra, timeout=TIMEOUT, allow_redirects=False
                )
                found, problem = answer.status_code, ""
            except requests.RequestException as error:
                found, problem = None, type(error).__name__
            self._log(business.url, raw, found, problem)
            refused = found is not None and 400 <= found < 500
            if found == 200 or refused or attempt == RETRIES:
                break
            if self.clock.sleep(AFTER):
                break
        return found

    def handshake(self, url: str, verify_token: str) -> bool:
        """Ask an address to prove that it is the business's: it must echo the challenge."""
        challenge = str(secrets.randbelow(10**9))
        target, extra = reachable(url)
        query = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": verify_token}
        try:
            answer = requests.get(target, params=query, headers=extra, timeout=TIMEOUT, allow_redirects=False)
        except requests.RequestException:
            return False
        return answer.status_code == 200 and answer.text == challenge

    def _log(self, url: str, raw: bytes, found: int | None, problem: str) -> None:
        body = json.loads(raw) if len(raw) < 1_000_000 and raw.startswith(b"{") and raw.endswith(b"}") else None
        with self.world.lock:
            self.world.deliveries.append({"url": url, "body": body, "status": found, "problem": problem})


def encode(body: dict[str, Any]) -> bytes:
    """A body in the bytes that are signed: with accents as they are, and slashes escaped, as no library does again."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).replace("/", "\\/").encode()


def sign(secret: str, raw: bytes) -> str:
    """The X-Hub-Signature-256 of a body."""
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
