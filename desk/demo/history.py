"""What happened at a demo provider this month: billed, reminded, paid by most. Tonight the rest would be cut."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable

from billing.domain.night_work import execute_night
from billing.domain.nights import plan_night, preview_night
from billing.domain.payments import record_payment
from billing.domain.run import run_billing, start_run
from billing.models import BillingRun, Decision, Payment
from desk.demo.calendar import Calendar
from desk.demo.providers import ACTOR, set_rules
from events.domain import Actor

CUT_HOUR = dt.time(22, 0)
LATE_CUT_HOUR = dt.time(23, 50)  # for a demo started late in the evening
UNPAID = 0.07
CASHIER = Actor("user", None, "Caja")


def live_through(calendar: Calendar) -> None:
    """Bill the month, let the reminder go, and let all but a few pay on the days since. Runs inside the tenant."""
    late = calendar.now.hour >= CUT_HOUR.hour - 1
    set_rules(cut_day=calendar.today.day, cut_hour=LATE_CUT_HOUR if late else CUT_HOUR)
    bill_month(calendar)
    pay(calendar, [row.customer_id for row in cuts_ahead(calendar)], draw=random.Random(7), share=1 - UNPAID)  # noqa: S311


def bill_month(calendar: Calendar) -> BillingRun:
    """Issue the month's invoices as of the day they were due to be issued."""
    run = start_run(period=calendar.month, origin=BillingRun.Origin.HAND, actor=ACTOR, now=calendar.issued_at)
    return run_billing(run_id=run.pk, now=calendar.issued_at)


def remind_before(calendar: Calendar) -> dict[str, int]:
    """Do the night three days before the due day: reminders. Returns outcome -> how many."""
    day = calendar.today - dt.timedelta(days=3)
    moment = calendar.at(day, 9)
    night = execute_night(night_id=plan_night(day=day, now=moment).pk, now=moment)
    outcomes: dict[str, int] = {}
    for decision in night.decisions.filter(action=Decision.Action.REMIND):
        outcomes[decision.outcome] = outcomes.get(decision.outcome, 0) + 1
    return outcomes


def cuts_ahead(calendar: Calendar) -> list[Decision]:
    """Return the cuts the policy would decide tonight."""
    rows = preview_night(day=calendar.today, now=calendar.now)
    return [row for row in rows if row.action == Decision.Action.CUT]


def pay(calendar: Calendar, customer_ids: Iterable[int], *, draw: random.Random, share: float) -> int:
    """Let a share of the customers pay what they owe, on days of this month up to now. Returns how many did."""
    paid = 0
    debts = {row.customer_id: row.amount for row in cuts_ahead(calendar)}
    for customer_id in sorted(set(customer_ids)):
        if draw.random() > share:
            continue
        day = calendar.month + dt.timedelta(days=draw.randrange(calendar.today.day))
        moment = calendar.at(day, draw.randrange(9, 19), draw.randrange(60))
        record_payment(
            customer_id=customer_id,
            amount=debts[customer_id],
            method=draw.choice([Payment.Method.CASH, Payment.Method.CASH, Payment.Method.TRANSFER]),
            received_at=moment,
            actor=CASHIER,
            key=f"demo:{calendar.month:%Y-%m}:{customer_id}",
            now=moment,
        )
        paid += 1
    return paid
