"""What Meta's side knows: businesses, their numbers and templates, messages, files, open windows, and the faults."""

from __future__ import annotations

import base64
import secrets
import threading
from collections import deque
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Any

WINDOW = timedelta(hours=24)
# A recipient made of this and an error code is accepted and then fails with it: 15005131026 fails with 131026.
FAILS_LATER = "15005"
# … and one made of this is refused at once.
FAILS_AT_ONCE = "15006"

ERRORS: dict[int, tuple[int, str, str]] = {
    # code: HTTP status, title, details
    1: (500, "An unknown error occurred", "Please retry again later"),
    4: (400, "Application request limit reached", "The app has reached its API call rate limit."),
    100: (400, "Invalid parameter", "Invalid parameter"),
    190: (401, "Error validating access token", "Session has expired"),
    130429: (429, "Rate limit hit", "Message failed to send because there were too many messages sent."),
    131000: (500, "Something went wrong", "Message failed to send due to an unknown error."),
    131008: (400, "Required parameter is missing", "A required parameter is missing."),
    131009: (400, "Parameter value is not valid", "One or more parameter values are invalid."),
    131026: (400, "Message undeliverable", "Message Undeliverable."),
    131047: (
        400,
        "Re-engagement message",
        "Message failed to send because more than 24 hours have passed since the customer last replied to this number.",
    ),
    131051: (400, "Unsupported message type", "Message type is not currently supported."),
    131052: (400, "Media download error", "Unable to download the media sent by the user."),
    131053: (400, "Media upload error", "Unable to upload the media used in the message."),
    131056: (400, "Pair rate limit hit", "Too many messages sent from this number to the same recipient."),
    132000: (400, "Number of parameters does not match the expected number of params", "body: number of params"),
    132001: (404, "Template name does not exist in the translation", "template name does not exist in the language"),
}


def now() -> datetime:
    """The simulator's clock."""
    return datetime.now(UTC)


def new_wamid() -> str:
    """A message id in Meta's form."""
    return "wamid." + base64.b64encode(secrets.token_bytes(36)).decode()


def new_number(digits: int = 16) -> str:
    """An id as Graph gives them: decimal digits."""
    return str(secrets.randbelow(9 * 10 ** (digits - 1)) + 10 ** (digits - 1))


@dataclass
class Person:
    """A customer. Without `wa_id` only the business-scoped id is known, as with people who have a username."""

    wa_id: str = ""
    user_id: str = ""
    parent_user_id: str = ""
    name: str = ""
    username: str = ""

    @property
    def key(self) -> str:
        """What the chat is kept under."""
        return self.wa_id or self.user_id


@dataclass
class Phone:
    """One of a business's numbers."""

    id: str
    display: str
    name: str = ""
    quality: str = "GREEN"


@dataclass
class Business:
    """One WhatsApp Business Account, and the app that gets its webhooks and signs them."""

    waba_id: str
    token: str
    app_secret: str
    verify_token: str = ""
    webhook_url: str = ""
    name: str = ""
    phones: dict[str, Phone] = field(default_factory=dict)
    templates: list[dict[str, Any]] = field(default_factory=list)
    subscribed: bool = False
    # The address of this account alone, set with subscribed_apps; else the app's.
    override_url: str = ""

    @property
    def url(self) -> str:
        """Where its webhooks go."""
        return self.override_url or self.webhook_url


@dataclass
class Media:
    """A file, uploaded by a business or sent by a customer."""

    id: str
    waba_id: str
    content_type: str
    data: bytes
    filename: str = ""


@dataclass
class StoredMessage:
    """A message in either direction; `content` is as on the wire. `opaque` is the business's own word for it."""

    id: str
    phone_id: str
    person: Person
    inbound: bool
    kind: str
    content: dict[str, Any]
    status: str
    created: datetime
    opaque: str = ""
    error_code: int | None = None
    category: str = "service"
    read_by_business: bool = False
    typing: bool = False


