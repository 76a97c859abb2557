"""Customers' accounts as the dunning decision sees them: any number of them with a fixed number of queries.

Rows become what is decided about without a detour through model instances: a night looks at every debtor there is.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db.models import F, Max, Q, QuerySet, Sum

from billing.domain.ladder import Rules, when_sent
from billing.domain.many_rows import collecting_later
from billing.domain.money import ZERO
from billing.domain.verdicts import Account, Line, Owed
from billing.models import Allocation, BillingStop, Entry, Invoice, LedgerAccount, Promise
from customers.models import Hold, Service
from network.models import Access
from tenants.current import tenant_zone

# A pay day is never further from its due day.
APART = dt.timedelta(days=62)
_COLUMNS = ("customer_id", "currency", "id", "label", "due_on", F("total") - F("paid"), "pay_on")


def accounts_to_decide(rules: Sequence[Rules], today: dt.date, now: dt.datetime) -> list[Account]:
    """Every account about which `today` may decide something under any of the rules that may hold for it."""
    restarts = any(one.partial_restarts for one in rules)
    limit = today if restarts else today - dt.timedelta(days=min(one.cut_after_days for one in rules))
    wanted = Q(due_on__lte=limit)
    if any(one.cut_from == "pay" for one in rules):
        wanted |= Q(due_on__lte=limit + APART, pay_on__lte=limit)
    bases: dict[str, set[dt.date]] = defaultdict(set)
    for one in rules:
        for notice in one.notices:
            bases[notice.since].add(today - dt.timedelta(days=notice.days + when_sent(one, notice.hour)[0]))
    wanted |= Q(due_on__in=bases["due"] | bases["pay"])
    if bases["pay"]:
        wanted |= Q(due_on__lte=max(bases["pay"]) + APART, pay_on__in=bases["pay"])
    return _read(Invoice.objects.unpaid().filter(wanted), now, None, restarts=restarts)


def accounts_of(customer_ids: Collection[int], now: dt.datetime, *, restarts: bool = False) -> list[Account]:
    """The accounts of some customers, with all their open invoices; `restarts`: with the days of part payments."""
    return _read(Invoice.objects.unpaid().filter(customer_id__in=customer_ids), now, customer_ids, restarts=restarts)


def _read(
    invoices: QuerySet[Invoice], now: dt.datetime, some: Collection[int] | None, *, restarts: bool
) -> list[Account]:
    """The accounts those invoices make; everybody's other rows are read whole, those of `some` by their ids."""
    with collecting_later():
        return _accounts(invoices, now, some, restarts=restarts)


def _accounts(
    invoices: QuerySet[Invoice], now: dt.datetime, some: Collection[int] | None, *, restarts: bool
) -> list[Account]:
    rows = list(invoices.order_by("customer_id", "currency", "due_on", "id").values_list(*_COLUMNS))
    if not rows:
        return []
    paid = _last_paid(invoices) if restarts else {}
    lines = _lines(invoices, some, now)
    credits_, promised = _credits(some), _promised(some, now)
    nobody: tuple[Line, ...] = ()
    accounts = []
    for key, group in groupby(rows, itemgetter(0, 1)):
        owed = tuple([Owed._make((*row[2:], paid.get(row[2]))) for row in group])
        services = lines.get(key[0], nobody)
        accounts.append(Account(key[0], key[1], owed, tuple(services), credits_.get(key, ZERO), promised.get(key)))
    return accounts


def _lines(invoices: QuerySet[Invoice], some: Collection[int] | None, now: dt.datetime) -> dict[int, list[Line]]:
    debts = Hold.objects.open(now).filter(reason=Hold.Reason.DEBT)
    held = set(_of(debts, some, "service__customer_id__in").values_list("service_id", flat=True))
    # A cut whose window passed before the router could be reached never happened: it is decided again.
    lapsed = Access.objects.pending().filter(desired=Access.Desired.OFF, cut_not_after__lt=now)
    held.difference_update(_of(lapsed, some, "service__customer_id__in").values_list("service_id", flat=True))
    stops = BillingStop.objects.filter(closed_at=None)
    stopped = set(_of(stops, some, "service__customer_id__in").values_list("service_id", flat=True))
    who: Any = invoices.order_by().values("customer_id") if some is None else some
    services = Service.objects.filter(customer_id__in=who).exclude(status=Service.Status.CANCELLED).order_by("id")
    lines: dict[int, list[Line]] = defaultdict(list)
    for customer_id, pk, status, until in services.values_list("customer_id", "id", "status", "never_cut_until"):
        lines[customer_id].append(Line(pk, status, until, pk in held, pk in stopped))
    return lines


def _of(rows: QuerySet[Any], some: Iterable[int] | None, path: str) -> QuerySet[Any]:
    return rows if some is None else rows.filter(**{path: some})


def _credits(some: Collection[int] | None) -> dict[tuple[int, str], Decimal]:
    entries = Entry.objects.filter(account__kind=LedgerAccount.Kind.CREDIT, customer_id__isnull=False)
    sums = _of(entries, some, "customer_id__in").values("customer_id", "currency").annotate(sum=Sum("amount"))
    rows = sums.exclude(sum=0).values_list("customer_id", "currency", "sum")
    return {(customer_id, currency): -amount for customer_id, currency, amount in rows}


def _promised(some: Collection[int] | None, now: dt.datetime) -> dict[tuple[int, str], dt.datetime]:
    rows = _of(Promise.objects.filter(status=Promise.Status.OPEN, until__gt=now), some, "customer_id__in")
    zone = tenant_zone()
    return {
        (customer_id, currency): until.astimezone(zone)
        for customer_id, currency, until in rows.values_list("customer_id", "currency", "until")
    }


def _last_paid(invoices: QuerySet[Invoice]) -> dict[int, dt.date]:
    """The day of the last payment on each of these invoices; credit that was moved onto one is no payment."""
    rows = Allocation.objects.filter(
        invoice__in=invoices.order_by().values("id"), payment__voided_at=None, payment__isnull=False, amount__gt=0
    )
    zone = tenant_zone()
    found = rows.order_by().values("invoice_id").annotate(last=Max("payment__received_at"))
    return {pk: last.astimezone(zone).date() for pk, last in found.values_list("invoice_id", "last")}
