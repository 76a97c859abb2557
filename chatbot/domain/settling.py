"""One transaction for what an answer does, what it says and the end of its turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import translation

from chatbot import intents
from chatbot.domain.bots import bot_of_channel, note_engine
from chatbot.domain.calling import pass_on
from chatbot.domain.languages import language_for
from chatbot.domain.limits import answer_within
from chatbot.domain.quick_replies import as_message
from chatbot.domain.reading import Job, Reading
from chatbot.domain.situations import FORM, PROMISE_YES, Answer, Situation
from chatbot.engines.registry import RULES
from chatbot.models import Acquaintance, Turn
from chatbot.staff_words import for_staff
from customers.models import Customer
from events.domain import Actor
from inbox.domain.sending import queue_message
from inbox.models import Attachment, Conversation

CALL = "call_person"
FAILURES = 4  # tries at answering before a person takes over


@transaction.atomic
def settle_turns(*, job: Job, reading: Reading, now: datetime) -> None:
    """Answer the turns of a job, unless they are no longer its own or a person answers by now."""
    _lock_customer_of(job)
    conversation = _lock(job.conversation_id)
    turns = _own(job)
    if len(turns) != len(job.turn_ids):
        return None
    if reading.engine != RULES or reading.error:
        note_engine(bot=job.bot, error=reading.error, now=now)
    bot = bot_of_channel(conversation.channel_id)
    if not conversation.bot_active:
        return _end(turns, Turn.State.SKIPPED, now, reason=for_staff("Lo atiende una persona."), why=Turn.Why.TAKEN)
    language = language_for(bot, job, reading.choice)
    with translation.override(language):
        if not bot.enabled:
            off = Answer(hand_over=for_staff("El asistente se apagó."))
            pass_on(conversation=conversation, answer=off, text=job.text, now=now)
            return _end(
                turns, Turn.State.SKIPPED, now, reason=for_staff("El asistente se apagó."), why=Turn.Why.SWITCHED_OFF
            )
        files = Attachment.objects.filter(message__turn__in=job.turn_ids).select_related("message")
        # What was said in a voice note is words by now.
        files = files.filter(Q(transcript=None) | Q(transcript__text="")).order_by("id")
        situation = Situation(
            bot=bot,
            conversation=conversation,
            intent=reading.choice.intent,
            now=now,
            text=reading.words or job.text,
            said=reading.said,
            files=tuple(files),
            waiting_for=job.context.waiting_for,
            misses=job.misses,
            last_intent=job.last_intent,
            confidence=reading.choice.confidence,
            picked=job.picked,
            place=job.place,
            turn_id=turns[-1].pk,
        )
        answer = with_reason(answer_within(situation), reading)
        _say(conversation, turns[-1], answer, now)
        if answer.hand_over:
            pass_on(conversation=conversation, answer=answer, text=job.text, now=now)
    turns[-1].bot_id, turns[-1].language = bot.pk, language
    _keep(turns, answer, reading, now, model=job.bot.model)
    return None


def with_reason(answer: Answer, reading: Reading) -> Answer:
    """Add to what the staff reads why a model called a person; its words, so shown as words."""
    called = [use["arguments"].get("reason") for use in reading.tools if use["name"] == CALL and use["outcome"] == "ok"]
    if not answer.hand_over or not called or not called[-1]:
        return answer
    said = for_staff("El modelo anotó: «%(reason)s».") % {"reason": " ".join(str(called[-1]).split())[:120]}
    return replace(answer, note="\n".join(part for part in (said, answer.note) if part))


def _lock_customer_of(job: Job) -> None:
    """Where a yes may move money the customer comes first: money takes them first, then their conversation."""
    if job.context.waiting_for.startswith((f"{PROMISE_YES}:", f"{FORM}:")):
        whose = Q(conversations=job.conversation_id) | Q(pk__in=_proved_in(job.conversation_id))
        found = Customer.objects.filter(whose).values("pk")
        list(Customer.objects.select_for_update(no_key=True).filter(pk__in=found).order_by("pk"))


def _proved_in(conversation_id: int) -> QuerySet[Any]:
    return Acquaintance.objects.filter(conversation=conversation_id, customer__isnull=False).values("customer_id")


def _lock(conversation_id: int) -> Conversation:
    rows = Conversation.objects.select_for_update(of=("self",)).select_related("customer")
    conversation: Conversation = rows.get(pk=conversation_id)
    return conversation


def _own(job: Job) -> list[Turn]:
    rows = Turn.objects.select_for_update(of=("self",)).pending()
    return list(rows.filter(pk__in=job.turn_ids, attempts=job.attempt).order_by("pk"))


def _say(conversation: Conversation, turn: Turn, answer: Answer, now: datetime) -> None:
    if answer.text:
        key = f"turn:{turn.pk}:{len(turn.replies)}"
        body, choices = as_message(answer, conversation=conversation)
        queue_message(
            conversation=conversation,
            author=Actor.bot(),
            now=now,
            body=body,
            choices=choices,
            files=answer.files,
            key=key,
        )
        turn.replies = [*turn.replies, key]


def _keep(turns: Sequence[Turn], answer: Answer, reading: Reading, now: datetime, *, model: str) -> None:
    *others, last = turns
    _end(others, Turn.State.SKIPPED, now, reason=for_staff("Se contestó junto con el siguiente."))
    usage = reading.choice.usage
    last.state, last.next_try_at, last.settled_at = Turn.State.DONE, None, now
    last.intent, last.confidence = answer.intent or reading.choice.intent, reading.choice.confidence
    last.engine, last.reason = reading.engine, (answer.source or reading.reason)[:255]
    last.waiting_for, last.misses = answer.waiting_for, answer.misses
    last.input_tokens, last.output_tokens, last.cost = usage.input_tokens, usage.output_tokens, usage.cost
    last.model = model if reading.engine != RULES or usage.input_tokens else ""
    own = [{"name": answer.tool, "arguments": {}, "ms": 0, "outcome": "own"}] if answer.tool else []
    last.tools, last.rounds, last.read_ms = [*reading.tools, *own], reading.rounds, reading.read_ms
    last.outcome, last.why = outcome_of(answer, last.intent)
    last.save()


def outcome_of(answer: Answer, intent: str) -> tuple[str, str]:
    """Return what came of an answer, and why a person is needed where one is."""
    if answer.hand_over:
        about = Turn.Why.ASKED if intent == intents.HUMAN else Turn.Why.INTENT
        return Turn.Outcome.ESCALATED, answer.why or about
    return (Turn.Outcome.UNANSWERED if answer.misses else Turn.Outcome.RESOLVED), ""


def _end(turns: Sequence[Turn], state: str, now: datetime, *, reason: str, why: str = "") -> None:
    """End turns without an answer of their own; with `why` the last one is what a person takes over."""
    if why:
        turns[-1].outcome, turns[-1].why = Turn.Outcome.ESCALATED, why
        turns[-1].save(update_fields=["outcome", "why"])
    Turn.objects.filter(pk__in=[turn.pk for turn in turns]).update(
        state=state, next_try_at=None, settled_at=now, reason=reason[:255]
    )


@transaction.atomic
def note_failure(*, job: Job, error: str, now: datetime) -> None:
    """Put a job off that could not be answered; after some tries a person takes over."""
    conversation = _lock(job.conversation_id)
    turns = _own(job)
    if not turns:
        return
    failures = max(turn.failures for turn in turns) + 1
    rows = Turn.objects.filter(pk__in=[turn.pk for turn in turns])
    if failures < FAILURES:
        rows.update(failures=failures, next_try_at=now + timedelta(seconds=5 * 3**failures), reason=error[:255])
        return
    rows.update(failures=failures)
    _end(turns, Turn.State.FAILED, now, reason=error, why=Turn.Why.FAILED)
    if conversation.bot_active:
        failed = Answer(hand_over=for_staff("El asistente no pudo contestar."))
        pass_on(conversation=conversation, answer=failed, text=job.text, now=now)
