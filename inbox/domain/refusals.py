"""Who does not want to hear from the provider, and what that keeps from leaving."""

from __future__ import annotations

from django.utils.translation import gettext as _

from customers.models import Contact
from inbox.addresses import phone_of, phone_variants
from inbox.domain.outbound import recipient_of
from inbox.models import Conversation, Message

BLOCKED, OPTED_OUT = "blocked", "opted_out"


def refused(conversation: Conversation, *, customer_id: int | None = None, address: str = "") -> bool:
    """Say whether nothing may go to a conversation by itself; with both, or to that customer's contact there."""
    if conversation.opted_out_at or conversation.blocked_at:
        return True
    phone = phone_of(address)
    if phone is None or customer_id is None:
        return False
    rows = Contact.objects.filter(customer_id=customer_id, value__in=phone_variants(phone), opted_out=True)
    return rows.exists()


def why_kept_back(message: Message) -> tuple[str, str]:
    """Return why a message that waited must not leave any more, as a code and a sentence; ("", "") when it may.

    A person's own words go to whoever they choose; an answer of the bot to whoever is not blocked; what the product
    sends of itself only to those who want it.
    """
    conversation = message.conversation
    if message.author_kind in {"system", "bot"} and conversation.blocked_at:
        return BLOCKED, _("No se envió: la conversación está bloqueada.")
    if message.author_kind == "system" and refused(
        conversation, customer_id=conversation.customer_id, address=recipient_of(message)
    ):
        return OPTED_OUT, _("No se envió: el cliente pidió no recibir avisos.")
    return "", ""
