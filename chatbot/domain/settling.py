"""One transaction for what an answer does, what it says and the end of its turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import translation

from chatbot import intents
from chatbot.domain.bots import bot_of_channel, note_engine
from chatbot.domain.calling import pass_on
from chatbot.domain.contact_limits import foresee_turns
from chatbot.domain.identity import foresee_acquaintances
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
from tenants.batches import in_part, once_a_batch, one_batch, tried_whole

CALL = "call_person"
FAILURES = 4  # tries at answering before a person takes over


Found = tuple[Job, Reading]


@dataclass
class _Held:
    """What a batch locked, by conversation."""

    conversations: dict[int, Conversation] = field(default_factory=dict)
    turns: dict[int, list[Turn]] = field(default_factory=dict)


@once_a_batch
def _held() -> _Held:
    return _Held()


def settle_together(found: Sequence[Found], *, now: datetime) -> None:
    """Answer many conversations in one transaction, all or none of them; what they share is read once."""
    with transaction.atomic(), one_batch(whole=True):
        jobs = [job for job, _reading in found]
        _lock_customers_of(jobs)
        held, ids = _held(), [job.conversation_id for job in jobs]
        rows = _locking().filter(pk__in=ids).order_by("pk")
        held.conversations = {conversation.pk: conversation for conversation in rows}
        held.turns = {job.conversation_id: [] for job in jobs}
        claims = {pk: job for job in jobs for pk in job.turn_ids}
        for turn in _pending().filter(pk__in=claims).order_by("pk"):
            if turn.attempts == claims[turn.pk].attempt:
                held.turns[turn.conversation_id].append(turn)
        foresee_acquaintances(held.conversations.values())
        foresee_turns(ids, now=now)
        for job, reading in found:
            settle_turns(job=job, reading=reading, now=now)


@in_part
def settle_turns(*, job: Job, reading: Reading, now: datetime) -> None:
    """Answer the turns of a job, unless they are no longer its own or a person answers by now."""
    if not tried_whole():
        _lock_customers_of([job])
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
        situation = Situation(
            bot=bot,
            conversation=conversation,
            intent=reading.choice.intent,
            now=now,
            text=reading.words or job.text,
            said=reading.said,
            files=_files(job),
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
    _keep(turns, answer, reading, now, job=job)
    return None


def with_reason(answer: Answer, reading: Reading) -> Answer:
    """Add to what the staff reads why a model called a person; its words, so shown as words."""
    called = [use["arguments"].get("reason") for use in reading.tools if use["name"] == CALL and use["outcome"] == "ok"]
    if not answer.hand_over or not called or not called[-1]:
        return answer
    said = for_staff("El modelo anotó: «%(reason)s».") % {"reason": " ".join(str(called[-1]).split())[:120]}
    return replace(answer, note="\n".join(part for part in (said, answer.note) if part))


def _files(job: Job) -> tuple[Attachment, ...]:
    """Return what was sent, without what was said in a voice note: that is words by now."""
    if not job.context.has_file:
        return ()
    files = Attachment.objects.filter(message__turn__in=job.turn_ids).select_related("message")
    return tuple(files.filter(Q(transcript=None) | Q(transcript__text="")).order_by("id"))


def _lock_customers_of(jobs: Sequence[Job]) -> None:
    """Where a yes may move money the customer comes first: money takes them first, then their conversation."""
    waiting = [job for job in jobs if job.context.waiting_for.startswith((f"{PROMISE_YES}:", f"{FORM}:"))]
    if waiting:
        ids = [job.conversation_id for job in waiting]
        known = Acquaintance.objects.filter(conversation__in=ids, customer__isnull=False).values("customer_id")
        found = Customer.objects.filter(Q(conversations__in=ids) | Q(pk__in=known)).values("pk")
        list(Customer.objects.select_for_update(no_key=True).filter(pk__in=found).order_by("pk"))


def _lock(conversation_id: int) -> Conversation:
    held = _held().conversations.get(conversation_id)
    return held or _locking().get(pk=conversation_id)


def _locking() -> QuerySet[Conversation]:
    return Conversation.objects.select_for_update(of=("self",)).select_related("customer", "channel")


def _own(job: Job) -> list[Turn]:
    held = _held().turns.get(job.conversation_id)
    if held is not None:
        return held
    return list(_pending().filter(pk__in=job.turn_ids, attempts=job.attempt).order_by("pk"))


def _pending() -> QuerySet[Turn]:
    return Turn.objects.select_for_update(of=("self",)).pending()


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
            reserved=answer.reserved,
            key=key,
        )
        turn.replies = [*turn.replies, key]


def _keep(turns: Sequence[Turn], answer: Answer, reading: Reading, now: datetime, *, job: Job) -> None:
    *others, last = turns
    _end(others, Turn.State.SKIPPED, now, reason=for_staff("Se contestó junto con el siguiente."))
    usage = reading.choice.usage
    last.state, last.next_try_at, last.settled_at = Turn.State.DONE, None, now
    last.intent, last.confidence = answer.intent or reading.choice.intent, reading.choice.confidence
    last.engine, last.reason = reading.engine, (answer.source or reading.reason)[:255]
    last.waiting_for, last.misses = answer.waiting_for, answer.misses
    last.input_tokens, last.output_tokens, last.cost = usage.input_tokens, usage.output_tokens, usage.cost
    if job.heard_cost:
        last.cost = (usage.cost or 0) + job.heard_cost
    last.model = job.bot.model if reading.engine != RULES or usage.input_tokens else ""
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
