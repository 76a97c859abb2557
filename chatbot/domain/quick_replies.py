"""An answer with quick replies, as its channel takes it: buttons or a list where it has them, else numbers."""

from __future__ import annotations

from chatbot.domain.situations import Answer
from inbox.domain.sending import Choice, Choices
from inbox.models import Conversation

BESIDE_BUTTONS = 1024  # characters that WhatsApp takes above buttons


def as_message(answer: Answer, *, conversation: Conversation) -> tuple[str, Choices | None]:
    """Return the words of an answer and its choices.

    A channel without buttons is given the choices all the same and numbers them itself; one that has fewer than
    there are, or takes fewer words above them, is given them as numbered lines.
    """
    if not answer.options:
        return answer.text, None
    can = conversation.channel.can
    fits = len(answer.options) <= max(can.buttons, can.rows) and len(answer.text) <= BESIDE_BUTTONS
    if fits or not can.buttons:
        options = tuple(Choice(o.key, o.title, o.description) for o in answer.options)
        return answer.text, Choices(options, answer.button)
    lines = (f"{number}. {option.title}" for number, option in enumerate(answer.options, 1))
    return "\n".join([answer.text, *lines]), None
