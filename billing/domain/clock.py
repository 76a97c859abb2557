"""The lane "billing.clock": by the provider's clock, issue invoices, remind and cut."""

from __future__ import annotations

import datetime as dt

from billing.domain.cycle import cycle_of, months_issued
from billing.domain.night_work import execute_night
from billing.domain.nights import plan_night
from billing.domain.policies import current_policy
from billing.domain.run import run_billing, start_run
from billing.models import BillingPolicy, BillingRun, Night
from events.domain import Actor
from tenants.current import tenant_today, tenant_zone

LOOK_BACK = dt.timedelta(days=62)
AFTER_MIDNIGHT = dt.time(0, 5)


def drain(*, now: dt.datetime) -> dt.datetime | None:
    """Do all that is due at `now`; return when the clock next has something to do."""
    policy, today = current_policy(), tenant_today(now)
    for month in months_due(policy, now):
        start_run(period=month, origin=BillingRun.Origin.CLOCK, actor=Actor.system("Facturación"), now=now)
    for run_id in BillingRun.objects.filter(status=BillingRun.Status.RUNNING).values_list("id", flat=True):
        run_billing(run_id=run_id, now=now)
    for night_id in (
        Night.objects.exclude(status=Night.Status.DONE)
        .filter(day__lt=today)
        .order_by("day")
        .values_list("id", flat=True)
    ):
        execute_night(night_id=night_id, now=now)
    night = execute_night(night_id=plan_night(day=today, now=now).pk, now=now)
    return _next(policy, night, now)


def months_due(policy: BillingPolicy, now: dt.datetime) -> list[dt.date]:
    """The months whose issue moment has come since the clock was put in charge, and that have no run yet."""
    if policy.auto_issue_from is None:
        return []
    local = now.astimezone(tenant_zone())
    until = local.date() if local.time() >= policy.issue_hour else local.date() - dt.timedelta(days=1)
    months = months_issued(policy, since=max(policy.auto_issue_from, until - LOOK_BACK), until=until)
    known = set(BillingRun.objects.filter(period__in=months).values_list("period", flat=True))
    return [month for month in months if month not in known]


def _next(policy: BillingPolicy, night: Night, now: dt.datetime) -> dt.datetime:
    zone = tenant_zone()
    tomorrow = night.day + dt.timedelta(days=1)
    moments = [night.remind_at, night.cut_at, night.cut_not_after, dt.datetime.combine(tomorrow, AFTER_MIDNIGHT, zone)]
    if policy.auto_issue_from is not None:
        moments += [
            dt.datetime.combine(cycle_of(policy, month).issue_on, policy.issue_hour, zone)
            for month in months_issued(policy, since=night.day, until=night.day + LOOK_BACK)
        ]
    return min(moment for moment in moments if moment > now)
