"""Tickets: opened once, changed with a history that reads, commented, closed and opened again.

Every change is made under the ticket's lock and is one Event of the ticket and its customer. The customer hears when
it opens, when it closes, and each public comment, as a notice of the provider's; the notice is the product's and not
an answer of an agent, so it neither opens the conversation again nor silences the bot.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import User
from customers.models import Customer, Service
from events.domain import Actor, record
from inbox.domain.conversations import clean_text, hint, locked
from inbox.domain.notices import notify_conversation, notify_customer, reach_of
from inbox.models import Conversation, Priority, Team, Ticket, TicketComment
from inbox.models.messages import author_fields
from tenants.current import current_tenant
from tenants.live import publish_live

NUMBERS = 0x5449434B  # "TICK": the family of advisory locks, one a tenant
# How long a ticket may take, by its priority, where nobody says another moment.
DUE = {
    Priority.URGENT: timedelta(hours=4),
    Priority.HIGH: timedelta(hours=24),
    Priority.NORMAL: timedelta(days=3),
    Priority.LOW: timedelta(days=7),
}
COMMENT = 4000  # characters
TOLD = 600  # characters of a comment that go into a notice


class EmptyText(ValueError):
    """A ticket without a subject, or a comment without words."""


@dataclass(frozen=True, kw_only=True)
class NewTicket:
    """What a ticket starts with. `source`: conversation, api, staff, bot. Without `due_at` the priority says it.

    `tell`: whether the customer is sent a notice of it; not where whoever opens it tells them in the same breath.
    """

    subject: str
    source: str
    details: str = ""
    category: str = Ticket.Category.OTHER
    priority: int = Priority.NORMAL
    customer: Customer | None = None
    service: Service | None = None
    conversation: Conversation | None = None
    assignee: User | None = None
    team: Team | None = None
    due_at: datetime | None = None
    key: str | None = None
    tell: bool = True


@transaction.atomic
def open_ticket(new: NewTicket, *, actor: Actor, now: datetime) -> Ticket:
    """Open a ticket and tell the customer, unless not; with a `key` that was used, return that one, change nothing.

    Its number is the next one: given under a lock, so that none is given twice and none is left out.
    Raises EmptyText.
    """
    subject = clean_text(new.subject)[:160]
    if not subject:
        raise EmptyText("a ticket without a subject")
    _hold_talks(new, now)
    _hold_numbers()
    if new.key and (known := Ticket.objects.filter(key=new.key).first()):
        return known
    ticket = Ticket.objects.create(
        number=(Ticket.objects.aggregate(last=Max("number"))["last"] or 0) + 1,
        subject=subject,
        category=new.category,
        priority=new.priority,
        customer=new.customer or (new.conversation.customer if new.conversation else None),
        service=new.service,
        conversation=new.conversation,
        assignee=new.assignee,
        team=new.team,
        source=new.source,
        key=new.key or None,
        due_at=new.due_at or now + DUE[Priority(new.priority)],
        created_at=now,
    )
    if details := clean_text(new.details)[:COMMENT]:
        TicketComment.objects.create(ticket=ticket, body=details, created_at=now, **author_fields(actor))
    _record("ticket.opened", ticket, actor, now, source=new.source)
    if new.tell:
        _tell("ticket_opened", ticket, f"ticket:{ticket.pk}:opened", now)
    _hint(ticket)
    return ticket


def _hold_talks(new: NewTicket, now: datetime) -> None:
    """Lock the conversations the notice may go to, before the numbers: whoever answers in one opens tickets too."""
    customer = new.customer or (new.conversation.customer if new.conversation else None)
    talks = {new.conversation.pk} if new.conversation else set()
    if customer is not None and not (new.conversation and new.conversation.window_is_open(now)):
        reach = reach_of(customer).conversation
        talks |= {reach.pk} if reach else set()
    for pk in sorted(talks):
        locked(pk)


def _hold_numbers() -> None:
    """Hold this tenant's right to number a ticket until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [NUMBERS, current_tenant().pk])


@transaction.atomic
def change_ticket(*, ticket_id: int, actor: Actor, now: datetime, **changes: Any) -> Ticket:
    """Change any of subject, category, priority, state, assignee, team, due_at; each is an event of its own.

    A state that closes or opens the ticket does what `close_ticket` and `reopen_ticket` do. What is said to be as it
    already is changes nothing. Raises EmptyText, and TypeError for a field that cannot be changed.
    """
    if not set(changes) <= {"subject", "category", "priority", "state", "assignee", "team", "due_at"}:
        raise TypeError(f"a ticket has no such fields to change: {sorted(changes)}")
    ticket = _locked(ticket_id)
    for name, value in changes.items():
        before, clean = getattr(ticket, name), clean_text(value)[:160] if name == "subject" else value
        if name == "subject" and not clean:
            raise EmptyText("a ticket without a subject")
        if clean == before or (name == "due_at" and clean is None):
            continue
        old = _word(ticket, name)
        setattr(ticket, name, clean)
        if name == "state":
            _settle_state(ticket, before, old, actor, now)
        else:
            _record("ticket.changed", ticket, actor, now, field=name, old=old, new=_word(ticket, name))
    ticket.save()
    _hint(ticket)
    return ticket


