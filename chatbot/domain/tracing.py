"""What the bot would do with a phrase, step by step, without any customer: nothing is written and nobody hears it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext as _

from chatbot import abilities
from chatbot.domain.answers import TOOLS
from chatbot.domain.bots import chosen_engine, language_of
from chatbot.domain.fitting import fit_text
from chatbot.domain.instructions import instructions_for, rules_for
from chatbot.domain.knowledge_search import Found, find_answer
from chatbot.domain.knowledge_tools import PUBLIC
from chatbot.domain.limits import is_on_duty
from chatbot.domain.model_tools import tools_for
from chatbot.domain.situations import Situation
from chatbot.domain.spending import Purpose, note_use
from chatbot.domain.talks import Preparation, talk_with
from chatbot.domain.trying import Trial, try_phrase
from chatbot.engines.base import EngineError
from chatbot.engines.registry import RULES
from chatbot.engines.talking import Line, Talks
from chatbot.models import Bot
from inbox.models import Conversation
from tenants.current import tenant_today


@dataclass(frozen=True)
class Step:
    """One step: what it is, what came of it, and its milliseconds where it takes any."""

    name: str
    found: str
    ms: float | None = None


@dataclass(frozen=True)
class Trace:
    """A phrase, what was read in it, the steps in their order, and what would be said where that is known."""

    trial: Trial
    steps: list[Step]
    said: str = ""


def trace_phrase(*, bot: Bot, text: str, now: datetime, earlier: Sequence[tuple[str, str]] = ()) -> Trace:
    """Read a phrase as the bot would and say each step; a model answers it as it would somebody nobody knows.

    `earlier` is what was tried before in this chat, and what was said to it.
    """
    began = time.perf_counter()
    trial = try_phrase(bot=bot, text=text, now=now)
    steps = [_duty(bot, now), _understood(trial, _ms(began))]
    off = abilities.kept_from(intents_off=bot.intents_off, tools_off=bot.tools_off)
    if trial.choice.intent in off:
        steps.append(Step(_("Permiso"), _("Apagado en este asistente: atiende una persona.")))
        return Trace(trial, steps)
    if trial.engine != RULES:
        done, said = _talk(bot, trial, text, earlier, now)
        steps += done
        if said:
            return Trace(trial, steps, said)
    began = time.perf_counter()
    known = _known(bot, trial, text)
    if trial.choice.intent in PUBLIC:
        steps.append(Step(_("Conocimiento"), known.source if known else _("Sin respuesta"), _ms(began)))
    if known:
        return Trace(trial, steps, fit_text(known.answer, bot=bot))
    tool = TOOLS.get(trial.choice.intent)
    if tool:
        steps.append(Step(_("Herramienta"), tool.__name__))
    steps.append(Step(_("Haría"), trial.would))
    return Trace(trial, steps)


def _talk(
    bot: Bot, trial: Trial, text: str, earlier: Sequence[tuple[str, str]], now: datetime
) -> tuple[list[Step], str]:
    """Let the model answer, with the tools that a stranger has. Returns each it used, and what it may say."""
    engine = chosen_engine(bot)
    if not isinstance(engine, Talks):
        return [], ""
    nobody = Situation(bot=bot, conversation=Conversation(), intent=trial.choice.intent, now=now, text=text)
    off = abilities.kept_from(intents_off=bot.intents_off, tools_off=bot.tools_off)
    tools, results = tools_for(nobody, off={*off, *bot.tools_off})
    persona = bot.persona.instructions if bot.persona else ""
    told = [line for asked, said in earlier for line in (Line(asked), Line(said, ours=True)) if line.text]
    prepared = Preparation(
        instructions=instructions_for(bot, persona=persona, known=False, today=tenant_today(now)),
        rules=rules_for(bot, known=False),
        persona=persona,
        lines=(*told[-bot.history :], Line(text)) if bot.history else (Line(text),),
        tools=tools,
        results=results,
    )
    try:
        _choice, spoken = talk_with(engine, prepared, text=text, plain=trial.choice, bot=bot)
    except EngineError as error:
        note_use(purpose=Purpose.TRIAL, model=bot.model, usage=error.usage, now=now)
        return [Step(_("Modelo"), error.message)], ""
    usage = spoken.talk.usage
    note_use(purpose=Purpose.TRIAL, model=bot.model, usage=usage, now=now)
    steps = [Step(_("Pidió %(tool)s") % {"tool": use.name}, use.outcome, use.ms) for use in spoken.talk.tools]
    spent = _("%(asked)s + %(said)s tokens") % {"asked": usage.input_tokens, "said": usage.output_tokens}
    return [*steps, Step(_("Modelo"), spent, spoken.read_ms)], fit_text(spoken.text, bot=bot)


def _duty(bot: Bot, now: datetime) -> Step:
    if not bot.enabled:
        return Step(_("Turno"), _("Apagado: hoy contestaría una persona."))
    return Step(
        _("Turno"), _("Le toca contestar.") if is_on_duty(bot, now) else _("Fuera de turno: atiende una persona.")
    )


def _understood(trial: Trial, ms: float) -> Step:
    engine = _("reglas") if trial.engine == RULES else trial.engine
    facts = {"what": trial.label, "sure": round(trial.choice.confidence * 100), "engine": engine}
    return Step(_("Entendió"), _("%(what)s (%(sure)s %%, %(engine)s)") % facts, ms)


def _known(bot: Bot, trial: Trial, text: str) -> Found | None:
    if trial.choice.intent not in PUBLIC or abilities.KNOWLEDGE in bot.tools_off:
        return None
    with translation.override(language_of(bot)):
        return find_answer(text, language_of(bot)[:2])


def _ms(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 1)
