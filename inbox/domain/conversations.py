"""Conversations: found or opened under a lock, written into, assigned, closed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from accounts.models import User
from customers.models import Customer
from events.domain import Actor, record
from inbox.addresses import VISITOR
from inbox.domain.assignment import assign_waiting
from inbox.domain.mentions import named_in, tell_mentioned
from inbox.domain.previews import preview_words
from inbox.domain.read_marks import mark_shown
from inbox.domain.senders import customer_at, known_at, writings_of
from inbox.domain.states import LEFT, begin_waiting, leave_to_bot, reopen, resolve
from inbox.kinds import ContentKind
from inbox.models import Address, Channel, Conversation, Message
from inbox.models.messages import author_fields
from tenants.current import current_tenant
from tenants.live import publish_live


class CannotReply(ValueError):
    """That person is not at work, or may not answer: a conversation of theirs would wait for nobody."""


PREVIEW = 160  # characters of the last message kept for the list


def lock_conversation(*, channel: Channel, address: str, now: datetime, aliases: Collection[str] = ()) -> Conversation:
    """Find or open the conversation of the person at `address`, and hold its lock until the transaction ends.

    A number's other writings and the `aliases` lead to it too. Who is new is held by a lock on the person, so that
    two first messages make one conversation.
    """
    known = known_at(channel, address, aliases)
    if not known:
        _hold_person(channel, address)
        known = known_at(channel, address, aliases)
    found = next(iter(known.values()), None)
    if found is None:
        conversation = Conversation.objects.create(
            channel=channel, address=address, created_at=now, last_message_at=now, opened_at=now
        )
    else:
        conversation = locked(found)  # or the one it was merged into between the look and the lock
    fresh = sorted({address, *aliases} - known.keys())
    if fresh:
        Address.objects.bulk_create(
            [Address(channel=channel, value=value, conversation=conversation, created_at=now) for value in fresh],
            ignore_conflicts=True,
        )
    if conversation.customer_id is None:
        conversation.customer = customer_at(address)
    return conversation


def _hold_person(channel: Channel, address: str) -> None:
    """Hold whoever is behind an address until the transaction ends, under any of the number's writings."""
    one = min(writings_of(address) or [address])
    with connection.cursor() as cursor:
        text = f"inbox.person:{current_tenant().pk}:{channel.pk}:{one}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [text])


def locked(conversation_id: int) -> Conversation:
    """Return a conversation under its lock: where it was merged into another, that one.

    Raises Conversation.DoesNotExist.
    """
    rows = Conversation.objects.select_for_update(of=("self",)).select_related("channel", "customer")
    # A row whose channel changed while its lock was waited for falls out of the join: asked again, it is there.
    conversation: Conversation = rows.filter(pk=conversation_id).first() or rows.get(pk=conversation_id)
    return conversation if conversation.merged_into_id is None else locked(conversation.merged_into_id)


def add_line(
    *, conversation: Conversation, author: Actor, now: datetime, preview: str | None = None, **fields: Any
) -> Message:
    """Append a message to a locked conversation: the next `seq`, the list's preview, the hint to browsers.

    `preview` where the words and the kind do not say it all. The caller has changed what else it wants on
    `conversation`; it is saved here.
    """
    conversation.seq += 1
    conversation.last_message_at = max(conversation.last_message_at, now)
    if fields["direction"] != Message.Direction.NOTE:
        text, content = fields.get("body", ""), fields.get("content")
        words = preview or preview_words(kind=fields.get("kind", ContentKind.TEXT), body=text, content=content)
        conversation.last_message_text = words[:PREVIEW]
    own: dict[str, Any] = {
        "channel_id": conversation.channel_id,
        "seq": conversation.seq,
        "created_at": now,
        **author_fields(author),
    }
    message = Message.objects.create(conversation=conversation, **(own | fields))
    conversation.save()
    hint(conversation, direction=message.direction)
    return message


def hint(conversation: Conversation, **more: Any) -> None:
    """Tell the browsers of the inbox that a conversation changed."""
    publish_live("inbox", conversation=conversation.pk, seq=conversation.seq, **more)
    if conversation.address.startswith(VISITOR) and more.get("direction") != Message.Direction.NOTE:
        publish_live(conversation.address, seq=conversation.seq)  # the visitor's own page, and no other


@transaction.atomic
def add_note(*, conversation_id: int, body: str, author: Actor, now: datetime, key: str | None = None) -> Message:
    """Write a note that only the staff sees; whom it names is told. With a `key` that was used, return that note.

    Raises ValueError when it is empty.
    """
    text = clean_text(body)
    if not text:
        raise ValueError("an empty note")
    conversation = locked(conversation_id)
    if key is not None and (known := Message.objects.filter(key=key).first()):
        return known
    named = named_in(text)
    note = add_line(
        conversation=conversation,
        author=author,
        now=now,
        body=text,
        direction="note",
        status=Message.Status.SENT,
        content={"mentions": [person.name for person in named]} if named else {},
        key=key,
    )
    tell_mentioned(note=note, people=named, now=now)
    return note


@transaction.atomic
def assign_conversation(*, conversation_id: int, assignee: User | None, actor: Actor, now: datetime) -> Conversation:
    """Give a conversation to a person, or to nobody. The bot falls silent once a person has it.

    Raises CannotReply for whoever is not at work or may not answer.
    """
    if assignee is not None and not assignee.can("inbox.reply"):
        raise CannotReply(assignee.name)
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
    resolve(conversation, now)
    conversation.save()
    record("conversation.closed", subject=conversation, actor=actor, at=now)
    hint(conversation)
    return conversation


@transaction.atomic
def reopen_conversation(*, conversation_id: int, actor: Actor, now: datetime) -> Conversation:
    """Open a closed conversation again, without the bot: a person asked for it."""
    conversation = locked(conversation_id)
    reopen(conversation, now)
    conversation.save()
    record("conversation.reopened", subject=conversation, actor=actor, at=now)
    hint(conversation)
    return conversation


@transaction.atomic
def hand_over(*, conversation_id: int, reason: str, actor: Actor, now: datetime) -> Conversation:
    """Leave a conversation to a person: it waits, and the bot stays silent. `reason` is a sentence."""
    conversation = locked(conversation_id)
    begin_waiting(conversation, conversation.waiting_since or conversation.last_inbound_at or now)
    conversation.bot_active, conversation.unread = False, max(conversation.unread, 1)
    assign_waiting(conversation=conversation, now=now)
    conversation.save()
    record("conversation.handed_over", subject=conversation, actor=actor, at=now, reason=reason)
    hint(conversation)
    return conversation


def find_person(*, conversation: Conversation, now: datetime) -> None:
    """Give a locked conversation that was left to the staff to somebody."""
    if assign_waiting(conversation=conversation, now=now):
        conversation.save(update_fields=["team", "assignee"])
        hint(conversation)


def give_to_bot(conversation: Conversation) -> None:
    """Say of a locked conversation that the bot answers: nobody is waiting for a person."""
    leave_to_bot(conversation)
    conversation.save(update_fields=LEFT)
    hint(conversation)


@transaction.atomic
def mark_read(*, conversation_id: int, now: datetime) -> None:
    """Somebody of the staff has the conversation on screen; the person is shown so where the channel can."""
    changed = Conversation.objects.filter(pk=conversation_id, unread__gt=0).update(unread=0)
    if changed:
        mark_shown(conversation=Conversation.objects.select_related("channel").get(pk=conversation_id), now=now)
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
