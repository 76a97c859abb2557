"""Gestures leave: our reactions, and that a message was read or an answer is being typed.

A reaction is a row that waits until the far side has heard of it, and is tried again like a message; it carries the
last word, so saying it twice does no harm. A read mark is a courtesy: it is tried a few times and then let go.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Min, Q
from django.utils.translation import gettext as _

from events.domain import Actor
from inbox.channels.base import ChannelError
from inbox.domain.carriers import carrier_of
from inbox.domain.conversations import hint, locked
from inbox.domain.outbound import recipient_of
from inbox.domain.read_marks import LANE
from inbox.models import Message, Reaction, ReadMark
from tenants.sealing import SealError
from tenants.wakes import wake

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)  # longer than a call to the far side may take
BUDGET = 5.0  # seconds; then the other tenants have their turn
ATTEMPTS = 6
MARK_ATTEMPTS = 2
EMOJI_LIMIT = 16


class CannotReact(ValueError):
    """This line cannot be reacted to: the channel has no reactions, or the far side does not know the line."""


@transaction.atomic
def react(*, message: Message, emoji: str, actor: Actor, now: datetime) -> Reaction | None:
    """Put our reaction on a line, change it, or take it away with an empty `emoji`. Raises CannotReact."""
    conversation = locked(message.conversation_id)
    here = message.channel_id == conversation.channel_id and message.external_id
    if not (here and conversation.channel.can.reactions) or len(emoji) > EMOJI_LIMIT:
        raise CannotReact
    row = Reaction.objects.select_for_update().filter(message=message, by="us").first()
    if row is None and not emoji:
        return None
    row = row or Reaction(message=message, by="us")
    row.emoji, row.at, row.author_label = emoji, now, actor.label[:120]
    row.error, row.attempts, row.next_try_at = "", 0, now
    row.save()
    message.save(update_fields=["updated_at"])
    hint(conversation, tick=True)
    wake(LANE)
    return row


def drain(*, now: datetime) -> datetime | None:
    """Tell the far sides what is due; return when the lane next has work."""
    began = time.monotonic()
    while _tell_reaction(now=now) or _tell_mark(now=now):
        if time.monotonic() - began > BUDGET:
            return now
    waiting = Q(next_try_at__isnull=False)
    dues = [
        rows.filter(waiting).aggregate(due=Min("next_try_at"))["due"] for rows in (Reaction.objects, ReadMark.objects)
    ]
    return min((due for due in dues if due), default=None)


def _tell_reaction(*, now: datetime) -> bool:
    """Take up one reaction; False when none is due. No transaction is open while the far side is talked to."""
    with transaction.atomic():
        rows = Reaction.objects.select_for_update(skip_locked=True, of=("self",)).filter(next_try_at__lte=now)
        row = rows.select_related("message__conversation__channel").order_by("next_try_at", "id").first()
        if row is None:
            return False
        row.attempts += 1
        row.next_try_at = now + LEASE
        row.save(update_fields=["attempts", "next_try_at"])
    message = row.message
    try:
        carrier_of(message.channel).react(
            recipient=recipient_of(message), external_id=message.external_id, emoji=row.emoji
        )
    except ChannelError as error:
        _settle(row, said=row.emoji, error=error, now=now)
    except (SealError, KeyError, ValueError) as error:
        logger.warning("channel %s cannot be opened: %s", message.channel_id, type(error).__name__)
        _settle(row, said=row.emoji, error=ChannelError(_("El canal no está disponible."), permanent=False), now=now)
    else:
        _settle(row, said=row.emoji, error=None, now=now)
    return True


@transaction.atomic
def _settle(row: Reaction, *, said: str, error: ChannelError | None, now: datetime) -> None:
    """Write down what came of a reaction. One that was changed meanwhile goes on with its new emoji."""
    conversation = locked(row.message.conversation_id)
    now_held = Reaction.objects.select_for_update().filter(pk=row.pk).first()
    if now_held is None:
        return
    changed = now_held.emoji != said or now_held.at != row.at
    if error is None:
        now_held.told, now_held.error = said, ""
        now_held.next_try_at = now if changed else None
    elif changed:
        now_held.next_try_at = now
    elif error.permanent or now_held.attempts >= ATTEMPTS:
        # What the person sees is what stays on the line; the reason is told beside it.
        now_held.emoji, now_held.error, now_held.next_try_at = now_held.told or said, error.message[:255], None
    else:
        now_held.next_try_at = now + (error.after or timedelta(seconds=5 * 3**now_held.attempts))
    if error is None and not changed and not said:
        now_held.delete()
    else:
        now_held.save()
    row.message.save(update_fields=["updated_at"])
    hint(conversation, tick=True)


def _tell_mark(*, now: datetime) -> bool:
    """Take up one read mark; False when none is due."""
    with transaction.atomic():
        rows = ReadMark.objects.select_for_update(skip_locked=True, of=("self",)).filter(next_try_at__lte=now)
        row = rows.select_related("conversation__channel").order_by("next_try_at", "id").first()
        if row is None:
            return False
        row.attempts += 1
        row.next_try_at = now + LEASE if row.attempts < MARK_ATTEMPTS else None
        row.save(update_fields=["attempts", "next_try_at"])
    theirs = row.conversation.messages.filter(direction="in", seq__lte=row.seq).exclude(external_id="")
    last = theirs.order_by("-seq").select_related("channel").first()
    if last is None or last.channel_id != row.conversation.channel_id:
        return _leave(row)
    try:
        carrier_of(last.channel).mark_read(
            recipient=row.conversation.address, external_id=last.external_id, typing=row.is_typing
        )
    except (ChannelError, SealError, KeyError, ValueError) as error:
        logger.info("a read mark was not told: %s", type(error).__name__)
        return True
    return _leave(row)


def _leave(row: ReadMark) -> bool:
    """Nothing more to tell, unless somebody read further meanwhile."""
    same = ReadMark.objects.filter(pk=row.pk, seq=row.seq, is_typing=row.is_typing, attempts=row.attempts)
    same.update(next_try_at=None)
    return True
