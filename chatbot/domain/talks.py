"""A model answers: what it needs is read beforehand, it talks in a thread without database, its words are checked.

What it proposes is done when the turn is settled, by our own dialogues; a talk that breaks off has done nothing.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import OuterRef, Subquery, TextField, Value
from django.db.models.functions import Coalesce, NullIf

from chatbot import abilities, intents
from chatbot.alarms import alarm_in
from chatbot.domain.dialogues.identify import NAME as IDENTIFY
from chatbot.domain.identity import recognised
from chatbot.domain.instructions import instructions_for, rules_for
from chatbot.domain.model_tools import GIVEN, TOOLS, proposed_intent, proposed_text, tools_for
from chatbot.domain.promised_days import says_no, says_yes
from chatbot.domain.saying import plain_text, why_unsaid
from chatbot.domain.situations import FORM, PROMISE_YES, Situation
from chatbot.engines.base import NONE, Choice, Context, EngineError, Usage
from chatbot.engines.talking import Line, Talk, Talks, Task, Tool, ToolUse
from chatbot.models import Bot, Transcript, Turn
from inbox.models import Conversation, Message
from tenants.current import tenant_today

logger = logging.getLogger(__name__)

A_DAY = 60  # answers by a model in one conversation in 24 hours; then rules answer
EARLIER, NEWEST = 300, 1000  # characters of a line that are sent
SECONDS = 20.0  # for a whole talk; less than the lane's own deadline
CERTAIN = 0.8  # how sure the rules must be that a person is wanted, to call one without asking a model
FEW = 4  # words in which somebody only thanks or agrees
FILE, HIDDEN = "[file]", "[control datum]"
WHO = f"{FORM}:{IDENTIFY}"


@dataclass(frozen=True)
class Preparation:
    """What a talk needs, as plain data."""

    instructions: str
    rules: str
    persona: str
    lines: tuple[Line, ...]
    tools: tuple[Tool, ...]
    results: Mapping[str, str]
    must_prove: bool = False


@dataclass(frozen=True)
class Spoken:
    """What a model said, or the act it proposes in its place."""

    talk: Talk
    text: str = ""
    words: str = ""  # what our own dialogue reads instead of the customer's
    read_ms: int = 0


class Unsaid(EngineError):
    """The model's words must not be said. Nothing is wrong with the service."""

    def __init__(self, message: str, usage: Usage) -> None:
        super().__init__(message, permanent=False, about_text=True, usage=usage)


def prepare_talk(*, conversation_id: int, bot: Bot, text: str, turns: int, now: datetime) -> Preparation | None:
    """Read what a model may be told of this conversation; None past the day's number. Writes nothing."""
    since = now - timedelta(hours=24)
    done = Turn.objects.filter(conversation_id=conversation_id, settled_at__gte=since, rounds__gt=0)
    if done.count() >= A_DAY:
        return None
    conversation = Conversation.objects.select_related("customer").get(pk=conversation_id)
    situation = recognised(Situation(bot=bot, conversation=conversation, intent=NONE, now=now, text=text))
    tools, results = tools_for(
        situation, off={*abilities.kept_from(intents_off=bot.intents_off, tools_off=bot.tools_off), *bot.tools_off}
    )
    persona = bot.persona.instructions if bot.persona else ""
    known = situation.customer is not None or situation.must_prove
    return Preparation(
        instructions=instructions_for(
            bot, persona=persona, known=known, today=tenant_today(now), proved=not situation.must_prove
        ),
        rules=rules_for(bot, known=known, proved=not situation.must_prove),
        persona=persona,
        lines=lines_of(conversation_id, before=bot.history, turns=turns),
        tools=tools,
        results=results,
        must_prove=situation.must_prove,
    )


def lines_of(conversation_id: int, *, before: int, turns: int) -> tuple[Line, ...]:
    """Return the lines to be answered, and so many before them.

    Notes among the staff are not the model's business, nor is what somebody proves who they are with.
    """
    rows = Message.objects.filter(conversation_id=conversation_id, deleted_at=None).exclude(direction="note")
    spoken = Transcript.objects.filter(attachment__message=OuterRef("pk")).values("text")[:1]
    rows = rows.annotate(
        words=Coalesce(NullIf("body", Value("")), Subquery(spoken), Value(""), output_field=TextField())
    )
    fields = ("words", "direction", "turn__state", "turn__waiting_for")
    newest = list(rows.order_by("-seq").values_list(*fields)[: before + turns])
    lines: list[Line] = []
    asked = ""
    for number, (body, direction, state, waiting_for) in reversed(list(enumerate(newest))):
        ours = direction == "out"
        text = HIDDEN if asked == WHO and not ours else body or FILE
        lines.append(Line(text[: NEWEST if number < turns else EARLIER], ours))
        asked = waiting_for if state == Turn.State.DONE else asked
    return tuple(lines)


def needs_no_model(text: str, context: Context, plain: Choice) -> bool:
    """Say whether the rules read this surely.

    That is an answer to a form, a yes or a no to what we offered, thanks, a wish for a person, alarm.
    """
    if context.waiting_for.startswith(f"{FORM}:"):
        return True  # what a form asked, it reads itself: nobody else's word fills it in
    if context.waiting_for.startswith(f"{PROMISE_YES}:") and (says_yes(text) or says_no(text)):
        return True
    if plain.intent in {intents.THANKS, intents.ACKNOWLEDGED}:
        return len(text.split()) <= FEW
    return bool(alarm_in(text)) or (plain.intent == intents.HUMAN and plain.confidence >= CERTAIN)


@dataclass
class _Proposals:
    """The tools of one talk: facts are handed over, acts only remembered."""

    results: Mapping[str, str]
    made: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    def run(self, name: str, arguments: Mapping[str, Any]) -> str:
        if name in self.results:
            return self.results[name]
        self.made.append((name, arguments))
        return json.dumps({"status": "the customer will be asked to confirm"})


def talk_with(engine: Talks, prepared: Preparation, *, text: str, plain: Choice, bot: Bot) -> tuple[Choice, Spoken]:
    """Let a model answer. Returns what it was about and what it said. Raises EngineError."""
    began = time.monotonic()
    proposals = _Proposals(prepared.results)
    wanted = GIVEN.get(plain.intent, "")
    task = Task(
        instructions=prepared.instructions,
        lines=prepared.lines,
        tools=prepared.tools,
        run=proposals.run,
        given={wanted: prepared.results[wanted]} if wanted in prepared.results else {},
        max_tokens=bot.max_tokens,
        temperature=bot.temperature,
        seconds=SECONDS,
    )
    talk = engine.converse(task)
    read_ms = round((time.monotonic() - began) * 1000)
    if proposals.made:
        name, arguments = proposals.made[-1]
        words = proposed_text(name, arguments, text)
        return _choice(proposed_intent(name, arguments), talk), Spoken(talk, words=words, read_ms=read_ms)
    said = plain_text(talk.text)
    why = why_unsaid(said, rules=prepared.rules, persona=prepared.persona, sources=prepared.results.values())
    if why:
        raise Unsaid(why, talk.usage)
    return _choice(_subject(talk.tools, plain), talk), Spoken(talk, text=said, read_ms=read_ms)


def _subject(used: tuple[ToolUse, ...], plain: Choice) -> str:
    if plain.intent != NONE:
        return plain.intent
    asked = [TOOLS[use.name].intent for use in used if use.name in TOOLS and TOOLS[use.name].intent]
    return asked[0] if asked else NONE


def _choice(intent: str, talk: Talk) -> Choice:
    return Choice(intent, 1.0, talk.model, talk.usage)
