"""Trying a talk: the whole bot answers, forms and all, in a transaction that is taken back. Nobody hears any of it.

All its lines are said anew each time. A model is asked with no transaction open, and what it answered to a line is
kept for a while, so that it is asked, and paid, once.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.core.cache import cache
from django.db import transaction
from django.utils.translation import gettext as _

from billing.domain.opening import OpeningInvoice, open_invoice
from chatbot.domain.bots import EDITABLE, reader_for
from chatbot.domain.reading import Job, Reading, read_words
from chatbot.domain.settling import settle_turns
from chatbot.domain.spending import Purpose, note_use
from chatbot.domain.turns import prepared
from chatbot.engines.base import Context
from chatbot.engines.registry import RULES
from chatbot.models import Bot, BotChannel, Turn
from customers.models import Contact, Customer, Plan, Service
from events.domain import Actor
from inbox.channels.items import Inbound
from inbox.domain.conversations import lock_conversation
from inbox.domain.receiving import receive_message
from inbox.models import Attachment, Channel, Conversation, Message
from tenants.current import current_tenant, tenant_today

MOST = 20  # lines of one talk
KEPT = 1800  # seconds that a model's answer to a line is kept
PHONE = "+14155550132"  # of the numbers kept for stories: nobody has it
CODE = "EJEMPLO-1"
WHO = Actor.system("Prueba")


@dataclass(frozen=True)
class Said:
    """One line of the talk: what the customer wrote, what it was taken for, what was answered, what became of it.

    `waited_for` is what the bot had asked, `source` what its answer stands on; `turn` is None once a person has the
    talk; `engine_error` is why the chosen engine did not read it; `note` is what
    the person who takes over reads.
    """

    asked: str
    answered: str
    options: tuple[str, ...]
    turn: Turn | None
    intent: str = ""
    waited_for: str = ""
    source: str = ""
    milliseconds: int = 0
    engine_error: str = ""
    note: str = ""
    files: tuple[str, ...] = ()


def rehearse(*, bot: Bot, lines: Sequence[str], is_customer: bool, now: datetime) -> list[Said]:
    """Say the lines one after another and return what came of each.

    With `is_customer` a made-up customer writes, who owes one invoice and proves who they are with CODE; else
    somebody nobody knows. What a model used is kept as a trial.
    """
    lines = [" ".join(line.split()) for line in lines][:MOST]
    known = _Readings(bot, is_customer)
    while True:
        with transaction.atomic():
            said, job = _play(bot, lines, known, is_customer=is_customer, now=now)
            transaction.set_rollback(True)
        if job is None:
            return said
        reading = read_words(job)
        note_use(purpose=Purpose.TRIAL, model=bot.model, usage=reading.choice.usage, now=now)
        known.keep(lines[: len(said) + 1], reading)


class _Readings:
    """What the chosen engine made of each line, by all that was said before it."""

    def __init__(self, bot: Bot, is_customer: bool) -> None:
        settings = [getattr(bot, name) for name in (*EDITABLE, "persona_id")]
        self._begins = repr((str(current_tenant().uuid), bot.pk, settings, is_customer))
        self._found: dict[str, Reading] = {}

    def of(self, lines: Sequence[str]) -> Reading | None:
        key = self._key(lines)
        found: Reading | None = self._found.get(key) or cache.get(key)
        return found

    def keep(self, lines: Sequence[str], reading: Reading) -> None:
        self._found[self._key(lines)] = reading
        if not reading.error:
            cache.set(self._key(lines), reading, KEPT)

    def _key(self, lines: Sequence[str]) -> str:
        return "rehearsal:" + hashlib.sha256(repr((self._begins, list(lines))).encode()).hexdigest()


def _play(
    bot: Bot, lines: Sequence[str], known: _Readings, *, is_customer: bool, now: datetime
) -> tuple[list[Said], Job | None]:
    """Say the lines; stop before the first that a model has to read, and return what it is asked."""
    conversation = _stage(bot, is_customer=is_customer, now=now)
    said: list[Said] = []
    for number, line in enumerate(lines):
        at, began = now + timedelta(seconds=number), time.perf_counter()
        message = _receive(conversation, line, at)
        turn = Turn.objects.filter(message=message).first()
        if turn is None:  # a person has it by now
            said.append(Said(line, "", (), None))
            continue
        job = _job(turn, said[-1].turn if said else None, bot=bot, line=line, at=at)
        if job.reader.name == RULES:
            reading: Reading | None = read_words(job)
        else:
            reading = known.of(lines[: number + 1])
        if reading is None:
            return said, prepared(job, now=at)
        settle_turns(job=job, reading=reading, now=at)
        took = round(1000 * (time.perf_counter() - began)) + reading.read_ms
        said.append(_heard(job, message, reading, took))
    return said, None


def _stage(bot: Bot, *, is_customer: bool, now: datetime) -> Conversation:
    values = {name: getattr(bot, name) for name in EDITABLE}
    # Ours alone, so that no row waits that a customer's answer needs.
    values |= {"enabled": True, "pause_seconds": 0, "hours": Bot.Hours.ALWAYS, "engine": RULES}
    values |= {name: getattr(bot, name) for name in ("persona", "trial_router", "trial_kind")}
    own = Bot.objects.create(key=f"t-{uuid.uuid4().hex[:16]}", **values)
    address = f"whatsapp:{uuid.uuid4().hex}"
    channel = Channel.objects.create(kind="twilio_whatsapp", name=_("Prueba"), address=address, account="AC")
    BotChannel.objects.create(channel=channel, bot=own)
    customer = _example(now) if is_customer else None
    conversation = lock_conversation(channel=channel, address=f"whatsapp:{PHONE}", now=now)
    conversation.customer = customer
    conversation.save()
    return conversation


def _example(now: datetime) -> Customer:
    customer = Customer.objects.create(name=_("Ana Ejemplo"), code=CODE)
    Contact.objects.create(customer=customer, kind="whatsapp", value=PHONE, is_primary=True)
    plan = Plan.objects.filter(is_active=True, price__gt=0).order_by("price").first()
    if plan is None:
        plan = Plan.objects.create(name=CODE, price=Decimal(500), download_kbps=50_000, upload_kbps=10_000)
    Service.objects.create(customer=customer, plan=plan, code=f"{CODE}-S")
    today = tenant_today(now)
    owed = OpeningInvoice(CODE, customer.pk, CODE, today - timedelta(days=5), today + timedelta(days=5), plan.price)
    open_invoice(owed, actor=WHO, now=now)
    return customer


def _receive(conversation: Conversation, line: str, at: datetime) -> Message:
    channel = Channel.objects.get(pk=conversation.channel_id)
    inbound = Inbound(
        external_id=f"SM{uuid.uuid4().hex}", sender=f"whatsapp:{PHONE}", recipient=channel.address, body=line
    )
    return receive_message(channel=channel, inbound=inbound, now=at)


def _job(turn: Turn, last: Turn | None, *, bot: Bot, line: str, at: datetime) -> Job:
    """Return the turn as a worker claims it; `last` is the one before."""
    Turn.objects.filter(pk=turn.pk).update(attempts=1)
    return Job(
        turn_ids=(turn.pk,),
        conversation_id=turn.conversation_id,
        attempt=1,
        text=line,
        context=Context(waiting_for=last.waiting_for if last else ""),
        reader=reader_for(bot, now=at),
        bot=bot,
        misses=last.misses if last else 0,
        last_intent=last.intent if last else "",
        last_language=last.language if last else "",
    )


def _heard(job: Job, message: Message, reading: Reading, took: int) -> Said:
    lines = Message.objects.filter(conversation=message.conversation_id, seq__gt=message.seq).order_by("seq")
    said = [row for row in lines if row.direction == Message.Direction.OUT]
    files = list(Attachment.objects.filter(message__in=said))
    names = tuple(file.filename for file in files)
    for file in files:  # what was stored for it is not taken back with the rest
        file.file.delete(save=False)
    turn = Turn.objects.get(message=message)
    options = [option["title"] for row in said for option in row.content.get("options", [])]
    return Said(
        asked=job.text,
        answered="\n".join(row.body for row in said if row.body),
        options=tuple(options),
        turn=turn,
        intent=reading.choice.intent,
        waited_for=job.context.waiting_for,
        source=turn.reason if turn.reason != reading.reason else "",
        milliseconds=took,
        engine_error=reading.error or reading.spare,
        note="\n".join(row.body for row in lines if row.direction == Message.Direction.NOTE),
        files=names,
    )
