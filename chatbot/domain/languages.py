"""In which language a customer is answered: theirs, where the bot has it; what says too little goes on as before."""

from __future__ import annotations

from chatbot import intents
from chatbot.domain.reading import Job
from chatbot.domain.situations import FORM
from chatbot.domain.staff_addresses import is_code
from chatbot.engines.base import NONE, Choice
from chatbot.engines.registry import rules_engine
from chatbot.models import Bot
from tenants.current import current_tenant

SPOKEN = frozenset({"es", "pt", "en"})
FEW = 2  # words that may be of any language: a name, «ok», «no»


def language_for(bot: Bot, job: Job, choice: Choice) -> str:
    """Return the language to answer a job in: the one the bot was given, else the customer's, else the provider's."""
    if bot.language != Bot.Language.AUTO:
        return bot.language
    if not job.text.strip() or is_code(job.text) or (job.last_language and _says_little(job, choice)):
        return job.last_language or current_tenant().language
    if choice.intent == NONE and not job.last_language and len(job.text.split()) <= FEW:
        return current_tenant().language
    # A model names no language; the rules always do.
    heard = choice.language or rules_engine().choose(job.text, intents=intents.MEANINGS, context=job.context).language
    return heard if heard in SPOKEN else job.last_language or current_tenant().language


def _says_little(job: Job, choice: Choice) -> bool:
    in_form = job.context.waiting_for.startswith(f"{FORM}:")
    return in_form or choice.intent == NONE or len(job.text.split()) <= FEW