def close_ticket(*, ticket_id: int, actor: Actor, now: datetime) -> Ticket:
    """Close a ticket and tell the customer; one that is closed stays as it is."""
    return change_ticket(ticket_id=ticket_id, actor=actor, now=now, state=Ticket.State.CLOSED)


def reopen_ticket(*, ticket_id: int, actor: Actor, now: datetime) -> Ticket:
    """Open a closed ticket again, with the time its priority gives from now."""
    return change_ticket(ticket_id=ticket_id, actor=actor, now=now, state=Ticket.State.OPEN)


def _settle_state(ticket: Ticket, before: str, old: str, actor: Actor, now: datetime) -> None:
    """Record a change of state and what it brings, on a locked row that the caller saves."""
    if ticket.state == Ticket.State.CLOSED:
        ticket.closed_at = now
        event = _record("ticket.closed", ticket, actor, now)
        # Closed twice is told twice, and each closing once.
        _tell("ticket_closed", ticket, f"ticket:{ticket.pk}:closed:{event}", now)
    elif before == Ticket.State.CLOSED:
        ticket.closed_at, ticket.due_at = None, now + DUE[Priority(ticket.priority)]
        _record("ticket.reopened", ticket, actor, now)
    else:
        _record("ticket.changed", ticket, actor, now, field="state", old=old, new=_word(ticket, "state"))


@transaction.atomic
def comment_ticket(*, ticket_id: int, body: str, is_public: bool, actor: Actor, now: datetime) -> TicketComment:
    """Write under a ticket; a public comment is sent to the customer. Raises EmptyText."""
    text = clean_text(body)[:COMMENT]
    if not text:
        raise EmptyText("an empty comment")
    ticket = _locked(ticket_id)
    comment = TicketComment.objects.create(
        ticket=ticket, body=text, is_public=is_public, created_at=now, **author_fields(actor)
    )
    _record("ticket.commented", ticket, actor, now, public=is_public)
    if is_public:
        short = text if len(text) <= TOLD else text[: TOLD - 1].rstrip() + "…"
        # One line: an approved text takes no line breaks in its values.
        _tell(
            "ticket_comment", ticket, f"ticket:{ticket.pk}:comment:{comment.pk}", now, comment=" ".join(short.split())
        )
    _hint(ticket)
    return comment


def _locked(ticket_id: int) -> Ticket:
    rows = Ticket.objects.select_for_update(of=("self",)).select_related("customer", "assignee", "team", "conversation")
    ticket: Ticket = rows.get(pk=ticket_id)
    return ticket


def _word(ticket: Ticket, name: str) -> str:
    """Return a field's value as people read it."""
    if name in {"category", "priority", "state"}:
        return str(getattr(ticket, f"get_{name}_display")())
    value = getattr(ticket, name)
    if name == "due_at":
        return value.isoformat() if value else ""
    return str(getattr(value, "name", value) or "")


def _record(kind: str, ticket: Ticket, actor: Actor, now: datetime, **facts: Any) -> int:
    event = record(
        kind, subject=ticket, actor=actor, at=now, number=ticket.number, subject_text=ticket.subject, **facts
    )
    return int(event.pk)


def _tell(template: str, ticket: Ticket, key: str, now: datetime, **more: str) -> None:
    """Send the customer a notice about a ticket: where the ticket came from, else where they are usually written to."""
    person = ticket.customer.name if ticket.customer else (ticket.conversation and ticket.conversation.contact_name)
    variables = {"name": (person or _("cliente")).split()[0], "number": str(ticket.number), "subject": ticket.subject}
    actor = Actor.system(_("Tickets"))
    if ticket.conversation is not None and notify_conversation(
        conversation=ticket.conversation, template=template, variables=variables | more, key=key, actor=actor, now=now
    ):
        return
    if ticket.customer_id is not None:
        notify_customer(
            customer_id=ticket.customer_id,
            template=template,
            variables=variables | more,
            key=key,
            actor=actor,
            now=now,
        )


def _hint(ticket: Ticket) -> None:
    """Tell the browsers of the inbox that a ticket changed, and those that look at its conversation."""
    publish_live("inbox", ticket=ticket.pk)
    if ticket.conversation is not None:
        hint(ticket.conversation)
