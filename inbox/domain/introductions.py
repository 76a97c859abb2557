"""Who comes by a link of ours says with it which customer they are.

A token names a customer and its last moment, and is signed with the provider's salt. It works once: how many chats the
customer had already is signed too, so that the first one to use it makes it worthless for the next. It fits what
Telegram lets a link carry, 64 characters of [A-Za-z0-9_-].
"""

from __future__ import annotations

import base64
import hmac
import struct
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac

from customers.models import Customer
from events.domain import Actor, record
from inbox.channels.items import Introduced
from inbox.domain.conversations import hint, locked
from inbox.models import Address, Channel, Conversation
from tenants.current import tenant_salt

LASTS = timedelta(days=7)
SEAL = 20  # bytes of the signature
FACTS = ">QL"  # the customer, and the last moment as whole seconds since 1970


def new_token(*, customer: Customer, channel: Channel, now: datetime, lasts: timedelta = LASTS) -> str:
    """Return a token by which whoever opens it once, before it ends, is known as the customer on that channel."""
    facts = struct.pack(FACTS, customer.pk, int((now + lasts).timestamp()))
    sealed = facts + _seal(facts, channel, _chats(customer.pk, channel))
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def telegram_link(*, customer: Customer, channel: Channel, now: datetime) -> str:
    """Return the address that opens the channel's bot as the customer. A bot cannot write first; this is the way."""
    token = new_token(customer=customer, channel=channel, now=now)
    return f"https://t.me/{channel.shown.removeprefix('@')}?start={token}"


@transaction.atomic
def introduce(*, channel: Channel, item: Introduced, now: datetime) -> str:
    """Link the conversation of whoever came by a good token to its customer; return in words what came of it.

    A conversation that a person linked to somebody else stays as it is.
    """
    known = Address.objects.filter(channel=channel, value=item.sender).first()
    if known is None:
        return "introduced: unknown address"
    conversation = locked(known.conversation_id)
    # The customer's row is held, so that two who come by one link at once are one after the other.
    customer_id = _named(item.token, now)
    customer = Customer.objects.select_for_update(of=("self",)).filter(pk=customer_id).first()
    if customer is None or not _is_sealed(item.token, customer, channel):
        return "introduced: the token is not good (any more)"
    if conversation.customer_id == customer.pk:
        return "introduced: known already"
    if conversation.customer_id is not None:
        return "introduced: linked to somebody else already"
    conversation.customer = customer
    conversation.save(update_fields=["customer"])
    actor = Actor.of_customer(customer)
    facts = {"number": conversation.display_address, "customer_id": customer.pk}
    record("conversation.introduced", subject=conversation, actor=actor, at=now, **facts)
    hint(conversation)
    return f"introduced: customer {customer.pk}"


def _named(token: str, now: datetime) -> int | None:
    """The customer a token speaks of, if it is of the right form and has not ended."""
    raw = _bytes(token)
    if raw is None:
        return None
    customer_id, until = struct.unpack(FACTS, raw[: struct.calcsize(FACTS)])
    return int(customer_id) if now < datetime.fromtimestamp(until, UTC) and customer_id < 2**63 else None


def _is_sealed(token: str, customer: Customer, channel: Channel) -> bool:
    raw = _bytes(token)
    if raw is None:
        return False
    facts = raw[: struct.calcsize(FACTS)]
    return hmac.compare_digest(raw[len(facts) :], _seal(facts, channel, _chats(customer.pk, channel)))


def _bytes(token: str) -> bytes | None:
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return None
    return raw if len(raw) == struct.calcsize(FACTS) + SEAL else None


def _seal(facts: bytes, channel: Channel, chats: int) -> bytes:
    value = f"{facts.hex()}:{channel.uuid}:{chats}"
    return salted_hmac(
        tenant_salt("inbox-introduction"), value, secret=settings.SECRET_KEY, algorithm="sha256"
    ).digest()[:SEAL]


def _chats(customer_id: int, channel: Channel) -> int:
    return Conversation.objects.filter(customer_id=customer_id, channel=channel).count()
