"""What a run would do, before it does it. Writes nothing."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import QuerySet, Sum
from django.db.models.functions import Coalesce

from billing.domain import run_sql
from billing.domain.cycle import Cycle, add_months, cycle_of, month_start
from billing.domain.money import ZERO
from billing.domain.policies import all_policies
from billing.domain.run_calendar import Selection, freeze_calendar
from billing.domain.run_scope import EVERYONE, Assessed, Scope, assess_customers
from billing.models import Charge
from customers.models import Service
from tenants.current import tenant_today

BATCH = 1000
# Worth a person's look before the run, the gravest first; the others are as they should be.
NOTEWORTHY = ["too_many", "failed", "no_price", "bad_tax", "suspended", "paused", "trial", "not_installed", "free"]
CHANGES = ["gone", "less", "more", "new"]
Params = dict[str, Any]


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
        """Against the cycle before: new, gone, more, less, same, or nothing to compare."""
        if not self.total:
            return "gone" if self.before > 0 and self.reason not in {"", "billed"} else ""
        if not self.before:
            return "new"
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
    already_total: Decimal = ZERO
    left_out: dict[str, int] = field(default_factory=dict)
    changes: dict[str, int] = field(default_factory=dict)
    skipped: int = 0
    rows: list[Planned] = field(default_factory=list)
    changed: list[Planned] = field(default_factory=list)

    @property
    def difference(self) -> Decimal:
        """Against what the cycle before was charged: this one's, with what of it is charged already."""
        return self.total + self.already_total - self.previous_total


def preview_run(
    *,
    period: dt.date,
    now: dt.datetime,
    zone_id: int | None = None,
    customer_id: int | None = None,
    limit: int = 200,
) -> Preview:
    """What billing the month of `period` would do, what changes, and who is left out and why.

    `rows` are the first `limit` left out that deserve a look, `changed` those charged otherwise than last month.
    """
    plan = _Plan(period, now, zone_id, customer_id)
    preview = Preview(plan.month, cycle_of(plan.scope.policies.default, plan.month), plan.scope.currency)
    left, changes = Counter[str](), Counter[str]()
    for change, verdict, count, services, customers, net, tax, total in plan.fetch(run_sql.PREVIEW):
        changes[change] += count
        if verdict:
            left[verdict] += count
        preview.services += services
        preview.customers += customers
        preview.subtotal += net
        preview.tax += tax
        preview.total += total
    special = []
    for assessed in plan.assessed():
        _add(preview, assessed)
        rows = plan.rows_of(assessed)
        left.update(row.reason for row in rows if row.reason)
        changes.update(row.change for row in rows)
        special += rows
    _add_previous(preview, plan.params)
    preview.left_out = dict(left.most_common())
    preview.changes = {change: changes[change] for change in ("new", "more", "less", "gone", "same") if changes[change]}
    plain = plan.plain_rows(reasons=NOTEWORTHY, shown=[], limit=limit)
    noteworthy = [*plain, *(row for row in special if row.reason in NOTEWORTHY)]
    preview.rows = sorted(noteworthy, key=lambda row: (NOTEWORTHY.index(row.reason), row.customer))[:limit]
    plain = plan.plain_rows(reasons=[], shown=CHANGES, limit=limit)
    preview.changed = [*(row for row in special if row.change in CHANGES), *plain][:limit]
    return preview


def preview_rows(
    *, period: dt.date, now: dt.datetime, zone_id: int | None = None, customer_id: int | None = None
) -> Iterator[Planned]:
    """Every service with what it would be charged or why not, for the export."""
    plan = _Plan(period, now, zone_id, customer_id)
    reasons = [*NOTEWORTHY, "billed", "cancelled", "not_yet"]
    yield from plan.plain_rows(reasons=reasons, shown=[*CHANGES, "same"], limit=EVERYONE)
    for assessed in plan.assessed():
        yield from plan.rows_of(assessed)


