"""Which days a figure is about, and with which days it is compared."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass

from billing.domain.cycle import add_months
from billing.models import LedgerTransaction
from tenants.current import tenant_zone

ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """Days of one month, from its first to `last`, both included."""

    first: dt.date
    last: dt.date

    @property
    def whole(self) -> bool:
        """Whether it is the whole month."""
        return self.last == month_end(self.first)

    @property
    def before(self) -> dt.date:
        """The last day of the month before: where a movement starts from."""
        return self.first - ONE_DAY

    @property
    def start(self) -> dt.datetime:
        """The moment its first day begins, in the provider's zone."""
        return midnight(self.first)

    @property
    def end(self) -> dt.datetime:
        """The moment after its last day."""
        return midnight(self.last + ONE_DAY)

    def within(self) -> dict[str, object]:
        """Its bounds as a query's parameters: days with both ends, moments with the end left out."""
        return {"first": self.first, "last": self.last, "start": self.start, "end": self.end}


def midnight(day: dt.date) -> dt.datetime:
    """The moment a day begins where the provider is; a day whose midnight the clocks skip begins an hour later."""
    return dt.datetime.combine(day, dt.time.min, tenant_zone())


def month_end(day: dt.date) -> dt.date:
    """The last day of the month of `day`."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def month_span(month: dt.date, *, today: dt.date) -> Span:
    """The days of a month that have come; those of the month that `today` is in when `month` is in the future."""
    first = min(month, today).replace(day=1)
    return Span(first, min(month_end(first), today))


def like(span: Span, month: dt.date) -> Span:
    """The same days of another month: all of them for a whole one, so that half a month never looks like a loss."""
    first = month.replace(day=1)
    last = month_end(first)
    return Span(first, last if span.whole else min(last, first.replace(day=min(span.last.day, last.day))))


def month_before(span: Span) -> Span:
    """The same days of the month before."""
    return like(span, add_months(span.first, -1))


def year_before(span: Span) -> Span:
    """The same days of the same month of last year."""
    return like(span, add_months(span.first, -12))


def books_begin() -> dt.date | None:
    """The day the first movement was booked; None for empty books. Of days before it there are no figures."""
    at = LedgerTransaction.objects.order_by("id").values_list("at", flat=True).first()
    return at.astimezone(tenant_zone()).date() if at else None
