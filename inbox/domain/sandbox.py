"""The phone for trying things: writing as somebody, seeing what they would see, deciding what becomes of messages."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Any

from django.db import transaction

from customers.models import Customer
from inbox.channels.base import Choices, Envelope
from inbox.channels.sandbox.carrier import OUTCOMES, PREFIX
from inbox.channels.sniff import EXTENSIONS, sniff_type
from inbox.domain.channels import connect_plainly
from inbox.domain.conversations import clean_text, lock_conversation, locked, start_conversation
from inbox.domain.notifications import store
from inbox.domain.templates import approve_notices, ensure_default_templates
from inbox.domain.uploads import PHONE, keep_upload, place_of
from inbox.models import Channel, Conversation, Message
from tenants.current import current_tenant

KIND = "sandbox"
BODY_LIMIT = 4000  # characters
FILE_LIMIT = 10 * 1024 * 1024  # bytes
LINES = 60
# Errors worth trying: what each means and what follows from it is channels.twilio_whatsapp.errors.
CODES = ("63016", "63018", "63024", "63032", "63013", "21610", "30008")


class CannotWrite(ValueError):
    """There is nothing to write, or the file is none that is carried."""


def connect_from_form(*, kind: str, **told: Any) -> Channel:
    """Keep a phone, on which every notice counts as approved. Raises NumberTaken."""
    channel = connect_plainly(kind=kind, **told)
    notices = ensure_default_templates()
    approve_notices(channel=channel, ids={row.key: f"{PREFIX}{row.key}" for row in notices})
    return channel


@transaction.atomic
def play_somebody(*, channel: Channel, name: str, now: datetime) -> Conversation:
    """Make up a person who writes from the phone."""
    person = " ".join(clean_text(name).split())[:60]
    if not person:
        raise CannotWrite
    conversation = lock_conversation(channel=channel, address=PREFIX + secrets.token_hex(4), now=now)
    conversation.contact_name = person
    conversation.save(update_fields=["contact_name", "customer"])
    return conversation


def play_customer(*, channel: Channel, customer: Customer, now: datetime) -> Conversation:
    """Write from the phone as one of the provider's customers; their real number knows nothing of it."""
    return start_conversation(customer=customer, address=address_of(customer), channel=channel, now=now)


def address_of(customer: Customer) -> str:
    """Return where a customer is on the phone."""
    return f"{PREFIX}c{customer.pk}"


def people_of(channel: Channel) -> list[Conversation]:
    """Return who was played, the last first."""
    rows = Conversation.objects.filter(channel=channel, address__startswith=PREFIX, merged_into=None)
    return list(rows.select_related("customer").order_by("-last_message_at", "-id")[:30])


def screen_of(conversation: Conversation) -> list[Message]:
    """Return what the phone shows: no notes, and nothing that did not arrive."""
    rows = Message.objects.filter(conversation=conversation).exclude(direction="note")
    seen = rows.filter(status__in=["received", "delivered", "read"])
    found = list(reversed(seen.order_by("-seq").prefetch_related("attachments", "reactions")[:LINES]))
    for message in found:
        choices = Choices.of_content(message.content) if message.kind == "choices" else None
        message.options = choices.options if choices else ()  # type: ignore[attr-defined]
    return found


def write(
    *, conversation: Conversation, body: str, own_id: str, now: datetime, upload: Any = None, choice: str = ""
) -> None:
    """Write as the person of a conversation; the same id again is the same message. Raises CannotWrite."""
    payload: dict[str, Any] = {
        "id": f"{PREFIX}{own_id[:60]}",
        "from": conversation.address,
        "name": conversation.contact_name,
        "body": clean_text(body)[:BODY_LIMIT],
    }
    if choice:
        payload["choice"] = _choice(conversation, choice)
        payload["body"] = payload["choice"]["title"]
    elif upload is not None:
        payload["file"] = _keep(upload, own_id)
    elif not payload["body"]:
        raise CannotWrite
    channel = conversation.channel
    envelope = Envelope(
        account=channel.account, number=channel.address, provider_id=str(payload["id"]), payload=payload
    )
    store(tenant=current_tenant(), channel_id=channel.pk, envelopes=[envelope], now=now)


def _choice(conversation: Conversation, choice: str) -> dict[str, str]:
    seq, _colon, wanted = choice.partition(":")
    row = Message.objects.filter(conversation=conversation, seq=int(seq) if seq.isdecimal() else 0).first()
    choices = Choices.of_content(row.content) if row else None
    option = next((o for o in choices.options if o.id == wanted), None) if choices else None
    if row is None or option is None:
        raise CannotWrite
    return {"id": option.id, "title": option.title, "of": row.external_id}


def _keep(upload: Any, own_id: str) -> dict[str, str]:
    data = upload.read() if (upload.size or 0) <= FILE_LIMIT else b""
    kind = sniff_type(data)
    if kind not in EXTENSIONS:
        raise CannotWrite
    place = keep_upload(place=place_of(PHONE, own_id, kind), data=data)
    return {"url": place, "type": kind, "name": PurePath(upload.name or "").name[:120]}


@transaction.atomic
def set_outcome(*, channel_id: int, outcome: str, code: str) -> Channel:
    """Decide what becomes of the messages that leave from now on. Raises CannotWrite for an unknown one."""
    if outcome not in OUTCOMES or (outcome == "failed" and code not in CODES):
        raise CannotWrite
    channel = Channel.objects.select_for_update().get(pk=channel_id, kind=KIND)
    channel.config = {**channel.config, "outcome": outcome, "code": code}
    channel.save(update_fields=["config"])
    return channel


@transaction.atomic
def close_window(*, conversation_id: int, now: datetime) -> None:
    """Let a day go by since the person wrote: only approved texts may be sent until they write again."""
    conversation = locked(conversation_id)
    if conversation.channel.kind == KIND and conversation.last_inbound_at:
        conversation.last_inbound_at = min(conversation.last_inbound_at, now - timedelta(hours=25))
        conversation.save(update_fields=["last_inbound_at"])
