"""Voice notes: written down where the provider named a service for it, so that they are answered as words are.

What is too long, too big, too many or cannot be heard is left to a person. Listening happens in a thread without a
database; what was heard is kept before it is answered, so that a turn taken up again does not pay for it twice.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from chatbot.domain.reading import Job
from chatbot.domain.spending import Purpose, is_spent, note_use, over_budget
from chatbot.engines.base import NOTHING, EngineError, Usage
from chatbot.engines.openai.audio import Transcriber
from chatbot.engines.openai.config import ModelConfig
from chatbot.models import Bot, Transcript
from inbox.models import Attachment
from tenants.sealing import SealError

logger = logging.getLogger(__name__)

MOST_BYTES = 4 * 1024 * 1024
MOST_SECONDS = 180.0
A_DAY = 30  # notes of one conversation
SECONDS = 15.0  # for the service to answer
THIN = 2000  # bytes a second of what is recorded at 16 kbit/s
SAMPLES = 48_000  # Opus counts so many a second, whatever it was recorded with
NAMES = {"audio/ogg": "ogg", "audio/mpeg": "mp3", "audio/mp4": "m4a", "audio/wav": "wav", "audio/webm": "webm"}


@dataclass(frozen=True)
class Sound:
    """A voice note as plain data; `refused` says why nobody listens to it."""

    attachment_id: int
    data: bytes
    filename: str
    seconds: float
    refused: str = ""


@dataclass(frozen=True)
class Heard:
    """What was heard of each: its words, or why there are none."""

    sounds: Sequence[Sound]
    texts: Sequence[str]
    errors: Sequence[str]
    took_ms: int
    model: str
    usages: Sequence[Usage]


def listens(bot: Bot) -> bool:
    """Say whether somebody writes voice notes down for this bot."""
    return bool(bot.audio_url and bot.audio_model)


def sounds_of(job: Job, *, now: datetime) -> list[Sound]:
    """Return the voice notes of a job that nobody has listened to; none where the bot has nobody who does."""
    if not job.context.has_file or not listens(job.bot):
        return []
    rows = Attachment.objects.filter(message__turn__in=job.turn_ids, kind=Attachment.Kind.AUDIO, transcript=None)
    rows = rows.exclude(fetched_at=None).order_by("pk")
    since = now - timedelta(days=1)
    done = Transcript.objects.filter(
        attachment__message__conversation_id=job.conversation_id, created_at__gt=since
    ).count()
    spent = bool(rows) and is_spent(now)
    return [_sound(row, past=done + number >= A_DAY, spent=spent) for number, row in enumerate(rows)]


def _sound(row: Attachment, *, past: bool, spent: bool) -> Sound:
    name = f"note.{NAMES.get(row.content_type, 'ogg')}"
    if spent:
        return Sound(row.pk, b"", name, 0, over_budget())
    if past:
        return Sound(row.pk, b"", name, 0, _("Hoy ya mandó muchas notas de voz."))
    if row.size > MOST_BYTES:
        return Sound(row.pk, b"", name, 0, _("La nota de voz es demasiado grande."))
    with row.file.open() as file:
        data = file.read(MOST_BYTES + 1)
    seconds = ogg_seconds(data)
    return Sound(row.pk, data, name, seconds, _("La nota de voz es muy larga.") if seconds > MOST_SECONDS else "")


def ogg_seconds(data: bytes) -> float:
    """Return how long an Ogg file of Opus is, by where its last page says it ends; 0 for anything else."""
    last = data.rfind(b"OggS")
    if last < 0 or not data.startswith(b"OggS") or len(data) < last + 14:
        return 0.0
    return max(0, int.from_bytes(data[last + 6 : last + 14], "little", signed=True)) / SAMPLES


def transcriber_of(bot: Bot) -> Transcriber:
    """Return who listens for a bot. Its own key, else the model's where it is the same service. Raises EngineError."""
    try:
        key = bot.reveal("audio_key")
        if not key and urlsplit(bot.audio_url).netloc == urlsplit(bot.base_url).netloc:
            key = bot.reveal("api_key")
    except SealError:
        raise EngineError(_("La clave guardada no se puede abrir; escríbala de nuevo."), permanent=True) from None
    config = ModelConfig(bot.audio_url, bot.audio_model, key, allow_local=settings.ALLOW_LOCAL_MODELS)
    return Transcriber(replace(config, timeout=SECONDS, max_retries=0))


def listen(sounds: Sequence[Sound], transcriber: Transcriber) -> Heard:
    """Listen to each, in a thread without a database. Never raises."""
    began = time.monotonic()
    texts, errors, usages = [], [], []
    for sound in sounds:
        text, error, usage = "", sound.refused, NOTHING
        if not error:
            text, error, usage = _heard(sound, transcriber)
        texts.append(text)
        usages.append(usage)
        errors.append(error or ("" if text else _("No se oye nada.")))
    return Heard(sounds, texts, errors, round((time.monotonic() - began) * 1000), transcriber.config.model, usages)


def _heard(sound: Sound, transcriber: Transcriber) -> tuple[str, str, Usage]:
    # What does not say how long it is counts as if it were recorded thinly: rather too much than too little.
    seconds = sound.seconds or len(sound.data) / THIN
    try:
        text, usage = transcriber.write_down(sound.data, filename=sound.filename, seconds=seconds)
    except EngineError as error:
        return "", error.message, error.usage
    except Exception as error:
        # The service met us with something unknown: a person listens, as without it.
        logger.exception("voice note %s could not be heard", sound.attachment_id)
        return "", type(error).__name__, NOTHING
    return text, "", usage


def unheard(sounds: Sequence[Sound], why: str) -> Heard:
    """Return what is kept of notes that nobody could listen to."""
    return Heard(sounds, [""] * len(sounds), [why] * len(sounds), 0, "", [NOTHING] * len(sounds))


def keep_heard(heard: Heard, *, now: datetime) -> None:
    """Keep what was heard, once for each note, and count what it cost: it is paid whatever becomes of the answer."""
    for sound, text, error, usage in zip(heard.sounds, heard.texts, heard.errors, heard.usages, strict=True):
        Transcript.objects.get_or_create(
            attachment_id=sound.attachment_id,
            defaults={
                "text": text,
                "error": error[:255],
                "model": heard.model,
                "seconds": sound.seconds,
                "took_ms": heard.took_ms,
                "cost": usage.cost,
                "created_at": now,
            },
        )
        note_use(purpose=Purpose.VOICE, model=heard.model, usage=usage, now=now)


def with_transcripts(job: Job) -> Job:
    """Return the job with the words of its voice notes, which are then no files any more."""
    if not job.context.has_file:
        return job
    files = Attachment.objects.filter(message__turn__in=job.turn_ids)
    heard = list(files.exclude(transcript=None).order_by("pk").values_list("transcript__text", "transcript__cost"))
    job = replace(job, heard_cost=sum((cost for _text, cost in heard if cost is not None), Decimal(0)))
    texts = [text for text, _cost in heard if text]
    if not texts:
        return job
    text = "\n".join(part for part in (job.text, *texts) if part)
    return replace(job, text=text, context=replace(job.context, has_file=files.count() > len(texts)))
