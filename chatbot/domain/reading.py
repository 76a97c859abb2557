"""Reading a customer's words, in a thread that knows no database: the chosen engine, else rules."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from chatbot import abilities, intents
from chatbot.domain.bots import Reader
from chatbot.domain.talks import Preparation, Spoken, needs_no_model, talk_with
from chatbot.engines.base import NONE, Choice, Context, EngineError
from chatbot.engines.registry import RULES, rules_engine
from chatbot.engines.talking import Talks
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
    last_language: str = ""
    picked: str = ""  # the id of the button that was taken
    place: Mapping[str, Any] | None = None  # the point on the map that was sent
    heard_cost: Decimal = Decimal(0)  # what listening to its voice notes cost, in USD
    talk: Preparation | None = None  # what a model that talks is told; without it an engine only chooses


@dataclass(frozen=True)
class Reading:
    """What the words were taken to mean, by which engine, and the failure of the chosen one, if it failed."""

    choice: Choice
    engine: str
    error: str = ""
    spare: str = ""
    spoken: Spoken | None = None

    @property
    def said(self) -> str:
        """Return what a model said; empty where our own dialogues answer."""
        return self.spoken.text if self.spoken else ""

    @property
    def words(self) -> str:
        """Return what our own dialogue is to read in place of the customer's words, where a model proposed an act."""
        return self.spoken.words if self.spoken else ""

    @property
    def rounds(self) -> int:
        """Return how often a model was asked."""
        return self.spoken.talk.rounds if self.spoken else 0

    @property
    def read_ms(self) -> int:
        """Return how long a model took."""
        return self.spoken.read_ms if self.spoken else 0

    @property
    def tools(self) -> list[dict[str, Any]]:
        """Return what a model asked of its tools, as it is kept."""
        return [asdict(use) for use in self.spoken.talk.tools] if self.spoken else []

    @property
    def reason(self) -> str:
        """Return why this intent, and why not by the chosen engine."""
        return " · ".join(part for part in (self.error or self.spare, self.choice.reason) if part)[:255]


def read_words(job: Job) -> Reading:
    """Let the engine answer or choose; without words there is nothing to choose. Never raises."""
    if not job.text.strip():
        return Reading(Choice(NONE, 0.0, ""), RULES)
    if job.reader.name == RULES:
        return read_with_rules(job)
    try:
        return _read_with_model(job)
    except EngineError as error:
        read = read_with_rules(job, error="" if error.about_text else error.message)
        spare = error.message if error.about_text else read.spare
        return replace(read, spare=spare, choice=replace(read.choice, usage=error.usage))
    except Exception as error:
        # The engine met something it does not know. The customer is answered all the same.
        logger.exception("engine %s met an unexpected error", job.reader.name)
        return read_with_rules(job, error=type(error).__name__)


def _read_with_model(job: Job) -> Reading:
    if job.talk is not None and isinstance(job.reader.engine, Talks):
        return _let_talk(job, job.reader.engine, job.talk)
    choice = job.reader.engine.choose(job.text, intents=intents.MEANINGS, context=job.context)
    if choice.confidence < SURE:
        choice = replace(choice, intent=NONE)
    return Reading(choice, job.reader.name)


def _let_talk(job: Job, engine: Talks, prepared: Preparation) -> Reading:
    plain = read_with_rules(job)
    if needs_no_model(job.text, job.context, plain.choice):
        return plain
    if prepared.must_prove and plain.choice.intent in abilities.PERSONAL:
        return plain  # a datum is asked for first, and no model is needed for that
    choice, spoken = talk_with(engine, prepared, text=job.text, plain=plain.choice, bot=job.bot)
    return Reading(choice, job.reader.name, spoken=spoken)


def read_with_rules(job: Job, *, error: str = "", late: bool = False) -> Reading:
    """Read by rules, keeping why the chosen engine did not."""
    if late:
        error = _("El modelo no contestó a tiempo.")
    choice = rules_engine().choose(job.text, intents=intents.MEANINGS, context=job.context)
    return Reading(choice, RULES, error, job.reader.spare)
