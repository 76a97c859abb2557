"""Putting a conversation off until a moment, and its coming back."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.db import transaction
from django.db.models import Min
from django.utils.translation import gettext as _

from accounts.models import User
from events.domain import Actor, record
from inbox.domain.assignment import assign_waiting
from inbox.domain.conversations import add_line, hint, locked
from inbox.domain.mentions import tell_mentioned
from inbox.domain.states import begin_waiting, snooze
from inbox.models import Conversation, Message
from tenants.current import tenant_zone
from tenants.wakes import wake

LANE = "inbox.snoozed"
MORNING = time(9)
FARTHEST = timedelta(days=366)
CHUNK = 100
WEEK = 7


class BadMoment(ValueError):
    """A conversation is put off until later, and not for years."""


def snooze_presets(now: datetime) -> list[tuple[str, datetime]]:
    """Return what is offered, by name: in an hour, tomorrow at nine, on Monday at nine; by the provider's clock."""
    zone = tenant_zone()
    today = now.astimezone(zone).date()
    monday = today + timedelta(days=WEEK - today.weekday())
    return [
        ("hour", now + timedelta(hours=1)),
        ("tomorrow", datetime.combine(today + timedelta(days=1), MORNING, zone)),
        ("monday", datetime.combine(monday, MORNING, zone)),
    ]


@transaction.atomic
def snooze_conversation(
    *, conversation_id: int, until: datetime, by: User | None, actor: Actor, now: datetime
) -> Conversation:
    """Put a conversation off until a moment; `by` is told when it comes back. Raises BadMoment."""
    if not now < until <= now + FARTHEST:
        raise BadMoment(until.isoformat())
    conversation = locked(conversation_id)
    snooze(conversation, until, by.pk if by else None)
    conversation.save()
    record("conversation.snoozed", subject=conversation, actor=actor, at=now, until=until.isoformat())
    hint(conversation)
    wake(LANE, until)
    return conversation


def drain(*, now: datetime) -> datetime | None:
    """Bring back what is due; return when the next one is."""
    while _wake_some(now):
        pass
    rows = Conversation.objects.filter(status=Conversation.Status.SNOOZED)
    due: datetime | None = rows.aggregate(due=Min("snoozed_until"))["due"]
    return due


@transaction.atomic
def _wake_some(now: datetime) -> int:
    rows = Conversation.objects.filter(status=Conversation.Status.SNOOZED, snoozed_until__lte=now)
    rows = rows.select_for_update(skip_locked=True, of=("self",)).select_related("snoozed_by", "customer")
    found = list(rows.order_by("snoozed_until", "id")[:CHUNK])
    for conversation in found:
        _bring_back(conversation, now)
    return len(found)


def _bring_back(conversation: Conversation, now: datetime) -> None:
    """It waits again, at the hour that was said, and whoever put it off is named in a note."""
    who = conversation.snoozed_by
    begin_waiting(conversation, now)
    if conversation.blocked_at is not None:  # blocked meanwhile: it stays asleep for nobody
        conversation.status, conversation.snoozed_until = Conversation.Status.OPEN, None
    assign_waiting(conversation=conversation, now=now)
    text = _("Volvió a la bandeja: %(name)s la había pospuesto hasta ahora.") % {"name": who.name if who else "—"}
    note = add_line(
        conversation=conversation,
        author=Actor.system("Bandeja"),
        now=now,
        body=text,
        direction=Message.Direction.NOTE,
        status=Message.Status.SENT,
    )
    if who is not None:
        tell_mentioned(note=note, people=[who], now=now)
    record("conversation.woke", subject=conversation, actor=Actor.system("Bandeja"), at=now)
