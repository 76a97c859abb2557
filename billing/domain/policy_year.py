"""What a policy makes of a year, and of one service's first period: for people to see before they save. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from billing.domain.charge_facts import Offer
from billing.domain.charging import window_price
from billing.domain.cycle import Cycle, add_months, cycles_paid, month_start
from billing.domain.money import round_money
from billing.domain.proration import MONTH_DAYS, part_of, share
from billing.models import BillingPolicy, Proration

MOST = 14  # packs of a day would fill a page with the same line
LONGEST_MONTHS = 37


@dataclass(frozen=True, slots=True)
class Turn:
    """One period of the year, with the day on which who has not paid is cut.

    `moved` are the days of the month that it does not have, each with the day taken instead.
    """

    cycle: Cycle
    cut_on: dt.date
    moved: tuple[tuple[int, dt.date], ...] = ()


@dataclass(frozen=True, slots=True)
class FirstPeriod:
    """What a service installed on `start` pays for its first, perhaps incomplete, period. `end` is the day after."""

    start: dt.date
    paying_from: dt.date
    end: dt.date
    days: int
    of_days: int
    rule: str
    price: Decimal
    amount: Decimal

    @property
    def whole(self) -> bool:
        """Whether the period is complete, so that no rule is needed."""
        return self.days == self.of_days

    @property
    def last_day(self) -> dt.date:
        """The last day charged."""
        return self.end - dt.timedelta(days=1)


def year_of(policy: BillingPolicy, *, anchor: dt.date, first: dt.date, last: dt.date) -> list[Turn]:
    """The periods whose pay day lies in [first, last] for a service that began on `anchor`, at most MOST."""
    # A service from later on is shown as if it had begun then.
    first = max(first, anchor) if policy.period_unit == BillingPolicy.Unit.DAYS else first
    cycles = cycles_paid(policy, anchor, first=first, last=last)[:MOST]
    grace = dt.timedelta(days=policy.cut_after_days)
    return [Turn(cycle, cycle.due_on + grace, _moved(policy, anchor, cycle)) for cycle in cycles]


def _moved(policy: BillingPolicy, anchor: dt.date, cycle: Cycle) -> tuple[tuple[int, dt.date], ...]:
    if policy.period_unit == BillingPolicy.Unit.DAYS:
        return ()
    if policy.period_unit == BillingPolicy.Unit.ANNIVERSARY:
        wanted = [(anchor.day, cycle.pay_on)]
    else:
        wanted = [
            (policy.issue_day, cycle.issue_on),
            (policy.pay_day, cycle.pay_on),
            (policy.cut_day, cycle.due_on),
        ]
    return tuple(dict.fromkeys((day, on) for day, on in wanted if on.day != day))


def first_period(
    policy: BillingPolicy, *, start: dt.date, price: Decimal, daily: bool, currency: str
) -> FirstPeriod | None:
    """What the first period costs whose plan has this price a month (`daily`: a day). None when none is found.

    Rounded to `currency`. The trial comes first; what is left of the cycle it ends in follows policy.first_period.
    """
    paying_from = start + dt.timedelta(days=policy.trial_days)
    cycle = _cycle_at(policy, start, paying_from)
    if cycle is None:
        return None
    whole = window_price(Offer("", price, daily=daily), policy, cycle)
    rule = policy.first_period
    stretch = (paying_from, cycle.end)
    if paying_from == cycle.start:
        rule, amount = str(Proration.WHOLE), round_money(whole, currency)
    else:
        amount = part_of(whole, rule, cycle, stretch, currency)
    days, of_days = (cycle.end - paying_from).days, cycle.days
    if rule == Proration.DAYS_30 and policy.period_unit != BillingPolicy.Unit.DAYS:
        of_days = MONTH_DAYS * policy.period_months
        days = int(share(rule, cycle, *stretch) * of_days)
    return FirstPeriod(start, paying_from, cycle.end, days, of_days, rule, round_money(whole, currency), amount)


def _cycle_at(policy: BillingPolicy, anchor: dt.date, day: dt.date) -> Cycle | None:
    if policy.period_unit == BillingPolicy.Unit.DAYS:
        pack = dt.timedelta(days=policy.pack_days)
        first, last = day - pack, day + pack
    else:
        month = month_start(day)
        first, last = add_months(month, -LONGEST_MONTHS), add_months(month, LONGEST_MONTHS)
    found = cycles_paid(policy, anchor, first=first, last=last)
    return next((cycle for cycle in found if cycle.start <= day < cycle.end), None)
