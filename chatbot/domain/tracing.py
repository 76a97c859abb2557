"""What the bot does in a talk that is tried, step by step: of the last thing that was said, who reads it, what it is
taken for, what is used, what comes of it. Nothing stays and nobody hears it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from chatbot import abilities
from chatbot.domain.limits import is_on_duty
from chatbot.domain.rehearsing import Said, rehearse
from chatbot.domain.trying import outcomes
from chatbot.engines.base import NONE
from chatbot.engines.registry import RULES
from chatbot.models import Bot


@dataclass(frozen=True)
class Step:
    """One step: what it is, and what came of it."""

    name: str
    found: str


@dataclass(frozen=True)
class Trace:
    """A talk, and the steps of the last thing that was said in it."""

    lines: list[Said]
    steps: list[Step]

    @property
    def last(self) -> Said:
        """Return the last thing that was said."""
        return self.lines[-1]


def trace_talk(*, bot: Bot, lines: Sequence[str], is_customer: bool, now: datetime) -> Trace:
    """Say the lines to the bot as it is set now, and tell each step of the last."""
    said = rehearse(bot=bot, lines=lines, is_customer=is_customer, now=now)
    return Trace(said, [_duty(bot, now), *_steps(bot, said[-1])])


def _duty(bot: Bot, now: datetime) -> Step:
    if not bot.enabled:
        return Step(_("Turno"), _("Apagado: hoy contestaría una persona."))
    return Step(
        _("Turno"), _("Le toca contestar.") if is_on_duty(bot, now) else _("Fuera de turno: atiende una persona.")
    )


def _steps(bot: Bot, said: Said) -> Iterator[Step]:
    turn = said.turn
    if turn is None:
        yield Step(_("Atiende"), _("Ya la tiene una persona: el asistente calla."))
        return
    intent = turn.intent if said.waited_for else said.intent
    label, does = outcomes()[intent or NONE]
    engine = _("reglas") if turn.engine == RULES else turn.model or turn.engine
    facts = {"what": label, "sure": round(turn.confidence * 100), "engine": engine}
    if said.waited_for:
        yield Step(_("Entendió"), _("La respuesta a lo que preguntó (%(what)s)") % facts)
    else:
        yield Step(_("Entendió"), _("%(what)s (%(sure)s %%, %(engine)s)") % facts)
        if intent in abilities.kept_from(intents_off=bot.intents_off, tools_off=bot.tools_off):
            does = _("Apagado en este asistente: atiende una persona.")
        yield Step(_("Qué hace"), does)
    if said.source:
        yield Step(_("De dónde"), said.source)
    if turn.tools:
        yield Step(_("Herramientas"), ", ".join(str(tool["name"]) for tool in turn.tools))
    if turn.waiting_for:
        yield Step(_("Espera"), _("La respuesta a lo que preguntó (%(what)s).") % {"what": turn.waiting_for})
    ended = [str(turn.get_outcome_display()), str(turn.get_why_display())]
    yield Step(_("Resultado"), ": ".join(part for part in ended if part))
    yield Step(_("Tardó"), _("%(n)s ms") % {"n": said.milliseconds})
    if used := turn.input_tokens + turn.output_tokens:
        both = {"asked": turn.input_tokens, "said": turn.output_tokens, "all": used}
        yield Step(_("Gastó"), _("%(asked)s + %(said)s tokens") % both)
