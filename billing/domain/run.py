"""Issuing a month's invoices: a preview that writes nothing, and a run in chunks that can die anywhere.

Each chunk is one short transaction: it locks the run and the series, chooses what to bill *after* the lock,
writes charges, invoices, lines, tax, ledger and events, and moves the cursor. A chunk happened whole or not at
all, and an exclusion constraint refuses to charge a service twice for a day, whatever races.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from billing.domain import run_sql
from billing.domain.cycle import Cycle, add_months, cycle_of, month_start
from billing.domain.ledger import Leg, Posting, accounts, post
from billing.domain.money import ZERO, exponent
from billing.domain.policies import current_policy
from billing.models import Allocation, BillingPolicy, BillingRun, Invoice, LedgerAccount, LedgerTransaction, Series
from events.domain import Actor, Fact, record, record_many
from tenants.current import current_tenant, tenant_today
from tenants.live import publish_live
from tenants.wakes import wake

CHUNK = 1000  # customers; well under a second, so that a cashier never waits for a run
EVERYONE = 2**62
LANE = "billing.clock"
Kind = LedgerAccount.Kind


class RunRefused(Exception):
    """The run cannot start or change; the message is for people."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One service that would not be billed."""

    reason: str
    service_id: int
    code: str
    customer_id: int
    customer: str
    plan: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What a run would do now. Amounts are in `currency`."""

    month: dt.date
    cycle: Cycle
    currency: str
    services: int
    customers: int
    subtotal: Decimal
    tax: Decimal
    total: Decimal
    previous_services: int
    previous_total: Decimal
    left_out: dict[str, int] = field(default_factory=dict)
    rows: list[LeftOut] = field(default_factory=list)

    @property
    def difference(self) -> Decimal:
        """Against what the month before was charged."""
        return self.total - self.previous_total


# Worth a person's look before the run; the others are as they should be.
NOTEWORTHY = ["no_price", "bad_tax", "not_installed", "free"]


def preview_run(*, period: dt.date, limit: int = 200) -> Preview:
    """What billing the month of `period` would do, and who is left out and why. Writes nothing."""
    month = month_start(period)
    policy, currency = current_policy(), current_tenant().currency
    cycle = cycle_of(policy, month)
    before = cycle_of(policy, add_months(month, -1))
    params: dict[str, Any] = {
        "start": cycle.start,
        "end": cycle.end,
        "after": 0,
        "upto": EVERYONE,
        "exponent": exponent(currency),
    }
    with connection.cursor() as cursor:
        cursor.execute(run_sql.PREVIEW_TOTALS, params)
        services, customers, subtotal, tax, total = cursor.fetchone()
        cursor.execute(run_sql.PREVIEW_LEFT_OUT, params)
        left_out = dict(cursor.fetchall())
        cursor.execute(run_sql.PREVIOUS_TOTALS, {"start": before.start, "end": before.end})
        previous_services, previous_total = cursor.fetchone()
        cursor.execute(run_sql.PREVIEW_LEFT_OUT_ROWS, {**params, "reasons": NOTEWORTHY, "limit": limit})
        rows = [LeftOut(*row) for row in cursor.fetchall()]
    return Preview(
        month, cycle, currency, services, customers, subtotal, tax, total, previous_services, previous_total,
        left_out, rows,
    )  # fmt: skip


def start_run(*, period: dt.date, origin: str, actor: Actor, now: dt.datetime) -> BillingRun:
    """Order a run and wake its lane. An unfinished run of the same month is returned instead of a second one."""
    month = month_start(period)
    with transaction.atomic():
        _lock_series(current_policy())
        running = BillingRun.objects.filter(
            period=month, status__in=[BillingRun.Status.RUNNING, BillingRun.Status.PAUSED]
        ).first()
        if running:
            return running
        with connection.cursor() as cursor:
            cursor.execute(run_sql.COUNT_CUSTOMERS)
            customers = cursor.fetchone()[0]
        cycle = cycle_of(current_policy(), month)
        run = BillingRun.objects.create(
            period=month,
            origin=origin,
            issued_on=tenant_today(now),
            starts_on=cycle.start,
            ends_on=cycle.end,
            due_on=cycle.due_on,
            customers_total=customers,
            actor_kind=actor.kind,
            actor_id=actor.id,
            actor_label=actor.label,
            created_at=now,
        )
        record("run.started", subject=run, actor=actor, at=now, period=month.isoformat(), origin=origin)
        wake(LANE)
    return run


def run_billing(*, run_id: int, now: dt.datetime, chunk: int = CHUNK) -> BillingRun:
    """Carry the run on from where it stands, until it is done or somebody pauses it."""
    while bill_chunk(run_id=run_id, now=now, size=chunk):
        pass
    return BillingRun.objects.get(pk=run_id)


@transaction.atomic
def bill_chunk(*, run_id: int, now: dt.datetime, size: int = CHUNK) -> bool:
    """Bill the next `size` customers in this one transaction. False when there is nothing left to do."""
    run = BillingRun.objects.select_for_update(no_key=True).get(pk=run_id)
    if run.status != BillingRun.Status.RUNNING:
        return False
    policy = current_policy()
    series = _lock_series(policy)
    with connection.cursor() as cursor:
        cursor.execute(run_sql.NEXT_CHUNK, {"after": run.cursor, "size": size})
        upto, seen = cursor.fetchone()
    if not seen:
        _finish(run, now)
        return False
    _write_chunk(run, policy, series, upto, now)
    run.cursor = upto
    run.customers_seen += seen
    run.save()
    publish_live("work", run=run.pk)
    return True


@transaction.atomic
def pause_run(*, run_id: int, actor: Actor, now: dt.datetime) -> None:
    """Stop after the chunk that is being written. Raises RunRefused when it is not running."""
    run = _lock_run(run_id, BillingRun.Status.RUNNING)
    run.status = BillingRun.Status.PAUSED
    run.save(update_fields=["status"])
    record("run.paused", subject=run, actor=actor, at=now, period=run.period.isoformat())
    publish_live("work", run=run.pk)


@transaction.atomic
def resume_run(*, run_id: int, actor: Actor, now: dt.datetime) -> None:
    """Go on with a paused run. Raises RunRefused when it is not paused."""
    run = _lock_run(run_id, BillingRun.Status.PAUSED)
    run.status = BillingRun.Status.RUNNING
    run.save(update_fields=["status"])
    record("run.resumed", subject=run, actor=actor, at=now, period=run.period.isoformat())
    wake(LANE)
    publish_live("work", run=run.pk)


def _lock_run(run_id: int, expected: str) -> BillingRun:
    run = BillingRun.objects.select_for_update(no_key=True).get(pk=run_id)
    if run.status != expected:
        raise RunRefused(_("La corrida ya está así: %(status)s.") % {"status": run.get_status_display().lower()})
    return run


@dataclass(frozen=True, slots=True)
class Issued:
    """An invoice just written."""

    id: int
    customer_id: int
    label: str
    subtotal: Decimal
    tax: Decimal
    total: Decimal


@dataclass(frozen=True, slots=True)
class Chunk:
    """What every step of one chunk knows. `chart` is the account id by kind."""

    run: BillingRun
    cycle: Cycle
    currency: str
    chart: dict[str, int]
    now: dt.datetime


def run_cycle(run: BillingRun) -> Cycle:
    """The cycle a run bills: as it was when it started."""
    cycle = cycle_of(current_policy(), run.period)
    if run.starts_on and run.ends_on and run.due_on:
        return replace(cycle, start=run.starts_on, end=run.ends_on, due_on=run.due_on)
    return cycle


def _lock_series(policy: BillingPolicy) -> Series:
    Series.objects.get_or_create(prefix=policy.series_prefix)
    # All of them and in id order, so that two runs of different series cannot wait for each other in a ring.
    locked = {s.prefix: s for s in Series.objects.select_for_update(no_key=True).order_by("id")}
    return locked[policy.series_prefix]


def _write_chunk(run: BillingRun, policy: BillingPolicy, series: Series, upto: int, now: dt.datetime) -> None:
    currency = current_tenant().currency
    chart = accounts(currency, Kind.RECEIVABLE, Kind.INCOME, Kind.TAX, Kind.CREDIT)
    chunk = Chunk(run, run_cycle(run), currency, chart, now)
    params = _chunk_params(chunk, policy, series, upto)
    with connection.cursor() as cursor:
        cursor.execute(run_sql.LOCK_CREDIT, params)
        customers = [row[0] for row in cursor.fetchall()]
        credit: dict[int, Decimal] = {}
        if customers:
            cursor.execute(run_sql.READ_CREDIT, {**params, "customers": customers})
            credit = dict(cursor.fetchall())
        cursor.execute(run_sql.WRITE_CHUNK, params)
        rows = cursor.fetchall()
        cursor.execute(run_sql.SET_ASIDE, params)
        run.set_aside += cursor.rowcount
    issued = [Issued(*row[:6]) for row in rows]
    if issued:
        series.next_number += len(issued)
        series.save(update_fields=["next_number"])
        _post_issued(chunk, issued)
        used = _use_credit(chunk, issued, credit)
        _record_issued(chunk, issued, used)
        run.charges += rows[0][6]
        _count(chunk, issued, sum(used.values(), ZERO))


def _chunk_params(chunk: Chunk, policy: BillingPolicy, series: Series, upto: int) -> dict[str, Any]:
    cycle = chunk.cycle
    return {
        "start": cycle.start,
        "end": cycle.end,
        "after": chunk.run.cursor,
        "upto": upto,
        "exponent": exponent(chunk.currency),
        "currency": chunk.currency,
        "run": chunk.run.pk,
        "now": chunk.now,
        "series": series.pk,
        "prefix": series.prefix,
        "first": series.next_number,
        "issued_on": chunk.run.issued_on,
        "due_on": cycle.due_on,
        "tax_name": policy.tax_name,
        "suffix": f", {cycle.start:%d/%m/%Y} al {cycle.last_day:%d/%m/%Y}",
        "credit": chunk.chart[Kind.CREDIT],
    }


def _post_issued(chunk: Chunk, issued: Sequence[Issued]) -> None:
    chart = chunk.chart
    post(
        [
            Posting(
                LedgerTransaction.Kind.INVOICE,
                chunk.now,
                chunk.run.issued_on,
                chunk.currency,
                (
                    Leg(chart[Kind.RECEIVABLE], doc.total, doc.customer_id),
                    Leg(chart[Kind.INCOME], -doc.subtotal),
                    Leg(chart[Kind.TAX], -doc.tax),
                ),
                doc.label,
                doc.id,
            )
            for doc in issued
        ]
    )


def _use_credit(chunk: Chunk, issued: Sequence[Issued], credit: dict[int, Decimal]) -> dict[int, Decimal]:
    """Put customers' credit on their new invoices; returns the amount by invoice."""
    parts = [(doc, min(credit[doc.customer_id], doc.total)) for doc in issued if doc.customer_id in credit]
    if not parts:
        return {}
    ids = post(
        [
            Posting(
                LedgerTransaction.Kind.CREDIT,
                chunk.now,
                chunk.run.issued_on,
                chunk.currency,
                (
                    Leg(chunk.chart[Kind.CREDIT], part, doc.customer_id),
                    Leg(chunk.chart[Kind.RECEIVABLE], -part, doc.customer_id),
                ),
                doc.label,
                doc.id,
            )
            for doc, part in parts
        ]
    )
    Allocation.objects.bulk_create(
        Allocation(invoice_id=doc.id, transaction_id=tid, amount=part, created_at=chunk.now)
        for (doc, part), tid in zip(parts, ids, strict=True)
    )
    paid, waiting = Invoice.Status.PAID, Invoice.Status.OPEN
    Invoice.objects.bulk_update(
        [Invoice(pk=doc.id, paid=part, status=paid if part == doc.total else waiting) for doc, part in parts],
        ["paid", "status"],
    )
    return {doc.id: part for doc, part in parts}


