"""What happened at a demo provider: months billed, reminded, paid by most. Tonight the rest would be cut."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from collections.abc import Collection, Sequence
from decimal import Decimal
from functools import partial

from django.db import transaction

from accounts.models import User
from billing.domain.cycle import add_months, day_in
from billing.domain.night_work import execute_night
from billing.domain.nights import plan_night, preview_night
from billing.domain.payments import record_payment
from billing.domain.run import run_billing, start_run
from billing.models import BillingRun, Decision, Invoice, Payment
from customers.models import Service
from desk.demo.calendar import Calendar
from desk.demo.past import come_and_go, cut_and_bring_back
from desk.demo.providers import ACTOR, set_rules
from events.domain import Actor

CUT_HOUR = dt.time(22, 0)
LATE_CUT_HOUR = dt.time(23, 50)  # for a demo started late in the evening
PAYING = 0.93
PAYING_IN_TIME = 0.96
CASHIER = Actor("user", None, "Caja")


def live_through(calendar: Calendar) -> None:
    """Bill each month and let all but a few pay in the days that followed. Runs inside the tenant."""
    late = calendar.now.hour >= CUT_HOUR.hour - 1
    set_rules(issue_day=calendar.issue_day, cut_day=calendar.today.day, cut_hour=LATE_CUT_HOUR if late else CUT_HOUR)
    draw = random.Random(7)  # noqa: S311 -- a demo's dice
    cashiers = [*(Actor.of_user(user) for user in User.objects.filter(role__in=["owner", "collections"])), CASHIER]
    for month in calendar.billed_months:
        bill_month(calendar, month)
        # Who came already cut for debt stays so: the demo shows some.
        pay = partial(pay_month, calendar, month, draw=draw, but=cut_customers(calendar), cashiers=cashiers)
        if month == calendar.month:
            pay(debts(month), share=PAYING)
        else:
            come_and_go(calendar, month, draw=draw)
            until = day_in(month, calendar.today.day) - dt.timedelta(days=1)
            pay(debts(month), share=PAYING_IN_TIME, until=max(until, month))
            cut_and_bring_back(calendar, month, draw=draw, cashiers=cashiers)


def bill_month(calendar: Calendar, month: dt.date) -> BillingRun:
    """Issue a month's invoices as of the day they were due to be issued."""
    moment = calendar.issued_at(month)
    run = start_run(period=month, origin=BillingRun.Origin.HAND, actor=ACTOR, now=moment)
    return run_billing(run_id=run.pk, now=moment)


def remind_before(calendar: Calendar) -> dict[str, int]:
    """Do the night three days before the due day: reminders. Returns outcome -> how many."""
    day = calendar.today - dt.timedelta(days=3)
    moment = calendar.at(day, 9)
    # In one transaction: to the provider's clock, which runs meanwhile, an open night of a past day is a missed one.
    with transaction.atomic():
        night = execute_night(night_id=plan_night(day=day, now=moment).pk, now=moment)
    return dict(Counter(night.decisions.filter(action=Decision.Action.REMIND).values_list("outcome", flat=True)))


def cuts_ahead(calendar: Calendar) -> list[Decision]:
    """Return the cuts the policy would decide tonight."""
    rows = preview_night(day=calendar.today, now=calendar.now)
    return [row for row in rows if row.action == Decision.Action.CUT]


def cut_customers(calendar: Calendar) -> set[int]:
    """Return the customers with a service that is off now."""
    return set(Service.objects.held(calendar.now).values_list("customer_id", flat=True))


def debts(month: dt.date) -> dict[int, Decimal]:
    """Return what each customer owes of all invoices due until the end of a month."""
    found: dict[int, Decimal] = {}
    for invoice in Invoice.objects.filter(status=Invoice.Status.OPEN, due_on__lt=add_months(month, 1)):
        found[invoice.customer_id] = found.get(invoice.customer_id, Decimal(0)) + invoice.total - invoice.paid
    return found


def pay_month(
    calendar: Calendar,
    month: dt.date,
    owed: dict[int, Decimal],
    *,
    draw: random.Random,
    share: float,
    but: Collection[int] = (),
    until: dt.date | None = None,
    cashiers: Sequence[Actor] = (),
) -> int:
    """Let a share of those who owe pay all of it, on days of `month` up to `until` or now. Returns how many did."""
    last = until or (calendar.today if month == calendar.month else add_months(month, 1) - dt.timedelta(days=1))
    payers = [customer_id for customer_id in sorted(owed) if customer_id not in but and draw.random() < share]
    # In the order of time: allocation is oldest first, and so were the payments.
    moments = sorted(
        calendar.at(month + dt.timedelta(days=draw.randrange(last.day)), draw.randrange(9, 19), draw.randrange(60))
        for _ in payers
    )
    for customer_id, moment in zip(draw.sample(payers, len(payers)), moments, strict=True):
        method = draw.choice([Payment.Method.CASH, Payment.Method.CASH, Payment.Method.TRANSFER])
        channel = "counter" if method == Payment.Method.CASH else "bank"
        record_payment(
            customer_id=customer_id,
            amount=owed[customer_id],
            method=method,
            received_at=moment,
            actor=draw.choice(cashiers or [CASHIER]),
            key=f"{channel}:demo:{month:%Y-%m}:{customer_id}",
            now=moment,
        )
    return len(payers)
