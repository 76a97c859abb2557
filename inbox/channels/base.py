"""The contract between the inbox and whatever carries its messages.

A channel kind is one folder: its typed configuration and form, its wire (a `Carrier`), its reading of webhooks (a
`Door`). It sees no model and no database; the domain hands it plain data and records what came of it. What a kind
can do is said once, in `inbox.kinds`, for the composer and the sender alike.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from inbox.channels.items import Action, Inbound, Item, Price
from inbox.kinds import Place


class ChannelError(Exception):
    """A send or a fetch did not succeed.

    ``permanent``: the same request will fail again. ``doubtful``: the far side may have accepted it; with
    ``permanent`` it cannot be looked up either, and waits for a delivery state or a person. ``after``: how long the
    far side asks to wait, for the whole channel when ``slow_down``. ``message`` is a sentence for the staff; it
    never contains a credential.
    """

    def __init__(
        self,
        message: str,
        *,
        permanent: bool,
        doubtful: bool = False,
        code: str = "",
        action: Action = Action.STOP,
        after: timedelta | None = None,
        slow_down: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.permanent = permanent
        self.doubtful = doubtful
        self.code = code
        self.action = action
        self.after = after
        self.slow_down = slow_down


# --- out ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class OutboundMedia:
    """A file of ours: at a signed address for a day, and as bytes for a kind that uploads."""

    url: str
    content_type: str
    filename: str
    size: int
    read: Callable[[], bytes] = field(repr=False)


@dataclass(frozen=True)
class Choice:
    """A button or a row of a list. ``id`` comes back when it is taken."""

    id: str
    title: str
    description: str = ""


@dataclass(frozen=True)
class Choices:
    """Buttons, or a list behind one button (``label``) when there are more than a kind has buttons."""

    options: tuple[Choice, ...]
    label: str = ""

    def as_content(self) -> dict[str, Any]:
        """Return it as a message keeps it."""
        options = [{"id": o.id, "title": o.title, "description": o.description} for o in self.options]
        return {"options": options, "label": self.label}

    @classmethod
    def of_content(cls, content: Mapping[str, Any]) -> Choices | None:
        """Read what a message keeps; None when it keeps no choices."""
        options = content.get("options") or []
        if not options:
            return None
        rows = tuple(Choice(str(o["id"]), str(o["title"]), str(o.get("description", ""))) for o in options)
        return cls(rows, str(content.get("label", "")))


@dataclass(frozen=True, kw_only=True)
class TemplateCall:
    """An approved text with its values. ``external_id``: what the far side calls it (a Content SID, a name)."""

    external_id: str
    language: str
    # By place, "1", "2"… in the body; named templates go by the same order.
    values: Mapping[str, str] = field(default_factory=dict)
    # The far side's own description of it, as it was synced: header, buttons, names of variables.
    components: Sequence[Mapping[str, Any]] = ()
    header: OutboundMedia | None = None
    button_values: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Outbound:
    """A message to send. ``key`` is our own id of it and comes back with its delivery states where that is possible."""

    key: str
    sender: str
    recipient: str
    body: str = ""
    template: TemplateCall | None = None
    media: tuple[OutboundMedia, ...] = ()
    choices: Choices | None = None
    place: Place | None = None
    reply_to: str = ""  # the far side's id of the message it answers
    status_callback: str = ""


@dataclass(frozen=True)
class Call:
    """A request at a door, as it came. ``urls``: the addresses under which it may have been signed."""

    method: str
    urls: Iterable[str]
    path_key: str  # what the address names: a channel's hook, or nothing
    query: Mapping[str, str]
    headers: Mapping[str, str]  # names in lower case
    body: bytes


@dataclass(frozen=True)
class Envelope:
    """What of a call belongs to one channel: where it goes, its id at the far side, and what is stored of it."""

    account: str
    number: str
    provider_id: str
    payload: Mapping[str, Any]


class Malformed(ValueError):
    """A call that is none of the far side's: answered with 400, and nothing is stored."""


class Door(Protocol):
    """How a kind's webhooks are read. Pure: bytes in, plain data out."""

    def route(self, call: Call) -> Sequence[Envelope]:
        """Say for whom a call is, before anything is believed. Raises Malformed."""

    def is_genuine(self, call: Call, *, secrets: Sequence[str]) -> bool:
        """Check the signature with the channel's secrets (any of them may sign while one is replaced)."""

    def read(self, payload: Mapping[str, Any], *, now: datetime) -> Sequence[Item]:
        """Read a stored payload whole, messages before states. Raises ValueError for one that cannot be read."""


@dataclass(frozen=True)
class FetchedMedia:
    """A downloaded file; ``content_type`` is what its bytes say, not what the sender claimed."""

    data: bytes
    content_type: str


@dataclass(frozen=True, kw_only=True)
class FarTemplate:
    """A template as the far side has it. ``variables`` are its places in the body, "1", "2"… or names, in order."""

    external_id: str
    name: str
    language: str
    category: str
    status: str  # approved, pending, rejected, paused, disabled, unsubmitted
    body: str
    variables: tuple[str, ...] = ()
    reason: str = ""
    components: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What the far side said of a message it accepted. ``status`` where it says more than that."""

    external_id: str
    status: str = "sent"
    price: Price | None = None


class Carrier(Protocol):
    """What a channel kind can do over the wire. One instance serves one channel; calls may come from many threads."""

    def send(self, message: Outbound) -> Sent:
        """Send, and return what the far side said. Raises ChannelError."""

    def find_sent(self, message: Outbound, *, since: datetime, known: Collection[str]) -> str | None:
        """Look on the far side for a message whose answer was lost.

        Returns its id, or None when it is certainly not there. ``known`` are ids that belong to other
        messages. Raises ChannelError when the far side cannot be asked; permanent when it never can.
        """

    def list_inbound(self, *, recipient: str, since: datetime) -> list[Inbound]:
        """List what came in for `recipient` since a moment, oldest first; empty where that cannot be asked.

        Raises ChannelError.
        """

    def fetch_media(self, url: str) -> FetchedMedia:
        """Download a file that came with a message. Raises ChannelError."""

    def check(self) -> str:
        """Ask the far side whether the credentials are good; returns the account's name. Raises ChannelError."""

    def templates(self) -> list[FarTemplate]:
        """List the approved texts; empty where there are none. Raises ChannelError."""

    def react(self, *, recipient: str, external_id: str, emoji: str) -> None:
        """Put a reaction on a message of theirs, or take it away with an empty one. Raises ChannelError."""

    def mark_read(self, *, recipient: str, external_id: str, typing: bool = False) -> None:
        """Show the person that their message was read (and that somebody types). Raises ChannelError."""


class PricesLater(Protocol):
    """A carrier whose far side tells no price with a delivery state: it is asked for those of many messages."""

    def list_prices(self, *, sender: str, since: datetime) -> Mapping[str, Price]:
        """Return what the messages sent since a moment cost, by their ids, as far as known. Raises ChannelError."""
        ...
