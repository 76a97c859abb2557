"""The states of a conversation, on a locked row in memory: whoever calls saves it.

Every way a conversation comes to wait, is answered or is over goes through here, so that what hangs on it (targets,
whose it is) hangs on it everywhere.
"""

from __future__ import annotations

from datetime import datetime

from inbox.domain.policy import answer_due, current_policy, resolution_due
from inbox.models import Conversation

# What `leave_to_bot` changes.
LEFT = ("status", "waiting_since", "answer_due_at", "resolve_due_at", "snoozed_until", "snoozed_by")


def begin_waiting(conversation: Conversation, since: datetime) -> None:
    """Somebody waits for the staff: it is open, whatever it was before. A blocked person waits for nobody."""
    if conversation.blocked_at is not None:
        return
    if conversation.status == Conversation.Status.RESOLVED or conversation.opened_at is None:
        conversation.opened_at, conversation.first_answered_at, conversation.resolved_at = since, None, None
        conversation.resolve_due_at = None
    end_snooze(conversation)
    conversation.status = Conversation.Status.OPEN
    conversation.waiting_since = conversation.waiting_since or since
    if conversation.answer_due_at is None or conversation.resolve_due_at is None:
        policy = current_policy()
        conversation.answer_due_at = conversation.answer_due_at or answer_due(policy, conversation.waiting_since)
        conversation.resolve_due_at = conversation.resolve_due_at or resolution_due(policy, since)


def keep_quiet(conversation: Conversation) -> None:
    """We write first, by ourselves: it is nobody's work until the person answers."""
    conversation.status, conversation.opened_at = Conversation.Status.RESOLVED, None


def note_answer(conversation: Conversation, now: datetime) -> None:
    """A person answered: nobody waits, the bot is silent."""
    end_snooze(conversation)
    conversation.status, conversation.bot_active = Conversation.Status.OPEN, False
    conversation.waiting_since, conversation.unread = None, 0
    conversation.answer_due_at = None
    conversation.first_answered_at = conversation.first_answered_at or now


def leave_to_bot(conversation: Conversation) -> None:
    """The bot answers: nobody waits for a person, and nobody owes anything."""
    end_snooze(conversation)
    conversation.status, conversation.waiting_since = Conversation.Status.PENDING, None
    conversation.answer_due_at, conversation.resolve_due_at = None, None


def leave_pending(conversation: Conversation) -> None:
    """It waits for somebody else: the customer, a technician. What was promised stays promised."""
    end_snooze(conversation)
    conversation.status, conversation.bot_active = Conversation.Status.PENDING, False
    conversation.waiting_since, conversation.answer_due_at = None, None


def snooze(conversation: Conversation, until: datetime, by: int | None) -> None:
    """Nobody looks at it until then; `by` is told when it comes back."""
    conversation.status, conversation.snoozed_until = Conversation.Status.SNOOZED, until
    conversation.snoozed_by_id = by
    conversation.waiting_since, conversation.unread, conversation.bot_active = None, 0, False
    conversation.answer_due_at = None


def end_snooze(conversation: Conversation) -> None:
    """It is not put off any more."""
    conversation.snoozed_until = conversation.snoozed_by = None


def reopen(conversation: Conversation, now: datetime) -> None:
    """A person wants it open: without the bot, and with nobody waiting."""
    end_snooze(conversation)
    conversation.status, conversation.bot_active = Conversation.Status.OPEN, False
    conversation.opened_at, conversation.resolved_at, conversation.first_answered_at = now, None, None
    conversation.resolve_due_at = resolution_due(current_policy(), now)


def resolve(conversation: Conversation, now: datetime) -> None:
    """It is over: nobody waits any more, and the bot may answer when the person writes again."""
    end_snooze(conversation)
    conversation.status, conversation.resolved_at = Conversation.Status.RESOLVED, now
    conversation.waiting_since, conversation.unread, conversation.bot_active = None, 0, True
    conversation.assignee = None
    conversation.answer_due_at, conversation.resolve_due_at = None, None
