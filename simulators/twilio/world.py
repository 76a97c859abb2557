"""What the far side knows: accounts, messages, media, open windows and the faults switched on."""

from __future__ import annotations

import re
import secrets
import threading
from collections import deque
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Any

WINDOW = timedelta(hours=24)
# Twilio's own test numbers answer at once; the others fail later, by the status callback.
REFUSED_AT_ONCE = {"+15005550001": 21211, "+15005550004": 21610}
MAGIC_PREFIX = "+150055"  # followed by the error code: +15005563003 fails with 63003

ERROR_TEXTS = {
    20003: "Authenticate",
    20404: "The requested resource was not found",
    20429: "Too Many Requests",
    20500: "An internal server error has occurred",
    21211: "Invalid 'To' Phone Number",
    21602: "Message body is required",
    21604: "'To' phone number is required to send a Message",
    21610: "Attempt to send to unsubscribed recipient",
    21655: "The ContentSid is Invalid",
    21656: "The ContentVariables Parameter is invalid",
    63003: "Channel could not find To address",
    63007: "Twilio could not find a Channel with the specified From address",
    63016: "Failed to send freeform message because you are outside the allowed window",
    63018: "Rate limit exceeded for Channel",
    63019: "Media failed to download",
    63024: "Invalid message recipient",
}


def now() -> datetime:
    """The simulator's clock: whole seconds are what Twilio's resources show, but ordering needs more."""
    return datetime.now(UTC)


def new_sid(prefix: str) -> str:
    """A resource id in Twilio's form: two letters and 32 hexadecimal digits."""
    return prefix + secrets.token_hex(16)


def _filled(text: str, variables: dict[str, str]) -> str:
    return re.sub(r"\{\{(\w+)\}\}", lambda m: str(variables.get(m[1], m[0])), text)


@dataclass(frozen=True)
class Choice:
    """A button or a row ("button", "row") of a message on the phone; `id` is what the provider gets to see."""

    kind: str
    title: str
    id: str


@dataclass
class Content:
    """An approved template as Twilio's Content API keeps it."""

    sid: str
    friendly_name: str
    language: str
    body: str
    # Its forms as the Content API keeps them; only words where none are given.
    types: dict[str, Any] = field(default_factory=dict)
    status: str = "approved"
    reason: str = ""
    category: str = "UTILITY"

    @classmethod
    def read(cls, data: dict[str, Any]) -> Content:
        """Make one from its JSON form. Raises KeyError without sid, or without body and types."""
        types = data.get("types") or {"twilio/text": {"body": data["body"]}}
        first = next(iter(types.values()))
        more = {name: str(data[name]) for name in ("status", "reason", "category") if name in data}
        body = str(data.get("body") or first.get("body") or first.get("title") or "")
        return cls(data["sid"], data.get("friendly_name", ""), data.get("language", "es"), body, types, **more)

    def choices(self, variables: dict[str, str]) -> list[Choice]:
        """What can be pressed or chosen: quick replies, and the rows of a list."""
        found: list[Choice] = []
        for kind, form in self.types.items():
            name, rows = ("item", form.get("items")) if kind == "twilio/list-picker" else ("title", form.get("actions"))
            for row in rows or []:
                title = _filled(str(row.get(name, "")), variables)
                if str(row.get("type", "QUICK_REPLY")).upper() == "QUICK_REPLY":
                    where = "row" if name == "item" else "button"
                    found.append(Choice(where, title, _filled(str(row.get("id", "")), variables) or title))
        return found

    def render(self, variables: dict[str, str]) -> str:
        """Put the variables into ``{{1}}``, ``{{2}}``…; one that is missing stays visible."""
        return _filled(self.body, variables)


@dataclass
class Account:
    """One Twilio account: what signs its webhooks, its WhatsApp numbers and its templates."""

    sid: str
    token: str
    numbers: list[str] = field(default_factory=list)
    webhook_url: str = ""
    name: str = ""
    contents: dict[str, Content] = field(default_factory=dict)


@dataclass
class Media:
    """A file that belongs to a message."""

    sid: str
    content_type: str
    data: bytes
    filename: str = ""


