"""What a model would answer in a person's place: a summary and replies to choose from. Nothing is ever sent by it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import User
from chatbot.domain.bots import bot_of_channel, chosen_engine, note_engine
from chatbot.domain.fitting import fit_text
from chatbot.domain.identity import recognised
from chatbot.domain.instructions import instructions_for, rules_for
from chatbot.domain.model_tools import tools_for
from chatbot.domain.saying import plain_text, why_unsaid
from chatbot.domain.situations import Situation
from chatbot.domain.spending import Purpose, is_spent, note_use, over_budget
from chatbot.domain.talks import lines_of
from chatbot.engines.base import NONE, EngineError
from chatbot.engines.registry import RULES
from chatbot.engines.talking import Line, Talks, Task
from chatbot.models import Bot
from inbox.models import Conversation
from tenants.current import tenant_today

MOST = 3  # replies
LONGEST = 600  # letters of a summary
SECONDS = 12.0  # somebody is looking at the screen
# Which facts stand on money: they are told to whom may see it.
MONEY = {"balance": "billing.view", "receipts": "billing.view", "plan": "billing.view"}
FORM = """\
Now you help a colleague who answers this customer. Answer only with JSON:
{"summary": "<what the customer wants and how it stands, at most 3 short sentences>", "replies": ["<reply>", "..."]}
At most 3 replies, each ready to send, in the customer's language; the summary in Spanish.
Facts, the only ones: """


@dataclass(frozen=True)
class Suggestion:
    """A summary and replies, by which model, and how many replies were left out because they must not be said."""

    summary: str
    replies: list[str]
    model: str
    left_out: int = 0


def has_model(conversation: Conversation) -> bool:
    """Say whether a model is set for the conversation's channel."""
    return bot_of_channel(conversation.channel_id).engine != RULES


def suggest_replies(*, conversation: Conversation, user: User, now: datetime) -> Suggestion:
    """Ask the model for a summary and replies. Outside any transaction. Raises EngineError with a sentence."""
    bot = bot_of_channel(conversation.channel_id)
    if bot.engine == RULES:
        raise EngineError(_("No hay un modelo configurado."), permanent=True)
    if is_spent(now):
        raise EngineError(over_budget(), permanent=True)
    engine = chosen_engine(bot)
    if not isinstance(engine, Talks):
        raise EngineError(_("El modelo configurado no conversa."), permanent=True)
    task, facts, rules = _task(conversation, bot, user, now)
    began = time.monotonic()
    try:
        talk = engine.converse(task)
    except EngineError as error:
        note_use(purpose=Purpose.SUGGESTION, model=bot.model, usage=error.usage, now=now)
        if not error.about_text and time.monotonic() - began < SECONDS:
            note_engine(bot=bot, error=error.message, now=now)
        raise
    note_use(purpose=Purpose.SUGGESTION, model=bot.model, usage=talk.usage, now=now)
    persona = bot.persona.instructions if bot.persona else ""
    return _read(talk.text, rules=rules, persona=persona, facts=facts, model=talk.model, bot=bot)


def _task(conversation: Conversation, bot: Bot, user: User, now: datetime) -> tuple[Task, str, str]:
    lines = lines_of(conversation.pk, before=bot.history, turns=1)
    text = lines[-1].text if lines else ""
    situation = recognised(Situation(bot=bot, conversation=conversation, intent=NONE, now=now, text=text))
    _tools, results = tools_for(situation, off=set(bot.tools_off))
    told = {name: json.loads(found) for name, found in results.items() if user.can(MONEY.get(name, "inbox.view"))}
    facts = json.dumps(told, ensure_ascii=False)
    known = conversation.customer_id is not None
    persona = bot.persona.instructions if bot.persona else ""
    system = instructions_for(bot, persona=persona, known=known, today=tenant_today(now))
    task = Task(
        instructions=f"{system}\n\n{FORM}{facts}",
        lines=lines or (Line("-"),),
        tools=(),
        run=lambda _name, _arguments: "",
        max_tokens=max(bot.max_tokens, 500),
        temperature=bot.temperature,
        seconds=SECONDS,
    )
    return task, facts, rules_for(bot, known=known) + FORM


def _read(text: str, *, rules: str, persona: str, facts: str, model: str, bot: Bot) -> Suggestion:
    """Believe of an answer what fits and may be said. Raises EngineError for what is no such answer."""
    begin, end = text.find("{"), text.rfind("}")
    try:
        data = json.loads(text[begin : end + 1])
        summary, replies = data["summary"], list(data["replies"])
    except (ValueError, KeyError, TypeError):
        raise EngineError(_("El modelo contestó algo que no se esperaba."), permanent=False, about_text=True) from None
    found = [fit_text(plain_text(one), bot=bot) for one in replies if isinstance(one, str) and one.strip()][:MOST]
    fit = [one for one in found if not why_unsaid(one, rules=rules, persona=persona, sources=[facts])]
    said = summary.strip()[:LONGEST] if isinstance(summary, str) else ""
    if why_unsaid(said, rules=rules, persona=persona, sources=[facts]):
        said = ""
    return Suggestion(said, fit, model, len(found) - len(fit))
