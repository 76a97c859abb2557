"""The ledger's one door. Everything that moves money is a Posting given to `post`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection
from django.db.models import Sum
from django.utils.translation import gettext as _

from billing.domain.money import ZERO
from billing.models import Entry, LedgerAccount, LedgerTransaction

Kind = LedgerAccount.Kind


class Unbalanced(ValueError):
    """The legs of a posting do not sum to zero; a mistake of the caller, never of a person."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One entry to be: debit positive, credit negative."""

    account_id: int
    amount: Decimal
    customer_id: int | None = None


@dataclass(frozen=True, slots=True)
class Posting:
    """One transaction to be, in one currency. Legs of zero are left out."""

    kind: str
    at: dt.datetime
    day: dt.date
    currency: str
    legs: tuple[Leg, ...]
    memo: str = ""
    invoice_id: int | None = None
    payment_id: int | None = None
    external_ref: str | None = None
    credit_note_id: int | None = None


INSERT_TRANSACTIONS = """
INSERT INTO billing_ledgertransaction (id, uuid, at, day, kind, memo, invoice_id, payment_id, external_ref,
                                       credit_note_id)
SELECT id, gen_random_uuid(), at, day, kind, memo, invoice_id, payment_id, external_ref, credit_note_id
  FROM unnest(%s::bigint[], %s::timestamptz[], %s::date[], %s::text[], %s::text[], %s::bigint[], %s::bigint[],
              %s::text[], %s::bigint[])
       AS posted (id, at, day, kind, memo, invoice_id, payment_id, external_ref, credit_note_id)
"""
INSERT_ENTRIES = """
INSERT INTO billing_entry (transaction_id, account_id, customer_id, amount, currency)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::numeric[], %s::text[])
"""
TAKE_IDS = """
SELECT nextval(pg_get_serial_sequence('billing_ledgertransaction', 'id')) FROM generate_series(1, %s)
"""


def post(postings: Sequence[Posting]) -> list[int]:
    """Write the transactions with one INSERT and all their entries with another; returns ids in order.

    Runs in the caller's transaction. Raises Unbalanced; the database's trigger checks the same once more.
    """
    if not postings:
        return []
    for posting in postings:
        if sum((leg.amount for leg in posting.legs), ZERO) != 0:
            raise Unbalanced(f"{posting.kind} {posting.memo}: {posting.legs}")
    with connection.cursor() as cursor:
        cursor.execute(TAKE_IDS, [len(postings)])
        ids = [row[0] for row in cursor.fetchall()]
        cursor.execute(
            INSERT_TRANSACTIONS,
            [
                ids,
                [p.at for p in postings],
                [p.day for p in postings],
                [str(p.kind) for p in postings],
                [p.memo for p in postings],
                [p.invoice_id for p in postings],
                [p.payment_id for p in postings],
                [p.external_ref for p in postings],
                [p.credit_note_id for p in postings],
            ],
        )
        legs = [
            (tid, leg, posting.currency)
            for tid, posting in zip(ids, postings, strict=True)
            for leg in posting.legs
            if leg.amount != 0
        ]
        cursor.execute(
            INSERT_ENTRIES,
            [
                [tid for tid, _leg, _currency in legs],
                [leg.account_id for _tid, leg, _currency in legs],
                [leg.customer_id for _tid, leg, _currency in legs],
                [leg.amount for _tid, leg, _currency in legs],
                [currency for _tid, _leg, currency in legs],
            ],
        )
    return ids


def accounts(currency: str, *kinds: str) -> dict[str, int]:
    """The accounts of a currency: kind -> id. The whole chart is opened on first use.

    Whole and in one order, so that two who meet there wait for each other and never in a ring; take it before
    locking a customer, for the same reason.
    """
    rows = LedgerAccount.objects.filter(currency=currency, name="")
    found = dict(rows.values_list("kind", "id"))
    if not found.keys() >= set(kinds):
        LedgerAccount.objects.bulk_create(
            [LedgerAccount(kind=kind, currency=currency) for kind in Kind.values], ignore_conflicts=True
        )
        found = dict(rows.values_list("kind", "id"))
    return {str(kind): found[kind] for kind in kinds}


def receivable(customer_id: int) -> dict[str, Decimal]:
    """What the customer owes, by currency."""
    return _sums(customer_id, Kind.RECEIVABLE)


def credit(customer_id: int) -> dict[str, Decimal]:
    """What the customer has in favour, by currency, as a positive amount."""
    return {currency: -amount for currency, amount in _sums(customer_id, Kind.CREDIT).items()}


def credit_in(customer_id: int, currency: str) -> Decimal:
    """What the customer has in favour in that currency; zero when nothing."""
    return credit(customer_id).get(currency, ZERO)


def balance(customer_id: int) -> dict[str, Decimal]:
    """Owed minus in favour, by currency: positive is owed to the provider."""
    sums = _sums(customer_id, Kind.RECEIVABLE, Kind.CREDIT)
    return {currency: amount for currency, amount in sums.items() if amount}


def _sums(customer_id: int, *kinds: str) -> dict[str, Decimal]:
    rows = (
        Entry.objects.filter(customer_id=customer_id, account__kind__in=kinds)
        .values("currency")
        .annotate(sum=Sum("amount"))
        .order_by("currency")
    )
    return {row["currency"]: row["sum"] for row in rows}


@dataclass(frozen=True, slots=True)
class Movement:
    """One line of a customer's statement; `balance` is what is owed after it, negative when in favour."""

    transaction_id: int
    day: dt.date
    kind: str
    memo: str
    invoice_id: int | None
    payment_id: int | None
    currency: str
    amount: Decimal
    balance: Decimal

    @property
    def label(self) -> str:
        """What kind of movement it is, in words."""
        if self.kind == LedgerTransaction.Kind.OPENING and self.invoice_id:
            return _("Factura anterior") if self.amount > 0 else _("Pago anterior")
        return str(LedgerTransaction.Kind(self.kind).label)


STATEMENT = """
SELECT t.id, t.day, t.kind, t.memo, t.invoice_id, t.payment_id, m.currency, m.amount,
       sum(m.amount) OVER (PARTITION BY m.currency ORDER BY t.day, t.id)
  FROM (SELECT e.transaction_id, e.currency, sum(e.amount) AS amount
          FROM billing_entry e JOIN billing_ledgeraccount a ON a.id = e.account_id
         WHERE e.customer_id = %s AND a.kind IN ('receivable', 'credit')
         GROUP BY e.transaction_id, e.currency
        HAVING sum(e.amount) <> 0) m
  JOIN billing_ledgertransaction t ON t.id = m.transaction_id
 ORDER BY t.day DESC, t.id DESC
 LIMIT %s
"""


def statement(customer_id: int, *, limit: int | None = None) -> list[Movement]:
    """The customer's movements, newest first, with the running balance. Using credit moves nothing."""
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT, [customer_id, limit])
        return [Movement(*row) for row in cursor.fetchall()]
