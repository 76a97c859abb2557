"""Turns are answered: claimed one conversation at a time, read with no transaction open, settled in one.

What a tool writes, what is said and the turn's end are one transaction, so an answer has effect once; a worker that
dies before it leaves the turn to the next, and one that comes back late finds that its claim is no longer its own.
"""

from __future__ import annotations

import logging
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Min
from django.utils.translation import gettext as _

from chatbot.domain.bots import Reader, bots_by_channel, reader_for
from chatbot.domain.reading import Job, Reading, read_with_rules, read_words
from chatbot.domain.settling import note_failure, settle_turns
from chatbot.domain.spending import Purpose, note_use
from chatbot.domain.staff_addresses import is_of_staff
from chatbot.domain.talks import prepare_talk
from chatbot.domain.voice_notes import Heard, keep_heard, listen, sounds_of, transcriber_of, unheard, with_transcripts
from chatbot.engines.base import Context, EngineError
from chatbot.engines.registry import RULES, rules_engine
from chatbot.models import Bot, Turn
from inbox.kinds import ContentKind
from inbox.models import Attachment

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)  # longer than reading and settling may take
DEADLINE = 25.0  # seconds for an engine, whatever its own limits; then rules read
PARALLEL = 8  # engines asked at once for one tenant
MEDIA_PATIENCE = timedelta(seconds=90)  # how long a file may take to arrive before a person looks
MEDIA_STEP = timedelta(seconds=2)
DIALOGUE = timedelta(hours=24)  # how long the bot remembers what it asked for and did not understand


def drain(*, now: datetime) -> datetime | None:
    """Answer everything due; return when the lane next has work."""
    began = time.monotonic()
    running: dict[Future[Reading | Heard], tuple[Job, float]] = {}

    def clock() -> datetime:
        return now + timedelta(seconds=time.monotonic() - began)

    pool = ThreadPoolExecutor(max_workers=PARALLEL, thread_name_prefix="chatbot-read")
    try:
        while True:
            for claimed in claim_turns(now=clock(), limit=PARALLEL - len(running)):
                begun, job = begin(pool, claimed, now=clock())
                running[begun] = (job, time.monotonic())
            if not running:
                break
            done, _rest = wait(running, timeout=0.5, return_when=FIRST_COMPLETED)
            late = {future for future, (_job, since) in running.items() if time.monotonic() - since > DEADLINE}
            for future in done | late:
                job, _since = running.pop(future)
                found = future.result() if future.done() else too_late(job, now=clock())
                if isinstance(found, Heard):
                    keep_heard(found, now=clock())
                    begun, job = begin(pool, job, now=clock())
                    running[begun] = (job, time.monotonic())
                else:
                    settle(job, found, now=clock())
    finally:
        # An engine that hangs keeps its thread, not the lane.
        pool.shutdown(wait=False, cancel_futures=True)
    due: datetime | None = Turn.objects.pending().aggregate(due=Min("next_try_at"))["due"]
    return max(due, clock() + timedelta(seconds=1)) if due else None


def begin(pool: ThreadPoolExecutor, job: Job, *, now: datetime) -> tuple[Future[Any], Job]:
    """Let a thread listen to what was sent as voice, and where nothing is left to hear, read the words."""
    sounds = sounds_of(job, now=now)
    if sounds:
        try:
            return pool.submit(listen, sounds, transcriber_of(job.bot)), job
        except EngineError as error:
            keep_heard(unheard(sounds, error.message), now=now)
    job = with_transcripts(job)
    return pool.submit(read_words, prepared(job, now=now)), job


def too_late(job: Job, *, now: datetime) -> Reading | Heard:
    """Return what stands in for an engine that does not come back: nothing heard, or what the rules read."""
    sounds = sounds_of(job, now=now)
    return unheard(sounds, _("El servicio no contestó a tiempo.")) if sounds else read_with_rules(job, late=True)


