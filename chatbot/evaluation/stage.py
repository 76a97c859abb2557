"""Playing scripted conversations through the whole bot, in a transaction that is taken back: nothing stays.

`given` of a script: `customer` (true), `name`, `owes` ("600"), `cut` (false), `proven` (true: the control datum was
given), `services` (1), `payment_instructions`, `knowledge` ([{question, answer}]), `bot` ({setting: value}).
While one is played, the provider's own turns wait: play them at a provider for trying.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.db import transaction
from django.utils import timezone

from billing.domain.opening import OpeningInvoice, open_invoice
from chatbot.domain.bots import change_bot
from chatbot.domain.knowledge import KnowledgeRefused, add_faq
from chatbot.domain.model_tools import GIVEN, TOOLS
from chatbot.domain.turns import drain
from chatbot.evaluation.scripts import BadScript, Heard, Script, Step, faults_of
from chatbot.models import Acquaintance, Turn
from customers.domain.holds import open_hold
from customers.models import Contact, Customer, Plan, Service
from events.domain import Actor
from inbox.channels.items import Inbound
from inbox.domain.channels import add_channel
from inbox.domain.conversations import lock_conversation
from inbox.domain.receiving import receive_message
from inbox.models import Channel, Conversation, Message
from tenants.current import tenant_today

ACTOR = Actor.system("Evaluación")
PHONE, NUMBER = "+524449990001", "whatsapp:+524449990002"
_numbers = count(1)
BeforeStep = Callable[[Step], None]


@dataclass(frozen=True)
class Played:
    """One step as it went: what was heard, and what was wrong with it."""

    script: str
    number: int
    step: Step
    heard: Heard
    faults: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        heard = asdict(self.heard) | {"tools": sorted(self.heard.tools), "state": self.heard.state}
        return {
            "conversation": self.script, "step": self.number, "says": self.step.says, "faults": list(self.faults)
        } | heard  # fmt: skip


@dataclass(frozen=True)
class Performance:
    """All steps of all conversations."""

    played: tuple[Played, ...]

    @property
    def failed(self) -> list[Played]:
        """Return the steps that were not as they must be."""
        return [one for one in self.played if one.faults]

    def as_json(self) -> dict[str, Any]:
        """Return the sums and every step as plain values."""
        names = {one.script for one in self.played}
        return {
            "conversations": len(names),
            "conversations_passed": len(names - {one.script for one in self.failed}),
            "steps": len(self.played),
            "steps_passed": len(self.played) - len(self.failed),
            "input_tokens": sum(one.heard.input_tokens for one in self.played),
            "most_input_tokens": max((one.heard.input_tokens for one in self.played), default=0),
            "results": [one.as_json() for one in self.played],
        }


def play_scripts(
    scripts: Sequence[Script], *, settings: dict[str, Any], before: BeforeStep = lambda _step: None
) -> Performance:
    """Play each with the bot set as `settings` say, inside the current tenant; `before` hears of each step.

    Raises BadScript for what cannot be given.
    """
    return Performance(tuple(one for script in scripts for one in _play(script, settings, before)))


def _play(script: Script, settings: dict[str, Any], before: BeforeStep) -> list[Played]:
    with transaction.atomic():
        now = timezone.now()
        try:
            conversation = _set_up(script.given, settings, now)
        except (ArithmeticError, KeyError, TypeError, ValueError) as error:
            raise BadScript(f"{script.name}: `given` cannot be: {error}") from error
        played = []
        for number, step in enumerate(script.steps, start=1):
            before(step)
            heard = _ask(conversation, step)
            played.append(Played(script.name, number, step, heard, tuple(faults_of(step, heard))))
        transaction.set_rollback(True)
    return played


def _set_up(given: Any, settings: dict[str, Any], now: datetime) -> Conversation:
    Turn.objects.pending().update(next_try_at=now + timedelta(days=1))
    instructions = str(given.get("payment_instructions") or "En cualquier OXXO, cuenta 4321 8765 0001.")
    bot: dict[str, Any] = {"enabled": True, "pause_seconds": 0, "hours": "always", "payment_instructions": instructions}
    change_bot(actor=ACTOR, now=now, **(bot | settings | dict(given.get("bot") or {})))
    for row in given.get("knowledge") or []:
        with suppress(KnowledgeRefused):  # the provider knows it already
            add_faq(question=str(row["question"]), answer=str(row["answer"]), actor=ACTOR, now=now)
    channel = add_channel(
        kind="twilio_whatsapp", name="Evaluación", address=NUMBER, account="ACevaluation", auth_token="x",  # noqa: S106
        actor=ACTOR, config={"api_base": "http://127.0.0.1:9"},
    )  # fmt: skip
    customer = _customer(given, now) if given.get("customer", True) else None
    conversation = lock_conversation(channel=channel, address=f"whatsapp:{PHONE}", now=now)
    conversation.save()
    if customer is not None and given.get("proven", True):
        Acquaintance.objects.create(
            conversation=conversation, address=conversation.address, customer=customer, proved_at=now
        )
    return conversation


def _customer(given: Any, now: datetime) -> Customer:
    customer = Customer.objects.create(
        name=str(given.get("name") or "Ana Muñoz"), code="EVAL-1", national_id="EVAL987654"
    )
    Contact.objects.create(customer=customer, kind="whatsapp", value=PHONE, is_primary=True)
    plan, _made = Plan.objects.get_or_create(
        name="Evaluación 100", defaults={"price": Decimal(600), "download_kbps": 100_000, "upload_kbps": 20_000}
    )
    services = [
        Service.objects.create(customer=customer, plan=plan, code=f"EVAL-S{number}")
        for number in range(int(given.get("services", 1)))
    ]
    if owes := given.get("owes"):
        due = tenant_today(now) - timedelta(days=1)
        item = OpeningInvoice("eval:1", customer.pk, "F-EVAL", due - timedelta(days=9), due, Decimal(str(owes)))
        open_invoice(item, actor=ACTOR, now=now)
    if given.get("cut"):
        for service in services:
            open_hold(service_id=service.pk, reason="debt", source="policy", actor=ACTOR, now=now)
    return customer


def _ask(conversation: Conversation, step: Step) -> Heard:
    last = Message.objects.filter(conversation=conversation).order_by("-seq").values_list("seq", flat=True).first() or 0
    inbound = Inbound(
        external_id=f"SMeval{next(_numbers)}", sender=f"whatsapp:{PHONE}", recipient=NUMBER, body=step.says
    )
    now = timezone.now()
    began = time.perf_counter()
    channel = Channel.objects.get(pk=conversation.channel_id)
    message = receive_message(channel=channel, inbound=inbound, now=now)
    drain(now=now + timedelta(seconds=1))
    took = 1000 * (time.perf_counter() - began)
    said = Message.objects.filter(conversation=conversation, seq__gt=last, direction="out").order_by("seq")
    turn = Turn.objects.filter(message=message).first()
    after = Conversation.objects.get(pk=conversation.pk)
    words = "\n".join(said.values_list("body", flat=True))
    if turn is None:
        return Heard(words, by_person=not after.bot_active, milliseconds=took)
    return Heard(
        said=words,
        intent=turn.intent,
        tools=tools_of(turn),
        waiting_for=turn.waiting_for,
        by_person=not after.bot_active,
        engine=turn.engine,
        input_tokens=turn.input_tokens,
        milliseconds=took,
    )


def tools_of(turn: Turn) -> frozenset[str]:
    """Return the tools of a turn by every name they go by: as they were asked for, and as a model calls the same."""
    used = {tool["name"] for tool in turn.tools}
    if any(tool["outcome"] == "own" for tool in turn.tools):
        used |= {name for name, tool in TOOLS.items() if tool.intent == turn.intent and tool.intent}
        used |= {GIVEN[turn.intent]} if turn.intent in GIVEN else set()
    if turn.outcome == Turn.Outcome.ESCALATED:
        used.add("call_person")
    if "answer_from_knowledge" in used:
        used.add("knowledge")
    return frozenset(used)
