"""The year and the first period people see before they save a policy."""

import datetime as dt
from decimal import Decimal

import pytest

from billing.domain.charge_facts import Offer, Segment, ServiceFacts
from billing.domain.charging import assess
from billing.domain.cycle import cycles_paid
from billing.domain.policy_rules import policy_errors
from billing.domain.policy_year import MOST, first_period, year_of
from billing.models import BillingPolicy
from billing.tests.scenes import notices

D = dt.date
TWELFTH = D(2026, 12, 12)


def policy(**changes):
    return BillingPolicy(**{"issue_day": 25, "pay_day": 1, "cut_day": 3, **changes})


def days(turns):
    return [(t.cycle.issue_on, t.cycle.due_on, t.cut_on) for t in turns]


def year(rules, anchor=TWELFTH, of=2027):
    return year_of(rules, anchor=anchor, first=D(of, 1, 1), last=D(of, 12, 31))


def test_the_same_day_for_everybody():
    turns = year(policy(cut_after_days=2))
    assert len(turns) == 12
    assert days(turns)[0] == (D(2026, 12, 25), D(2027, 1, 3), D(2027, 1, 5))
    assert days(turns)[2] == (D(2027, 2, 25), D(2027, 3, 3), D(2027, 3, 5))
    assert not any(turn.moved for turn in turns)


@pytest.mark.parametrize(("of", "february"), [(2027, 28), (2028, 29)])
def test_the_31st_of_short_months_is_shown_and_said(of, february):
    turns = year(policy(issue_day=31, pay_day=31, cut_day=31), of=of)
    last = D(of, 2, february)
    assert (turns[1].cycle.issue_on, turns[1].cycle.pay_on, turns[1].cycle.due_on) == (last, last, last)
    assert turns[1].moved == ((31, last),)
    assert turns[0].moved == ()
    assert [turn.cycle.start for turn in turns[1:3]] == [last, D(of, 3, 31)]


def test_anniversary_follows_the_sample_and_packs_their_days():
    turns = year(policy(period_unit="anniversary", issue_before=5, due_after=2), anchor=D(2026, 8, 31))
    assert (turns[1].cycle.start, turns[1].cycle.issue_on) == (D(2027, 2, 28), D(2027, 2, 23))
    assert turns[1].moved == ((31, D(2027, 2, 28)),)
    packs = year(policy(period_unit="days", pack_days=7), anchor=D(2026, 12, 28))
    assert (packs[0].cycle.start, packs[1].cycle.start) == (D(2027, 1, 4), D(2027, 1, 11))
    assert len(year(policy(period_unit="days", pack_days=1))) == MOST
    assert len(year(policy(period_months=3))) == 4


def first(rules, start=TWELFTH, price="600", daily=False, currency="MXN"):
    return first_period(rules, start=start, price=Decimal(price), daily=daily, currency=currency)


def test_the_first_period_by_each_rule():
    real = first(policy())
    assert (real.days, real.of_days, real.amount) == (20, 31, Decimal("387.10"))
    assert first(policy(), currency="CLP").amount == 387
    thirty = first(policy(first_period="days_30"))
    assert (thirty.days, thirty.of_days, thirty.amount) == (19, 30, Decimal("380.00"))
    assert first(policy(first_period="free")).amount == 0
    assert first(policy(first_period="whole")).amount == 600
    on_the_day = first(policy(), start=D(2026, 12, 1))
    assert (on_the_day.whole, on_the_day.amount) == (True, 600)


def test_a_trial_comes_before_and_packs_are_priced_by_the_day():
    tried = first(policy(trial_days=3))
    assert (tried.paying_from, tried.days, tried.amount) == (D(2026, 12, 15), 17, Decimal("329.03"))
    pack = first(policy(period_unit="days", pack_days=7), price="20", daily=True)
    assert (pack.days, pack.of_days, pack.amount) == (7, 7, 140)
    assert first(policy(period_unit="days", pack_days=15)).amount == 300
    assert first(policy(period_unit="anniversary", period_months=3)).amount == 1800
    late = first(policy(cycle="postpaid"))
    assert (late.days, late.of_days) == (20, 31)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"issue_day": 0}, "issue_day"),
        ({"cut_day": 32}, "cut_day"),
        ({"period_months": 0}, "period_months"),
        ({"pack_days": 0}, "pack_days"),
        ({"period_unit": "days", "pack_days": 1, "issue_before": 5}, "issue_before"),
        ({"pause_percent": Decimal(101)}, "pause_percent"),
        ({"late_fee_value": Decimal(-1)}, "late_fee_value"),
        ({"late_fee_kind": "percent", "late_fee_value": Decimal(150)}, "late_fee_value"),
        ({"reconnect_fee_kind": "amount"}, "reconnect_fee_value"),
        ({"reconnect_when": "percent", "reconnect_value": Decimal(0)}, "reconnect_value"),
        ({"min_debt": Decimal(-5)}, "min_debt"),
        ({"min_debt": Decimal("5.123")}, "min_debt"),
        ({"notices": notices(-90)}, "notices"),
        ({"cut_window_hours": 0}, "cut_window_hours"),
    ],
)
def test_what_makes_no_sense_gets_a_sentence(changes, field):
    found = policy_errors(policy(**changes), "MXN")
    assert field in found
    assert found[field].endswith(".")


def test_the_defaults_make_sense():
    assert policy_errors(BillingPolicy(), "MXN") == {}
    assert policy_errors(BillingPolicy(), "CLP") == {}


MOMENT = dt.datetime(2026, 11, 20, 15, tzinfo=dt.UTC)


@pytest.mark.parametrize("cycle", ["prepaid", "postpaid"])
@pytest.mark.parametrize("rule", ["real_days", "days_30", "whole", "free"])
@pytest.mark.parametrize("unit", ["month", "anniversary", "days"])
@pytest.mark.parametrize("trial", [0, 3])
def test_what_is_shown_is_what_is_charged(cycle, rule, unit, trial):
    rules = policy(cycle=cycle, first_period=rule, period_unit=unit, trial_days=trial)
    price = Decimal(600)
    offer = Offer("Plan", price)
    facts = ServiceFacts(1, 1, (Segment(D.min, offer),), TWELFTH, TWELFTH, trial_days=trial)
    around = cycles_paid(rules, TWELFTH, first=D(2026, 10, 1), last=D(2027, 3, 1))
    holding = TWELFTH + dt.timedelta(days=trial)
    due = next(found for found in around if found.start <= holding < found.end)
    items = assess(facts, rules, due=[due], past=[], today=MOMENT.date(), currency="MXN").items
    charged = sum((item.taxed.total for item in items), Decimal(0))
    assert first(rules).amount == charged
