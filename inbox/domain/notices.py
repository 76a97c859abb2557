"""Notices to customers: reminders, cuts, receipts. They leave from the number the customer wrote to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError, transaction
from django.db.models import Q

from customers.domain.queries import reachable_phone
from customers.models import Contact, Customer
from events.domain import Actor, Fact, record, record_many
from inbox.addresses import WHATSAPP, address_variants
from inbox.domain.conversations import locked, start_conversation
from inbox.domain.deadlocks import TRIES, is_deadlock
from inbox.domain.refusals import refused
from inbox.domain.sandbox import KIND as SANDBOX
from inbox.domain.sandbox import address_of
from inbox.domain.sending import queue_message
from inbox.domain.states import keep_quiet
from inbox.domain.templates import DEFAULTS, can_go, ensure_default_templates
from inbox.kinds import NOTICE_KINDS
from inbox.models import Address, Channel, Conversation, Message, Template
from tenants.current import current_tenant

THERE = timedelta(minutes=10)  # after what a visitor of the page wrote, their chat is still before them
# The phone for trying things reaches nobody: its own paths choose it.
REACHING = [kind for kind in NOTICE_KINDS if kind != SANDBOX]


@transaction.atomic
def notify_customer(
    *,
    customer_id: int,
    template: str,
    variables: dict[str, Any],
    key: str,
    actor: Actor,
    now: datetime,
) -> Message | None:
    """Send a customer the notice `template` once per `key`; None, with an Event that says why, when it cannot go.

    Free text inside the 24 hour window, else the approved template. Reasons: no_template, no_channel, no_phone,
    opted_out, no_approved_template.
    """
    known = Message.objects.filter(key=key).first()
    if known is not None:
        return known
    customer = Customer.objects.get(pk=customer_id)
    row = find_template(template)
    reach = Reach(reason="no_template") if row is None else conversation_for(customer, now)
    conversation, reason = reach.conversation, reach.reason
    if row and conversation and not reason and not can_go(row, conversation, now, channel=reach.channel):
        reason = "no_approved_template"
    if row is None or conversation is None or reason:
        facts: dict[str, Any] = {
            "template": template,
            "name": row.name if row else template,
            "reason": reason,
            "key": key,
        }
        record("notice.not_sent", subject=customer, actor=actor, at=now, **facts)
        return None
    return queue_message(
        conversation=conversation,
        channel=reach.channel,
        template=row,
        variables=variables,
        author=actor,
        key=key,
        now=now,
    )


@transaction.atomic
def notify_conversation(
    *,
    conversation: Conversation,
    template: str,
    variables: dict[str, Any],
    key: str,
    actor: Actor,
    now: datetime,
) -> Message | None:
    """Send the notice `template` once per `key` into one conversation; None when it cannot go there now.

    A chat of the page that its visitor has left reaches nobody: only who is known nowhere else is told there.
    """
    known = Message.objects.filter(key=key).first()
    if known is not None:
        return known
    row, conversation = find_template(template), locked(conversation.pk)
    if row is None or conversation.merged_into_id or not conversation.channel.is_active:
        return None
    if refused(conversation) or not (_is_there(conversation, now) or conversation.customer_id is None):
        return None
    if not can_go(row, conversation, now):
        return None
    return queue_message(conversation=conversation, template=row, variables=variables, author=actor, key=key, now=now)


def _is_there(conversation: Conversation, now: datetime) -> bool:
    """Say whether a line in a conversation comes to somebody's eyes by itself."""
    wrote = conversation.last_inbound_at
    return conversation.channel.can.notices or (wrote is not None and now - wrote < THERE)


@dataclass(frozen=True)
class Notice:
    """One notice to be: what `notify_customers` takes."""

    customer_id: int
    key: str
    variables: dict[str, Any] = field(default_factory=dict)


def notify_customers(*, template: str, notices: Sequence[Notice], actor: Actor, now: datetime) -> None:
    """Do what `notify_customer` does for each; few queries for those that cannot be reached, however many.

    All or none. Each holds a conversation until the end, while what comes in may hold them in another order.
    """
    for left in reversed(range(TRIES)):
        try:
            # Inside somebody's transaction this is a savepoint, and going back to it lets go of what was locked since.
            with transaction.atomic():
                _notify_customers(template=template, notices=notices, actor=actor, now=now)
        except OperationalError as error:
            if not left or not is_deadlock(error):
                raise
        else:
            return


def _notify_customers(*, template: str, notices: Sequence[Notice], actor: Actor, now: datetime) -> None:
    known = set(Message.objects.filter(key__in=[notice.key for notice in notices]).values_list("key", flat=True))
    fresh = [notice for notice in notices if notice.key not in known]
    row = find_template(template)
    reasons = _unreachable([notice.customer_id for notice in fresh]) if row else {}
    unsent: list[Fact] = []
    for notice in fresh:
        reason = "no_template" if row is None else reasons.get(notice.customer_id, "")
        if not reason:
            notify_customer(
                customer_id=notice.customer_id,
                template=template,
                variables=notice.variables,
                key=notice.key,
                actor=actor,
                now=now,
            )
            continue
        facts = {
            "template": template,
            "name": row.name if row else template,
            "reason": reason,
            "key": notice.key,
        }
        subject = ("customers.customer", notice.customer_id)
        unsent.append(Fact("notice.not_sent", subject, actor, notice.customer_id, now, facts))
    record_many(unsent)