@dataclass
class Faults:
    """What goes wrong on purpose. Counters (``*_next``) run down by themselves; the others stay until set back."""

    latency_ms: int = 0
    fail_next: int = 0  # 500 and nothing is done
    fail_after_accept_next: int = 0  # done, and answered 500
    drop_after_accept_next: int = 0  # done, and the connection is reset without an answer
    cut_after_accept_next: int = 0  # done, and the answer breaks off half way
    hang_before_accept_next: int = 0
    hang_after_accept_next: int = 0
    hang_seconds: float = 5.0
    rate_limit_next: int = 0  # 130429
    pair_limit_next: int = 0  # 131056
    junk_next: int = 0  # 200 with a page instead of JSON, and nothing is done
    token_expired: bool = False
    proof_required: bool = False  # the app demands appsecret_proof with each call
    window_over_http: bool = False  # 131047 in the answer instead of a failed status
    fail_media_next: int = 0
    media_elsewhere: str = ""  # the address a media id leads to instead of ours
    duplicates: int = 0  # more copies of every webhook
    statuses_out_of_order: bool = False
    silent_webhooks: bool = False
    wrong_signature: bool = False

    def take(self, name: str) -> bool:
        """Use up one of a counted fault; False when none is left."""
        left: int = getattr(self, name)
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
    """Seconds from acceptance to each state; None: it does not come by itself."""

    sent_after: float | None = 0.15
    delivered_after: float | None = 0.4
    read_after: float | None = None


class World:
    """All state, behind one lock."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.businesses: dict[str, Business] = {}
        self.messages: list[StoredMessage] = []
        self.by_id: dict[str, StoredMessage] = {}
        self.media: dict[str, Media] = {}
        self.people: dict[str, Person] = {}
        self.windows: dict[tuple[str, str], datetime] = {}
        self.faults = Faults()
        self.pace = Pace()
        self.deliveries: deque[dict[str, Any]] = deque(maxlen=2000)
        self.calls: deque[tuple[str, str]] = deque(maxlen=2000)

    def add_business(self, data: dict[str, Any]) -> Business:
        """Create or replace a business from its JSON form. Raises KeyError without waba_id, token or app_secret."""
        phones = [Phone(p["id"], p["display"], p.get("name", ""), p.get("quality", "GREEN")) for p in data["phones"]]
        business = Business(
            waba_id=data["waba_id"],
            token=data["token"],
            app_secret=data["app_secret"],
            verify_token=data.get("verify_token", ""),
            webhook_url=data.get("webhook_url", ""),
            name=data.get("name", ""),
            phones={p.id: p for p in phones},
            templates=[complete(t) for t in data.get("templates", [])],
        )
        with self.lock:
            self.businesses[business.waba_id] = business
        return business

    def business_of(self, phone_id: str) -> Business | None:
        """The business that has a number."""
        return next((b for b in self.businesses.values() if phone_id in b.phones), None)

    def person(self, key: str, **facts: str) -> Person:
        """A customer by number or BSUID, made when new."""
        with self.lock:
            found = self.people.get(key)
            if found is None:
                found = Person(user_id=key) if "." in key else Person(wa_id=key)
                self.people[key] = found
            for name, value in facts.items():
                setattr(found, name, value)
            return found

    def store(self, message: StoredMessage) -> None:
        """Keep a message; an inbound one opens the 24 hour window."""
        with self.lock:
            self.messages.append(message)
            self.by_id[message.id] = message
            if message.inbound:
                self.windows[message.phone_id, message.person.key] = message.created

    def window_open(self, phone_id: str, customer: str) -> bool:
        """Whether free text may still be sent to this customer from this number."""
        opened = self.windows.get((phone_id, customer))
        return opened is not None and now() - opened < WINDOW

    def keep_media(self, waba_id: str, data: bytes, content_type: str, filename: str = "") -> Media:
        """Keep a file and give it an id."""
        media = Media(new_number(15), waba_id, content_type, data, filename)
        with self.lock:
            self.media[media.id] = media
        return media


def complete(template: dict[str, Any]) -> dict[str, Any]:
    """A template with what Graph always tells of it."""
    plain = {"status": "APPROVED", "category": "UTILITY", "parameter_format": "POSITIONAL", "id": new_number(16)}
    return {**plain, "language": "es", "components": [], **template}


def magic_error(recipient: str, prefix: str) -> int | None:
    """The error a magic recipient ends with; None for any other."""
    code = recipient.removeprefix(prefix)
    if recipient == code or not code.isdecimal() or len(code) not in {3, 6}:
        return None
    return int(code)
