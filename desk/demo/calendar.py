"""The demo's dates, all told from today, so that it never looks old."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

PAY_DAY = 1


@dataclass(frozen=True)
class Calendar:
    """What happens when, for a demo that starts at `now` (aware, in the provider's zone).

    The list was brought ten days before the first month billed here. Each month falls due on today's day of the
    month, so the present one is due today: whoever has not paid is cut today. With `issue_day` 25 a month is issued
    on the 25th before it, with 1 on its first day.
    """

    now: dt.datetime
    months: int = 1
    issue_day: int = 25

    @property
    def today(self) -> dt.date:
        """The provider's day."""
        return self.now.date()

    @property
    def month(self) -> dt.date:
        """The present month, the last one billed."""
        return self.today.replace(day=1)

    @property
    def billed_months(self) -> list[dt.date]:
        """The months billed here, oldest first."""
        found = [self.month]
        while len(found) < self.months:
            found.insert(0, (found[0] - dt.timedelta(days=1)).replace(day=1))
        return found

    @property
    def list_day(self) -> dt.date:
        """As of when the subscriber list is."""
        return self.billed_months[0] - dt.timedelta(days=10)

    def issued_at(self, month: dt.date) -> dt.datetime:
        """When a month's invoices were issued: at six on its issue day."""
        day = month if self.issue_day == 1 else (month - dt.timedelta(days=1)).replace(day=self.issue_day)
        return self.at(day, 6)

    def at(self, day: dt.date, hour: int, minute: int = 0) -> dt.datetime:
        """A moment of a day in the provider's zone, never later than now."""
        moment = dt.datetime.combine(day, dt.time(hour, minute), self.now.tzinfo)
        return min(moment, self.now)
