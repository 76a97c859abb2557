"""The contract between the inbox and whatever carries its messages.

A channel is one folder: its typed configuration, its wire code, its reading of webhooks. It sees no model
and no database; the domain hands it plain data and records what came of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Action(StrEnum):
    """What can still be done about a message that was not delivered."""

    RETRY = "retry"  # the same message again, later
    TEMPLATE = "template"  # only an approved template may be sent
    OPT_OUT = "opt_out"  # the person asked not to be written to
    STOP = "stop"  # nothing; a person must look


class ChannelError(Exception):
    """A send or a fetch did not succeed.

    ``permanent``: the same request will fail again. ``doubtful``: the far side may have accepted it.
    ``message`` is a sentence for the staff; it never contains a credential.
    """

    def __init__(
        self,
        message: str,
        *,
        permanent: bool,
        doubtful: bool = False,
        code: str = "",
        action: Action = Action.STOP,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.permanent = permanent
        self.doubtful = doubtful
        self.code = code
        self.action = action


@dataclass(frozen=True, kw_only=True)
class Outbound:
    """A message to send. ``key`` is our own id of it and comes back with its delivery states."""

    key: str
    sender: str
    recipient: str
    body: str = ""
    content_sid: str = ""
    content_variables: Mapping[str, str] = field(default_factory=dict)
    media_urls: tuple[str, ...] = ()
    status_callback: str = ""


@dataclass(frozen=True, kw_only=True)
class InboundMedia:
    """A file announced with a message; its bytes are fetched later."""

    url: str
    content_type: str


@dataclass(frozen=True, kw_only=True)
class Inbound:
    """A message as it came in. ``sender`` is a channel address: it may be a phone or not, and stays as it is."""

    external_id: str
    sender: str
    recipient: str
    body: str = ""
    sender_name: str = ""
    media: tuple[InboundMedia, ...] = ()
    # When it was sent, for one that is brought in late; None for one that comes now.
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class StatusReport:
    """A delivery state. ``key`` is ours when it came back, so that it can outrun the external id."""

    external_id: str
    status: str
    key: str = ""
    error_code: str = ""
    error_text: str = ""
    action: Action = Action.STOP


@dataclass(frozen=True)
class FetchedMedia:
    """A downloaded file; ``content_type`` is what its bytes say, not what the sender claimed."""

    data: bytes
    content_type: str


class Carrier(Protocol):
    """What a channel kind can do over the wire. One instance serves one channel."""

    def send(self, message: Outbound) -> str:
        """Send, and return the far side's id. Raises ChannelError."""

    def find_sent(self, message: Outbound, *, since: datetime, known: Collection[str]) -> str | None:
        """Look on the far side for a message whose answer was lost.

        Returns its id, or None when it is certainly not there. ``known`` are ids that belong to other
        messages. Raises ChannelError when the far side cannot be asked.
        """

    def list_inbound(self, *, recipient: str, since: datetime) -> list[Inbound]:
        """List what came in for `recipient` since a moment, oldest first. Raises ChannelError."""

    def fetch_media(self, url: str) -> FetchedMedia:
        """Download a file that came with a message. Raises ChannelError."""

    def check(self) -> str:
        """Ask the far side whether the credentials are good; returns the account's name. Raises ChannelError."""
