"""Turns are claimed, many conversations at once and each with what reading it needs, as plain data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from chatbot.domain.bots import Reader, bots_by_channel, reader_for
from chatbot.domain.reading import Job
from chatbot.domain.voice_notes import listens
from chatbot.engines.base import Context
from chatbot.engines.registry import RULES
from chatbot.models import Bot, Turn
from inbox.kinds import ContentKind
from inbox.models import Attachment

LEASE = timedelta(seconds=60)  # longer than reading and settling may take
MEDIA_PATIENCE = timedelta(seconds=90)  # how long a file may take to arrive before a person looks
MEDIA_STEP = timedelta(seconds=2)
DIALOGUE = timedelta(hours=24)  # how long the bot remembers what it asked for and did not understand


@dataclass(frozen=True)
class _Words:
    body: str
    kind: str
    content: dict[str, Any]


@dataclass(frozen=True)
class _Files:
    """Which turns have files, and which of them one that is still on its way."""

    there: frozenset[int]
    coming: frozenset[int]


@transaction.atomic
def claim_turns(*, now: datetime, limit: int, asking: int | None = None) -> list[Job]:
    """Take up to `limit` conversations with something due, and push their next try ahead of the work.

    Of those that may keep somebody waiting outside (a model, one who listens) at most `asking` are taken. What waits
    for a file that is still on its way is put off and not taken. The number of statements does not grow with `limit`.
    """
    rows = Turn.objects.heads(now).select_related("conversation").select_for_update(skip_locked=True, of=("self",))
    heads = list(rows[:limit])
    if not heads:
        return []
    bots = bots_by_channel()
    talks = _put_off(_talks(_within(heads, bots, asking), now), now)
    attempts = _push_ahead(talks, now)
    taken = [turn.pk for turns in talks for turn in turns]
    words, files, before = _words(taken), _files(taken), _last_turns(talks, now)
    readers: dict[int | None, Reader] = {}
    jobs = []
    for turns, attempt in zip(talks, attempts, strict=True):
        bot = bots(turns[0].conversation.channel_id)
        if bot.pk not in readers:
            readers[bot.pk] = reader_for(bot, now=now)
        told, last = [words[turn.pk] for turn in turns], before.get(turns[0].conversation_id)
        jobs.append(
            Job(
                turn_ids=tuple(turn.pk for turn in turns),
                conversation_id=turns[0].conversation_id,
                attempt=attempt,
                text="\n".join(one.body for one in told if one.body),
                context=Context(
                    has_file=any(turn.pk in files.there for turn in turns), waiting_for=last.waiting_for if last else ""
                ),
                reader=readers[bot.pk],
                bot=bot,
                misses=last.misses if last else 0,
                last_intent=last.intent if last else "",
                last_language=last.language if last else "",
                # Of a burst the last word holds: words after a button are not the button.
                picked=str(told[-1].content.get("id", "")) if told[-1].kind == ContentKind.CHOICE else "",
                place=next((one.content for one in reversed(told) if one.kind == ContentKind.LOCATION), None),
            )
        )
    return jobs


def waits_outside(bot: Bot) -> bool:
    """Say whether answering for this bot may take as long as somebody else's service does."""
    return bot.engine != RULES or listens(bot)


def _within(heads: Sequence[Turn], bots: Callable[[int], Bot], asking: int | None) -> list[Turn]:
    chosen = []
    for head in heads:
        if asking is not None and waits_outside(bots(head.conversation.channel_id)):
            if asking <= 0:
                continue
            asking -= 1
        chosen.append(head)
    return chosen


def _talks(heads: Sequence[Turn], now: datetime) -> list[list[Turn]]:
    """Return what is due of each conversation, its head first; all of it locked."""
    talks = {head.conversation_id: [head] for head in heads}
    rest = Turn.objects.pending().filter(conversation_id__in=talks, next_try_at__lte=now)
    rest = rest.exclude(pk__in=[head.pk for head in heads]).order_by("pk")
    for turn in rest.select_for_update(skip_locked=True, of=("self",)):
        if turn.pk > talks[turn.conversation_id][0].pk:
            talks[turn.conversation_id].append(turn)
    return list(talks.values())


def _put_off(talks: Sequence[list[Turn]], now: datetime) -> list[list[Turn]]:
    """Put off what waits for a file, and return the rest."""
    fresh = [turns for turns in talks if now - turns[-1].created_at < MEDIA_PATIENCE]
    coming = _files([turn.pk for turns in fresh for turn in turns]).coming
    waiting = [turns for turns in fresh if any(turn.pk in coming for turn in turns)]
    Turn.objects.filter(pk__in=[turn.pk for turns in waiting for turn in turns]).update(next_try_at=now + MEDIA_STEP)
    return [turns for turns in talks if turns not in waiting]


def _push_ahead(talks: Sequence[Sequence[Turn]], now: datetime) -> list[int]:
    """Make the turns this claim's own until its lease ends; return the number of each conversation's claim."""
    attempts = [max(turn.attempts for turn in turns) + 1 for turns in talks]
    alike: dict[int, list[int]] = defaultdict(list)
    for turns, attempt in zip(talks, attempts, strict=True):
        alike[attempt] += [turn.pk for turn in turns]
    for attempt, ids in alike.items():
        Turn.objects.filter(pk__in=ids).update(next_try_at=now + LEASE, attempts=attempt)
    return attempts


def _words(turn_ids: Collection[int]) -> dict[int, _Words]:
    fields = ("pk", "message__body", "message__kind", "message__content")
    rows = Turn.objects.filter(pk__in=turn_ids).values_list(*fields)
    return {pk: _Words(*rest) for pk, *rest in rows}


def _files(turn_ids: Collection[int]) -> _Files:
    rows = Attachment.objects.filter(message__turn__in=turn_ids)
    found = list(rows.values_list("message__turn", "fetched_at", "next_try_at"))
    coming = (turn for turn, fetched_at, next_try_at in found if fetched_at is None and next_try_at is not None)
    return _Files(frozenset(turn for turn, _fetched_at, _next_try_at in found), frozenset(coming))


def _last_turns(talks: Sequence[Sequence[Turn]], now: datetime) -> dict[int, Turn]:
    """Return of each conversation the turn that was answered last, if it is not too old: the state of the dialogue."""
    done = Turn.objects.filter(conversation_id__in=[turns[0].conversation_id for turns in talks])
    done = done.filter(state=Turn.State.DONE, settled_at__gte=now - DIALOGUE)
    newest = done.order_by("conversation_id", "-pk").distinct("conversation_id")
    return {turn.conversation_id: turn for turn in newest}
