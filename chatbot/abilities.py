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

# Whoever greets or asks for a person is always answered.
ALWAYS_ON = frozenset({intents.HUMAN, intents.GREETING, intents.THANKS, "acknowledged", "none"})


def switchable_intents() -> list[str]:
    """Return the intents that a bot may leave to a person."""
    return [name for name in intents.MEANINGS if name not in ALWAYS_ON]


def kept_from(*, intents_off: list[str], tools_off: list[str]) -> set[str]:
    """Return every intent that goes to a person: those switched off, and those whose tool is."""
    return set(intents_off).union(*(NEEDED_FOR.get(name, frozenset()) for name in tools_off)) - ALWAYS_ON
