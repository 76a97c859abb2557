"""The contract between the bot and whatever reads a customer's words.

An engine only chooses: it is given a text and the intents that are allowed, and names one of them. It has no
tools, sees no model, no database and nothing of the customer's account.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

NONE = "none"  # the intent of a text that asks for nothing we know


@dataclass(frozen=True)
class Usage:
    """What a model's answer used, in tokens (of sound also in seconds), and its price in USD where it is known."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost: Decimal | None = None
    seconds: float = 0.0


NOTHING = Usage()


class EngineError(Exception):
    """A choice could not be made. `permanent`: the same call will fail again (a wrong key, an unknown model).

    `about_text`: this customer's words or this answer are the cause and not the service, so that others may ask it.
    `message` is a sentence for the staff; it holds neither the key nor the customer's words. `usage` is what was
    used before it broke off: that is paid all the same.
    """

    def __init__(self, message: str, *, permanent: bool, about_text: bool = False, usage: Usage = NOTHING) -> None:
        super().__init__(message)
        self.usage = usage
        self.message = message
        self.permanent = permanent
        self.about_text = about_text


@dataclass(frozen=True)
class Context:
    """What the bot knows of the moment, none of it about the account."""

    has_file: bool = False
    waiting_for: str = ""  # what the bot asked for: "receipt_photo", "promise:<day>", or nothing


@dataclass(frozen=True)
class Choice:
    """The intent chosen, how sure (0 to 1), why in a few words for the staff, and the language where it is known."""

    intent: str
    confidence: float
    reason: str = ""
    usage: Usage = field(default_factory=Usage)
    language: str = ""


class Engine(Protocol):
    """What reads a text. One instance may serve many threads."""

    def choose(self, text: str, *, intents: Mapping[str, str], context: Context) -> Choice:
        """Return one of `intents` ({name: meaning}), or NONE. Raises EngineError."""


@dataclass(frozen=True)
class PictureReading:
    """What a model says stands in a proof of payment: texts by field, and how sure it is of each (0 to 1)."""

    values: Mapping[str, str] = field(default_factory=dict)
    confidence: Mapping[str, float] = field(default_factory=dict)
    is_proof: bool = True
    usage: Usage = field(default_factory=Usage)


class SeesPictures(Protocol):
    """What reads a picture. One instance may serve many threads."""

    def read_proof(self, picture: bytes) -> PictureReading:
        """Return what stands in a JPEG of a proof of payment. Raises EngineError."""
