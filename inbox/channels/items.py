"""What comes in from a far side: messages, what happened to them, and what is said of addresses, texts and channels.

Plain data, read by a kind's `Door` or listed by its `Carrier` (`inbox.channels.base`); the domain applies it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from inbox.kinds import ContentKind


class Action(StrEnum):
    """What can still be done about a message that was not delivered."""

    RETRY = "retry"  # the same message again, later
    TEMPLATE = "template"  # only an approved template may be sent
    OPT_OUT = "opt_out"  # the person asked not to be written to, or blocked us
    STOP = "stop"  # nothing; a person must look


@dataclass(frozen=True, kw_only=True)
class InboundMedia:
    """A file announced with a message; its bytes are fetched later by ``url``, which only its carrier understands."""

    url: str
    content_type: str
    filename: str = ""
    voice: bool = False


@dataclass(frozen=True, kw_only=True)
class Inbound:
    """A message as it came in.

    ``sender`` is a channel address: it may be a phone or not, and stays as it is. ``aliases`` are other addresses the
    far side says are the same person; ``phone`` an E.164 number that can be called. With ``echo`` it was written by
    the provider on another device, and ``sender`` is still the customer.
    """

    external_id: str
    sender: str
    recipient: str
    body: str = ""
    sender_name: str = ""
    media: tuple[InboundMedia, ...] = ()
    # When it was sent, for one that is brought in late; None for one that comes now.
    at: datetime | None = None
    kind: ContentKind = ContentKind.TEXT
    content: Mapping[str, Any] = field(default_factory=dict)
    reply_to: str = ""
    aliases: tuple[str, ...] = ()
    phone: str = ""
    echo: bool = False


@dataclass(frozen=True, kw_only=True)
class Edited:
    """The sender changed the words of a message."""

    external_id: str
    sender: str
    body: str


@dataclass(frozen=True, kw_only=True)
class Deleted:
    """The sender took a message back."""

    external_id: str
    sender: str


@dataclass(frozen=True, kw_only=True)
class Reacted:
    """A reaction to the message ``external_id``; an empty ``emoji`` takes it away."""

    external_id: str
    sender: str
    emoji: str
    echo: bool = False


@dataclass(frozen=True, kw_only=True)
class Price:
    """What the far side says a message costs. ``amount`` in ``currency`` is None where only the category is told."""

    amount: Decimal | None = None
    currency: str = ""
    billable: bool | None = None
    category: str = ""
    model: str = ""


@dataclass(frozen=True, kw_only=True)
class StatusReport:
    """A delivery state. ``key`` is ours when it came back, so that it can outrun the external id."""

    external_id: str
    status: str
    key: str = ""
    error_code: str = ""
    error_text: str = ""
    action: Action = Action.STOP
    price: Price | None = None


@dataclass(frozen=True, kw_only=True)
class AddressChanged:
    """A person is known by another address from now on."""

    old: str
    new: str
    phone: str = ""


@dataclass(frozen=True, kw_only=True)
class Blocked:
    """A person stopped hearing us (``blocked``), or hears us again; with ``marketing`` advertisements alone."""

    sender: str
    blocked: bool
    marketing: bool = False


@dataclass(frozen=True, kw_only=True)
class Introduced:
    """A person came by a link of ours whose ``token`` says which customer they are."""

    sender: str
    token: str


@dataclass(frozen=True, kw_only=True)
class TemplateReport:
    """The far side judged a template."""

    external_id: str
    name: str
    language: str
    status: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class ChannelReport:
    """The far side says something of the number itself: its quality, a limit, a lock. An empty ``problem``: none.

    ``number`` as people write it, where the news is told to an account that may have several; "": all of it.
    """

    problem: str
    number: str = ""


@dataclass(frozen=True, kw_only=True)
class Ignored:
    """Read, kept with the notification, nothing to do. ``why`` is a word for whoever looks at it."""

    why: str


Item = (
    Inbound
    | Edited
    | Deleted
    | Reacted
    | StatusReport
    | AddressChanged
    | Blocked
    | Introduced
    | TemplateReport
    | ChannelReport
    | Ignored
)
