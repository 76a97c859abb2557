"""The states of a conversation, on a locked row in memory: whoever calls saves it.

Every way a conversation comes to wait, is answered or is over goes through here, so that what hangs on it (targets,
whose it is) hangs on it everywhere.
"""

from __future__ import annotations

from datetime import datetime

from inbox.models import Conversation


def begin_waiting(conversation: Conversation, since: datetime) -> None:
    """Somebody waits for the staff: it is open, whatever it was before. A blocked person waits for nobody."""
    if conversation.blocked_at is not None:
        return
    if conversation.status == Conversation.Status.RESOLVED or conversation.opened_at is None:
        conversation.opened_at, conversation.first_answered_at, conversation.resolved_at = since, None, None
    conversation.status, conversation.snoozed_until = Conversation.Status.OPEN, None
    conversation.waiting_since = conversation.waiting_since or since


def note_answer(conversation: Conversation, now: datetime) -> None:
    """A person answered: nobody waits, the bot is silent."""
    conversation.status, conversation.bot_active = Conversation.Status.OPEN, False
    conversation.waiting_since, conversation.unread, conversation.snoozed_until = None, 0, None
    conversation.answer_due_at = None
    conversation.first_answered_at = conversation.first_answered_at or now


def leave_to_bot(conversation: Conversation) -> None:
    """The bot answers: nobody waits for a person."""
    conversation.status, conversation.waiting_since = Conversation.Status.PENDING, None
    conversation.answer_due_at = None


def resolve(conversation: Conversation, now: datetime) -> None:
    """It is over: nobody waits any more, and the bot may answer when the person writes again."""
    conversation.status, conversation.resolved_at = Conversation.Status.RESOLVED, now
    conversation.waiting_since, conversation.unread, conversation.bot_active = None, 0, True
    conversation.assignee, conversation.snoozed_until = None, None
    conversation.answer_due_at, conversation.resolve_due_at = None, None