def _record_issued(chunk: Chunk, issued: Sequence[Issued], used: dict[int, Decimal]) -> None:
    common = {"currency": chunk.currency, "due_on": chunk.cycle.due_on.isoformat()}
    record_many(
        Fact(
            "invoice.issued",
            ("billing.invoice", doc.id),
            _actor(chunk.run),
            doc.customer_id,
            chunk.now,
            {"label": doc.label, "total": str(doc.total), "credit": str(used.get(doc.id, ZERO)), **common},
        )
        for doc in issued
    )


def _count(chunk: Chunk, issued: Sequence[Issued], used: Decimal) -> None:
    run = chunk.run
    run.invoices += len(issued)
    run.first_label = run.first_label or issued[0].label
    run.last_label = issued[-1].label
    sums = run.totals.get(chunk.currency, {"total": "0", "credit": "0"})
    total = Decimal(sums["total"]) + sum((doc.total for doc in issued), ZERO)
    run.totals[chunk.currency] = {"total": str(total), "credit": str(Decimal(sums["credit"]) + used)}


def _actor(run: BillingRun) -> Actor:
    return Actor(run.actor_kind, run.actor_id, run.actor_label)


def _finish(run: BillingRun, now: dt.datetime) -> None:
    run.status = BillingRun.Status.DONE
    run.finished_at = now
    run.save()
    record(
        "run.finished",
        subject=run,
        actor=_actor(run),
        at=now,
        period=run.period.isoformat(),
        invoices=run.invoices,
        set_aside=run.set_aside,
        totals=run.totals,
    )
    publish_live("work", run=run.pk)
