"""Customers' accounts as the dunning decision sees them, read for many customers with a fixed number of queries."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal

from django.db.models import F, Q, QuerySet, Sum

from billing.domain.dunning import Account, Line, Owed
from billing.domain.money import ZERO
from billing.models import BillingPolicy, Entry, Invoice, LedgerAccount, Promise
from customers.models import Hold, Service
from network.models import Access
from tenants.current import tenant_zone


def accounts_to_decide(policies: Sequence[BillingPolicy], today: dt.date, now: dt.datetime) -> list[Account]:
    """Every account about which `today` may decide something under any of the policies that may hold for it."""
    days = {today - dt.timedelta(days=step) for policy in policies for step in policy.remind_days}
    limit = today - dt.timedelta(days=min(policy.cut_after_days for policy in policies))
    open_now = Invoice.objects.unpaid().filter(Q(due_on__lte=limit) | Q(due_on__in=days))
    return _read(open_now, now)


def accounts_of(customer_ids: Collection[int], now: dt.datetime) -> list[Account]:
    """The accounts of some customers, with all their open invoices."""
    return _read(Invoice.objects.unpaid().filter(customer_id__in=customer_ids), now)


def _read(invoices: QuerySet[Invoice], now: dt.datetime) -> list[Account]:
    owed: dict[tuple[int, str], list[Owed]] = defaultdict(list)
    rows = invoices.order_by("customer_id", "due_on", "id").values_list(
        "customer_id", "currency", "id", "label", "due_on", F("total") - F("paid")
    )
    for customer_id, currency, pk, label, due_on, amount in rows:
        owed[customer_id, currency].append(Owed(pk, label, due_on, amount))
    customers = {customer_id for customer_id, _currency in owed}
    lines = _lines(customers, now)
    credits_, promised = _credits(customers), _promised(customers, now)
    return [
        Account(
            customer_id,
            currency,
            tuple(found),
            tuple(lines.get(customer_id, ())),
            credits_.get((customer_id, currency), ZERO),
            promised.get((customer_id, currency)),
        )
        for (customer_id, currency), found in owed.items()
    ]


def _lines(customers: Iterable[int], now: dt.datetime) -> dict[int, list[Line]]:
    held = set(
        Hold.objects.open(now)
        .filter(reason=Hold.Reason.DEBT, service__customer_id__in=customers)
        .values_list("service_id", flat=True)
    )
    # A cut whose window passed before the router could be reached never happened: it is decided again.
    lapsed = Access.objects.pending().filter(service_id__in=held, desired=Access.Desired.OFF, cut_not_after__lt=now)
    held -= set(lapsed.values_list("service_id", flat=True))
    lines: dict[int, list[Line]] = defaultdict(list)
    services = Service.objects.filter(customer_id__in=customers).exclude(status=Service.Status.CANCELLED)
    for pk, customer_id, status, until in services.order_by("id").values_list(
        "id", "customer_id", "status", "never_cut_until"
    ):
        lines[customer_id].append(Line(pk, status, until, pk in held))
    return lines


def _credits(customers: Iterable[int]) -> dict[tuple[int, str], Decimal]:
    rows = (
        Entry.objects.filter(customer_id__in=customers, account__kind=LedgerAccount.Kind.CREDIT)
        .values("customer_id", "currency")
        .annotate(sum=Sum("amount"))
    )
    return {(row["customer_id"], row["currency"]): -row["sum"] for row in rows if row["sum"]}


def _promised(customers: Iterable[int], now: dt.datetime) -> dict[tuple[int, str], dt.datetime]:
    rows = Promise.objects.filter(customer_id__in=customers, status=Promise.Status.OPEN, until__gt=now)
    zone = tenant_zone()
    return {
        (customer_id, currency): until.astimezone(zone)
        for customer_id, currency, until in rows.values_list("customer_id", "currency", "until")
    }