def _unreachable(customer_ids: Sequence[int]) -> dict[int, str]:
    """Return why these cannot be written to, for those of whom that is plain without looking closer."""
    wrote = Conversation.objects.filter(customer_id__in=customer_ids, last_inbound_at__isnull=False, merged_into=None)
    talked = set(wrote.filter(_reaching()).values_list("customer_id", flat=True))
    elsewhere = Address.objects.filter(_reaching(), conversation__in=wrote.exclude(customer_id__in=talked))
    talked |= set(elsewhere.values_list("conversation__customer_id", flat=True))
    if first_channel() is None:
        return {pk: "no_channel" for pk in customer_ids if pk not in talked}
    phones: dict[int, bool] = {}
    contacts = Contact.objects.filter(customer_id__in=customer_ids)
    for pk, kind, opted_out in contacts.values_list("customer_id", "kind", "opted_out"):
        usable = kind in {Contact.Kind.WHATSAPP, Contact.Kind.PHONE} and not opted_out
        # True: can be reached; False: only what refused.
        if usable or opted_out:
            phones[pk] = phones.get(pk, False) or usable
    return {
        pk: "opted_out" if pk in phones else "no_phone"
        for pk in customer_ids
        if pk not in talked and not phones.get(pk, False)
    }


def find_template(key: str) -> Template | None:
    """Return a template in the tenant's language, else in any.

    A default one that came after the provider had its own is made when it is first asked for.
    """
    found = Template.objects.filter(key=key)
    rows = {row.language: row for row in found}
    if not rows and key in DEFAULTS and Template.objects.exists():
        ensure_default_templates()
        rows = {row.language: row for row in found.all()}
    return rows.get(current_tenant().language) or next(iter(rows.values()), None)


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a customer is written to. No `conversation` where none exists yet; no `address`: `reason` says why.

    `channel` may be another than the conversation's own: who writes from the page now is reached on their phone.
    """

    channel: Channel | None = None
    address: str = ""
    conversation: Conversation | None = None
    reason: str = ""


def reach_of(customer: Customer) -> Reach:
    """Return where to write, and why not when it is nowhere. Writes nothing."""
    talked = _where_they_wrote(customer)
    if talked is not None:
        return talked
    channel = first_channel()
    if channel is None:
        return Reach(reason="no_channel")
    if channel.kind == SANDBOX:
        return _on_trial(channel, customer)
    phone = reachable_phone(customer.pk)
    if phone is None:
        said_no = Contact.objects.filter(customer=customer, opted_out=True).exists()
        return Reach(channel, reason="opted_out" if said_no else "no_phone")
    # WhatsApp may know the phone in another writing (+52 / +521): go on where we already talk.
    known = Address.objects.filter(channel=channel, value__in=address_variants(phone)).order_by("id").first()
    if known is None:
        return Reach(channel, WHATSAPP + phone)
    return Reach(channel, known.value, known.conversation, _why(known.conversation))


def _where_they_wrote(customer: Customer) -> Reach | None:
    """Return where a customer wrote last and is reached; where that is the page's chat, another way we know."""
    wrote = Conversation.objects.filter(customer=customer, merged_into=None, last_inbound_at__isnull=False)
    last = wrote.filter(_reaching()).select_related("channel").order_by("-last_inbound_at", "-id").first()
    if last is not None:
        return Reach(last.channel, last.address, last, _why(last, customer_id=customer.pk, address=last.address))
    others = Address.objects.filter(_reaching(), conversation__in=wrote).select_related("channel", "conversation")
    other = others.order_by("-conversation__last_inbound_at", "-id").first()
    if other is None:
        return None
    why = _why(other.conversation, customer_id=customer.pk, address=other.value)
    return Reach(other.channel, other.value, other.conversation, why)


def first_channel() -> Channel | None:
    """Return the number we write from to somebody who never wrote: the default, else the first WhatsApp one."""
    rows = Channel.objects.filter(is_active=True, kind__endswith="whatsapp").order_by("-is_default", "id")
    return rows.first() or trial_channel()


def trial_channel() -> Channel | None:
    """Return the phone for trying things, when the provider wants notices there and has nothing else to send by."""
    rows = Channel.objects.filter(is_active=True)
    if rows.exclude(kind=SANDBOX).exists():
        return None
    return rows.filter(config__for_notices=True).order_by("id").first()


def _on_trial(channel: Channel, customer: Customer) -> Reach:
    address = address_of(customer)
    known = Address.objects.filter(channel=channel, value=address).select_related("conversation").first()
    conversation = known.conversation if known else None
    return Reach(channel, address, conversation, _why(conversation) if conversation else "")


def conversation_for(customer: Customer, now: datetime) -> Reach:
    """Return where to write, its conversation opened where there is none; no conversation when it is nowhere."""
    reach = reach_of(customer)
    if reach.channel is None or not reach.address:
        return replace(reach, conversation=None)
    if reach.conversation is not None and reach.conversation.customer_id == customer.pk:
        return reach
    opened = start_conversation(customer=customer, address=reach.address, channel=reach.channel, now=now)
    if opened.seq == 0:
        # A month's reminders are no month's work: they would bury who waits for an answer.
        keep_quiet(opened)
        opened.save(update_fields=["status", "opened_at"])
    return replace(reach, conversation=opened)


def _reaching() -> Q:
    """Rows whose channel is on and reaches a person who is not looking."""
    return Q(channel__is_active=True, channel__kind__in=REACHING)


def _why(conversation: Conversation, **whose: Any) -> str:
    return "opted_out" if refused(conversation, **whose) else ""
