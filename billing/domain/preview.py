"""What a run would do, before it does it. Writes nothing."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Sum
from django.db.models.functions import Coalesce

from billing.domain import run_sql
from billing.domain.cycle import Cycle, add_months, cycle_of, month_start
from billing.domain.money import ZERO
from billing.domain.policies import all_policies
from billing.domain.run_calendar import Selection, freeze_calendar
from billing.domain.run_scope import Assessed, Scope, assess_customers
from billing.models import Charge
from customers.models import Service
from tenants.current import tenant_today

BATCH = 1000
Params = dict[str, Any]
# Worth a person's look before the run; the others are as they should be.
NOTEWORTHY = [
    "too_many", "failed", "no_price", "bad_tax", "suspended", "paused", "trial", "not_installed", "free",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Planned:
    """One service as the run would leave it: charged `total` (zero with a `reason`), `before` for the cycle before."""

    service_id: int
    code: str
    customer_id: int
    customer: str
    plan: str
    reason: str
    total: Decimal
    before: Decimal

    @property
    def change(self) -> str:
        """Against the cycle before: new, gone, more, less or same."""
        if not self.before:
            return "new" if self.total else ""
        if not self.total:
            return "" if self.reason == "billed" else "gone"
        return "same" if self.total == self.before else "more" if self.total > self.before else "less"


@dataclass(slots=True)
class Preview:
    """What a run would do now. Amounts are in `currency`; `changes` counts services against the cycle before."""

    month: dt.date
    cycle: Cycle
    currency: str
    services: int = 0
    customers: int = 0
    subtotal: Decimal = ZERO
    tax: Decimal = ZERO
    total: Decimal = ZERO
    previous_services: int = 0
    previous_total: Decimal = ZERO
    left_out: dict[str, int] = field(default_factory=dict)
    changes: dict[str, int] = field(default_factory=dict)
    skipped: int = 0
    rows: list[Planned] = field(default_factory=list)

    @property
    def difference(self) -> Decimal:
        """Against what the month before was charged."""
        return self.total - self.previous_total


def preview_run(
    *,
    period: dt.date,
    now: dt.datetime,
    zone_id: int | None = None,
    customer_id: int | None = None,
    limit: int = 200,
) -> Preview:
    """What billing the month of `period` would do, what changes, and who is left out and why."""
    month = month_start(period)
    scope, params = _scope(month, now, zone_id, customer_id)
    preview = Preview(month, cycle_of(scope.policies.default, month), scope.currency)
    special: list[int] = []
    left, changes = Counter[str](), Counter[str]()
    with connection.cursor() as cursor:
        cursor.execute(run_sql.PREVIEW, params)
        for what, name, number, count, net, tax, total, before, customers in cursor.fetchall():
            if what == "change":
                changes[name] += count
                preview.services += count
                preview.customers += customers
                preview.subtotal += net
                preview.tax += tax
                preview.total += total
                preview.previous_total += before
            elif what == "special":
                special.append(number)
            else:
                left[name] += count
    for assessed in _batches(scope, special):
        _add(preview, assessed, changes, left, params)
    _add_previous(preview, params)
    preview.left_out = dict(left.most_common())
    preview.changes = dict(changes)
    preview.rows = _noteworthy(scope, params, limit)
    return preview


def preview_rows(
    *, period: dt.date, now: dt.datetime, zone_id: int | None = None, customer_id: int | None = None
) -> Iterator[Planned]:
    """Every service with what it would be charged or why not, for the export; the plain ones first."""
    scope, params = _scope(month_start(period), now, zone_id, customer_id)
    yield from _planned(scope, params)


def _scope(month: dt.date, now: dt.datetime, zone_id: int | None, customer_id: int | None) -> tuple[Scope, Params]:
    policies = all_policies()
    calendar = freeze_calendar(policies, Selection.of_month(month))
    scope = Scope(calendar, policies, now, tenant_today(now), zone_id, customer_id)
    before = cycle_of(policies.default, add_months(month, -1))
    return scope, {**scope.params(), "before_start": before.start, "before_end": before.end}


def _batches(scope: Scope, customers: list[int]) -> Iterator[Assessed]:
    for start in range(0, len(customers), BATCH):
        yield assess_customers(scope, customers[start : start + BATCH])


def _before(services: set[int], params: Params) -> dict[int, Decimal]:
    rows = Charge.objects.filter(
        service_id__in=services, reversed_at=None, period__overlap=(params["before_start"], params["before_end"])
    )
    return dict(rows.values_list("service_id").annotate(sum=Sum("total")))


def _add(preview: Preview, assessed: Assessed, changes: Counter[str], left: Counter[str], params: Params) -> None:
    totals: dict[int, Decimal] = {}
    for item in assessed.items:
        totals[item.service_id] = totals.get(item.service_id, ZERO) + item.taxed.total
        preview.subtotal += item.taxed.net
        preview.tax += item.taxed.tax
        preview.total += item.taxed.total
    billed = {item.service_id for item in assessed.items if item.billed}
    preview.services += len(billed)
    preview.customers += len({item.customer_id for item in assessed.items if item.billed})
    before = _before(billed, params)
    preview.previous_total += sum(before.values(), ZERO)
    for service in billed:
        row = Planned(service, "", 0, "", "", "", totals[service], before.get(service, ZERO))
        changes[row.change] += 1
    left.update(reason for reason, _detail in assessed.left_out.values())
    preview.skipped += len(assessed.skipped)


def _add_previous(preview: Preview, params: Params) -> None:
    """What the cycle before came to, also of those that are not billed now."""
    rows = Charge.objects.filter(
        reversed_at=None, period__overlap=(params["before_start"], params["before_end"]), total__gt=0
    )
    if params["only_customer"]:
        rows = rows.filter(service__customer_id=params["only_customer"])
    if params["only_zone"]:
        home = Coalesce("service__zone_id", "service__customer__zone_id")
        rows = rows.alias(home=home).filter(home=params["only_zone"])
    found = rows.aggregate(total=Sum("total", default=ZERO))
    preview.previous_total = found["total"]
    preview.previous_services = rows.values("service_id").distinct().count()


def _noteworthy(scope: Scope, params: Params, limit: int) -> list[Planned]:
    """The first of those left out that a person should look at, the gravest reasons first."""
    found = [row for row in _planned(scope, params) if row.reason in NOTEWORTHY]
    return sorted(found, key=lambda row: (NOTEWORTHY.index(row.reason), row.customer, row.service_id))[:limit]


def _planned(scope: Scope, params: Params) -> Iterator[Planned]:
    with connection.cursor() as cursor:
        cursor.execute(run_sql.PREVIEW_ROWS, params)
        rows = cursor.fetchall()
        cursor.execute(run_sql.PREVIEW_SPECIAL, params)
        special = [row[0] for row in cursor.fetchall()]
    for start in range(0, len(rows), BATCH):
        chunk = rows[start : start + BATCH]
        names = _names({row[0] for row in chunk})
        for service, customer, reason, total, before in chunk:
            code, name, plan = names[service]
            yield Planned(service, code, customer, name, plan, reason or "", total or ZERO, before or ZERO)
    for assessed in _batches(scope, special):
        totals: dict[int, Decimal] = {}
        for item in assessed.items:
            totals[item.service_id] = totals.get(item.service_id, ZERO) + item.taxed.total
        services = totals.keys() | assessed.left_out.keys()
        names, before = _names(set(services)), _before(set(services), params)
        owner = dict(Service.objects.filter(pk__in=services).values_list("id", "customer_id"))
        for service in sorted(services):
            reason = assessed.left_out.get(service, ("", ""))[0]
            code, name, plan = names[service]
            yield Planned(
                service, code, owner[service], name, plan, str(reason), totals.get(service, ZERO),
                before.get(service, ZERO),
            )  # fmt: skip


def _names(services: set[int]) -> dict[int, tuple[str, str, str]]:
    rows = Service.objects.filter(pk__in=services).values_list("id", "code", "customer__name", "plan__name")
    return {pk: (code, name, plan) for pk, code, name, plan in rows}
