"""Whose conversation it is: said by a person, guessed from what somebody wrote, taken back."""

from __future__ import annotations

import re
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Upper

from customers.models import Contact, Customer
from events.domain import Actor, record
from inbox.addresses import WHATSAPP, is_valid, phone_of, phone_variants
from inbox.domain.conversations import hint, locked
from inbox.models import Conversation, Message

LINES = 20  # how far back somebody may have written who they are
SHORTEST = 4  # signs of a code or a document
TOKEN = re.compile(r"[A-Z0-9][A-Z0-9.\-/]{2,}[A-Z0-9]")


@transaction.atomic
def link_conversation(
    *, conversation_id: int, customer: Customer, actor: Actor, now: datetime, add_phone: bool = False
) -> Conversation:
    """Say whose conversation this is; with `add_phone` the number becomes one more of that customer's."""
    conversation = locked(conversation_id)
    if conversation.customer_id != customer.pk:
        conversation.customer = customer
        conversation.save(update_fields=["customer"])
        record("conversation.linked", subject=conversation, actor=actor, at=now, number=conversation.written_address)
    phone = second_phone(conversation, customer) if add_phone else ""
    if phone:
        kind = Contact.Kind.WHATSAPP if conversation.address.startswith(WHATSAPP) else Contact.Kind.PHONE
        Contact.objects.get_or_create(customer=customer, kind=kind, value=phone)
        record("contact.added", subject=customer, actor=actor, at=now, customer_id=customer.pk, phone=phone)
    hint(conversation)
    return conversation


def second_phone(conversation: Conversation, customer: Customer) -> str:
    """Return the number that would be new to a customer, as people write it; "" where there is none."""
    phone = phone_of(conversation.address) or conversation.phone
    if not phone:
        return ""
    variants = phone_variants(phone)
    if Contact.objects.filter(customer=customer, value__in=variants).exists():
        return ""
    return next((variant for variant in variants if is_valid(variant)), phone)


@transaction.atomic
def unlink_conversation(*, conversation_id: int, actor: Actor, now: datetime) -> Conversation:
    """Say that a conversation is nobody's known. The customer's phones stay as they are."""
    conversation = locked(conversation_id)
    if conversation.customer is not None:
        before = conversation.customer
        record(
            "conversation.unlinked",
            subject=conversation,
            actor=actor,
            at=now,
            customer_id=before.pk,
            number=conversation.written_address,
        )
        conversation.customer = None
        conversation.save(update_fields=["customer"])
        hint(conversation)
    return conversation


def suggest_customer(conversation: Conversation) -> Customer | None:
    """Return the one customer whose code or document the person wrote; None where that is nobody or several."""
    if conversation.customer_id is not None:
        return None
    lines = Message.objects.filter(conversation=conversation, direction=Message.Direction.IN)
    bodies = lines.order_by("-seq").values_list("body", flat=True)[:LINES]
    tokens = {token for body in bodies for token in TOKEN.findall(body.upper())}
    digits = {re.sub(r"\D", "", token) for token in tokens}
    wanted = sorted(token for token in tokens | digits if len(token) >= SHORTEST)
    if not wanted:
        return None
    rows = Customer.objects.annotate(code_key=Upper("code"))
    found = list(rows.filter(Q(code_key__in=wanted) | Q(national_id__in=wanted))[:2])
    return found[0] if len(found) == 1 else None
