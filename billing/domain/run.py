"""Issuing invoices: a run in chunks that can die anywhere.

Each chunk is one short transaction: it locks the run and the series, chooses what to bill *after* the lock,
writes charges, invoices, lines, tax, ledger and events, and moves the cursor. A chunk happened whole or not at
all, and an exclusion constraint refuses to charge a service twice for a day, whatever races.
"""

from __future__ import annotations

import datetime as dt
from array import array
from bisect import bisect_right
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from billing.domain import run_sql
from billing.domain.cycle import Cycle, cycle_of, month_start
from billing.domain.joins import hashed_joins
from billing.domain.ledger import Leg, Numbers, Posting, accounts, post, post_invoices
from billing.domain.money import ZERO
from billing.domain.policies import Policies, all_policies, current_policy
from billing.domain.run_calendar import RunCalendar, Selection, freeze_calendar
from billing.domain.run_scope import QUIET, Scope, assess_customers, item_params
from billing.models import Allocation, BillingRun, Invoice, LedgerAccount, LedgerTransaction, Series, SetAside
from events.domain import Actor, record, record_selected
from tenants.current import tenant_today
from tenants.live import publish_live
from tenants.wakes import wake

CHUNK = 1000  # customers; well under a second, so that a cashier never waits for a run
LANE = "billing.clock"
Kind = LedgerAccount.Kind
Status = BillingRun.Status


class RunRefused(Exception):
    """The run cannot start or change; the message is for people."""


def start_run(
    *,
    period: dt.date,
    origin: str,
    actor: Actor,
    now: dt.datetime,
    zone_id: int | None = None,
    customer_id: int | None = None,
    selection: Selection | None = None,
) -> BillingRun:
    """Order a run and wake its lane. An unfinished run of the same month and scope is returned instead of a second.

    Bills the month of `period`, or the cycles of `selection` when the clock asks; for everybody, or for one zone or
    one customer.
    """
    month, today = month_start(period), tenant_today(now)
    with transaction.atomic():
        _lock_series(current_policy().series_prefix)
        scope: dict[str, Any] = {"zone_id": zone_id, "customer_id": customer_id}
        running = BillingRun.objects.filter(period=month, status__in=[Status.RUNNING, Status.PAUSED], **scope).first()
        if running:
            return running
        policies = all_policies()
        calendar = freeze_calendar(policies, selection or Selection.of_month(month))
        run = BillingRun(
            period=month, origin=origin, issued_on=today, **scope,
            issue_until=calendar.selection.issued_to, calendar=calendar.as_data(), actor_kind=actor.kind,
            actor_id=actor.id, actor_label=actor.label, created_at=now,
        )  # fmt: skip
        first = next(iter(calendar.plain()), None)
        if first:
            cycle = first[2]
            run.starts_on, run.ends_on, run.due_on = cycle.start, cycle.end, cycle.due_on
        run.save()
        record("run.started", subject=run, actor=actor, at=now, period=month.isoformat(), origin=origin)
        wake(LANE)
    return run


def run_billing(*, run_id: int, now: dt.datetime, chunk: int = CHUNK) -> BillingRun:
    """Carry the run on from where it stands, until it is done or somebody pauses it."""
    waiting = count_candidates(run_id=run_id, now=now)
    while bill_chunk(run_id=run_id, now=now, size=chunk, waiting=waiting):
        pass
    return BillingRun.objects.get(pk=run_id)


def count_candidates(*, run_id: int, now: dt.datetime) -> array[int]:
    """The customers after the run's cursor who may have something to bill, in order, eight bytes each.

    Only a hint of where chunks end: each chunk judges all its customers again, under its lock.
    """
    run = BillingRun.objects.get(pk=run_id)
    params = _scope(run, now).params(after=run.cursor)
    found, active = array("q"), 0
    with transaction.atomic(), hashed_joins(), connection.cursor() as cursor:
        cursor.execute(run_sql.CANDIDATES, params)
        for customer_id, services in cursor:
            found.append(customer_id)
            active += services
        if not run.cursor:
            cursor.execute(run_sql.COUNT_SERVICES, params)
            _note_rest(run, cursor.fetchone(), len(found), active)
    return found


