"""Reading a customer's words, in a thread that knows no database: the chosen engine, else rules."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from django.utils.translation import gettext as _

from chatbot import intents
from chatbot.domain.bots import Reader
from chatbot.engines.base import NONE, Choice, Context, EngineError
from chatbot.engines.registry import RULES, rules_engine
from chatbot.models import Bot

logger = logging.getLogger(__name__)

SURE = 0.5  # below this a model is guessing


@dataclass(frozen=True)
class Job:
    """Claimed turns of one conversation, with what reading them needs as plain data."""

    turn_ids: tuple[int, ...]
    conversation_id: int
    attempt: int
    text: str
    context: Context
    reader: Reader
    bot: Bot
    misses: int = 0
    last_intent: str = ""


@dataclass(frozen=True)
class Reading:
    """What the words were taken to mean, by which engine, and the failure of the chosen one, if it failed."""

    choice: Choice
    engine: str
    error: str = ""
    spare: str = ""

    @property
    def reason(self) -> str:
        """Return why this intent, and why not by the chosen engine."""
        return " · ".join(part for part in (self.error or self.spare, self.choice.reason) if part)[:255]


def read_words(job: Job) -> Reading:
    """Let the engine choose; without words there is nothing to choose. Never raises."""
    if not job.text.strip():
        return Reading(Choice(NONE, 0.0, ""), RULES)
    if job.reader.name == RULES:
        return read_with_rules(job)
    try:
        choice = job.reader.engine.choose(job.text, intents=intents.MEANINGS, context=job.context)
    except EngineError as error:
        return read_with_rules(job, error=error.message)
    except Exception as error:
        # The engine met something it does not know. The customer is answered all the same.
        logger.exception("engine %s met an unexpected error", job.reader.name)
        return read_with_rules(job, error=type(error).__name__)
    if choice.confidence < SURE:
        choice = Choice(NONE, choice.confidence, choice.reason, choice.usage)
    return Reading(choice, job.reader.name)


def read_with_rules(job: Job, *, error: str = "", late: bool = False) -> Reading:
    """Read by rules, keeping why the chosen engine did not."""
    if late:
        error = _("El modelo no contestó a tiempo.")
    choice = rules_engine().choose(job.text, intents=intents.MEANINGS, context=job.context)
    return Reading(choice, RULES, error, job.reader.spare)
