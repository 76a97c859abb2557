"""Who writes: a known number and a control datum before anything of an account. One gate, for rules and models alike.

A control datum is the customer's number or the last digits of their document. It proves an account for one address of
one conversation and for a bounded time; wrong ones are counted, and past the day's number a person takes over.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from hmac import compare_digest

from django.db.models import Q, QuerySet

from chatbot import abilities, intents
from chatbot.domain.file_tools import is_receipt
from chatbot.domain.situations import Situation
from chatbot.models import Acquaintance, Bot, WrongDatum
from customers.models import Contact, Customer, Service
from customers.text import fold
from events.domain import Actor, record
from inbox.addresses import phone_of, phone_variants
from inbox.models import Conversation
from tenants.batches import once_a_batch

A_TALK = timedelta(hours=1)  # how long a proof holds where it is asked in each talk
WRONG_A_DAY = 3
LAST_DIGITS = 4
MOST_HOLDERS = 8  # of one number; more is no household
# Of a number of several customers: whose receipt?
OF_SOMEBODY = frozenset({intents.PAYMENT_MADE})
_LETTERS = re.compile(r"[^A-Z0-9]")


def recognised(s: Situation) -> Situation:
    """Return the situation with what is known of whoever writes: whose account is proved, and which service."""
    known = acquaintance_of(s.conversation)
    holder = s.conversation.customer
    if known is not None and known.customer is not None and _holds(known, s):
        # A number of several customers is nobody's until a datum says whose.
        if holder is None and known.customer_id in {one.pk for one in holders_of(s.conversation)}:
            holder = known.customer
        proved = holder is not None and holder.pk == known.customer_id
    else:
        proved = False
    if holder is not None and holder == s.conversation.customer and s.bot.identity == Bot.Identity.PHONE:
        proved = True
    service = known.service if known is not None and known.service_at and s.now - known.service_at < A_TALK else None
    if service is not None and (holder is None or service.customer_id != holder.pk):
        service = None
    must = not proved and bool(holders_of(s.conversation))
    return replace(s, holder=holder, proved=proved, must_prove=must, service=service)


def acquaintance_of(conversation: Conversation) -> Acquaintance | None:
    """Return what is known of whoever writes from the conversation's present address."""
    foreseen = _foreseen()
    if conversation.pk in foreseen:
        return foreseen[conversation.pk]
    return _known().filter(conversation=conversation, address=conversation.address).first()


def foresee_acquaintances(conversations: Collection[Conversation]) -> None:
    """Look up what is known of whoever writes in each conversation of a batch, with one query."""
    addresses = {conversation.pk: conversation.address for conversation in conversations}
    rows = _known().filter(conversation__in=addresses)
    found = {row.conversation_id: row for row in rows if row.address == addresses[row.conversation_id]}
    _foreseen().update({pk: found.get(pk) for pk in addresses})


def _known() -> QuerySet[Acquaintance]:
    return Acquaintance.objects.select_related("customer", "service__plan")


@once_a_batch
def _foreseen() -> dict[int, Acquaintance | None]:
    """Return what a batch looked up, by conversation; what changes meanwhile is taken out of it."""
    return {}


def _holds(known: Acquaintance, s: Situation) -> bool:
    lasts = A_TALK if s.bot.identity == Bot.Identity.TALK else timedelta(days=s.bot.identity_days)
    return known.proved_at is not None and s.now - known.proved_at < lasts


def holders_of(conversation: Conversation) -> list[Customer]:
    """Return whose account it may be: the conversation's customer, else all who are reached at its number."""
    if conversation.customer is not None:
        return [conversation.customer]
    phone = phone_of(conversation.address)
    if not phone:
        return []
    kinds = [Contact.Kind.PHONE, Contact.Kind.WHATSAPP]
    found = Contact.objects.filter(value__in=phone_variants(phone), kind__in=kinds).values("customer_id")
    return list(Customer.objects.filter(pk__in=found).order_by("pk")[:MOST_HOLDERS])


def must_prove(s: Situation) -> bool:
    """Say whether what is wanted needs a proof that is not there. Whoever sends a receipt takes nothing out."""
    if not s.must_prove or (s.files and is_receipt(s)):
        return False
    return s.intent in abilities.PERSONAL or (s.customer is None and s.intent in OF_SOMEBODY)


def read_datum(text: str) -> str:
    """Return the control datum in a text, in capitals and digits alone; "" where there is none.

    One text is one try: words without digits are left out, and what is left counts as one datum.
    """
    words = [_bare(word) for word in fold(text).split()]
    return "".join(word for word in words if any(letter.isdigit() for letter in word))[:40]


def prove(s: Situation, datum: str) -> Customer | None:
    """Compare a datum with the accounts it may be of, and keep what came of it; None where it is nobody's.

    Past the day's number of wrong ones nothing is compared any more.
    """
    if is_locked(s):
        return None
    holders = holders_of(s.conversation)
    # All are compared, whichever is right, so that the time it takes tells nothing.
    right = [holder for holder in holders if _is_theirs(holder, datum)]
    if len(right) != 1:
        owner = holders[0] if len(holders) == 1 else None
        WrongDatum.objects.create(conversation=s.conversation, customer=owner, at=s.now)
        record("identity.refused", subject=s.conversation, actor=Actor.bot(), at=s.now)
        return None
    keep_proof(s.conversation, right[0], s)
    return right[0]


def keep_proof(conversation: Conversation, customer: Customer, s: Situation) -> None:
    """Keep that whoever writes from this address is this customer."""
    _foreseen().pop(conversation.pk, None)
    values = {"address": conversation.address, "customer": customer, "proved_at": s.now}
    Acquaintance.objects.update_or_create(
        conversation=conversation, defaults={**values, "service": None, "service_at": None}
    )
    record("identity.proved", subject=conversation, actor=Actor.bot(), at=s.now, customer_id=customer.pk)


def keep_service(s: Situation, service: Service) -> None:
    """Keep which of their services they speak of, for as long as they talk."""
    _foreseen().pop(s.conversation.pk, None)
    values = {"address": s.conversation.address, "service": service, "service_at": s.now}
    known = Acquaintance.objects.filter(conversation=s.conversation).first()
    if known is not None and known.address != s.conversation.address:
        values |= {"customer": None, "proved_at": None}  # what was proved was another address's
    Acquaintance.objects.update_or_create(conversation=s.conversation, defaults=values)


def is_locked(s: Situation) -> bool:
    """Say whether so much was wrong in a day, from this conversation or about this customer, that a person looks."""
    whose = Q(conversation=s.conversation)
    if s.conversation.customer_id is not None:
        whose |= Q(customer_id=s.conversation.customer_id)
    since = s.now - timedelta(days=1)
    return WrongDatum.objects.filter(whose, at__gt=since).count() >= WRONG_A_DAY


def _is_theirs(customer: Customer, datum: str) -> bool:
    tests = [_same(_bare(fold(customer.code)).lstrip("0"), datum.lstrip("0"))]
    for document in (customer.national_id, customer.tax_id):
        written = _bare(fold(document))
        tests.append(len(datum) >= LAST_DIGITS and len(written) >= LAST_DIGITS and _same(_end(written, datum), datum))
    return any(tests)


def _end(written: str, datum: str) -> str:
    return written[-len(datum) :]


def _same(one: str, other: str) -> bool:
    return bool(one) and compare_digest(one.encode(), other.encode())


def _bare(text: str) -> str:
    return _LETTERS.sub("", text.upper())