def has_candidates(policies: Policies, selection: Selection, *, now: dt.datetime) -> bool:
    """Whether anybody may have something to bill in those cycles; a run with nobody would only be noise."""
    scope = Scope(freeze_calendar(policies, selection), policies, now, tenant_today(now))
    with transaction.atomic(), hashed_joins(), connection.cursor() as cursor:
        cursor.execute(f"{run_sql.CANDIDATES} LIMIT 1", scope.params())
        return cursor.fetchone() is not None


def _note_rest(run: BillingRun, row: tuple[int, ...], candidates: int, active: int) -> None:
    """Note how many the run has to look at, and how many services it need not."""
    customers, expected, *rest = row
    reasons = [SetAside.Reason.CANCELLED, SetAside.Reason.FREE, SetAside.Reason.NOT_YET]
    counts = {str(reason): count for reason, count in zip(reasons, rest, strict=True) if count}
    if expected > active:
        counts[str(SetAside.Reason.BILLED)] = expected - active
    BillingRun.objects.filter(pk=run.pk, status=Status.RUNNING, cursor=0).update(
        customers_total=max(customers, candidates), customers_seen=max(0, customers - candidates), counts=counts
    )


@transaction.atomic
def bill_chunk(*, run_id: int, now: dt.datetime, size: int = CHUNK, waiting: array[int] | None = None) -> bool:
    """Bill the next `size` customers in this one transaction. False when there is nothing left to do."""
    if waiting is None:
        waiting = count_candidates(run_id=run_id, now=now)
    run = BillingRun.objects.select_for_update(no_key=True).get(pk=run_id)
    if run.status != Status.RUNNING:
        return False
    series = _lock_series(current_policy().series_prefix)
    begin = bisect_right(waiting, run.cursor)
    chunk = waiting[begin : begin + size]
    if not chunk:
        _finish(run, now)
        return False
    _write_chunk(_Chunk(run, series, _scope(run, now), after=run.cursor, upto=chunk[-1]))
    run.cursor = chunk[-1]
    run.customers_seen += len(chunk)
    run.save()
    publish_live("work", run=run.pk)
    return True


def _scope(run: BillingRun, now: dt.datetime) -> Scope:
    policies = all_policies()
    data = run.calendar or freeze_calendar(policies, Selection.of_month(run.period)).as_data()
    return Scope(RunCalendar.of_data(data), policies, now, run.issued_on, run.zone_id, run.customer_id)


@transaction.atomic
def pause_run(*, run_id: int, actor: Actor, now: dt.datetime) -> None:
    """Stop after the chunk that is being written. Raises RunRefused when it is not running."""
    _turn(run_id, [Status.RUNNING], Status.PAUSED, "run.paused", actor, now)


@transaction.atomic
def resume_run(*, run_id: int, actor: Actor, now: dt.datetime) -> None:
    """Go on with a paused run. Raises RunRefused when it is not paused."""
    _turn(run_id, [Status.PAUSED], Status.RUNNING, "run.resumed", actor, now)
    wake(LANE)


@transaction.atomic
def cancel_run(*, run_id: int, actor: Actor, now: dt.datetime) -> None:
    """Stop for good after the chunk that is being written; what was issued stays. Raises RunRefused when it is over."""
    _turn(run_id, [Status.RUNNING, Status.PAUSED], Status.CANCELLED, "run.cancelled", actor, now)
    BillingRun.objects.filter(pk=run_id).update(finished_at=now)


