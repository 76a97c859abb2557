"""The ledger's one door. Everything that moves money is a Posting given to `post`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection
from django.db.models import Q, Sum
from django.utils.translation import gettext as _

from billing.domain.joins import hashed_joins
from billing.domain.money import ZERO
from billing.models import Entry, InvoiceTax, LedgerAccount, LedgerTransaction

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


# Every new invoice of a stretch of numbers as one transaction: receivable and withheld against income and each tax.
POST_INVOICES = """
WITH doc AS MATERIALIZED (
    SELECT id, customer_id, label, subtotal, total FROM billing_invoice
     WHERE series_id = %(series)s AND number >= %(first)s AND number < %(next)s
), head AS (
    INSERT INTO billing_ledgertransaction (uuid, at, day, kind, memo, invoice_id)
    SELECT gen_random_uuid(), %(at)s, %(day)s, 'invoice', label, id FROM doc ORDER BY id
    RETURNING id, invoice_id
), taxes AS (
    SELECT t.invoice_id, a.account_id, -sum(t.amount) AS amount
      FROM doc
     CROSS JOIN LATERAL (SELECT * FROM billing_invoicetax WHERE invoice_id = doc.id OFFSET 0) t
      JOIN unnest(%(names)s::text[], %(held)s::bool[], %(accounts)s::bigint[]) AS a (name, held, account_id)
        ON a.name = t.name AND a.held = (t.amount < 0)
     GROUP BY t.invoice_id, a.account_id
)
INSERT INTO billing_entry (transaction_id, account_id, customer_id, amount, currency)
SELECT head.id, leg.account_id, leg.customer_id, leg.amount, %(currency)s
  FROM (SELECT id AS invoice_id, %(receivable)s::bigint AS account_id, customer_id, total AS amount FROM doc
        UNION ALL
        SELECT id, %(income)s, NULL, -subtotal FROM doc
        UNION ALL
        SELECT invoice_id, account_id, NULL, amount FROM taxes) leg
  JOIN head USING (invoice_id)
 WHERE leg.amount <> 0
