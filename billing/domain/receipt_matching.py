"""What stands beside a comprobante on the review screen: what was read, whose it may be, what it repeats."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db.models import F
from django.utils.functional import Promise as Lazy
from django.utils.translation import gettext_lazy as later

from billing.domain.receipt_filing import reference_key
from billing.models import Invoice, Receipt, ReceiptReading
from customers.models import Contact, Customer
from customers.text import fold
from tenants.current import current_tenant

SURE, LIKELY = 0.9, 0.7
SUGGESTED = 4
WORDS = 2  # of a name must be found in a payer's name


@dataclass(frozen=True)
class Suggestion:
    """A customer an unclaimed receipt may be of, and why."""

    customer: Customer
    why: str | Lazy


@dataclass(frozen=True)
class Known:
    """What is known of a receipt's payment: what its sender said, else what was read, and how sure that is."""

    amount: Decimal | None = None
    bank: str = ""
    reference: str = ""
    paid_on: dt.date | None = None
    payer: str = ""
    confidence: dict[str, float] = field(default_factory=dict)

    def mark(self, name: str) -> str:
        """`sure`, `likely` or `doubtful` for a value that was read; nothing for one that a person typed."""
        sure = self.confidence.get(name)
        if sure is None:
            return ""
        return "sure" if sure >= SURE else "likely" if sure >= LIKELY else "doubtful"


def known_of(receipt: Receipt) -> Known:
    """What the form starts with. What a sender typed stands before what a model read."""
    reading: ReceiptReading | None = getattr(receipt, "reading", None)
    values: dict[str, Any] = {"confidence": {}}
    for name in ("amount", "bank", "reference", "paid_on"):
        said = getattr(receipt, name)
        if said:
            values[name] = said
        elif reading and reading.state == ReceiptReading.State.READ and getattr(reading, name):
            values[name] = getattr(reading, name)
            values["confidence"][name] = float(reading.confidence.get(name, 0))
    if reading and reading.state == ReceiptReading.State.READ:
        values["payer"] = reading.payer
    return Known(**values)


def suggest_customers(receipt: Receipt, known: Known, *, user: Any) -> list[Suggestion]:
    """Customers whom a receipt without one may be of, the likeliest first; only those `user` may see."""
    seen: dict[int, Suggestion] = {}
    for suggestion in _suggestions(receipt, known, user):
        seen.setdefault(suggestion.customer.pk, suggestion)
        if len(seen) == SUGGESTED:
            break
    return list(seen.values())


def _suggestions(receipt: Receipt, known: Known, user: Any) -> Iterator[Suggestion]:
    visible = Customer.objects.visible_to(user).order_by("name_key", "id")
    address = receipt.message.conversation.address.partition(":")[2] if receipt.message else ""
    found: list[tuple[Any, Any]] = []
    if address.startswith("+"):
        phones = Contact.objects.filter(value=address).values("customer")
        found.append((visible.filter(pk__in=phones)[:SUGGESTED], later("Tiene este teléfono")))
    # A reference often carries the customer's code or the invoice's number, as the provider asks for it.
    words = {word for word in re.split(r"[^A-Za-z0-9-]+", known.reference) if len(word) > 1}
    if words:
        invoices = Invoice.objects.filter(label__in=words).values("customer")
        found.append((visible.filter(code__in=words)[:SUGGESTED], later("Su código está en la referencia")))
        found.append((visible.filter(pk__in=invoices)[:SUGGESTED], later("Su factura está en la referencia")))
    named = [word for word in fold(known.payer).split() if len(word) > 2]
    if len(named) >= WORDS:
        found.append((islice(_named(visible, named), SUGGESTED), later("Se llama como quien pagó")))
    if known.amount:
        found.append((_owing(visible, known.amount), later("Debe justo esa cantidad")))
    for customers, why in found:
        yield from (Suggestion(customer, why) for customer in customers)


def _owing(visible: Any, amount: Decimal) -> list[Customer]:
    """Who owes an invoice of just that amount; an amount that many owe says nothing."""
    owing = Invoice.objects.unpaid().filter(currency=current_tenant().currency)
    exact = owing.annotate(left=F("total") - F("paid")).filter(left=amount).values("customer")
    found = list(visible.filter(pk__in=exact)[: SUGGESTED + 1])
    return found if len(found) <= SUGGESTED else []


def _named(visible: Any, words: list[str]) -> Iterator[Customer]:
    """Customers whose name holds all those words, else the first and the last of them."""
    for chosen in (words, [words[0], words[-1]]):
        rows = visible
        for word in chosen:
            rows = rows.filter(name_key__contains=word)
        yield from rows[:SUGGESTED]


@dataclass(frozen=True)
class Alike:
    """A receipt that looks nearly the same. `differs`: both references are known and are not one."""

    receipt: Receipt
    differs: bool


def compare(known: Known, others: list[Receipt]) -> list[Alike]:
    """Say of each picture that is alike whether its reference tells it apart; those that it does not come first."""
    mine = reference_key("", known.reference)
    found = []
    for other in others:
        theirs = reference_key("", known_of(other).reference)
        found.append(Alike(other, bool(mine and theirs and mine != theirs)))
    return sorted(found, key=lambda one: one.differs)
