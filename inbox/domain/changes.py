"""What people change after the fact: words, deletions, reactions, their address. What was there before is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from events.domain import Actor, record
from inbox.channels.items import AddressChanged, Blocked, Deleted, Edited, Reacted
from inbox.domain.conversations import clean_text, hint, lock_conversation, locked
from inbox.models import Address, Channel, Conversation, Message, Reaction, Revision
from inbox.models.conversations import OptOut

BODY_LIMIT = 64 * 1024


class NotHereYet(LookupError):
    """The message it is about is not known: it may still be on its way."""


def _message(channel: Channel, external_id: str) -> Message:
    found = Message.objects.filter(channel=channel, external_id=external_id).values("pk", "conversation_id").first()
    if found is None:
        raise NotHereYet(external_id)
    locked(found["conversation_id"])
    message: Message = Message.objects.select_related("conversation").get(pk=found["pk"])
    return message


@transaction.atomic
def apply_edit(*, channel: Channel, item: Edited, now: datetime) -> str:
    """Give a message its new words and keep the old ones. Raises NotHereYet."""
    message = _message(channel, item.external_id)
    body = clean_text(item.body)[:BODY_LIMIT]
    if message.deleted_at is not None or body == message.body:
        return "edit: nothing new"
    Revision.objects.create(message=message, body=message.body, replaced_at=now)
    message.body, message.edited_at = body, now
    message.save(update_fields=["body", "edited_at", "updated_at"])
    hint(message.conversation, tick=True)
    return "edit"


@transaction.atomic
def apply_deletion(*, channel: Channel, item: Deleted, now: datetime) -> str:
    """Mark a message as taken back. Its words stay among its revisions. Raises NotHereYet."""
    message = _message(channel, item.external_id)
    if message.deleted_at is not None:
        return "deletion: known"
    Revision.objects.create(message=message, body=message.body, replaced_at=now)
    message.deleted_at = now
    message.save(update_fields=["deleted_at", "updated_at"])
    hint(message.conversation, tick=True)
    return "deletion"


@transaction.atomic
def apply_reaction(*, channel: Channel, item: Reacted, now: datetime) -> str:
    """Put a reaction on a message, change it or take it away. Raises NotHereYet."""
    message = _message(channel, item.external_id)
    by = "us" if item.echo else "contact"
    emoji = clean_text(item.emoji)[:16]
    if emoji:
        label = "" if item.echo else str(message.conversation)[:120]
        values = {"emoji": emoji, "at": now, "author_label": label, "told": emoji, "error": "", "next_try_at": None}
        Reaction.objects.update_or_create(message=message, by=by, defaults=values)
    else:
        Reaction.objects.filter(message=message, by=by).delete()
    message.save(update_fields=["updated_at"])
    hint(message.conversation, tick=True)
    return f"reaction {emoji}" if emoji else "reaction taken away"


@transaction.atomic
def change_address(*, channel: Channel, item: AddressChanged, now: datetime) -> str:
    """A person is written to at another address from now on; who writes from the old one is still the same person."""
    old = Address.objects.filter(channel=channel, value=item.old).first()
    if old is None:
        return "address: unknown"
    conversation = locked(old.conversation_id)
    taken = Address.objects.filter(channel=channel, value=item.new).exclude(conversation=conversation).exists()
    if taken:
        # Two people by now: which of them is meant is for a person to say (merge).
        return "address: belongs to another conversation"
    Address.objects.get_or_create(
        channel=channel, value=item.new, defaults={"conversation": conversation, "created_at": now}
    )
    if conversation.channel_id == channel.pk:
        conversation.address = item.new
    conversation.phone = item.phone or conversation.phone
    conversation.save(update_fields=["address", "phone"])
    facts: dict[str, Any] = {"old": item.old, "new": item.new}
    record("conversation.address_changed", subject=conversation, actor=Actor.system("Bandeja"), at=now, **facts)
    hint(conversation)
    return "address changed"


@transaction.atomic
def apply_block(*, channel: Channel, item: Blocked, now: datetime) -> str:
    """A person stopped hearing us, or hears us again: notices stop or go on.

    Who refused them with words gets them again only with words; who refuses advertisements gets notices still.
    """
    if not Address.objects.filter(channel=channel, value=item.sender).exists():
        return "block: unknown person"
    conversation = lock_conversation(channel=channel, address=item.sender, now=now)
    kind, outcome = (_marketing if item.marketing else _all_notices)(conversation, item.blocked, now)
    conversation.save(update_fields=["opted_out_at", "opted_out_by", "marketing_refused_at"])
    if kind:
        record(kind, subject=conversation, actor=Actor.system("Bandeja"), at=now, customer_id=conversation.customer_id)
        hint(conversation)
    return outcome


def _marketing(conversation: Conversation, refused: bool, now: datetime) -> tuple[str, str]:
    conversation.marketing_refused_at = (conversation.marketing_refused_at or now) if refused else None
    kind = "conversation.marketing_refused" if refused else "conversation.marketing_allowed"
    return kind, "wants no advertisements" if refused else "takes advertisements again"


def _all_notices(conversation: Conversation, refused: bool, now: datetime) -> tuple[str, str]:
    if conversation.opted_out_by == OptOut.WORDS:
        return "", "blocked us" if refused else "hears us again, and asked for no notices"
    conversation.opted_out_at = (conversation.opted_out_at or now) if refused else None
    conversation.opted_out_by = OptOut.BLOCK if refused else ""
    kind = "conversation.opted_out" if refused else "conversation.opted_in"
    return kind, "blocked us" if refused else "hears us again"
