"""Turns are answered: claimed, read with no transaction open, settled in one.

What a tool writes, what is said and the turn's end are one transaction, so an answer has effect once; a worker that
dies before it leaves the turn to the next, and one that comes back late finds that its claim is no longer its own.
What the rules read is settled many conversations at once; where one of them breaks it, one by one.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Min
from django.utils.translation import gettext as _

from chatbot.domain.bots import Reader
from chatbot.domain.claiming import claim_turns, waits_outside
from chatbot.domain.reading import Job, Reading, read_with_rules, read_words
from chatbot.domain.settling import Found, note_failure, settle_together, settle_turns
from chatbot.domain.spending import Purpose, note_use
from chatbot.domain.staff_addresses import is_of_staff
from chatbot.domain.talks import prepare_talk
from chatbot.domain.voice_notes import Heard, keep_heard, listen, sounds_of, transcriber_of, unheard, with_transcripts
from chatbot.engines.base import EngineError
from chatbot.engines.registry import RULES, rules_engine
from chatbot.models import Turn

logger = logging.getLogger(__name__)

BATCH = 40  # conversations answered in one transaction
DEADLINE = 25.0  # seconds for an engine, whatever its own limits; then rules read
PARALLEL = 8  # engines asked at once for one tenant


def drain(*, now: datetime) -> datetime | None:
    """Answer everything due; return when the lane next has work."""
    began = time.monotonic()
    running: dict[Future[Reading | Heard], tuple[Job, float]] = {}

    def clock() -> datetime:
        return now + timedelta(seconds=time.monotonic() - began)

    pool = ThreadPoolExecutor(max_workers=PARALLEL, thread_name_prefix="chatbot-read")
    try:
        while True:
            ready: list[Found] = []
            for claimed in claim_turns(now=clock(), limit=BATCH, asking=PARALLEL - len(running)):
                if waits_outside(claimed.bot) or claimed.context.has_file:
                    begun, job = begin(pool, claimed, now=clock())
                    running[begun] = (job, time.monotonic())
                else:
                    ready.append((claimed, read_words(claimed)))
            settle_all(ready, now=clock())
            if not running and not ready:
                break
            # What was answered at once may have left more behind it.
            done, _rest = wait(running, timeout=0 if ready else 0.5, return_when=FIRST_COMPLETED)
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


def settle_all(found: Sequence[Found], *, now: datetime) -> None:
    """Answer what was read together; where that fails, each by itself, so that one alone is put off."""
    if len(found) > 1:
        try:
            settle_together(found, now=now)
        except Exception:
            logger.exception("%s conversations could not be answered together; each is answered by itself", len(found))
        else:
            return
    for job, reading in found:
        settle(job, reading, now=now)


def settle(job: Job, reading: Reading, *, now: datetime) -> None:
    """Answer, or note why not: one conversation that fails does not keep the others waiting."""
    try:
        settle_turns(job=job, reading=reading, now=now)
    except Exception as error:
        logger.exception("turn %s could not be answered", job.turn_ids[-1])
        note_failure(job=job, error=type(error).__name__, now=now)
    # Whatever became of the answer, it is paid: in a transaction of its own, since all answers meet in that row.
    note_use(purpose=Purpose.TURN, model=job.bot.model, usage=reading.choice.usage, now=now)