@dataclass
class StoredMessage:
    """A message in either direction. ``number`` is the provider's side, ``customer`` the other one."""

    sid: str
    account_sid: str
    number: str
    customer: str
    inbound: bool
    body: str
    status: str
    created: datetime
    media: list[Media] = field(default_factory=list)
    sent: datetime | None = None
    error_code: int | None = None
    status_callback: str = ""
    content_sid: str = ""
    location: dict[str, str] = field(default_factory=dict)
    # Of ours: what its reader can press. Of theirs: what they pressed, and the line they answered.
    choices: list[Choice] = field(default_factory=list)
    chosen: Choice | None = None
    answers: str = ""


@dataclass
class Faults:
    """What goes wrong on purpose. Counters (``*_next``) run down by themselves."""

    latency_ms: int = 0
    fail_next: int = 0
    rate_limit_next: int = 0
    drop_after_accept_next: int = 0
    hang_before_accept_next: int = 0
    hang_seconds: float = 5.0
    fail_media_next: int = 0
    duplicate_callbacks: int = 0
    duplicate_inbound: int = 0
    callbacks_out_of_order: bool = False
    silent_callbacks: bool = False
    redirect_media: bool = False

    def take(self, name: str) -> bool:
        """Use up one of a counted fault; False when none is left."""
        left = getattr(self, name)
        if left <= 0:
            return False
        setattr(self, name, left - 1)
        return True

    def change(self, values: dict[str, Any]) -> None:
        """Set faults by name. Raises ValueError for a name that does not exist."""
        known: dict[str, type] = {f.name: type(getattr(self, f.name)) for f in fields(self)}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"Unknown fault: {name}")
            setattr(self, name, known[name](value))


@dataclass
class Pace:
    """Seconds from acceptance to each state. ``read_after`` None: only when the phone shows it."""

    sent_after: float = 0.15
    delivered_after: float = 0.4
    read_after: float | None = None


class World:
    """All state, behind one lock. ``version`` grows with every change, for those who watch."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.accounts: dict[str, Account] = {}
        self.messages: list[StoredMessage] = []
        self.by_sid: dict[str, StoredMessage] = {}
        self.windows: dict[tuple[str, str], datetime] = {}
        self.contacts: dict[str, str] = {}
        self.faults = Faults()
        self.pace = Pace()
        self.deliveries: deque[dict[str, Any]] = deque(maxlen=2000)
        self.version = 0

    def touch(self) -> None:
        """Say that something changed."""
        with self.lock:
            self.version += 1

    def add_account(self, data: dict[str, Any]) -> Account:
        """Create or replace an account from its JSON form. Raises KeyError without sid or token."""
        contents = {c["sid"]: Content.read(c) for c in data.get("contents", [])}
        account = Account(
            sid=data["sid"],
            token=data["token"],
            numbers=list(data.get("numbers", [])),
            webhook_url=data.get("webhook_url", ""),
            name=data.get("name", ""),
            contents=contents,
        )
        with self.lock:
            self.accounts[account.sid] = account
            for contact in data.get("contacts", []):
                self.contacts[contact["phone"]] = contact.get("name", "")
            self.version += 1
        return account

    def account_of(self, number: str) -> Account | None:
        """The account that owns one of the providers' numbers."""
        return next((a for a in self.accounts.values() if number in a.numbers), None)

    def store(self, message: StoredMessage) -> None:
        """Keep a message; an inbound one opens the 24 hour window."""
        with self.lock:
            self.messages.append(message)
            self.by_sid[message.sid] = message
            if message.inbound:
                self.windows[message.number, message.customer] = message.created
            self.version += 1

    def window_open(self, number: str, customer: str) -> bool:
        """Whether free text may still be sent to this customer from this number."""
        opened = self.windows.get((number, customer))
        return opened is not None and now() - opened < WINDOW

    def between(self, number: str, customer: str) -> list[StoredMessage]:
        """One chat, oldest first."""
        with self.lock:
            return [m for m in self.messages if m.number == number and m.customer == customer]


def magic_error(recipient: str) -> int | None:
    """The error a magic recipient ends with after it was accepted, None for any other number."""
    if recipient.startswith(MAGIC_PREFIX) and len(recipient) == len(MAGIC_PREFIX) + 5:
        code = int(recipient[len(MAGIC_PREFIX) :])
        return code if code >= 10000 else None
    return None
