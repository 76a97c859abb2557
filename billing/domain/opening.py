"""What was owed before us: invoices with their foreign folio, and balances, brought in by an import.

Everything is set-based, and idempotent by `external_ref`: giving the same rows again changes nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import gettext as _

from billing.domain.ledger import Leg, Posting, accounts, post
from billing.domain.money import ZERO, BadAmount, round_money
from billing.models import Allocation, Charge, Invoice, InvoiceLine, LedgerAccount, LedgerTransaction
from events.domain import Actor, Fact, record_many
from tenants.current import current_tenant, tenant_today
from tenants.wakes import wake

Kind = LedgerAccount.Kind
BATCH = 1000


@dataclass(frozen=True, slots=True)
class OpeningInvoice:
    """An invoice of the former system. `total` holds its tax; `paid` is what was already paid of it.

    With `service_id` and `period` ([start, end) dates) the service counts as charged for those days, so that
    no run bills them again. Without `pay_on` what counts from the pay day counts from the due day.
    """

    external_ref: str
    customer_id: int
    label: str
    issued_on: dt.date
    due_on: dt.date
    total: Decimal
    tax: Decimal = ZERO
    paid: Decimal = ZERO
    description: str = ""
    service_id: int | None = None
    period: tuple[dt.date, dt.date] | None = None
    pay_on: dt.date | None = None


@dataclass(frozen=True, slots=True)
class OpeningBalance:
    """A balance of the former system: positive is owed by the customer, negative is in their favour."""

    external_ref: str
    customer_id: int
    amount: Decimal
    as_of: dt.date


@dataclass(frozen=True, slots=True)
class Opened:
    """How many rows were written and how many were there already."""

    created: int
    existing: int


def open_invoice(item: OpeningInvoice, *, actor: Actor, now: dt.datetime) -> Opened:
    """Bring in one invoice; see open_invoices."""
    return open_invoices([item], actor=actor, now=now)


def open_balance(item: OpeningBalance, *, actor: Actor, now: dt.datetime) -> Opened:
    """Bring in one balance; see open_balances."""
    return open_balances([item], actor=actor, now=now)


def open_invoices(items: Sequence[OpeningInvoice], *, actor: Actor, now: dt.datetime) -> Opened:
    """Bring in many invoices, a thousand a transaction. Raises BadAmount for one that cannot be money."""
    created = 0
    for start in range(0, len(items), BATCH):
        created += _open_batch(items[start : start + BATCH], actor, now)
    if created:
        wake("billing.clock")  # tonight's list may be longer now
    return Opened(created, len(items) - created)


@transaction.atomic
def open_balances(items: Sequence[OpeningBalance], *, actor: Actor, now: dt.datetime) -> Opened:
    """Bring in many balances. What is owed becomes an invoice that can be paid; the rest becomes credit.

    Raises BadAmount for one that cannot be money.
    """
    owed = [
        OpeningInvoice(
            item.external_ref,
            item.customer_id,
            _("Saldo anterior"),
            item.as_of,
            item.as_of,
            item.amount,
            description=_("Saldo anterior"),
        )
        for item in items
        if item.amount > 0
    ]
    favour = [item for item in items if item.amount < 0]
    created = open_invoices(owed, actor=actor, now=now).created + _open_credits(favour, actor, now)
    return Opened(created, len(items) - created)


@transaction.atomic
def _open_batch(items: Sequence[OpeningInvoice], actor: Actor, now: dt.datetime) -> int:
    currency = current_tenant().currency
    for item in items:
        _check(item, currency)
    refs = [item.external_ref for item in items]
    known = set(Invoice.objects.filter(external_ref__in=refs).values_list("external_ref", flat=True))
    fresh = [item for item in items if item.external_ref not in known]
    # Another import of the same rows at the same moment meets the unique key: one of the two starts over.
    invoices = Invoice.objects.bulk_create([_invoice(item, currency, now) for item in fresh])
    ours = [(item, invoice.pk) for item, invoice in zip(fresh, invoices, strict=True)]
    if ours:
        _write_lines(ours, currency, now)
        _post_opening(ours, currency, now)
        _record_open(ours, currency, actor, now)
    return len(ours)


def _check(item: OpeningInvoice, currency: str) -> None:
    if not (0 <= item.paid <= item.total and 0 <= item.tax <= item.total) or item.total <= 0:
        raise BadAmount(_("La factura %(label)s tiene montos imposibles.") % {"label": item.label})
    if any(round_money(part, currency) != part for part in (item.total, item.paid, item.tax)):
        raise BadAmount(
            _("La factura %(label)s tiene más decimales de los que usa %(currency)s.")
            % {"label": item.label, "currency": currency}
        )


def _invoice(item: OpeningInvoice, currency: str, now: dt.datetime) -> Invoice:
    return Invoice(
        customer_id=item.customer_id,
        label=item.label[:40],
        issued_on=item.issued_on,
        due_on=item.due_on,
        pay_on=item.pay_on,
        period=DateRange(*item.period) if item.period else None,
        subtotal=item.total - item.tax,
        tax=item.tax,
        total=item.total,
        paid=item.paid,
        currency=currency,
        status=Invoice.Status.PAID if item.paid == item.total else Invoice.Status.OPEN,
        imported=True,
        external_ref=item.external_ref,
        created_at=now,
    )


def _write_lines(ours: Sequence[tuple[OpeningInvoice, int]], currency: str, now: dt.datetime) -> None:
    charges = _write_charges([item for item, _pk in ours if item.service_id and item.period], currency, now)
    InvoiceLine.objects.bulk_create(
        InvoiceLine(
            invoice_id=pk,
            charge_id=charges.get((item.service_id, item.period)),
            description=(item.description or item.label)[:200],
            net=item.total - item.tax,
            tax=item.tax,
            total=item.total,
        )
        for item, pk in ours
    )


def _write_charges(
    items: Sequence[OpeningInvoice], currency: str, now: dt.datetime
) -> dict[tuple[int | None, tuple[dt.date, dt.date] | None], int]:
    """The days already charged by the former system; a stretch that is charged here stays as it is."""
    Charge.objects.bulk_create(
        (
            Charge(
                service_id=item.service_id,
                period=DateRange(*item.period),
                description=(item.description or item.label)[:200],
                net=item.total - item.tax,
                tax=item.tax,
                total=item.total,
                currency=currency,
                created_at=now,
            )
            for item in items
            if item.service_id and item.period
        ),
        ignore_conflicts=True,
    )
    rows = Charge.objects.filter(
        service_id__in=[item.service_id for item in items], reversed_at=None, line=None
    ).values_list("service_id", "period", "id")
    return {(service, (period.lower, period.upper)): pk for service, period, pk in rows if period}


def _post_opening(ours: Sequence[tuple[OpeningInvoice, int]], currency: str, now: dt.datetime) -> None:
    chart = accounts(currency, Kind.RECEIVABLE, Kind.OPENING)

    def posting(item: OpeningInvoice, pk: int, amount: Decimal, day: dt.date) -> Posting:
        return Posting(
            LedgerTransaction.Kind.OPENING,
            now,
            day,
            currency,
            (Leg(chart[Kind.RECEIVABLE], amount, item.customer_id), Leg(chart[Kind.OPENING], -amount)),
            item.label[:200],
            pk,
        )

    post([posting(item, pk, item.total, item.issued_on) for item, pk in ours])
    paid = [(item, pk) for item, pk in ours if item.paid]
    today = tenant_today(now)
    ids = post([posting(item, pk, -item.paid, min(item.due_on, today)) for item, pk in paid])
    Allocation.objects.bulk_create(
        Allocation(invoice_id=pk, transaction_id=tid, amount=item.paid, created_at=now)
        for (item, pk), tid in zip(paid, ids, strict=True)
    )


def _record_open(ours: Sequence[tuple[OpeningInvoice, int]], currency: str, actor: Actor, now: dt.datetime) -> None:
    """Only what is still owed makes an event: years of paid invoices would bury the customer's timeline."""
    record_many(
        Fact(
            "invoice.imported",
            ("billing.invoice", pk),
            actor,
            item.customer_id,
            now,
            {
                "label": item.label,
                "total": str(item.total),
                "owed": str(item.total - item.paid),
                "currency": currency,
                "due_on": item.due_on.isoformat(),
            },
        )
        for item, pk in ours
        if item.paid < item.total
    )


