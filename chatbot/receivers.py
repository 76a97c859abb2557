"""What the bot hears from below: the one signal that goes up the stack."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from chatbot.domain.taking import take_message
from inbox.models import Message
from inbox.signals import message_received


@receiver(message_received, dispatch_uid="chatbot.take_message")
def on_message(sender: type[Message], message: Message, **_: Any) -> bool:  # noqa: ARG001 -- the signal's shape
    """Take an inbound message, inside the transaction that stored it; say whether it was taken."""
    return take_message(message=message) is not None
