"""From a policy to dates: when each period is issued, expected, due, and which days it charges.

Days past a month's end mean its last day. Stretches of days are [start, end) everywhere.
"""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass
from typing import Protocol

ONE_DAY = dt.timedelta(days=1)


class CycleRules(Protocol):
    """What of a policy makes the calendar."""

    cycle: str
    period_unit: str
    period_months: int
    pack_days: int
    issue_day: int
    pay_day: int
    cut_day: int
    issue_before: int
    due_after: int


@dataclass(frozen=True, slots=True)
class Cycle:
    """One period of a policy. `end` is the day after the last one charged."""

    issue_on: dt.date
    pay_on: dt.date
    due_on: dt.date
    start: dt.date
    end: dt.date

    @property
    def last_day(self) -> dt.date:
        """The last day charged."""
        return self.end - ONE_DAY

    @property
    def days(self) -> int:
        """How many days it charges."""
        return (self.end - self.start).days


def month_start(day: dt.date) -> dt.date:
    """The first of its month."""
    return day.replace(day=1)


def add_months(month: dt.date, months: int) -> dt.date:
    """The first of the month so many months away."""
    index = month_index(month) + months
    return dt.date(index // 12, index % 12 + 1, 1)


def month_index(day: dt.date) -> int:
    """Months since year 0: equal for all days of a month, one more in the next."""
    return day.year * 12 + day.month - 1


def day_in(month: dt.date, day: int) -> dt.date:
    """That day of the month; its last day when the month is shorter."""
    return month.replace(day=min(day, calendar.monthrange(month.year, month.month)[1]))


def cycle_of(rules: CycleRules, month: dt.date) -> Cycle:
    """The cycle whose pay day falls in that month, for a policy with the same days for everybody.

    Issue is the last issue day up to the pay day, due the first cut day from the pay day on: 25/1/3 gives
    issue 25 August, pay 1 September, due 3 September, charging 1 to 30 September when prepaid (WispHub's rule).
    """
    month = month_start(month)
    pay_on = day_in(month, rules.pay_day)
    issue_on = day_in(month, rules.issue_day)
    if issue_on > pay_on:
        issue_on = day_in(add_months(month, -1), rules.issue_day)
    due_on = day_in(month, rules.cut_day)
    if due_on < pay_on:
        due_on = day_in(add_months(month, 1), rules.cut_day)
    start, end = _months_of(rules, month, rules.pay_day)
    return Cycle(issue_on, pay_on, due_on, start, end)


def cycles_paid(rules: CycleRules, anchor: dt.date, *, first: dt.date, last: dt.date) -> list[Cycle]:
    """The cycles whose pay day lies in [first, last], oldest first.

    `anchor` is the service's first day: its day of the month for anniversaries, its month for cycles of several
    months, and the start of the first pack for packs of days.
    """
    if rules.period_unit == "days":
        return _packs(rules, anchor, first, last)
    found = []
    month = add_months(month_start(first), -1)
    while month <= month_start(last):
        if (month_index(month) - month_index(anchor)) % rules.period_months == 0:
            cycle = cycle_of(rules, month) if rules.period_unit == "month" else _anniversary(rules, anchor, month)
            if first <= cycle.pay_on <= last:
                found.append(cycle)
        month = add_months(month, 1)
    return found


def months_issued(rules: CycleRules, *, since: dt.date, until: dt.date) -> list[dt.date]:
    """The months whose issue day lies in [since, until], oldest first."""
    found = []
    month = add_months(month_start(since), -1)
    while month <= add_months(month_start(until), 2):
        if since <= cycle_of(rules, month).issue_on <= until:
            found.append(month)
        month = add_months(month, 1)
    return found


def _months_of(rules: CycleRules, month: dt.date, day: int) -> tuple[dt.date, dt.date]:
    pay_on = day_in(month, day)
    if rules.cycle == "postpaid":
        return day_in(add_months(month, -rules.period_months), day), pay_on
    return pay_on, day_in(add_months(month, rules.period_months), day)


def _anniversary(rules: CycleRules, anchor: dt.date, month: dt.date) -> Cycle:
    pay_on = day_in(month, anchor.day)
    return _around(rules, pay_on, *_months_of(rules, month, anchor.day))


def _packs(rules: CycleRules, anchor: dt.date, first: dt.date, last: dt.date) -> list[Cycle]:
    length = rules.pack_days
    late = rules.cycle == "postpaid"
    # The first pack whose pay day is not before `first`; packs before the anchor do not exist.
    number = max(0, (first - anchor).days // length - 1)
    found: list[Cycle] = []
    while True:
        start = anchor + dt.timedelta(days=number * length)
        end = start + dt.timedelta(days=length)
        pay_on = end if late else start
        if pay_on > last:
            return found
        if pay_on >= first:
            found.append(_around(rules, pay_on, start, end))
        number += 1


def _around(rules: CycleRules, pay_on: dt.date, start: dt.date, end: dt.date) -> Cycle:
    return Cycle(
        pay_on - dt.timedelta(days=rules.issue_before), pay_on, pay_on + dt.timedelta(days=rules.due_after), start, end
    )
