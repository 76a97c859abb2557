"""An inbound message becomes a line of its conversation, once."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError

from customers.models import Contact
from customers.text import fold
from events.domain import Actor, record
from inbox.addresses import phone_of, phone_variants
from inbox.channels.items import Inbound
from inbox.domain.conversations import add_line, clean_text, find_person, lock_conversation
from inbox.domain.previews import preview_words
from inbox.domain.states import begin_waiting, note_answer
from inbox.kinds import ContentKind
from inbox.models import Attachment, Channel, Conversation, Mention, Message
from inbox.models.conversations import OptOut
from inbox.signals import message_received
from tenants.batches import part, tried_whole
from tenants.wakes import wake

BODY_LIMIT = 64 * 1024  # characters; WhatsApp's own limit is 4,096
logger = logging.getLogger(__name__)

# Folded: without accents, in lower case. Spanish, Portuguese, English.
OUT = frozenset({"baja", "dar de baja", "cancelar suscripcion", "no molestar", "stop", "unsubscribe", "sair", "parar"})
IN = frozenset({"alta", "start", "voltar"})
KINDS = ("image", "audio", "video")
# Whoever of the provider's wrote on the phone itself, beside us.
ELSEWHERE = Actor("phone", None, "Desde el teléfono")


def receive_message(*, channel: Channel, inbound: Inbound, now: datetime) -> Message:
    """Store an inbound message; the same one again returns what was stored and changes nothing.

    A copy is stopped by the unique constraint, wherever it comes, and what it had changed until then is undone.
    Raises IntegrityError for one in a batch that is tried whole.
    """
    try:
        with part():
            return _receive(channel, inbound, now)
    except IntegrityError:
        if tried_whole():
            raise
        return Message.objects.get(channel=channel, external_id=inbound.external_id)


def _receive(channel: Channel, inbound: Inbound, now: datetime) -> Message:
    conversation = lock_conversation(
        channel=channel,
        address=address_of(inbound.sender),
        aliases=[address_of(alias) for alias in inbound.aliases],
        now=now,
    )
    at = min(inbound.at or now, now)
    put_off_by = conversation.snoozed_by_id
    _note_person(conversation, channel, inbound)
    if not inbound.echo:
        conversation.last_inbound_at = max(conversation.last_inbound_at or at, at)
        if conversation.blocked_at is None:
            conversation.unread += 1
        # It waits for a person unless somebody above (the bot) takes it in this same transaction.
        begin_waiting(conversation, now)
    else:
        note_answer(conversation, now)
    message = add_line(
        conversation=conversation,
        author=ELSEWHERE if inbound.echo else _author(conversation),
        now=at,
        direction=Message.Direction.OUT if inbound.echo else Message.Direction.IN,
        body=clean_text(inbound.body)[:BODY_LIMIT],
        preview=_preview(inbound),
        kind=inbound.kind,
        content=clean_content(inbound.content),
        status=Message.Status.SENT if inbound.echo else Message.Status.RECEIVED,
        external_id=inbound.external_id,
        **_answered(conversation, inbound.reply_to),
    )
    if inbound.media:
        _announce_media(message, inbound, now)
    if inbound.echo or conversation.blocked_at is not None:
        return message
    obey_words(conversation=conversation, message=message, now=now)
    taken = _is_taken(message)
    if put_off_by is not None:
        Mention.objects.create(message=message, user_id=put_off_by, created_at=now)
    if not taken:
        find_person(conversation=conversation, now=now)
    return message


def _is_taken(message: Message) -> bool:
    """Tell whoever answers above; say whether one of them took the conversation, and so nobody need be found."""
    try:
        with part():
            return any(answer for _, answer in message_received.send(sender=Message, message=message))
    except Exception:
        if tried_whole():
            raise
        # Whoever answers may fail; the message is kept all the same, and waits for a person.
        logger.exception("message %s was stored, but nobody could be told", message.pk)
        return False


def _note_person(conversation: Conversation, channel: Channel, inbound: Inbound) -> None:
    """Keep what a message says of its sender: the name, a number that can be called, and where to answer."""
    name = clean_text(inbound.sender_name)[:120]
    conversation.contact_name = name or conversation.contact_name
    phone = inbound.phone or phone_of(inbound.sender) or ""
    conversation.phone = phone[:20] or conversation.phone
    conversation.channel, conversation.address = channel, address_of(inbound.sender)


def address_of(sender: str) -> str:
    """Return what a far side calls somebody as an address is kept."""
    return clean_text(sender)[:120]


def _preview(inbound: Inbound) -> str:
    """Return the line in a few words; what came as a file alone is said by its kind."""
    media, kind = inbound.media[0] if inbound.media else None, str(inbound.kind)
    family = media.content_type.partition("/")[0] if media else ""
    if media and kind == ContentKind.TEXT:
        kind = family if family in KINDS else ContentKind.DOCUMENT
    return preview_words(
        kind=kind,
        body=clean_text(inbound.body),
        content=clean_content(inbound.content),
        voice=media is not None and media.voice,
        filename=clean_text(media.filename) if media else "",
    )


def _answered(conversation: Conversation, external_id: str) -> dict[str, Any]:
    """Return the fields that say which message this one answers."""
    if not external_id:
        return {}
    found = Message.objects.filter(conversation=conversation, external_id=external_id[:160]).first()
    return {"reply_to": found, "reply_to_external": external_id[:120]}


def clean_content(value: Any) -> Any:
    """Return what a far side said as PostgreSQL keeps it: no text of it may hold a NUL."""
    if isinstance(value, Mapping):
        return {clean_text(str(name)): clean_content(held) for name, held in value.items()}
    if isinstance(value, list | tuple):
        return [clean_content(held) for held in value]
    return clean_text(value) if isinstance(value, str) else value


def obey_words(*, conversation: Conversation, message: Message, now: datetime) -> None:
    """BAJA ends the notices to a person, ALTA brings them back: WhatsApp's own rule, and the law in most places."""
    word = fold(message.body).strip(".!¡ ")
    if word not in OUT | IN:
        return
    out = word in OUT
    changed = (conversation.opted_out_at is None) == out
    conversation.opted_out_at, conversation.opted_out_by = (now, OptOut.WORDS) if out else (None, "")
    conversation.save(update_fields=["opted_out_at", "opted_out_by"])
    phone = phone_of(conversation.address) or conversation.phone
    if conversation.customer is not None and phone:
        contacts = Contact.objects.filter(customer=conversation.customer, value__in=phone_variants(phone))
        changed = bool(contacts.exclude(opted_out=out).update(opted_out=out)) or changed
    if changed:
        kind = "contact.opted_out" if out else "contact.opted_in"
        facts = {"phone": phone or conversation.display_address}
        customer_id = conversation.customer_id
        record(kind, subject=message, actor=message.author, at=now, customer_id=customer_id, **facts)


def _author(conversation: Conversation) -> Actor:
    if conversation.customer is not None:
        return Actor.of_customer(conversation.customer)
    return Actor("contact", None, conversation.contact_name or conversation.display_address)


def _announce_media(message: Message, inbound: Inbound, now: datetime) -> None:
    rows = []
    for media in inbound.media:
        family = media.content_type.partition("/")[0]
        rows.append(
            Attachment(
                message=message,
                kind=family if family in KINDS else Attachment.Kind.DOCUMENT,
                claimed_type=media.content_type[:80],
                filename=clean_text(media.filename)[:160],
                is_voice=media.voice,
                remote_url=media.url,
                next_try_at=now,
            )
        )
    Attachment.objects.bulk_create(rows)
    wake("inbox.media")
