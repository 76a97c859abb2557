"""A message comes in: the bot takes it, in the transaction that stored it."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Min
from django.utils.translation import gettext as _

from chatbot.domain.bots import bot_of_channel
from chatbot.domain.calling import pass_on
from chatbot.domain.limits import is_on_duty
from chatbot.domain.situations import Answer
from chatbot.models import Turn
from inbox.domain.conversations import give_to_bot
from inbox.models import Message
from tenants.wakes import wake

LANE = "chatbot"
BEGUN = timedelta(hours=24)  # how long a dialogue counts as begun
LONGEST_BURST = 3  # pauses; who keeps writing is answered all the same


def take_message(*, message: Message) -> Turn | None:
    """Put a message in line for an answer; None when a person answers (the bot is off, off duty or silent here).

    Messages of one burst share one time, pushed on by each of them, so that they are answered together.
    """
    if not message.conversation.bot_active:
        return None
    bot = bot_of_channel(message.conversation.channel_id)
    if not bot.enabled:
        return None
    if not is_on_duty(bot, message.created_at):
        _leave_until_on_duty(message)
        return None
    pause = timedelta(seconds=bot.pause_seconds)
    due = message.created_at + pause
    burst = Turn.objects.pending().filter(conversation_id=message.conversation_id, attempts=0)
    began = burst.aggregate(first=Min("created_at"))["first"]
    if began is not None:
        due = min(due, began + pause * LONGEST_BURST)
    turn = Turn.objects.create(
        message=message, conversation_id=message.conversation_id, created_at=message.created_at, next_try_at=due
    )
    if began is not None:
        burst.update(next_try_at=due)
    wake(LANE, due)
    give_to_bot(message.conversation)
    return turn


def _leave_until_on_duty(message: Message) -> None:
    """Give a person what the bot had begun when its hours ended; where it had begun nothing, nothing is said."""
    begun = Turn.objects.filter(
        conversation_id=message.conversation_id,
        settled_at__gte=message.created_at - BEGUN,
        outcome__in=[Turn.Outcome.RESOLVED, Turn.Outcome.UNANSWERED],
    )
    if not begun.exists():
        return
    now = message.created_at
    reason = _("Terminó el horario del asistente.")
    Turn.objects.create(
        message=message,
        conversation_id=message.conversation_id,
        state=Turn.State.SKIPPED,
        outcome=Turn.Outcome.ESCALATED,
        why=Turn.Why.HOURS,
        reason=reason,
        created_at=now,
        settled_at=now,
    )
    answer = Answer(hand_over=reason, why=Turn.Why.HOURS)
    pass_on(conversation=message.conversation, answer=answer, text=message.body, now=now)