def _turn(run_id: int, expected: list[str], status: str, event: str, actor: Actor, now: dt.datetime) -> None:  # noqa: PLR0917
    run = BillingRun.objects.select_for_update(no_key=True).get(pk=run_id)
    if run.status not in expected:
        raise RunRefused(_("La corrida ya está así: %(status)s.") % {"status": run.get_status_display().lower()})
    run.status = status
    run.save(update_fields=["status"])
    record(event, subject=run, actor=actor, at=now, period=run.period.isoformat(), invoices=run.invoices)
    publish_live("work", run=run.pk)


def run_cycle(run: BillingRun) -> Cycle:
    """The cycle a run bills, of the provider's own calendar, as it was when it started."""
    calendar = _scope(run, run.created_at).calendar if run.calendar else None
    first = next(iter(calendar.plain()), None) if calendar else None
    return first[2] if first else cycle_of(current_policy(), run.period)


def _lock_series(prefix: str) -> Series:
    Series.objects.get_or_create(prefix=prefix)
    # All of them and in id order, so that two runs of different series cannot wait for each other in a ring.
    locked = {s.prefix: s for s in Series.objects.select_for_update(no_key=True).order_by("id")}
    return locked[prefix]


class _Chunk:
    """One chunk of a run: the customers in (after, upto]."""

    def __init__(self, run: BillingRun, series: Series, scope: Scope, *, after: int, upto: int) -> None:
        self.run, self.series, self.scope, self.upto = run, series, scope, upto
        self.first = series.next_number
        self.chart = accounts(scope.currency, Kind.RECEIVABLE, Kind.CREDIT)
        self.params = {
            **scope.params(after=after, upto=upto),
            "currency": scope.currency,
            "run": run.pk,
            "now": scope.now,
            "issued_on": run.issued_on,
            "series": series.pk,
            "prefix": series.prefix,
            "first": series.next_number,
            "credit": self.chart[Kind.CREDIT],
            "actor_kind": run.actor_kind,
            "actor_id": run.actor_id,
            "actor_label": run.actor_label,
        }

    def execute(self, sql: str, **more: Any) -> list[Any]:
        """Run one statement with the chunk's parameters."""
        with connection.cursor() as cursor:
            cursor.execute(sql, {**self.params, **more})
            return cursor.fetchall()

    def write(self, sql: str, **more: Any) -> list[Any]:
        """Run one of the statements that write charges and their documents."""
        with hashed_joins():
            return self.execute(sql, **more)


def _write_chunk(chunk: _Chunk) -> None:
    credit = _lock_credit(chunk)
    rows = chunk.write(run_sql.WRITE_SIMPLE)
    special = [number for what, _name, number, _count, _sum in rows if what == "special"]
    for what, name, number, count, total in rows:
        if what == "written":
            _count(chunk, number, count, total)
        elif what == "left":
            _set_aside(chunk, {number: (name, "")})
        elif what == "quiet":
            _count_quiet(chunk, name, count)
    if special:
        _write_special(chunk, special)
    if chunk.series.next_number == chunk.first:
        return
    chunk.series.save(update_fields=["next_number"])
    numbers = Numbers(chunk.series.pk, chunk.first, chunk.series.next_number)
    post_invoices(numbers, at=chunk.scope.now, day=chunk.run.issued_on, currency=chunk.scope.currency)
    if credit:
        _use_credit(chunk, credit)
    record_selected(run_sql.ISSUED, {**chunk.params, "next": numbers.next})


def _write_special(chunk: _Chunk, customers: list[int]) -> None:
    assessed = assess_customers(chunk.scope, customers)
    _set_aside(chunk, {s: why for s, why in assessed.left_out.items() if why[0] not in QUIET})
    for reason, _detail in assessed.left_out.values():
        _count_quiet(chunk, reason, reason in QUIET)
    _count_quiet(chunk, "skipped", len(assessed.skipped))
    if assessed.items:
        first = chunk.series.next_number
        [(charges, invoices, total)] = chunk.write(run_sql.WRITE_GIVEN, **item_params(assessed.items), first=first)
        _count(chunk, charges, invoices, total)


