"""What a bot's settings do to its answers, whatever reads: when it works, what it leaves to people, how it is said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from django.utils.translation import gettext as _

from chatbot import abilities, intents
from chatbot.domain.answers import answer_to
from chatbot.domain.calling import answer_alarm
from chatbot.domain.contact_limits import past_turns
from chatbot.domain.dialogues.registry import FORMS
from chatbot.domain.dialogues.running import continue_form, drop_form, still_waiting
from chatbot.domain.file_tools import PICTURES, is_receipt
from chatbot.domain.fitting import fit_text
from chatbot.domain.gate import behind_gate, stop_unproved
from chatbot.domain.identity import recognised
from chatbot.domain.people_tools import meet_stranger, reach_person
from chatbot.domain.situations import Answer, Situation
from chatbot.domain.staff_turns import answer_as_staff
from chatbot.domain.trying import outcomes
from chatbot.models import Bot
from chatbot.staff_words import in_staff_language
from inbox.domain.business_hours import is_open
from inbox.domain.policy import current_policy
from tenants.current import tenant_zone


def is_on_duty(bot: Bot, now: datetime) -> bool:
    """Say whether the bot answers at `now`, by the business hours of the inbox."""
    if bot.hours == Bot.Hours.ALWAYS:
        return True
    policy = current_policy()
    there = is_open(now=now, hours=policy.hours, closed_days=policy.closed_days, zone=tenant_zone())
    return there == (bot.hours == Bot.Hours.OPEN)


def answer_within(s: Situation, answer: Callable[[Situation], Answer] = answer_to) -> Answer:
    """Answer as the bot's settings allow: what is off goes to a person, and the words fit."""

    def elsewhere(other: Situation) -> Answer:
        return leave_to_person(other) or behind_gate(other, answer)

    s = recognised(s)
    stopped = answer_as_staff(s) or answer_alarm(s) or past_turns(s) or _form_off(s) or stop_unproved(s)
    said = stopped or continue_form(s, elsewhere) or elsewhere(s)
    if s.is_in_form:
        said = still_waiting(s, said)
    return said if said.whole else replace(said, text=fit_text(said.text, bot=s.bot))


def _form_off(s: Situation) -> Answer | None:
    """Return what is said where a form runs that this bot may not do any more; None where it may, or none runs."""
    form = FORMS.get(s.waiting_for.partition(":")[2]) if s.is_in_form else None
    if form is None or leave_to_person(replace(s, intent=form.intent, files=())) is None:
        return None
    drop_form(s)
    return leave_to_person(replace(s, intent=form.intent, files=()))


def leave_to_person(s: Situation) -> Answer | None:
    """Return the answer to what this bot must not do; None when it may."""
    off = abilities.kept_from(intents_off=s.bot.intents_off, tools_off=s.bot.tools_off)
    intent = s.intent
    if any(file.content_type in PICTURES for file in s.files) and is_receipt(s):
        intent = intents.PAYMENT_MADE
    elif s.waits_for_yes and s.intent != intents.HUMAN:
        intent = intents.PROMISE if intents.PROMISE in off else s.intent
    if intent not in off:
        return None
    if s.customer is None:
        return meet_stranger(s)
    with in_staff_language():
        what = outcomes().get(intent, (intent, ""))[0]
        reason = _("El asistente no atiende «%(what)s».") % {"what": what}
    return replace(reach_person(replace(s, intent=intent)), hand_over=reason, intent=intent)
