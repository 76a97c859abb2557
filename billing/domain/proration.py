"""What a part of a period costs. Pure.

Parts are rounded cumulatively: a part is the rounded cost up to its end less the rounded cost up to its start, so
however a period is cut in two, the halves add up to the whole to the cent.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction

from billing.domain.cycle import Cycle
from billing.domain.money import ZERO, round_money
from billing.models import Proration

MONTH_DAYS = 30


def share(rule: str, cycle: Cycle, start: dt.date, end: dt.date) -> Fraction:
    """The share of `cycle` that the days [start, end) are, from 0 to 1.

    `whole` gives 1 and `free` 0 whatever the days; by days of 30 is the bankers' 30/360, in which every month counts
    30 days and the 31st counts nothing.
    """
    if end <= start or rule == Proration.FREE:
        return Fraction(0)
    if rule == Proration.WHOLE:
        return Fraction(1)
    if rule == Proration.DAYS_30:
        whole = _days_360(cycle.end) - _days_360(cycle.start)
        if whole > 0:
            return Fraction(_days_360(end) - _days_360(start), whole)
    return Fraction((end - start).days, cycle.days)


def part_of(price: Decimal, rule: str, cycle: Cycle, days: tuple[dt.date, dt.date], currency: str) -> Decimal:
    """What the days [start, end) of a cycle that costs `price` cost, rounded to the currency."""
    start, end = days
    if end <= start:
        return ZERO
    if rule in {Proration.WHOLE, Proration.FREE}:
        return round_money(price * int(share(rule, cycle, start, end)), currency)
    return _upto(price, rule, cycle, end, currency) - _upto(price, rule, cycle, start, currency)


def _upto(price: Decimal, rule: str, cycle: Cycle, day: dt.date, currency: str) -> Decimal:
    part = share(rule, cycle, cycle.start, day)
    return round_money(price * part.numerator / part.denominator, currency)


def _days_360(day: dt.date) -> int:
    return day.year * 360 + day.month * MONTH_DAYS + min(day.day, MONTH_DAYS)
