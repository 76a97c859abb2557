"""A person is called: at once where words are alarming, and always with what they need to go on, in one note."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from chatbot import intents
from chatbot.alarms import ANGER, LEGAL, LIFE, SAFETY, alarm_in
from chatbot.domain.dialogues.registry import FORMS
from chatbot.domain.dialogues.telling import told_slots
from chatbot.domain.situations import Answer, Situation
from chatbot.domain.trying import outcomes
from chatbot.engines.base import NONE
from chatbot.models import RunningForm, Turn
from chatbot.staff_words import for_staff, in_staff_language
from customers.models import Hold, Service
from events.domain import Actor
from inbox.domain.conversations import add_note, hand_over
from inbox.domain.marks import set_priority
from inbox.models import Conversation, Priority

QUOTED = 120  # letters of what a customer wrote
LAST = 3  # of their messages


def answer_alarm(s: Situation) -> Answer | None:
    """Return the answer to words that call for a person at once; None where there are none."""
    alarm = alarm_in(s.text)
    if not alarm or (s.is_in_form and alarm == LEGAL):  # an address may be «frente al juzgado»
        return None
    said = {
        LIFE: _(
            "Lamento mucho lo que está pasando. Si está en peligro llame ahora a emergencias o a alguien de confianza."
            " Ya avisé a una persona de nuestro equipo, que le escribe por aquí."
        ),
        SAFETY: _(
            "Por su seguridad no toque nada y manténgase lejos. Si hay peligro en este momento llame a emergencias."
            " Ya avisé a una persona de nuestro equipo."
        ),
        LEGAL: _("Entiendo. Le paso con una persona, que ya tiene lo que escribió."),
        ANGER: _("Lamento lo que pasó. Le paso con una persona, que ya tiene lo que escribió."),
    }
    reason = {
        LIFE: for_staff("Puede querer hacerse daño: véalo primero."),
        SAFETY: for_staff("Puede haber peligro: véalo primero."),
        LEGAL: for_staff("Menciona una demanda, un abogado o una autoridad."),
        ANGER: for_staff("Está molesto."),
    }
    about = intents.REPORT_FAULT if alarm == SAFETY else intents.HUMAN
    why = SAFETY if alarm == LIFE else alarm
    return Answer(said[alarm], hand_over=reason[alarm], why=why, intent=about, tool="answer_alarm")


def pass_on(*, conversation: Conversation, answer: Answer, text: str, now: datetime) -> None:
    """Leave a conversation to a person with the reason and a summary in one note. In the caller's transaction."""
    with in_staff_language():
        note = "\n".join([answer.hand_over, *summary_of(conversation, now=now, text=text, note=answer.note)])
        if answer.why == SAFETY:
            set_priority(conversation_id=conversation.pk, priority=Priority.URGENT, actor=Actor.bot(), now=now)
        add_note(conversation_id=conversation.pk, body=note, author=Actor.bot(), now=now)
        hand_over(conversation_id=conversation.pk, reason=answer.hand_over, actor=Actor.bot(), now=now)
    RunningForm.objects.filter(conversation=conversation).delete()


def summary_of(conversation: Conversation, *, now: datetime, text: str = "", note: str = "") -> list[str]:
    """Return three lines: who it is, what they asked and what the bot found, what was collected.

    Amounts stay out: not everybody who reads conversations may see money. What was said of it is in the thread.
    """
    turns = list(_turns(conversation))
    asked = [turn.message.body for turn in turns if turn.message.body]
    if text and (not asked or text not in "\n".join(asked)):
        asked.append(text)
    collected = note or _running(conversation)
    return [
        _("Quién: %(who)s") % {"who": who_is(conversation, now)},
        _("Pidió: %(asked)s. Encontró: %(found)s")
        % {"asked": _quoted(asked[-LAST:]) or _("nada con palabras"), "found": _found(turns)},
        _("Reunido: %(what)s") % {"what": "; ".join(collected.splitlines()) if collected else _("nada")},
    ]


def who_is(conversation: Conversation, now: datetime) -> str:
    """Return the customer with their services and how these stand; for a stranger their number and name."""
    customer = conversation.customer
    if customer is None:
        known = [conversation.contact_name, conversation.written_address]
        return _("%(who)s, no está entre los clientes") % {"who": ", ".join(part for part in known if part)}
    services = list(
        Service.objects.filter(customer=customer).exclude(status=Service.Status.CANCELLED).select_related("plan")[:LAST]
    )
    held = set(Hold.objects.open(now).filter(service__in=services).values_list("service_id", flat=True))
    lines = [
        _("%(plan)s (%(code)s), suspendido") % {"plan": service.plan.name, "code": service.code}
        if service.pk in held
        else _("%(plan)s (%(code)s), activo") % {"plan": service.plan.name, "code": service.code}
        for service in services
    ]
    return " · ".join([f"{customer.name} ({customer.code})", *lines])


def _turns(conversation: Conversation) -> Sequence[Turn]:
    """Return the turns since the conversation was opened, oldest first."""
    rows = Turn.objects.filter(conversation=conversation).select_related("message")
    if conversation.opened_at is not None:
        rows = rows.filter(created_at__gte=conversation.opened_at)
    return list(rows.order_by("-pk")[:10])[::-1]


def _quoted(texts: Sequence[str]) -> str:
    """Return their words as they are, short; without the sign that would call somebody of the staff."""
    short = [" ".join(text.replace("@", " ").split()) for text in texts]
    return " ".join(f"«{text[:QUOTED]}{'…' if len(text) > QUOTED else ''}»" for text in short if text)


def _found(turns: Sequence[Turn]) -> str:
    named = outcomes()
    idle = {intents.GREETING, intents.THANKS, intents.ACKNOWLEDGED, intents.HUMAN, NONE, ""}
    done = [turn for turn in turns if turn.outcome == Turn.Outcome.RESOLVED and turn.intent not in idle]
    labels = list(dict.fromkeys(named.get(turn.intent, (turn.intent, ""))[0] for turn in done))
    return ", ".join(labels) if labels else _("nada")


def _running(conversation: Conversation) -> str:
    running = RunningForm.objects.filter(conversation=conversation).first()
    form = FORMS.get(running.form) if running else None
    return told_slots(form, running.slots) if running and form else ""
