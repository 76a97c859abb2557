"""What a message can be, and what each kind of channel can do: plain data, read without any wire."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class ContentKind(StrEnum):
    """What a line is. The files of a message are its attachments, whatever the kind."""

    TEXT = "text"
    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"
    DOCUMENT = "document"
    STICKER = "sticker"
    LOCATION = "location"  # content: {"latitude", "longitude", "name", "address"}
    CONTACTS = "contacts"  # content: {"contacts": [{"name", "phones": [...]}]}
    CHOICES = "choices"  # ours: content: Choices.as_content()
    CHOICE = "choice"  # theirs, a button or row they took: content: {"id", "title"}
    TEMPLATE = "template"
    UNSUPPORTED = "unsupported"  # told, but not readable: content: {"type", "why"}


@dataclass(frozen=True)
class Place:
    """A point on the map."""

    latitude: float
    longitude: float
    name: str = ""
    address: str = ""


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What a kind can do. Sizes are the far side's own limits; its documents are named where they are set."""

    window: timedelta | None = None  # free text only this long after the person's last message
    templates: bool = False
    can_start: bool = True  # whether we may write first
    notices: bool = True  # whether it reaches a person who is not looking: reminders, cuts, receipts
    body_limit: int = 4096  # characters
    caption_limit: int = 1024
    buttons: int = 0  # beyond these a list
    rows: int = 0
    media: bool = True
    media_limit: int = 16 * 1024 * 1024  # bytes
    files_at_once: int = 1
    location: bool = False
    replies: bool = False
    reactions: bool = False
    read_receipts: bool = False  # whether a person can be shown that we read
    typing: bool = False  # whether they can be shown that somebody types
    looks_up: bool = False  # whether a lost answer can be looked up
    catches_up: bool = False  # whether what came in while we were off can be asked for
    prices_later: bool = False  # whether what a message cost is told only to who asks afterwards
    per_second: float = 20.0  # messages of one sender, unless the channel says otherwise


# One entry a kind. Twilio: https://www.twilio.com/docs/whatsapp, read in 2026.
KINDS: dict[str, Capabilities] = {
    "twilio_whatsapp": Capabilities(
        window=timedelta(hours=24),
        templates=True,
        body_limit=1600,
        caption_limit=1600,
        looks_up=True,
        catches_up=True,
        prices_later=True,
        per_second=80,
    ),
    # https://developers.facebook.com/docs/whatsapp/cloud-api, read in 2026; caption and text in characters.
    "cloud_whatsapp": Capabilities(
        window=timedelta(hours=24),
        templates=True,
        buttons=3,
        rows=10,
        location=True,
        replies=True,
        reactions=True,
        read_receipts=True,
        typing=True,
        per_second=80,
    ),
    # https://core.telegram.org/bots/api and /bots/faq, read in 2026. Who never wrote cannot be written to.
    "telegram": Capabilities(
        can_start=False,
        buttons=10,
        rows=30,
        media_limit=50 * 1024 * 1024,
        location=True,
        replies=True,
        reactions=True,
        typing=True,
        per_second=25,
    ),
    # Ours: what the page of inbox/channels/web_chat shows. Nobody has it open when a reminder leaves.
    "web_chat": Capabilities(
        can_start=False,
        notices=False,
        buttons=10,
        media_limit=10 * 1024 * 1024,
        typing=True,
        looks_up=True,
        per_second=100,
    ),
    # As WhatsApp does, so that trying it tells how that will be.
    "sandbox": Capabilities(
        window=timedelta(hours=24), templates=True, buttons=3, rows=10, replies=True, reactions=True, per_second=50
    ),
}
NONE = Capabilities(can_start=False, notices=False, media=False)
# Those by which the provider may write of itself.
NOTICE_KINDS = tuple(kind for kind, can in KINDS.items() if can.notices)


def capabilities_of(kind: str) -> Capabilities:
    """Return what a kind can do; nothing at all for one that is no more."""
    return KINDS.get(kind, NONE)