class _Plan:
    """One month's run for somebody, looked at from several sides."""

    def __init__(self, period: dt.date, now: dt.datetime, zone_id: int | None, customer_id: int | None) -> None:
        self.month = month_start(period)
        policies = all_policies()
        calendar = freeze_calendar(policies, Selection.of_month(self.month))
        self.scope = Scope(calendar, policies, now, tenant_today(now), zone_id, customer_id)
        before = cycle_of(policies.default, add_months(self.month, -1))
        self.params: Params = {**self.scope.params(), "before_start": before.start, "before_end": before.end}

    def fetch(self, sql: str, **more: Any) -> list[Any]:
        """The rows of one statement."""
        with connection.cursor() as cursor:
            cursor.execute(sql, {**self.params, **more})
            return cursor.fetchall()

    def plain_rows(self, *, reasons: list[str], shown: list[str], limit: int) -> list[Planned]:
        """Services that one statement judges: left out for one of the reasons, or changed in one of those ways."""
        return [Planned(*row) for row in self.fetch(run_sql.PREVIEW_ROWS, reasons=reasons, shown=shown, limit=limit)]

    def assessed(self) -> Iterator[Assessed]:
        """The others, assessed a thousand customers at a time."""
        customers = [row[0] for row in self.fetch(run_sql.PREVIEW_SPECIAL)]
        for start in range(0, len(customers), BATCH):
            yield assess_customers(self.scope, customers[start : start + BATCH])

    def rows_of(self, assessed: Assessed) -> list[Planned]:
        """One row for each of them."""
        totals: dict[int, Decimal] = {}
        for item in assessed.items:
            totals[item.service_id] = totals.get(item.service_id, ZERO) + item.taxed.total
        services = totals.keys() | assessed.left_out.keys()
        rows = Charge.objects.filter(
            service_id__in=services,
            reversed_at=None,
            period__overlap=(self.params["before_start"], self.params["before_end"]),
        )
        before = dict(rows.values_list("service_id").annotate(sum=Sum("total")))
        named = Service.objects.filter(pk__in=services).select_related("customer", "plan")
        return [
            Planned(
                service.pk,
                service.code,
                service.customer_id,
                service.customer.name,
                service.plan.name,
                str(assessed.left_out.get(service.pk, ("", ""))[0]),
                totals.get(service.pk, ZERO),
                before.get(service.pk, ZERO),
            )
            for service in named.order_by("customer__name_key", "id")
        ]


def _add(preview: Preview, assessed: Assessed) -> None:
    for item in assessed.items:
        preview.subtotal += item.taxed.net
        preview.tax += item.taxed.tax
        preview.total += item.taxed.total
    preview.services += len({item.service_id for item in assessed.items if item.billed})
    preview.customers += len({item.customer_id for item in assessed.items if item.billed})
    preview.skipped += len(assessed.skipped)


def _add_previous(preview: Preview, params: Params) -> None:
    """What the cycle before came to, also of those that are not billed now; and what of this one is charged already."""
    before = _charged(params, (params["before_start"], params["before_end"]))
    preview.previous_total = before.aggregate(total=Sum("total", default=ZERO))["total"]
    preview.previous_services = before.filter(total__gt=0).values("service_id").distinct().count()
    this = _charged(params, (preview.cycle.start, preview.cycle.end))
    preview.already_total = this.aggregate(total=Sum("total", default=ZERO))["total"]


def _charged(params: Params, days: tuple[dt.date, dt.date]) -> QuerySet[Charge]:
    rows = Charge.objects.filter(reversed_at=None, period__overlap=days)
    if params["only_customer"]:
        rows = rows.filter(service__customer_id=params["only_customer"])
    if params["only_zone"]:
        home = Coalesce("service__zone_id", "service__customer__zone_id")
        rows = rows.alias(home=home).filter(home=params["only_zone"])
    return rows
