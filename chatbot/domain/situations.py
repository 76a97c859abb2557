"""What an answer is made from, and what it is: plain data between reading and doing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chatbot.models import Bot
from customers.models import Customer, Service
from inbox.domain.reserved import Reserved
from inbox.domain.sending import Upload
from inbox.models import Attachment, Conversation

# What the bot may be waiting for: a photo, a yes to a day ("promise:2026-11-27"), the next answer of a form
# ("form:move"). The ids of a form's buttons begin so too.
RECEIPT_PHOTO = "receipt_photo"
PROMISE_YES = "promise"
FORM = "form"


class NoAccount(RuntimeError):
    """A tool asked for the account of a conversation that has no customer: a mistake of ours."""


class NotProved(NoAccount):
    """A tool asked for an account before it was proved to be that of whoever writes: a mistake of ours."""


@dataclass(frozen=True)
class Situation:
    """Who wrote, what for, with which files, and how the dialogue stands. The customer is the conversation's."""

    bot: Bot
    conversation: Conversation
    intent: str
    now: datetime
    text: str = ""
    files: tuple[Attachment, ...] = ()
    waiting_for: str = ""
    misses: int = 0
    last_intent: str = ""
    # What a model answered already; empty where our own dialogues answer.
    said: str = ""
    # How sure the intent is (0 to 1).
    confidence: float = 0.0
    # The id of the button they took, and the point on the map they sent: {"latitude", "longitude", …}.
    picked: str = ""
    place: Mapping[str, Any] | None = None
    turn_id: int = 0
    # Who they proved to be, and which of their services they speak of: set by `identity.recognised` alone.
    holder: Customer | None = None
    proved: bool = False
    # Whether it is some customer who has still to prove which.
    must_prove: bool = False
    service: Service | None = None

    @property
    def customer(self) -> Customer | None:
        """Return the customer of the conversation, never one that a text names.

        A number of several customers is whose they proved it to be.
        """
        return self.holder or self.conversation.customer

    @property
    def waits_for_yes(self) -> bool:
        """Whether a day to pay was offered and not yet answered."""
        return self.waiting_for.startswith(f"{PROMISE_YES}:")

    @property
    def is_in_form(self) -> bool:
        """Whether a form may be waiting for an answer."""
        return self.waiting_for.startswith(f"{FORM}:")

    @property
    def account_id(self) -> int:
        """Return the customer's id for a read of the account.

        Raises NoAccount for a stranger, NotProved for a customer who has not proved who they are.
        """
        if self.customer is None:
            raise NoAccount
        if not self.proved:
            raise NotProved
        return self.customer.pk


@dataclass(frozen=True)
class Option:
    """A quick reply. `key` is what it means to us, short and the same in every language."""

    key: str
    title: str
    description: str = ""


@dataclass(frozen=True)
class Answer:
    """What to say (nothing, when empty), what to wait for, and whether a person takes over and why.

    `note` goes with the reason to whoever takes over; `intent` is set where files said more than words.
    """

    text: str = ""
    waiting_for: str = ""
    hand_over: str = ""
    note: str = ""
    misses: int = 0
    intent: str = ""
    # Which of our own tools answered, for whoever looks later.
    tool: str = ""
    # Why a person takes over, as Turn.Why counts it; empty: because of what it is about.
    why: str = ""
    # What the answer stands on, where it was found in the provider's knowledge.
    source: str = ""
    # Quick replies under the words, and what opens them where they are a list.
    options: tuple[Option, ...] = ()
    button: str = ""
    # What goes with the words.
    files: tuple[Upload, ...] = ()
    # What is really said where `text` is only what everybody of the inbox may read of it.
    reserved: Reserved | None = None
    # Words that are read back before they bind are said whole, however long.
    whole: bool = False
