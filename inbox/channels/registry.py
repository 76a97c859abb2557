"""The kinds of channel there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from inbox.channels.base import Carrier
from inbox.channels.twilio_whatsapp.carrier import TwilioWhatsApp

CARRIERS: dict[str, Callable[..., Carrier]] = {
    "twilio_whatsapp": TwilioWhatsApp,
}


def open_carrier(kind: str, *, account: str, secret: str, config: Mapping[str, Any]) -> Carrier:
    """The carrier of one channel. Raises KeyError for an unknown kind."""
    return CARRIERS[kind](account=account, secret=secret, config=config)
