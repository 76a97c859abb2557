"""The lane "billing.clock": by the provider's clock, change plans, add fees, issue invoices, remind and cut."""

from __future__ import annotations

import datetime as dt

from billing.domain.cycle import add_months, month_start
from billing.domain.fees import add_late_fees
from billing.domain.lapses import lapse_promises
from billing.domain.night_hours import NightHours
from billing.domain.night_work import execute_night
from billing.domain.nights import plan_night
from billing.domain.plan_changes import apply_due_changes
from billing.domain.policies import Policies, all_policies
from billing.domain.run import has_candidates, run_billing, start_run
from billing.domain.run_calendar import AHEAD, Selection, freeze_calendar
from billing.domain.second_step import end_stops_of_returned
from billing.models import BillingPolicy, BillingRun, Decision, Night
from events.domain import Actor
from tenants.current import tenant_today, tenant_zone

LOOK_BACK = dt.timedelta(days=62)
ONE_DAY = dt.timedelta(days=1)
AFTER_MIDNIGHT = dt.time(0, 5)
ACTOR = Actor.system("Facturación")


def drain(*, now: dt.datetime) -> dt.datetime | None:
    """Do all that is due at `now`; return when the clock next has something to do."""
    policies, today = all_policies(), tenant_today(now)
    end_stops_of_returned(actor=ACTOR, now=now)
    apply_due_changes(today=today, now=now)
    add_late_fees(today=today, now=now)
    for selection in selections_due(policies, now):
        # Where every service has days of its own there is one to look for daily; a run with nobody is only noise.
        calendar = freeze_calendar(policies, selection)
        if any(day == 0 for _profile, day, _cycle in calendar.plain()) or has_candidates(policies, selection, now=now):
            start_run(period=selection.first, origin=BillingRun.Origin.CLOCK, actor=ACTOR, now=now, selection=selection)
    for run_id in BillingRun.objects.filter(status=BillingRun.Status.RUNNING).values_list("id", flat=True):
        run_billing(run_id=run_id, now=now)
    for night_id in (
        Night.objects.exclude(status=Night.Status.DONE)
        .filter(day__lt=today)
        .order_by("day")
        .values_list("id", flat=True)
    ):
        execute_night(night_id=night_id, now=now)
    lapse = lapse_promises(now=now)
    night = execute_night(night_id=plan_night(day=today, now=now).pk, now=now)
    following = _next(policies.default, night, now)
    return min(lapse, following) if lapse else following


def selections_due(policies: Policies, now: dt.datetime) -> list[Selection]:
    """What the clock has to issue: the cycles whose issue day came since it last looked, a month of pay days each.

    Down for a month, it issues both months; down for longer than LOOK_BACK, the rest is offered to a person.
    """
    policy = policies.default
    if policy.auto_issue_from is None:
        return []
    local = now.astimezone(tenant_zone())
    until = local.date() if local.time() >= policy.issue_hour else local.date() - ONE_DAY
    last = BillingRun.objects.filter(origin=BillingRun.Origin.CLOCK).order_by("-issue_until").first()
    seen = last.issue_until + ONE_DAY if last and last.issue_until else dt.date.min
    since = max(policy.auto_issue_from, until - LOOK_BACK, seen)
    found = []
    month = month_start(since)
    while since <= until and month <= until + AHEAD:
        selection = Selection(month, add_months(month, 1) - ONE_DAY, since, until)
        calendar = freeze_calendar(policies, selection)
        if calendar.special() or any(True for _plain in calendar.plain()):
            found.append(selection)
        month = add_months(month, 1)
    return found


def _next(policy: BillingPolicy, night: Night, now: dt.datetime) -> dt.datetime:
    zone = tenant_zone()
    tomorrow = night.day + ONE_DAY
    moments = [dt.datetime.combine(tomorrow, AFTER_MIDNIGHT, zone)]
    found = NightHours(night)
    for hours in found.all:
        moments += [hours.cut_at, hours.cut_not_after]
    reminders = night.decisions.filter(action=Decision.Action.REMIND, done_at=None, taken_out_at=None)
    if due := set(reminders.values_list("at", flat=True)):
        # Who was not reached before the quiet hours began is written to when they end.
        moments += [night.remind_at, *(at for at in due if at), *found.quiet_ends()]
    elif night.status != Night.Status.DONE:
        moments.append(night.remind_at)
    if policy.auto_issue_from is not None:
        moments += [dt.datetime.combine(day, policy.issue_hour, zone) for day in (night.day, tomorrow)]
    return min(moment for moment in moments if moment > now)
