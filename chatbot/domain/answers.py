"""From a situation to an answer: which tool each intent has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from chatbot import intents
from chatbot.domain.account_tools import ask_for_photo, tell_balance, tell_how_to_pay, tell_plan
from chatbot.domain.dialogues.running import opener
from chatbot.domain.dialogues.state import tell_service_state
from chatbot.domain.file_tools import answer_files
from chatbot.domain.invoice_tools import send_invoice
from chatbot.domain.knowledge_tools import answer_from_knowledge
from chatbot.domain.people_tools import (
    FOR_ANYBODY,
    greet,
    meet_stranger,
    not_understood,
    reach_person,
    stay_silent,
    thank,
)
from chatbot.domain.plan_tools import tell_plans
from chatbot.domain.promise_tools import answer_offer, offer_time
from chatbot.domain.situations import Answer, Situation

Tool = Callable[[Situation], Answer]

TOOLS: dict[str, Tool] = {
    intents.BALANCE: tell_balance,
    intents.DUE_DATE: tell_balance,
    intents.INVOICE_COPY: send_invoice,
    intents.HOW_TO_PAY: tell_how_to_pay,
    intents.PAYMENT_MADE: ask_for_photo,
    intents.SERVICE_STATE: tell_service_state,
    intents.MY_PLAN: tell_plan,
    intents.REPORT_FAULT: opener("report_fault"),
    intents.PROMISE: offer_time,
    intents.BUY_DAYS: opener("buy_days"),
    intents.CHANGE_PLAN: opener("change_plan"),
    intents.PLANS_PRICES: tell_plans,
    intents.COVERAGE: opener("coverage"),
    intents.REGISTER: opener("register"),
    intents.MOVE: opener("move"),
    intents.CANCEL: opener("cancel"),
    intents.WIFI_PASSWORD: opener("wifi_password"),
    intents.HOURS_ADDRESS: reach_person,
    intents.HUMAN: reach_person,
    intents.GREETING: greet,
    intents.THANKS: thank,
    intents.ACKNOWLEDGED: stay_silent,
}

# These neither answer nor end what the bot waits for.
PASSING = {
    intents.GREETING,
    intents.THANKS,
    intents.ACKNOWLEDGED,
    intents.BALANCE,
    intents.DUE_DATE,
    intents.HOW_TO_PAY,
}


def answer_to(s: Situation) -> Answer:
    """Return what to say and do. Writes what a tool writes (a receipt), in the caller's transaction."""
    if s.files and (answer := answer_files(s)) is not None:
        return replace(answer, tool=answer_files.__name__)
    if s.said:
        return Answer(s.said, waiting_for=s.waiting_for if s.intent in PASSING else "")
    if s.customer and s.waits_for_yes and (answer := answer_offer(s)) is not None:
        return replace(answer, tool=answer_offer.__name__)
    if (answer := answer_from_knowledge(s)) is not None:
        return replace(answer, tool=answer_from_knowledge.__name__)
    if s.customer is None and s.intent not in FOR_ANYBODY:
        return meet_stranger(s)
    tool = TOOLS.get(s.intent, not_understood)
    answer = replace(tool(s), tool=getattr(tool, "__name__", ""))
    if s.intent in PASSING and not answer.waiting_for:
        answer = replace(answer, waiting_for=s.waiting_for)
    return answer
