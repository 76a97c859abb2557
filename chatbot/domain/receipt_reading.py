"""Comprobantes are read by the provider's model, when there is one: the lane `receipts.read`.

Each is claimed, read with no transaction open, and its values handed to billing, which believes none of them unseen.
Without a model, past the day's number or after some failures a person types, as they would without any of this.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from dataclasses import replace

from django.conf import settings
from django.utils.translation import gettext as _

from billing.domain.receipt_reads import (
    ReadingJob,
    ReadValues,
    claim_reading,
    next_reading,
    note_reading,
    note_unread,
    read_since,
)
from billing.models import Receipt
from chatbot.domain.bots import REST, bot_of_channel, note_engine
from chatbot.domain.spending import Purpose, is_spent, note_use, over_budget
from chatbot.engines.base import EngineError, SeesPictures, Usage
from chatbot.engines.openai.config import ModelConfig
from chatbot.engines.registry import RULES, picture_reader
from chatbot.models import Bot
from tenants.current import tenant_today, tenant_zone
from tenants.sealing import SealError

logger = logging.getLogger(__name__)

ATTEMPTS = 4
SECONDS = 30.0  # a picture takes a model longer than a sentence
BUDGET = 20.0  # seconds; then the other tenants have their turn
AGAIN = dt.timedelta(seconds=15)  # before the second try; three times as long before each further one


def drain(*, now: dt.datetime) -> dt.datetime | None:
    """Read every picture that waits; return when the next does."""
    began = time.monotonic()
    while (job := claim_reading(now=now)) is not None:
        _read(job, bot_of_receipt(job.receipt_id), now)
        if time.monotonic() - began > BUDGET:
            return now
    return next_reading()


def bot_of_receipt(receipt_id: int) -> Bot:
    """Return the bot of the channel a receipt came by; the main one for what came by none."""
    channels = Receipt.objects.filter(pk=receipt_id).values_list("message__conversation__channel_id", flat=True)
    return bot_of_channel(channels.first())


def _read(job: ReadingJob, bot: Bot, now: dt.datetime) -> None:
    why = why_by_hand(bot, now)
    if why is not None:
        note_unread(receipt_id=job.receipt_id, attempt=job.attempt, note=why, now=now, again_at=None)
        return
    if bot.engine_error_at and now - bot.engine_error_at < REST and job.attempt < ATTEMPTS:
        later = bot.engine_error_at + REST
        note_unread(receipt_id=job.receipt_id, attempt=job.attempt, note="", now=now, again_at=later)
        return
    try:
        values = ask_model(reader_of(bot), job.picture, bot.model)
    except EngineError as error:
        _note_failure(job, error.message, permanent=error.permanent, now=now)
        note_use(purpose=Purpose.RECEIPT, model=bot.model, usage=error.usage, now=now)
        note_engine(bot=bot, error=error.message, now=now)
    except Exception:
        # The engine met something it does not know. A person types, as without it.
        logger.exception("receipt %s could not be read", job.receipt_id)
        _note_failure(job, _("El modelo no pudo leer la imagen."), permanent=True, now=now)
    else:
        note_reading(receipt_id=job.receipt_id, attempt=job.attempt, values=values, now=now)
        note_engine(bot=bot, error="", now=now)
        used = Usage(values.input_tokens, values.output_tokens, values.cost)
        note_use(purpose=Purpose.RECEIPT, model=bot.model, usage=used, now=now)


def why_by_hand(bot: Bot, now: dt.datetime) -> str | None:
    """Why no model is asked: empty where there is none, a sentence past the day's number; None when it is asked."""
    if bot.engine == RULES or not bot.receipts_a_day:
        return ""
    if is_spent(now):
        return over_budget()
    midnight = dt.datetime.combine(tenant_today(now), dt.time(), tenant_zone())
    if read_since(midnight) >= bot.receipts_a_day:
        return _("Hoy ya se leyeron %(n)s comprobantes, que es el límite del día.") % {"n": bot.receipts_a_day}
    return None


def reader_of(bot: Bot) -> SeesPictures:
    """The provider's model, as one that sees. Raises EngineError when its key cannot be opened."""
    try:
        key = bot.reveal("api_key")
    except SealError:
        raise EngineError(_("La clave guardada no se puede abrir; escríbala de nuevo."), permanent=True) from None
    config = ModelConfig(bot.base_url, bot.model, key, allow_local=settings.ALLOW_LOCAL_MODELS)
    return picture_reader(bot.engine, replace(config, timeout=SECONDS, max_retries=0))


def ask_model(reader: SeesPictures, picture: bytes, model: str) -> ReadValues:
    """What the model says stands in a picture. Raises EngineError."""
    seen = reader.read_proof(picture)
    return ReadValues(
        **seen.values,
        confidence=dict(seen.confidence),
        is_proof=seen.is_proof,
        reader=model,
        input_tokens=seen.usage.input_tokens,
        output_tokens=seen.usage.output_tokens,
        cost=seen.usage.cost,
    )


def _note_failure(job: ReadingJob, note: str, *, permanent: bool, now: dt.datetime) -> None:
    again = None if permanent or job.attempt >= ATTEMPTS else now + AGAIN * 3 ** (job.attempt - 1)
    note_unread(receipt_id=job.receipt_id, attempt=job.attempt, note=note, now=now, again_at=again)
