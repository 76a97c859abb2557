"""From where the staff may ask: an address is a person's once they sent from it the code that their own page shows.

The sender's address is what WhatsApp or Telegram vouch for, so whoever sends the code has both: a session here and
the phone. Nothing is sent by us for it, and it costs nobody a message.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import User
from chatbot.models import StaffAddress
from events.domain import Actor, record
from inbox.addresses import address_variants, phone_of
from inbox.models import Conversation
from tenants.batches import once_a_batch
from tenants.current import current_tenant

# Where the far side says who the sender is; a page's visitor and the phone for trying things say so themselves.
VOUCHED = frozenset({"twilio_whatsapp", "cloud_whatsapp", "telegram"})
LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # none that are taken for another
LONG = 8
LASTS = timedelta(minutes=15)
MOST = 5  # addresses of one person
WORD = "EQUIPO"
CODE = re.compile(rf"\s*{WORD}[ :]*([{LETTERS}]{{{LONG}}})\s*", re.IGNORECASE)


def new_code(*, user: User, now: datetime) -> str:
    """Return what to send from the phone that is to be theirs, good once and for a quarter of an hour."""
    code = "".join(secrets.choice(LETTERS) for _letter in range(LONG))
    values = {"code_digest": _digest(code), "code_until": now + LASTS}
    StaffAddress.objects.update_or_create(user=user, address="", defaults=values)
    return f"{WORD} {code}"


def is_code(text: str) -> bool:
    """Say whether a text is a code of the staff, good or not: letters by chance, in no language."""
    return CODE.fullmatch(text) is not None


def take_code(*, conversation: Conversation, text: str, now: datetime) -> User | None:
    """Make the sender's address that of the person whose code this is; None for what is no good code."""
    found = CODE.fullmatch(text)
    if found is None or conversation.channel.kind not in VOUCHED:
        return None
    with transaction.atomic():
        return _take(found[1].upper(), conversation, now)


def _take(code: str, conversation: Conversation, now: datetime) -> User | None:
    asked = StaffAddress.objects.select_for_update(of=("self",)).select_related("user")
    row = asked.filter(code_digest=_digest(code), code_until__gt=now, user__is_active=True).first()
    if row is None or StaffAddress.objects.filter(user=row.user).exclude(address="").count() >= MOST:
        return None
    # An address is one person's: whoever had it asks from there no more.
    StaffAddress.objects.filter(address__in=_written(conversation.address)).delete()
    row.address, row.proved_at = conversation.address, now
    row.code_digest, row.code_until = "", None
    row.save()
    where = conversation.written_address
    record("staff_address.proved", subject=row.user, actor=Actor.of_user(row.user), at=now, address=where)
    return row.user


def staff_at(conversation: Conversation) -> User | None:
    """Return the person of the staff who writes, from an address that was proved theirs; else None."""
    if conversation.channel.kind not in VOUCHED:
        return None
    people = _proved()
    return next((people[address] for address in _written(conversation.address) if address in people), None)


@once_a_batch
def _proved() -> dict[str, User]:
    """Return the staff by the addresses that are theirs: a few of each, read whole."""
    rows = StaffAddress.objects.select_related("user").exclude(proved_at=None).filter(user__is_active=True)
    return {row.address: row.user for row in rows}


def is_of_staff(conversation_id: int, text: str) -> bool:
    """Say whether a person of the staff asks, or sends their code: no model reads either."""
    if is_code(text):
        return True
    return staff_at(Conversation.objects.select_related("channel").get(pk=conversation_id)) is not None


@transaction.atomic
def forget_address(*, address_id: int, actor: Actor, now: datetime, only: User | None = None) -> None:
    """Take an address from whoever has it; of `only` that person's. Raises StaffAddress.DoesNotExist."""
    rows = StaffAddress.objects.select_for_update(of=("self",)).select_related("user").exclude(address="")
    row = (rows if only is None else rows.filter(user=only)).get(pk=address_id)
    record("staff_address.forgotten", subject=row.user, actor=actor, at=now, address=row.address.partition(":")[2])
    row.delete()


def _written(address: str) -> list[str]:
    phone = phone_of(address)
    return [address, *(address_variants(phone) if phone else ())]


def _digest(code: str) -> str:
    return hashlib.sha256(f"{current_tenant().uuid}:{code}".encode()).hexdigest()