def _open_credits(items: Sequence[OpeningBalance], actor: Actor, now: dt.datetime) -> int:
    currency = current_tenant().currency
    for item in items:
        if round_money(item.amount, currency) != item.amount:
            raise BadAmount(
                _("El saldo %(amount)s tiene más decimales de los que usa %(currency)s.")
                % {"amount": item.amount, "currency": currency}
            )
    refs = [item.external_ref for item in items]
    known = set(LedgerTransaction.objects.filter(external_ref__in=refs).values_list("external_ref", flat=True))
    fresh = [item for item in items if item.external_ref not in known]
    chart = accounts(currency, Kind.OPENING, Kind.CREDIT)
    ids = post(
        [
            Posting(
                LedgerTransaction.Kind.OPENING,
                now,
                item.as_of,
                currency,
                (Leg(chart[Kind.OPENING], -item.amount), Leg(chart[Kind.CREDIT], item.amount, item.customer_id)),
                _("Saldo a favor anterior"),
                external_ref=item.external_ref,
            )
            for item in fresh
        ]
    )
    record_many(
        Fact(
            "credit.imported",
            ("billing.ledgertransaction", tid),
            actor,
            item.customer_id,
            now,
            {"amount": str(-item.amount), "currency": currency},
        )
        for item, tid in zip(fresh, ids, strict=True)
    )
    return len(fresh)
