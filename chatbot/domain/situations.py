"""What an answer is made from, and what it is: plain data between reading and doing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chatbot.models import Bot
from customers.models import Customer
from inbox.models import Attachment, Conversation

# What the bot may be waiting for: a photo, or a yes to a day ("promise:2026-11-27").
RECEIPT_PHOTO = "receipt_photo"
PROMISE_YES = "promise"


class NoAccount(RuntimeError):
    """A tool asked for the account of a conversation that has no customer: a mistake of ours."""


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

    @property
    def customer(self) -> Customer | None:
        """Return the customer of the conversation, never one that a text names."""
        return self.conversation.customer

    @property
    def waits_for_yes(self) -> bool:
        """Whether a day to pay was offered and not yet answered."""
        return self.waiting_for.startswith(f"{PROMISE_YES}:")

    @property
    def account_id(self) -> int:
        """Return the customer's id for a read of the account. Raises NoAccount for a stranger."""
        if self.conversation.customer_id is None:
            raise NoAccount
        return self.conversation.customer_id


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
    # What is to be followed up as a ticket of the customer's; nothing when nothing is.
    fault: str = ""
    # What the answer stands on, where it was found in the provider's knowledge.
    source: str = ""
