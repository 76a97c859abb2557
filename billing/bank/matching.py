"""Whose a deposit is: by reference, number, phone, name, amount and day, each with its reason.

Pure, but for `read_directory`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import F
from django.utils.translation import gettext_lazy as later

from billing.domain.reasons import show_day
from billing.domain.transfer_references import customer_of_reference
from billing.models import BankLine, Invoice
from customers.models import Contact, Customer
from customers.text import fold
from tenants.formats import format_money

# Points; from CERTAIN on and LEAD ahead of the next one it is proposed ticked, from DOUBTFUL on it is offered.
POINTS = {"reference": 90, "invoice": 70, "code": 60, "phone": 55, "tax_id": 55, "paid_before": 50, "name": 45,
          "amount": 30, "some_name": 25, "short_code": 25, "day": 5}  # fmt: skip
CERTAIN, LEAD, DOUBTFUL, OFFERED = 80, 20, 25, 5
# The same amount is owed by many: alone it points at nobody when more than this many owe it.
FEW = 5
DUE_NEAR = dt.timedelta(days=20)
_WORD = re.compile(r"[a-z0-9][a-z0-9-]*")


@dataclass(frozen=True, slots=True)
class Owing:
    """An open invoice of a customer."""

    label: str
    owed: Decimal
    due_on: dt.date


@dataclass(frozen=True, slots=True)
class Facts:
    """What is compared of a line."""

    text: str
    payer_key: str
    amount: Decimal
    day: dt.date


@dataclass(slots=True)
class Directory:
    """Everybody a deposit may be of, by what may stand on the bank's line."""

    reference: Callable[[str], int | None]
    codes: dict[str, int] = field(default_factory=dict)
    phones: dict[str, int] = field(default_factory=dict)
    tax_ids: dict[str, int] = field(default_factory=dict)
    labels: dict[str, int] = field(default_factory=dict)
    words: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    names: dict[int, tuple[str, ...]] = field(default_factory=dict)
    owing: dict[int, list[Owing]] = field(default_factory=lambda: defaultdict(list))
    by_amount: dict[Decimal, set[int]] = field(default_factory=lambda: defaultdict(set))
    payers: dict[str, int] = field(default_factory=dict)

    def add_customer(self, pk: int, *, code: str, name: str, tax_ids: Collection[str] = ()) -> None:
        """A customer by code, name and numbers."""
        self.codes[fold(code)] = pk
        self.names[pk] = tuple(dict.fromkeys(w for w in _WORD.findall(fold(name)) if len(w) > 2))
        for word in self.names[pk]:
            self.words[word].add(pk)
        for number in tax_ids:
            if len(plain := _plain(number)) > 5:
                self.tax_ids[plain] = pk

    def add_invoice(self, pk: int, invoice: Owing) -> None:
        """An open invoice of a customer."""
        self.labels[fold(invoice.label)] = pk
        self.owing[pk].append(invoice)
        self.by_amount[invoice.owed].add(pk)

    def close(self) -> None:
        """Add up what each owes, once every invoice is in."""
        for pk, invoices in self.owing.items():
            self.by_amount[sum((i.owed for i in invoices), Decimal(0))].add(pk)


def read_directory(*, currency: str) -> Directory:
    """The provider's customers and what they owe: four queries, however many lines are then matched."""
    found = Directory(customer_of_reference)
    for pk, code, name, national, tax in Customer.objects.values_list("id", "code", "name", "national_id", "tax_id"):
        found.add_customer(pk, code=code, name=name, tax_ids=(national, tax))
    for value, pk in Contact.objects.values_list("value", "customer_id"):
        if len(digits := re.sub(r"\D", "", value)) >= 8:
            found.phones[digits[-10:]] = pk
    owed = Invoice.objects.unpaid().filter(currency=currency)
    for row in owed.annotate(rest=F("total") - F("paid")).values_list("customer_id", "label", "rest", "due_on"):
        found.add_invoice(row[0], Owing(*row[1:]))
    booked = BankLine.objects.filter(state=BankLine.State.BOOKED, payment__voided_at=None).exclude(payer_key="")
    found.payers = dict(booked.order_by("id").values_list("payer_key", "payment__customer_id"))
    found.close()
    return found


