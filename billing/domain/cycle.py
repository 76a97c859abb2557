"""From a month and a policy to dates: when it is issued, expected, due, and which days it charges."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass
from typing import Protocol

ONE_DAY = dt.timedelta(days=1)


class CycleRules(Protocol):
    """What of a policy makes the calendar."""

    cycle: str
    issue_day: int
    pay_day: int
    cut_day: int


@dataclass(frozen=True, slots=True)
class Cycle:
    """One month of a policy. `end` is the day after the last one charged."""

    issue_on: dt.date
    pay_on: dt.date
    due_on: dt.date
    start: dt.date
    end: dt.date

    @property
    def last_day(self) -> dt.date:
        """The last day charged."""
        return self.end - ONE_DAY


def month_start(day: dt.date) -> dt.date:
    """The first of its month."""
    return day.replace(day=1)


def add_months(month: dt.date, months: int) -> dt.date:
    """The first of the month so many months away."""
    index = month.year * 12 + month.month - 1 + months
    return dt.date(index // 12, index % 12 + 1, 1)


def day_in(month: dt.date, day: int) -> dt.date:
    """That day of the month; its last day when the month is shorter."""
    return month.replace(day=min(day, calendar.monthrange(month.year, month.month)[1]))


def cycle_of(rules: CycleRules, month: dt.date) -> Cycle:
    """The cycle whose pay day falls in that month.

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
    if rules.cycle == "postpaid":
        return Cycle(issue_on, pay_on, due_on, day_in(add_months(month, -1), rules.pay_day), pay_on)
    return Cycle(issue_on, pay_on, due_on, pay_on, day_in(add_months(month, 1), rules.pay_day))


def months_issued(rules: CycleRules, *, since: dt.date, until: dt.date) -> list[dt.date]:
    """The months whose issue day lies in [since, until], oldest first."""
    found = []
    month = add_months(month_start(since), -1)
    while month <= add_months(month_start(until), 2):
        if since <= cycle_of(rules, month).issue_on <= until:
            found.append(month)
        month = add_months(month, 1)
    return found
