"""What a model may ask for while it talks to a customer: a few facts, and acts that our own dialogues carry out.

No tool takes whose account it is: the facts are read beforehand, for the conversation's customer, and a tool hands
over what was read. What would bind or change anything only proposes; the answer is then our own dialogue's, which
asks for a yes where one is needed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from billing.domain.accounts import accounts_of
from billing.domain.ledger import credit_in
from billing.domain.money import ZERO
from billing.models import Receipt
from chatbot import abilities, intents
from chatbot.domain.account_tools import SHOWN, held_for, services_of
from chatbot.domain.knowledge_search import find_answer
from chatbot.domain.situations import Situation
from chatbot.engines.talking import Tool
from customers.models import Hold
from network.domain.queries import states_for_services
from tenants.current import current_tenant
from tenants.formats import format_money

LONGEST = 1500  # characters of one result
PROVED, KNOWN, UNPROVED, NOTHING = "proved", "known", "unproved", ""
DAY = {"day": {"type": "string", "description": "YYYY-MM-DD"}}


@dataclass(frozen=True)
class ModelTool:
    """A tool, the intent and the ability it belongs to. `read` gives its result; None: it proposes the intent.

    `needs`: PROVED for what is of an account, KNOWN for what any customer may, UNPROVED for proving it, else nothing.
    A `read` that returns None leaves the tool out.
    """

    tool: Tool
    intent: str
    ability: str = ""
    needs: str = PROVED
    read: Callable[[Situation], Any] | None = None


def read_balance(s: Situation) -> dict[str, Any]:
    """What is owed, invoice by invoice."""
    currency = current_tenant().currency
    accounts = accounts_of([s.account_id], s.now)
    found: dict[str, Any] = {
        "owed": [format_money(sum((i.owed for i in a.invoices), ZERO), a.currency) for a in accounts if a.invoices],
        "invoices": [
            {"id": invoice.label, "owed": format_money(invoice.owed, a.currency), "due": invoice.due_on.isoformat()}
            for a in accounts
            for invoice in a.invoices[:SHOWN]
        ],
    }
    credit = credit_in(s.account_id, currency)
    if credit > 0:
        found["credit"] = format_money(credit, currency)
    if held_for(s, Hold.Reason.DEBT):
        found["cut_for_debt"] = True
    return found


def read_plan(s: Situation) -> list[dict[str, Any]]:
    """Each service's plan, speed and monthly price."""
    currency = current_tenant().currency
    return [
        {
            "plan": service.plan.name,
            "month": format_money(service.monthly_price, currency),
            "down_up_mbps": [service.plan.download_kbps // 1000, service.plan.upload_kbps // 1000],
        }
        for service in services_of(s)[:SHOWN]
    ]


def read_service(s: Situation) -> dict[str, Any]:
    """Whether it is cut, and whether the connections are up."""
    states = states_for_services([service.pk for service in services_of(s)])
    found = {"connected": [access.session_up for accesses in states.values() for access in accesses][:SHOWN]}
    return found | {"cut_for_debt": held_for(s, Hold.Reason.DEBT), "suspended": held_for(s)}


def read_receipts(s: Situation) -> dict[str, Any]:
    """How many proofs of payment wait for a person."""
    waiting = Receipt.objects.filter(customer_id=s.account_id, status=Receipt.Status.WAITING)
    return {"waiting_for_review": waiting.count()}


def read_how_to_pay(s: Situation) -> dict[str, Any] | None:
    """The provider's own words."""
    return {"how": s.bot.payment_instructions} if s.bot.payment_instructions else None


def read_knowledge(s: Situation) -> dict[str, Any] | None:
    """What the provider's articles say to these words."""
    found = find_answer(s.text)
    return {"text": found.answer} if found else None


IDENTIFY = "identify"
TOPIC = {"topic": {"type": "string", "enum": sorted(abilities.PERSONAL)}}
GUIDE = "guide"
# What forms of ours there are to begin, and those of them for whoever writes.
GUIDED = (
    intents.CHANGE_PLAN,
    intents.MOVE,
    intents.CANCEL,
    intents.BUY_DAYS,
    intents.WIFI_PASSWORD,
    intents.REGISTER,
    intents.COVERAGE,
)
FOR_STRANGERS = frozenset({intents.REGISTER, intents.COVERAGE})
PERSON = {"reason": {"type": "string", "description": "few words"}}

TOOLS: dict[str, ModelTool] = {
    tool.tool.name: tool
    for tool in (
        ModelTool(Tool("balance", "Debt, invoices, due dates"), intents.BALANCE, "account", read=read_balance),
        ModelTool(Tool("invoice_copy", "Send invoice", ends=True), intents.INVOICE_COPY, "account"),
        ModelTool(Tool("plan", "Plan, speed, price"), intents.MY_PLAN, "account", read=read_plan),
        ModelTool(Tool("service", "Cut? connected?"), "service_state", "account", read=read_service),
        ModelTool(Tool("receipts", "Proofs sent"), intents.PAYMENT_MADE, "receipts", read=read_receipts),
        ModelTool(Tool("how_to_pay", "Where to pay"), intents.HOW_TO_PAY, needs=NOTHING, read=read_how_to_pay),
        ModelTool(Tool("knowledge", "What we publish"), "", "knowledge", needs=NOTHING, read=read_knowledge),
        ModelTool(Tool("promise", "Wants time to pay", DAY, ends=True), intents.PROMISE, "promises"),
        ModelTool(Tool("report_fault", "No or bad internet", ends=True), intents.REPORT_FAULT),
        ModelTool(Tool("ask_photo", "Says they paid: ask proof", ends=True), intents.PAYMENT_MADE, "receipts", KNOWN),
        ModelTool(Tool(IDENTIFY, "Account matters: ask who writes", TOPIC, ends=True), "", needs=UNPROVED),
        ModelTool(Tool("call_person", "Hand over", PERSON, ends=True), intents.HUMAN, needs=NOTHING),
    )
}  # fmt: skip

# What a customer who wants this will need: it is handed over at once, which saves asking the model twice.
GIVEN: dict[str, str] = {
    intents.BALANCE: "balance",
    "due_date": "balance",
    intents.HOW_TO_PAY: "how_to_pay",
    intents.MY_PLAN: "plan",
    "service_state": "service",
}


def tools_for(s: Situation, *, off: set[str]) -> tuple[tuple[Tool, ...], dict[str, str]]:
    """Return the tools of this conversation and the results of those that read. `off`: intents and abilities."""
    allowed: list[Tool] = []
    results: dict[str, str] = {}
    for name, entry in TOOLS.items():
        if not _may(s, entry) or off & ({entry.intent, entry.ability} - {""}):
            continue
        if entry.read is not None:
            found = entry.read(s)
            if found is None:
                continue
            results[name] = json.dumps(found, ensure_ascii=False, separators=(",", ":"))[:LONGEST]
        allowed.append(entry.tool)
    topics = [topic for topic in GUIDED if topic not in off and (s.proved or topic in FOR_STRANGERS)]
    if topics:
        allowed.append(Tool(GUIDE, "Begin our form for it", {"topic": {"type": "string", "enum": topics}}, ends=True))
    return tuple(allowed), results


def _may(s: Situation, entry: ModelTool) -> bool:
    """Say whether a tool is there at all for whoever writes: the one gate for whatever a model says."""
    if entry.needs == UNPROVED:
        return s.must_prove
    known = s.customer is not None
    return {PROVED: known and s.proved, KNOWN: known, NOTHING: True}[entry.needs]


def proposed_intent(name: str, arguments: Mapping[str, Any]) -> str:
    """Return what the customer wants, by the act a model proposes."""
    return str(arguments["topic"]) if name in {IDENTIFY, GUIDE} else TOOLS[name].intent


def proposed_text(name: str, arguments: Mapping[str, Any], text: str) -> str:
    """Return the words our own dialogue reads for a proposal: the day that was named, as people write it."""
    if name != "promise":
        return text
    _year, _, rest = str(arguments.get("day", "")).partition("-")
    month, _, day = rest.partition("-")
    return f"{int(day)}/{int(month)}" if day.isdecimal() and month.isdecimal() else text