def match_line(facts: Facts, directory: Directory) -> list[dict[str, Any]]:
    """Who the deposit may be of, best first, as {"customer", "score", "reasons"}; a reason is a code and its facts."""
    found: dict[int, dict[str, dict[str, Any]]] = defaultdict(dict)

    def say(pk: int | None, code: str, **more: Any) -> None:
        if pk is not None:
            found[pk].setdefault(code, {"code": code, **more})

    say(directory.reference(facts.text), "reference")
    if facts.payer_key:
        say(directory.payers.get(facts.payer_key), "paid_before")
    tokens = _WORD.findall(facts.text)
    _say_numbers(facts.text, tokens, directory, say)
    _say_names(tokens, directory, say)
    same = directory.by_amount.get(facts.amount, set())
    for pk in same if len(same) <= FEW else same & found.keys():
        say(pk, "amount", amount=str(facts.amount))
    for pk in list(found):
        near = [i.due_on for i in directory.owing.get(pk, ()) if abs(i.due_on - facts.day) <= DUE_NEAR]
        if near:
            say(pk, "day", day=min(near).isoformat())
    scored: list[dict[str, Any]] = [
        {"customer": pk, "score": sum(POINTS[code] for code in said), "reasons": list(said.values())}
        for pk, said in found.items()
    ]
    scored.sort(key=lambda row: (-row["score"], row["customer"]))
    return [row for row in scored if row["score"] >= DOUBTFUL][:OFFERED]


def _say_numbers(text: str, tokens: list[str], directory: Directory, say: Callable[..., None]) -> None:
    for token in dict.fromkeys(tokens):
        say(directory.labels.get(token), "invoice", text=token.upper())
        short = token.isdecimal() and len(token) < 4
        if len(token) > 1:
            say(directory.codes.get(token), "short_code" if short else "code", text=token.upper())
        say(directory.tax_ids.get(_plain(token)), "tax_id", text=token)
    for digits in re.findall(r"\d{8,15}", text):
        say(directory.phones.get(digits[-10:]), "phone", text=digits)


def _say_names(tokens: list[str], directory: Directory, say: Callable[..., None]) -> None:
    said = {token for token in tokens if len(token) > 2}
    counts: dict[int, int] = defaultdict(int)
    for token in said:
        # A word that hundreds have («garcia») still counts beside a rarer one.
        for pk in directory.words.get(token, ()):
            counts[pk] += 1
    for pk, count in counts.items():
        whole = len(directory.names[pk])
        if count == whole and whole > 1:
            say(pk, "name")
        elif count > 1 and count * 2 >= whole:
            say(pk, "some_name")


def judge(candidates: list[dict[str, Any]]) -> str:
    """CERTAIN, DOUBTFUL or UNKNOWN, as BankLine's states."""
    if not candidates:
        return BankLine.State.UNKNOWN
    best = candidates[0]["score"]
    ahead = best - (candidates[1]["score"] if len(candidates) > 1 else 0)
    return BankLine.State.CERTAIN if best >= CERTAIN and ahead >= LEAD else BankLine.State.DOUBTFUL


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", fold(text))


def explain_match(reason: dict[str, Any], currency: str) -> str:
    """A reason in words."""
    facts = {"text": reason.get("text", "")}
    if "amount" in reason:
        facts["amount"] = format_money(Decimal(reason["amount"]), currency)
    if "day" in reason:
        facts["day"] = show_day(reason["day"])
    said = WORDS.get(reason["code"])
    return str(said) % facts if said else str(reason["code"])


WORDS = {
    "reference": later("trae su referencia de transferencia"),
    "invoice": later("nombra la factura %(text)s"),
    "code": later("nombra su número de cliente %(text)s"),
    "short_code": later("nombra su número de cliente %(text)s"),
    "phone": later("trae su teléfono %(text)s"),
    "tax_id": later("trae su identificación %(text)s"),
    "paid_before": later("ya pagó antes con ese nombre"),
    "name": later("el nombre coincide"),
    "some_name": later("parte del nombre coincide"),
    "amount": later("debe justo %(amount)s"),
    "day": later("su factura vence el %(day)s"),
    "already": later("ya tiene un pago igual del %(day)s"),
}