def prepared(job: Job, *, now: datetime) -> Job:
    """Add what a model that talks is told. Who sent files is only understood: the dialogue about them is our own."""
    if job.reader.name == RULES or job.context.has_file or not job.text.strip():
        return job
    if is_of_staff(job.conversation_id, job.text):
        return replace(job, reader=Reader(rules_engine(), RULES))
    try:
        told = prepare_talk(
            conversation_id=job.conversation_id, bot=job.bot, text=job.text, turns=len(job.turn_ids), now=now
        )
    except Exception:
        logger.exception("turn %s could not be prepared for a model", job.turn_ids[-1])
        return replace(job, reader=Reader(rules_engine(), RULES, _("No se pudo preparar la pregunta al modelo.")))
    if told is None:
        return replace(job, reader=Reader(rules_engine(), RULES, _("Hoy el modelo ya contestó mucho a este contacto.")))
    return replace(job, talk=told)


def settle(job: Job, reading: Reading, *, now: datetime) -> None:
    """Answer, or note why not: one conversation that fails does not keep the others waiting."""
    try:
        settle_turns(job=job, reading=reading, now=now)
    except Exception as error:
        logger.exception("turn %s could not be answered", job.turn_ids[-1])
        note_failure(job=job, error=type(error).__name__, now=now)
    # Whatever became of the answer, it is paid: in a transaction of its own, since all answers meet in that row.
    note_use(purpose=Purpose.TURN, model=job.bot.model, usage=reading.choice.usage, now=now)


def claim_turns(*, now: datetime, limit: int) -> list[Job]:
    """Take up to `limit` conversations with something due, and push their next try ahead of the work.

    What waits for a file that is still on its way is put off and not taken.
    """
    jobs: list[Job] = []
    with transaction.atomic():
        bots = bots_by_channel()
        heads = Turn.objects.heads(now).select_related("conversation")
        heads = heads.select_for_update(skip_locked=True, of=("self",))
        for head in list(heads[:limit]):
            job = _claim(head, bots(head.conversation.channel_id), now)
            if job is not None:
                jobs.append(job)
    return jobs


def _claim(head: Turn, bot: Bot, now: datetime) -> Job | None:
    rest = (
        Turn.objects.pending()
        .filter(conversation_id=head.conversation_id, pk__gt=head.pk, next_try_at__lte=now)
        .select_for_update(skip_locked=True, of=("self",))
        .order_by("pk")
    )
    turns = [head, *rest]
    ids = [turn.pk for turn in turns]
    files = Attachment.objects.filter(message__turn__in=ids)
    coming = files.filter(fetched_at=None, next_try_at__isnull=False).exists()
    if coming and now - turns[-1].created_at < MEDIA_PATIENCE:
        Turn.objects.filter(pk__in=ids).update(next_try_at=now + MEDIA_STEP)
        return None
    attempt = max(turn.attempts for turn in turns) + 1
    Turn.objects.filter(pk__in=ids).update(next_try_at=now + LEASE, attempts=attempt)
    fields = ("message__body", "message__kind", "message__content")
    told = list(Turn.objects.filter(pk__in=ids).order_by("pk").values_list(*fields))
    last = last_turn(head, now)
    return Job(
        turn_ids=tuple(ids),
        conversation_id=head.conversation_id,
        attempt=attempt,
        text="\n".join(body for body, _kind, _content in told if body),
        context=Context(has_file=files.exists(), waiting_for=last.waiting_for if last else ""),
        reader=reader_for(bot, now=now),
        bot=bot,
        misses=last.misses if last else 0,
        last_intent=last.intent if last else "",
        last_language=last.language if last else "",
        # Of a burst the last word holds: words after a button are not the button.
        picked=str(told[-1][2].get("id", "")) if told[-1][1] == ContentKind.CHOICE else "",
        place=next((content for _body, kind, content in reversed(told) if kind == ContentKind.LOCATION), None),
    )


def last_turn(head: Turn, now: datetime) -> Turn | None:
    """Return the turn before this one that was answered, if it is not too old: it holds the state of the dialogue."""
    done = Turn.objects.filter(conversation_id=head.conversation_id, state=Turn.State.DONE, pk__lt=head.pk)
    return done.filter(settled_at__gte=now - DIALOGUE).order_by("-pk").first()
