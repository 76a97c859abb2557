"""Conversations: found or opened under a lock, written into, assigned, closed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from customers.domain.queries import customer_for_phone
from customers.models import Customer
from events.domain import Actor, record
from inbox.addresses import phone_of, phone_variants
from inbox.models import Channel, Conversation, Message
from inbox.models.messages import author_fields
from tenants.live import publish_live

PREVIEW = 160  # characters of the last message kept for the list


def lock_conversation(*, channel: Channel, address: str, now: datetime) -> Conversation:
    """Find or open the conversation with `address`, and hold its lock until the transaction ends.

    The unique constraint decides the race of two first messages; whoever loses waits for the lock.
    """
    Conversation.objects.get_or_create(
        channel=channel, address=address, defaults={"created_at": now, "last_message_at": now}
    )
    conversation: Conversation = Conversation.objects.select_for_update(of=("self",)).get(
        channel=channel, address=address
    )
    if conversation.customer_id is None:
        conversation.customer = customer_at(address)
    return conversation


def locked(conversation_id: int) -> Conversation:
    """Return a conversation under its lock. Raises Conversation.DoesNotExist."""
    conversation: Conversation = Conversation.objects.select_for_update(of=("self",)).get(pk=conversation_id)
    return conversation


def customer_at(address: str) -> Customer | None:
    """Return the one customer reached at a channel address, or None when there is none or more than one."""
    phone = phone_of(address)
    found = {c.pk: c for c in map(customer_for_phone, phone_variants(phone) if phone else []) if c}
    return next(iter(found.values())) if len(found) == 1 else None


def add_line(*, conversation: Conversation, author: Actor, now: datetime, **fields: Any) -> Message:
    """Append a message to a locked conversation: the next `seq`, the list's preview, the hint to browsers.

    The caller has changed what else it wants on `conversation`; it is saved here.
    """
    conversation.seq += 1
    conversation.last_message_at = max(conversation.last_message_at, now)
    text = fields.get("body", "")
    if fields["direction"] != Message.Direction.NOTE:
        conversation.last_message_text = " ".join(text.split())[:PREVIEW]
    message = Message.objects.create(
        conversation=conversation,
        channel_id=conversation.channel_id,
        seq=conversation.seq,
        created_at=now,
        **author_fields(author),
        **fields,
    )
    conversation.save()
    hint(conversation, direction=message.direction)
    return message


def hint(conversation: Conversation, **more: Any) -> None:
    """Tell the browsers of the inbox that a conversation changed."""
    publish_live("inbox", conversation=conversation.pk, seq=conversation.seq, **more)


@transaction.atomic
def add_note(*, conversation_id: int, body: str, author: Actor, now: datetime) -> Message:
    """Write a note that only the staff sees. Raises ValueError when it is empty."""
    text = clean_text(body)
    if not text:
        raise ValueError("an empty note")
    conversation = locked(conversation_id)
    return add_line(
        conversation=conversation, author=author, now=now, body=text, direction="note", status=Message.Status.SENT
    )


@transaction.atomic
def assign_conversation(*, conversation_id: int, assignee: User | None, actor: Actor, now: datetime) -> Conversation:
    """Give a conversation to a person, or to nobody. The bot falls silent once a person has it."""
    conversation = locked(conversation_id)
    conversation.assignee = assignee
    if assignee is not None:
        conversation.bot_active = False
    conversation.save(update_fields=["assignee", "bot_active"])
    name = assignee.name if assignee else ""
    record("conversation.assigned", subject=conversation, actor=actor, at=now, assignee=name)
    hint(conversation)
    return conversation


@transaction.atomic
def close_conversation(*, conversation_id: int, actor: Actor, now: datetime) -> Conversation:
    """Close: nobody waits any more, and the bot may answer when the person writes again."""
    conversation = locked(conversation_id)
    conversation.status = Conversation.Status.CLOSED
    conversation.waiting_since, conversation.unread, conversation.bot_active = None, 0, True
    conversation.assignee = None
    conversation.save(update_fields=["status", "waiting_since", "unread", "bot_active", "assignee"])
    record("conversation.closed", subject=conversation, actor=actor, at=now)
    hint(conversation)
    return conversation


@transaction.atomic
def reopen_conversation(*, conversation_id: int, actor: Actor, now: datetime) -> Conversation:
    """Open a closed conversation again, without the bot: a person asked for it."""
    conversation = locked(conversation_id)
    conversation.status, conversation.bot_active = Conversation.Status.OPEN, False
    conversation.save(update_fields=["status", "bot_active"])
    record("conversation.reopened", subject=conversation, actor=actor, at=now)
    hint(conversation)
    return conversation


@transaction.atomic
def hand_over(*, conversation_id: int, reason: str, actor: Actor, now: datetime) -> Conversation:
    """Leave a conversation to a person: it waits, and the bot stays silent. `reason` is a sentence."""
    conversation = locked(conversation_id)
    conversation.status = Conversation.Status.WAITING
    conversation.waiting_since = conversation.waiting_since or conversation.last_inbound_at or now
    conversation.bot_active, conversation.unread = False, max(conversation.unread, 1)
    conversation.save(update_fields=["status", "waiting_since", "bot_active", "unread"])
    record("conversation.handed_over", subject=conversation, actor=actor, at=now, reason=reason)
    hint(conversation)
    return conversation


@transaction.atomic
def give_to_bot(*, conversation_id: int) -> Conversation:
    """Say that the bot answers: nobody is waiting for a person."""
    conversation = locked(conversation_id)
    conversation.status, conversation.waiting_since = Conversation.Status.OPEN, None
    conversation.save(update_fields=["status", "waiting_since"])
    hint(conversation)
    return conversation


@transaction.atomic
def link_customer(*, conversation_id: int, customer: Customer, actor: Actor, now: datetime) -> Conversation:
    """Say whose conversation this is: a person decided so."""
    conversation = locked(conversation_id)
    conversation.customer = customer
    conversation.save(update_fields=["customer"])
    record("conversation.linked", subject=conversation, actor=actor, at=now, number=conversation.display_address)
    hint(conversation)
    return conversation


@transaction.atomic
def mark_read(*, conversation_id: int) -> None:
    """Somebody of the staff has the conversation on screen."""
    changed = Conversation.objects.filter(pk=conversation_id, unread__gt=0).update(unread=0)
    if changed:
        publish_live("inbox", conversation=conversation_id)


@transaction.atomic
def start_conversation(*, customer: Customer, address: str, channel: Channel, now: datetime) -> Conversation:
    """Find or open the conversation in which we write first."""
    conversation = lock_conversation(channel=channel, address=address, now=now)
    if conversation.customer_id is None:
        conversation.customer = customer
    conversation.contact_name = conversation.contact_name or customer.name
    conversation.save(update_fields=["customer", "contact_name"])
    return conversation


def clean_text(text: str) -> str:
    """Return text that PostgreSQL can keep: without NUL bytes, trimmed."""
    return text.replace("\x00", "").strip()