def _count_quiet(chunk: _Chunk, reason: str, count: int) -> None:
    if count:
        chunk.run.counts[str(reason)] = chunk.run.counts.get(str(reason), 0) + count


def _set_aside(chunk: _Chunk, left_out: dict[int, tuple[str, str]]) -> None:
    made = SetAside.objects.bulk_create(
        [
            SetAside(run=chunk.run, service_id=service, reason=reason, detail=detail)
            for service, (reason, detail) in left_out.items()
        ],
        ignore_conflicts=True,
    )
    chunk.run.set_aside += len(made)
    for service, (reason, _detail) in left_out.items():
        if reason == SetAside.Reason.TOO_MANY:
            record(
                "billing.stopped", subject=("customers.service", service), at=chunk.scope.now,
                actor=Actor.system(str(_("Facturación"))), run=chunk.run.pk,
            )  # fmt: skip


def _count(chunk: _Chunk, charges: int, invoices: int, total: Decimal) -> None:
    run, series = chunk.run, chunk.series
    run.charges += charges
    if not invoices:
        return
    run.invoices += invoices
    run.first_label = run.first_label or f"{series.prefix}{series.next_number}"
    series.next_number += invoices
    run.last_label = f"{series.prefix}{series.next_number - 1}"
    _add_total(chunk, "total", total)


def _add_total(chunk: _Chunk, name: str, amount: Decimal) -> None:
    sums = chunk.run.totals.setdefault(chunk.scope.currency, {"total": "0", "credit": "0"})
    sums[name] = str(Decimal(sums[name]) + amount)


def _lock_credit(chunk: _Chunk) -> dict[int, Decimal]:
    customers = [row[0] for row in chunk.execute(run_sql.LOCK_CREDIT)]
    return dict(chunk.execute(run_sql.READ_CREDIT, customers=customers)) if customers else {}


def _use_credit(chunk: _Chunk, credit: dict[int, Decimal]) -> None:
    """Put customers' credit on their new invoices, the one due first first."""
    issued = Invoice.objects.filter(
        series=chunk.series, number__gte=chunk.first, number__lt=chunk.series.next_number, customer_id__in=credit
    ).order_by("due_on", "id")
    parts = []
    for doc in issued:
        part = min(credit[doc.customer_id], doc.total)
        if part > 0:
            credit[doc.customer_id] -= part
            parts.append((doc, part))
    ids = post([_credit_posting(chunk, doc, part) for doc, part in parts])
    Allocation.objects.bulk_create(
        Allocation(invoice=doc, transaction_id=tid, amount=part, created_at=chunk.scope.now)
        for (doc, part), tid in zip(parts, ids, strict=True)
    )
    for doc, part in parts:
        doc.paid = part
        doc.status = Invoice.Status.PAID if part == doc.total else Invoice.Status.OPEN
    Invoice.objects.bulk_update([doc for doc, _part in parts], ["paid", "status"])
    _add_total(chunk, "credit", sum((part for _doc, part in parts), ZERO))


def _credit_posting(chunk: _Chunk, doc: Invoice, part: Decimal) -> Posting:
    legs = (
        Leg(chunk.chart[Kind.CREDIT], part, doc.customer_id),
        Leg(chunk.chart[Kind.RECEIVABLE], -part, doc.customer_id),
    )
    kind, run = LedgerTransaction.Kind.CREDIT, chunk.run
    return Posting(kind, chunk.scope.now, run.issued_on, chunk.scope.currency, legs, doc.label, doc.pk)


def _finish(run: BillingRun, now: dt.datetime) -> None:
    run.status = Status.DONE
    run.finished_at = now
    run.customers_seen = run.customers_total
    run.save()
    record(
        "run.finished",
        subject=run,
        actor=Actor(run.actor_kind, run.actor_id, run.actor_label),
        at=now,
        period=run.period.isoformat(),
        invoices=run.invoices,
        set_aside=run.set_aside,
        totals=run.totals,
    )
    publish_live("work", run=run.pk)
