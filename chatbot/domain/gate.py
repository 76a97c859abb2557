"""The one gate before anything of an account: who writes. Rules and models come through it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from chatbot import abilities, intents
from chatbot.domain.dialogues.identify import NAME as IDENTIFY
from chatbot.domain.dialogues.identify import ask_datum
from chatbot.domain.dialogues.registry import FORMS
from chatbot.domain.dialogues.running import drop_form
from chatbot.domain.identity import must_prove, recognised
from chatbot.domain.people_tools import greet, not_understood, reach_person, stay_silent, thank
from chatbot.domain.promised_days import says_yes
from chatbot.domain.situations import Answer, Situation
from chatbot.engines.base import NONE

Tool = Callable[[Situation], Answer]
# What is said to a number of several customers before it is known whose account it is about.
TO_ANY_OF_THEM: dict[str, Tool] = {
    NONE: not_understood,
    intents.GREETING: greet,
    intents.THANKS: thank,
    intents.ACKNOWLEDGED: stay_silent,
    intents.HUMAN: reach_person,
}


def behind_gate(s: Situation, answer: Tool) -> Answer:
    """Answer what was asked once it is known who asks; ask that first where it is not."""
    s = recognised(s)  # anew: the datum may have come a moment ago
    if s.must_prove and s.waits_for_yes:
        # A yes of somebody who is no longer known gives nothing: it is offered again to whoever proves it.
        s = replace(s, waiting_for="", intent=intents.PROMISE if says_yes(s.text) else s.intent)
    if must_prove(s):
        return ask_datum(s)
    if s.must_prove and s.customer is None and not s.files and not s.said and s.intent in TO_ANY_OF_THEM:
        return TO_ANY_OF_THEM[s.intent](s)
    return answer(s)


def stop_unproved(s: Situation) -> Answer | None:
    """End a form about an account that runs for somebody who has not proved it is theirs: ask for that instead."""
    name = s.waiting_for.partition(":")[2] if s.is_in_form else ""
    form = FORMS.get(name)
    if form is None or name == IDENTIFY or s.proved or not s.must_prove or form.intent not in abilities.PERSONAL:
        return None
    drop_form(s)
    return ask_datum(replace(s, intent=form.intent))
