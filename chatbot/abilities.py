"""What a bot may be kept from doing. The names are stored with the bot; do not rename them."""

from __future__ import annotations

from chatbot import intents

ACCOUNT = "account"
RECEIPTS = "receipts"
PROMISES = "promises"
TICKETS = "tickets"
KNOWLEDGE = "knowledge"

# Which intents need each. One that is off sends them to a person; tickets and knowledge are left out, and no more.
NEEDED_FOR: dict[str, frozenset[str]] = {
    ACCOUNT: frozenset({intents.BALANCE, "due_date", "invoice_copy", "my_plan", "service_state"}),
    RECEIPTS: frozenset({intents.PAYMENT_MADE}),
    PROMISES: frozenset({intents.PROMISE}),
    TICKETS: frozenset(),
    KNOWLEDGE: frozenset(),
}

# Nothing of these is told or done before it is known who writes: see `chatbot.domain.identity`.
PERSONAL = frozenset({
    intents.BALANCE, intents.DUE_DATE, intents.INVOICE_COPY, intents.SERVICE_STATE, intents.MY_PLAN,
    intents.REPORT_FAULT, intents.PROMISE, intents.BUY_DAYS, intents.CHANGE_PLAN, intents.MOVE, intents.CANCEL,
    intents.WIFI_PASSWORD,
})  # fmt: skip

# Whoever greets or asks for a person is always answered.
ALWAYS_ON = frozenset({intents.HUMAN, intents.GREETING, intents.THANKS, "acknowledged", "none"})


def switchable_intents() -> list[str]:
    """Return the intents that a bot may leave to a person."""
    return [name for name in intents.MEANINGS if name not in ALWAYS_ON]


def kept_from(*, intents_off: list[str], tools_off: list[str]) -> set[str]:
    """Return every intent that goes to a person: those switched off, and those whose tool is."""
    return set(intents_off).union(*(NEEDED_FOR.get(name, frozenset()) for name in tools_off)) - ALWAYS_ON
