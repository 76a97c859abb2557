"""A conversation between the bot and a person: taken over, and handed back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from chatbot.domain.bots import bot_of_channel
from chatbot.domain.limits import is_on_duty
from chatbot.domain.taking import take_message
from chatbot.models import Turn
from events.domain import Actor, record
from inbox.domain.conversations import assign_conversation, hint, locked, reopen_conversation
from inbox.domain.states import leave_to_bot
from inbox.models import Conversation, Message


class NoBot(ValueError):
    """The bot does not answer there; the message is for people."""


def answers_in(conversation: Conversation, now: datetime) -> str:
    """Return why no bot answers in a conversation; empty where one does."""
    if conversation.blocked_at is not None:
        return _("La conversación está bloqueada.")
    bot = bot_of_channel(conversation.channel_id)
    if not bot.enabled:
        return _("El asistente está apagado en este canal.")
    return "" if is_on_duty(bot, now) else _("El asistente está fuera de su horario.")


@transaction.atomic
def take_over(*, conversation_id: int, user: User, now: datetime) -> Conversation:
    """Silence the bot in a conversation: this person has it, theirs where they may take one."""
    actor = Actor.of_user(user)
    conversation = locked(conversation_id)
    if conversation.status != Conversation.Status.OPEN:
        conversation = reopen_conversation(conversation_id=conversation.pk, actor=actor, now=now)
    elif conversation.bot_active:
        conversation.bot_active = False
        conversation.save(update_fields=["bot_active"])
        hint(conversation)
    if user.can("inbox.assign") and user.can("inbox.reply"):
        assign_conversation(conversation_id=conversation.pk, assignee=user, actor=actor, now=now)
    return conversation


@transaction.atomic
def hand_back(*, conversation_id: int, actor: Actor, now: datetime) -> bool:
    """Give a conversation back to the bot, nobody's from then on; say whether it answers what waits right now.

    What the customer wrote and nobody took is answered; else the bot waits for the next message. Raises NoBot.
    """
    conversation = locked(conversation_id)
    if why := answers_in(conversation, now):
        raise NoBot(why)
    conversation.assignee, conversation.bot_active = None, True
    record("conversation.handed_back", subject=conversation, actor=actor, at=now)
    waiting = conversation.waiting_since is not None
    leave_to_bot(conversation)
    conversation.save()
    hint(conversation)
    last = Message.objects.filter(conversation=conversation, direction="in").order_by("-seq").first()
    if not waiting or last is None or Turn.objects.filter(message=last).exists():
        return False
    last.conversation, last.created_at = conversation, now  # to the bot it comes now
    return take_message(message=last) is not None
