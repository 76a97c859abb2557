"""What is said of a conversation: its labels, its priority, its team, that it waits for somebody else, its block."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction

from events.domain import Actor, record
from inbox.domain.assignment import assign_waiting
from inbox.domain.conversations import hint, locked
from inbox.domain.states import leave_pending
from inbox.domain.states import resolve as end_of
from inbox.models import Conversation, Label, Priority, Team


@transaction.atomic
def change_labels(
    *,
    conversation_id: int,
    actor: Actor,
    now: datetime,
    add: Collection[Label] = (),
    remove: Collection[Label] = (),
) -> Conversation:
    """Put labels on a conversation and take others off; nothing is recorded where nothing changes."""
    conversation = locked(conversation_id)
    had = set(conversation.labels.values_list("id", flat=True))
    added = [label for label in add if label.pk not in had]
    removed = [label for label in remove if label.pk in had]
    conversation.labels.add(*added)
    conversation.labels.remove(*removed)
    if added or removed:
        names: dict[str, Any] = {"added": [label.name for label in added], "removed": [label.name for label in removed]}
        record("conversation.labelled", subject=conversation, actor=actor, at=now, **names)
        hint(conversation)
    return conversation


def set_labels(*, conversation_id: int, labels: Collection[Label], actor: Actor, now: datetime) -> Conversation:
    """Leave a conversation with exactly these labels."""
    wanted = {label.pk for label in labels}
    others = Label.objects.filter(conversations=conversation_id).exclude(pk__in=wanted)
    return change_labels(conversation_id=conversation_id, add=labels, remove=list(others), actor=actor, now=now)


@transaction.atomic
def set_priority(*, conversation_id: int, priority: int, actor: Actor, now: datetime) -> Conversation:
    """Say how pressing a conversation is. Raises ValueError for what is no priority."""
    wanted = Priority(priority)
    conversation = locked(conversation_id)
    if conversation.priority != wanted:
        conversation.priority = wanted
        conversation.save(update_fields=["priority"])
        record("conversation.priority", subject=conversation, actor=actor, at=now, priority=str(wanted.label))
        hint(conversation)
    return conversation


@transaction.atomic
def set_team(*, conversation_id: int, team: Team | None, actor: Actor, now: datetime) -> Conversation:
    """Give a conversation to a team; where it waits for a person, the team's own way finds one of them.

    Whoever has it and is not of the new team gives it up.
    """
    conversation = locked(conversation_id)
    if conversation.team_id == (team.pk if team else None):
        return conversation
    conversation.team = team
    record("conversation.team", subject=conversation, actor=actor, at=now, team=team.name if team else "")
    if team is not None:
        if conversation.assignee_id and not team.members.filter(pk=conversation.assignee_id).exists():
            conversation.assignee = None
        assign_waiting(conversation=conversation, now=now)
    conversation.save(update_fields=["team", "assignee"])
    hint(conversation)
    return conversation


@transaction.atomic
def set_pending(*, conversation_id: int, actor: Actor, now: datetime) -> Conversation:
    """Say that a conversation waits for somebody else: it is nobody's turn here."""
    conversation = locked(conversation_id)
    leave_pending(conversation)
    conversation.save()
    record("conversation.pending", subject=conversation, actor=actor, at=now)
    hint(conversation)
    return conversation


@transaction.atomic
def block_conversation(*, conversation_id: int, actor: Actor, now: datetime) -> Conversation:
    """Hear no more of a person: what they write is kept, but nobody is told, the bot is silent, no notice goes out."""
    conversation = locked(conversation_id)
    if conversation.blocked_at is None:
        end_of(conversation, now)
        conversation.blocked_at, conversation.bot_active = now, False
        conversation.save()
        record("conversation.blocked", subject=conversation, actor=actor, at=now)
        hint(conversation)
    return conversation


@transaction.atomic
def unblock_conversation(*, conversation_id: int, actor: Actor, now: datetime) -> Conversation:
    """Hear a person again from their next message on."""
    conversation = locked(conversation_id)
    if conversation.blocked_at is not None:
        conversation.blocked_at, conversation.bot_active = None, True
        conversation.save()
        record("conversation.unblocked", subject=conversation, actor=actor, at=now)
        hint(conversation)
    return conversation
