import datetime as dt
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.domain.cycle import add_months, cycle_of, months_issued

D = dt.date


def rules(issue, pay, cut, cycle="prepaid"):
    return SimpleNamespace(period_months=1, cycle=cycle, issue_day=issue, pay_day=pay, cut_day=cut)


def test_the_two_examples_of_the_field():
    first = cycle_of(rules(25, 1, 3), D(2026, 9, 1))
    assert (first.issue_on, first.pay_on, first.due_on) == (D(2026, 8, 25), D(2026, 9, 1), D(2026, 9, 3))
    assert (first.start, first.last_day) == (D(2026, 9, 1), D(2026, 9, 30))
    second = cycle_of(rules(12, 15, 20), D(2026, 8, 1))
    assert (second.issue_on, second.due_on) == (D(2026, 8, 12), D(2026, 8, 20))
    assert (second.start, second.end) == (D(2026, 8, 15), D(2026, 9, 15))


def test_postpaid_charges_the_month_that_ended():
    cycle = cycle_of(rules(25, 1, 5, "postpaid"), D(2026, 9, 1))
    assert (cycle.start, cycle.last_day) == (D(2026, 8, 1), D(2026, 8, 31))


@pytest.mark.parametrize(("month", "last"), [(D(2027, 2, 1), 28), (D(2028, 2, 1), 29), (D(2026, 4, 1), 30)])
def test_days_past_the_month_mean_its_last_day(month, last):
    assert cycle_of(rules(31, 31, 31), month).pay_on == month.replace(day=last)


days = st.integers(1, 31)


@given(days, days, days, st.integers(0, 60), st.sampled_from(["prepaid", "postpaid"]))
def test_months_follow_one_another_without_gap_or_overlap(issue, pay, cut, offset, kind):
    month = add_months(D(2024, 1, 1), offset)
    policy = rules(issue, pay, cut, kind)
    this, following = cycle_of(policy, month), cycle_of(policy, add_months(month, 1))
    assert this.end == following.start
    assert this.issue_on <= this.pay_on <= this.due_on
    assert this.start < this.end


@given(days, days, st.dates(D(2024, 1, 1), D(2030, 1, 1)))
def test_every_month_is_issued_exactly_once(issue, pay, since):
    policy = rules(issue, pay, pay)
    until = since + dt.timedelta(days=200)
    months = months_issued(policy, since=since, until=until)
    assert months == sorted(set(months))
    split = since + dt.timedelta(days=77)
    halves = [
        *months_issued(policy, since=since, until=split),
        *months_issued(policy, since=split + dt.timedelta(days=1), until=until),
    ]
    assert halves == months
