"""What each kind of channel can do. Plain data, so that models and templates may read it without any wire."""

from __future__ import annotations

from inbox.channels.base import Capabilities
from inbox.channels.twilio_whatsapp.abilities import TWILIO

ABILITIES: dict[str, Capabilities] = {
    "twilio_whatsapp": TWILIO,
}
NONE = Capabilities(can_start=False, media=False)


def capabilities_of(kind: str) -> Capabilities:
    """Return what a kind can do; nothing at all for one that is no more."""
    return ABILITIES.get(kind, NONE)
