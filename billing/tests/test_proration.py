import datetime as dt
import itertools
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.domain.cycle import cycle_of, cycles_paid
from billing.domain.proration import part_of, share
from billing.models import BillingPolicy

MONTH = BillingPolicy(pay_day=1, issue_day=25, cut_day=3)
JANUARY = cycle_of(MONTH, dt.date(2026, 1, 1))
FEBRUARY = cycle_of(MONTH, dt.date(2026, 2, 1))


def day(number, month=1):
    return dt.date(2026, month, number)


def test_by_real_days():
    assert part_of(Decimal(310), "real_days", JANUARY, (day(1), day(11)), "MXN") == 100
    assert part_of(Decimal(280), "real_days", FEBRUARY, (day(15, 2), day(1, 3)), "MXN") == 140


def test_by_a_month_of_thirty_days():
    assert part_of(Decimal(300), "days_30", JANUARY, (day(1), day(11)), "MXN") == 100
    # From the 16th to the end of January and of February is half a month, whatever the calendar says.
    assert part_of(Decimal(300), "days_30", JANUARY, (day(16), day(1, 2)), "MXN") == 150
    assert part_of(Decimal(300), "days_30", FEBRUARY, (day(16, 2), day(1, 3)), "MXN") == 150


def test_whole_and_free():
    assert part_of(Decimal(300), "whole", JANUARY, (day(30), day(1, 2)), "MXN") == 300
    assert part_of(Decimal(300), "free", JANUARY, (day(2), day(1, 2)), "MXN") == 0
    assert share("whole", JANUARY, day(3), day(3)) == 0


@given(
    price=st.decimals(min_value="0.01", max_value="99999", places=2),
    rule=st.sampled_from(["real_days", "days_30"]),
    month=st.dates(dt.date(2024, 1, 1), dt.date(2028, 12, 1)),
    pay_day=st.integers(1, 31),
    cuts=st.lists(st.floats(0, 1), max_size=5),
    currency=st.sampled_from(["CLP", "MXN", "TND"]),
)
def test_however_a_period_is_cut_the_parts_add_up_to_the_whole(*, price, rule, month, pay_day, cuts, currency):
    cycle = cycle_of(BillingPolicy(pay_day=pay_day), month)
    inner = sorted(cycle.start + dt.timedelta(days=round(cut * cycle.days)) for cut in cuts)
    edges = [cycle.start, *inner, cycle.end]
    parts = [part_of(price, rule, cycle, days, currency) for days in itertools.pairwise(edges)]
    assert sum(parts) == part_of(price, rule, cycle, (cycle.start, cycle.end), currency)
    assert all(part >= 0 for part in parts)


@pytest.mark.parametrize("unit", ["month", "anniversary", "days"])
@pytest.mark.parametrize("cycle", ["prepaid", "postpaid"])
@pytest.mark.parametrize("months", [1, 3, 12])
@given(anchor=st.dates(dt.date(2023, 1, 1), dt.date(2026, 12, 31)), pay_day=st.integers(1, 31), pack=st.integers(1, 40))
def test_cycles_follow_one_another_without_gap_or_overlap(*, unit, cycle, months, anchor, pay_day, pack):
    rules = BillingPolicy(period_unit=unit, cycle=cycle, period_months=months, pay_day=pay_day, pack_days=pack)
    found = cycles_paid(rules, anchor, first=dt.date(2027, 1, 1), last=dt.date(2029, 6, 30))
    assert found
    assert all(a.end == b.start for a, b in itertools.pairwise(found))
    assert all(c.issue_on <= c.pay_on <= c.due_on and c.start < c.end for c in found)
    assert all(c.pay_on == (c.start if cycle == "prepaid" else c.end) for c in found)
    # Asked for in two halves they are the same ones.
    middle = dt.date(2028, 2, 15)
    halves = [
        *cycles_paid(rules, anchor, first=dt.date(2027, 1, 1), last=middle),
        *cycles_paid(rules, anchor, first=middle + dt.timedelta(days=1), last=dt.date(2029, 6, 30)),
    ]
    assert halves == found


def test_the_thirty_first_in_short_months():
    rules = BillingPolicy(period_unit="anniversary")
    found = cycles_paid(rules, dt.date(2027, 12, 31), first=dt.date(2028, 1, 1), last=dt.date(2028, 4, 30))
    assert [c.start for c in found] == [
        dt.date(2028, 1, 31),
        dt.date(2028, 2, 29),
        dt.date(2028, 3, 31),
        dt.date(2028, 4, 30),
    ]


def test_packs_of_seven_days_from_the_first_day():
    rules = BillingPolicy(period_unit="days", pack_days=7, issue_before=1, due_after=0)
    found = cycles_paid(rules, dt.date(2026, 3, 4), first=dt.date(2026, 1, 1), last=dt.date(2026, 3, 20))
    assert [(c.start, c.end) for c in found][:2] == [
        (dt.date(2026, 3, 4), dt.date(2026, 3, 11)),
        (dt.date(2026, 3, 11), dt.date(2026, 3, 18)),
    ]
    assert found[0].issue_on == dt.date(2026, 3, 3)