"""


@dataclass(frozen=True, slots=True)
class Numbers:
    """A stretch of one series: [first, next)."""

    series_id: int
    first: int
    next: int


def post_invoices(numbers: Numbers, *, at: dt.datetime, day: dt.date, currency: str) -> None:
    """`post` for all the invoices of a stretch of numbers, just written, with one statement.

    The amounts are those of the invoices and of their taxes, so that document and ledger cannot differ.
    """
    chart = accounts(currency, Kind.RECEIVABLE, Kind.INCOME)
    named = InvoiceTax.objects.filter(
        invoice__series_id=numbers.series_id, invoice__number__gte=numbers.first, invoice__number__lt=numbers.next
    )
    pairs = sorted({(name, held) for name, held in named.annotate(held=Q(amount__lt=0)).values_list("name", "held")})
    chart_of = {
        held: tax_accounts(currency, [n for n, h in pairs if h == held], withheld=held) for held in (False, True)
    }
    with connection.cursor() as cursor, hashed_joins():
        cursor.execute(
            POST_INVOICES,
            {
                "series": numbers.series_id,
                "first": numbers.first,
                "next": numbers.next,
                "at": at,
                "day": day,
                "currency": currency,
                "receivable": chart[Kind.RECEIVABLE],
                "income": chart[Kind.INCOME],
                "names": [name for name, _held in pairs],
                "held": [held for _name, held in pairs],
                "accounts": [chart_of[held][name] for name, held in pairs],
            },
        )


def tax_accounts(currency: str, names: Collection[str], *, withheld: bool = False) -> dict[str, int]:
    """The account of each tax, or of each withholding, by its name; opened on first use."""
    kind = Kind.WITHHELD if withheld else Kind.TAX
    rows = LedgerAccount.objects.filter(currency=currency, kind=kind, name__in=names)
    found = dict(rows.values_list("name", "id"))
    if missing := sorted(set(names) - found.keys()):
        LedgerAccount.objects.bulk_create(
            [LedgerAccount(kind=kind, currency=currency, name=name) for name in missing], ignore_conflicts=True
        )
        found = dict(rows.values_list("name", "id"))
    return found


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
    credit_note_id: int | None = None

    @property
    def label(self) -> str:
        """What kind of movement it is, in words."""
        if self.kind == LedgerTransaction.Kind.OPENING and self.invoice_id:
            return _("Factura anterior") if self.amount > 0 else _("Pago anterior")
        return str(LedgerTransaction.Kind(self.kind).label)


@dataclass(frozen=True, slots=True)
class Window:
    """Which movements of an account are asked for: from a day, up to a day (both included), of one kind."""

    since: dt.date | None = None
    until: dt.date | None = None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class StatementSums:
    """What a window's movements in one currency add up to.

    `opening` and `closing` are what was owed before and after its days, whatever the kind asked for; `charged`
    and `credited` (negative) sum the movements it holds; `owed` is what is owed today.
    """

    currency: str
    count: int
    opening: Decimal
    charged: Decimal
    credited: Decimal
    closing: Decimal
    owed: Decimal


@dataclass(frozen=True, slots=True)
class Statement:
    """A page of movements, newest first, the sums of its whole window, and whether older ones follow."""

    movements: list[Movement]
    sums: list[StatementSums]
    more: bool


# The balance runs over the whole account before anything is left out, so it is right in every window and on every page.
STATEMENT = """
WITH moved AS (
    SELECT e.transaction_id, e.currency, sum(e.amount) AS amount
      FROM billing_entry e JOIN billing_ledgeraccount a ON a.id = e.account_id
     WHERE e.customer_id = %(customer)s AND a.kind IN ('receivable', 'credit')
     GROUP BY e.transaction_id, e.currency
    HAVING sum(e.amount) <> 0
), run AS (
    SELECT t.id, t.day, t.kind, t.memo, t.invoice_id, t.payment_id, m.currency, m.amount,
           sum(m.amount) OVER (PARTITION BY m.currency ORDER BY t.day, t.id) AS balance, t.credit_note_id,
           t.day >= %(since)s AND t.day <= %(until)s AND (%(kind)s = '' OR t.kind = %(kind)s) AS asked
      FROM moved m JOIN billing_ledgertransaction t ON t.id = m.transaction_id
), sums AS (
    SELECT currency, count(*) FILTER (WHERE asked) AS count,
           coalesce(sum(amount) FILTER (WHERE day < %(since)s), 0) AS opening,
           coalesce(sum(amount) FILTER (WHERE asked AND amount > 0), 0) AS charged,
           coalesce(sum(amount) FILTER (WHERE asked AND amount < 0), 0) AS credited,
           coalesce(sum(amount) FILTER (WHERE day <= %(until)s), 0) AS closing, sum(amount) AS owed
      FROM run GROUP BY currency
), page AS (
    SELECT * FROM run WHERE asked AND (day, id) < (%(before_day)s, %(before_id)s)
     ORDER BY day DESC, id DESC LIMIT %(limit)s
)
SELECT sums.currency, sums.count, sums.opening, sums.charged, sums.credited, sums.closing, sums.owed,
       page.id, page.day, page.kind, page.memo, page.invoice_id, page.payment_id, page.currency, page.amount,
       page.balance, page.credit_note_id
  FROM sums LEFT JOIN page ON page.currency = sums.currency
 ORDER BY page.day DESC NULLS LAST, page.id DESC
"""
_SUMS = 7


def statement(customer_id: int, *, limit: int | None = None, window: Window | None = None) -> list[Movement]:
    """The customer's movements, newest first, with the running balance. Using credit moves nothing."""
    return read_statement(customer_id, window=window or Window(), limit=limit).movements


def read_statement(
    customer_id: int, *, window: Window, limit: int | None = None, before: tuple[dt.date, int] | None = None
) -> Statement:
    """Up to `limit` movements of the window that are older than `before` (day and transaction), and its sums.

    One query, which reads all of this customer's entries and nobody else's.
    """
    before_day, before_id = before or (dt.date.max, 0)
    with connection.cursor() as cursor:
        cursor.execute(
            STATEMENT,
            {
                "customer": customer_id,
                "since": window.since or dt.date.min,
                "until": window.until or dt.date.max,
                "kind": window.kind,
                "before_day": before_day,
                "before_id": before_id,
                "limit": None if limit is None else limit + 1,
            },
        )
        rows = cursor.fetchall()
    sums = {row[0]: row[:_SUMS] for row in rows}
    movements = [Movement(*row[_SUMS:]) for row in rows if row[_SUMS] is not None]
    return Statement(
        movements[:limit],
        [StatementSums(*sums[key]) for key in sorted(sums)],
        len(movements) > (limit or len(movements)),
    )
