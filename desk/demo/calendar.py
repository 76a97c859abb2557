"""The demo's dates, all told from today, so that it never looks old."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

ISSUE_DAY = 25
PAY_DAY = 1


@dataclass(frozen=True)
class Calendar:
    """What happens when, for a demo that starts at `now` (aware, in the provider's zone).

    The list was brought ten days before this month began; invoices were issued on the 25th for this month and
    fall due today; whoever has not paid is cut today.
    """

    now: dt.datetime

    @property
    def today(self) -> dt.date:
        """The provider's day."""
        return self.now.date()

    @property
    def month(self) -> dt.date:
        """The month that is billed."""
        return self.today.replace(day=1)

    @property
    def list_day(self) -> dt.date:
        """As of when the subscriber list is."""
        return self.month - dt.timedelta(days=10)

    @property
    def issued_at(self) -> dt.datetime:
        """When the month's invoices were issued: the last 25th before the month, at six."""
        before = self.month - dt.timedelta(days=1)
        return self.at(before.replace(day=ISSUE_DAY), 6)

    def at(self, day: dt.date, hour: int, minute: int = 0) -> dt.datetime:
        """A moment of a day in the provider's zone, never later than now."""
        moment = dt.datetime.combine(day, dt.time(hour, minute), self.now.tzinfo)
        return min(moment, self.now)
