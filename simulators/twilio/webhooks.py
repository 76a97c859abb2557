"""Signed requests to the product: inbound messages and delivery states, at the pace of the world."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import requests
from twilio.request_validator import RequestValidator

from simulators.clock import Clock, reachable
from simulators.twilio.world import ERROR_TEXTS, Account, StoredMessage, World

TIMEOUT = (5, 15)  # seconds to connect and to read, as Twilio documents for webhooks


class Webhooks:
    """Sends what Twilio would send, signed with the account's token, and keeps a log of the answers."""

    def __init__(self, world: World, clock: Clock, public_base: Callable[[], str]) -> None:
        self.world = world
        self.clock = clock
        self.public_base = public_base

    def announce_inbound(self, account: Account, message: StoredMessage, profile_name: str) -> None:
        """Tell the product of a customer's message, more than once when that fault is on."""
        params = self.inbound_params(account, message, profile_name)
        for copy in range(1 + self.world.faults.duplicate_inbound):
            self.clock.after(0.02 * copy, partial(self.post, account, account.webhook_url, params))

    def inbound_params(self, account: Account, message: StoredMessage, profile_name: str) -> dict[str, str]:
        """The form fields of an inbound WhatsApp message."""
        phone = message.customer.startswith("+")
        params = {
            "MessageSid": message.sid,
            "SmsSid": message.sid,
            "SmsMessageSid": message.sid,
            "AccountSid": account.sid,
            "From": f"whatsapp:{message.customer}",
            "To": f"whatsapp:{message.number}",
            "Body": message.body,
            "NumMedia": str(len(message.media)),
            "NumSegments": "1",
            "SmsStatus": "received",
            "ApiVersion": "2010-04-01",
            "ProfileName": profile_name,
            "MessageType": _message_type(message),
            **message.location,
            **self._answer(message),
        }
        if phone:
            params["WaId"] = message.customer.lstrip("+")
        else:
            params["ExternalUserId"] = f"whatsapp:{message.customer}"
        for index, media in enumerate(message.media):
            params[f"MediaUrl{index}"] = (
                f"{self.public_base()}/2010-04-01/Accounts/{account.sid}/Messages/{message.sid}/Media/{media.sid}"
            )
            params[f"MediaContentType{index}"] = media.content_type
        return params

    def _answer(self, message: StoredMessage) -> dict[str, str]:
        """What is said of the line that was answered, and of the button or the row that was chosen."""
        quoted = self.world.by_sid.get(message.answers)
        if quoted is None:
            return {}
        writer = quoted.customer if quoted.inbound else quoted.number
        said = {"OriginalRepliedMessageSid": quoted.sid, "OriginalRepliedMessageSender": f"whatsapp:{writer}"}
        if message.chosen is None:
            return said
        names = {"button": ("ButtonText", "ButtonPayload"), "row": ("ListTitle", "ListId")}[message.chosen.kind]
        return said | dict(zip(names, (message.chosen.title, message.chosen.id), strict=True))

    def walk_states(self, account: Account, message: StoredMessage, error: int | None) -> None:
        """Carry an accepted message to its end: sent, delivered (and read), or failed with ``error``."""
        pace = self.world.pace
        if error is not None:
            self.clock.after(pace.sent_after, lambda: self.set_status(account, message, "failed", error))
            return
        steps: list[tuple[float, str]] = [(pace.sent_after, "sent"), (pace.delivered_after, "delivered")]
        if pace.read_after is not None:
            steps.append((pace.read_after, "read"))
        if self.world.faults.callbacks_out_of_order:
            times = [at for at, _ in steps]
            steps = [(at, status) for at, (_, status) in zip(times, reversed(steps), strict=True)]
        for at, status in steps:
            self.clock.after(at, partial(self.set_status, account, message, status))

    def set_status(self, account: Account, message: StoredMessage, status: str, error: int | None = None) -> None:
        """Change a message's state and call back about it."""
        with self.world.lock:
            message.status = status
            message.error_code = error
            if status == "sent":
                message.sent = message.created
            self.world.touch()
        if not message.status_callback or self.world.faults.silent_callbacks:
            return
        params = {
            "MessageSid": message.sid,
            "SmsSid": message.sid,
            "SmsStatus": status,
            "MessageStatus": status,
            "AccountSid": account.sid,
            "From": f"whatsapp:{message.number}",
            "To": f"whatsapp:{message.customer}",
            "ApiVersion": "2010-04-01",
            "ChannelPrefix": "whatsapp",
        }
        if error is not None:
            params["ErrorCode"] = str(error)
            params["ErrorMessage"] = ERROR_TEXTS.get(error, "")
        for _ in range(1 + self.world.faults.duplicate_callbacks):
            self.post(account, message.status_callback, params)

    def post(self, account: Account, url: str, params: dict[str, str]) -> int | None:
        """POST a signed form, twice if the connection fails. Returns the status, None without an answer."""
        if not url:
            return None
        signature = RequestValidator(account.token).compute_signature(url, params)
        target, extra = reachable(url)
        headers = {"X-Twilio-Signature": signature, "User-Agent": "TwilioProxy/1.1", **extra}
        status, problem = None, ""
        for _attempt in range(2):
            try:
                answer = requests.post(target, data=params, headers=headers, timeout=TIMEOUT, allow_redirects=False)
            except requests.ConnectionError as error:
                problem = type(error).__name__
                time.sleep(0.3)
                continue
            except requests.RequestException as error:
                problem = type(error).__name__
                break
            status, problem = answer.status_code, ""
            break
        self._log(url, params, status, problem)
        return status

    def _log(self, url: str, params: dict[str, str], status: int | None, problem: str) -> None:
        entry: dict[str, Any] = {"url": url, "params": params, "status": status, "problem": problem}
        with self.world.lock:
            self.world.deliveries.append(entry)
            self.world.version += 1


def _message_type(message: StoredMessage) -> str:
    if message.chosen:
        return "interactive"
    if message.location:
        return "location"
    if message.media:
        return "image" if message.media[0].content_type.startswith("image/") else "document"
    return "text"
