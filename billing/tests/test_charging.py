"""The assessment of one service, from facts alone."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest

from billing.domain.charge_facts import DiscountFacts, ExtraFacts, Offer, Segment, ServiceFacts
from billing.domain.charging import assess
from billing.domain.cycle import cycle_of, cycles_paid
from billing.domain.taxation import TaxPart
from billing.models import BillingPolicy

TODAY = dt.date(2026, 11, 25)
IVA = TaxPart("IVA", Decimal("0.16"))
PLAN = Offer("Hogar", Decimal(600), (IVA,))
POLICY = BillingPolicy(issue_day=25, pay_day=1, cut_day=3)


def day(month, number, year=2026):
    return dt.date(year, month, number)


DECEMBER, NOVEMBER, OCTOBER = (cycle_of(POLICY, day(month, 1)) for month in (12, 11, 10))


def facts(**fields):
    plain = {
        "service_id": 1,
        "customer_id": 2,
        "segments": (Segment(dt.date.min, PLAN),),
        "known_since": day(1, 1),
        "start": day(1, 1),
        "covered": ((day(1, 1), day(12, 1)),),
        "ever_covered": True,
    }
    return ServiceFacts(**{**plain, **fields})


def run(line, *, policy=POLICY, due=(DECEMBER,), past=(OCTOBER, NOVEMBER), today=TODAY):
    return assess(line, policy, due=due, past=past, today=today, currency="MXN")


def amounts(result):
    return [(item.kind, item.days, item.taxed.total) for item in result.items]


def test_a_whole_month():
    result = run(facts())
    assert amounts(result) == [("plan", (day(12, 1), day(1, 1, 2027)), Decimal(600))]
    item = result.items[0]
    assert item.description == "Hogar, 01/12/2026 al 31/12/2026"
    assert (item.taxed.net, item.taxed.tax, item.due_on) == (Decimal("517.24"), Decimal("82.76"), day(12, 3))


@pytest.mark.parametrize(
    ("rule", "expected"), [("real_days", "387.10"), ("days_30", "380.00"), ("whole", "600.00"), ("free", None)]
)
def test_the_first_period(rule, expected):
    line = facts(start=day(12, 12), known_since=day(12, 12), covered=(), ever_covered=False)
    result = run(line, policy=replace_policy(first_period=rule))
    assert [total for kind, _days, total in amounts(result)] == ([Decimal(expected)] if expected else [Decimal(0)])
    assert result.items[0].billed == bool(expected)


def replace_policy(**fields):
    return BillingPolicy(**{"issue_day": 25, "pay_day": 1, "cut_day": 3, **fields})


def test_a_service_begun_after_the_last_issue_pays_its_first_days_with_the_next_month():
    line = facts(start=day(11, 26), known_since=day(11, 26), covered=(), ever_covered=False)
    result = run(line)
    assert [days for _kind, days, _total in amounts(result)] == [
        (day(11, 26), day(12, 1)),
        (day(12, 1), day(1, 1, 2027)),
    ]
    assert amounts(result)[0][2] == Decimal("100.00")


def test_an_old_service_just_put_on_record_pays_from_the_cycle_due():
    line = facts(start=day(3, 1, 2020), known_since=day(11, 20), covered=(), ever_covered=False)
    assert [days for _kind, days, _total in amounts(run(line))] == [(day(12, 1), day(1, 1, 2027))]


def test_trial_days_cost_nothing_and_are_covered():
    line = facts(start=day(12, 1), known_since=day(12, 1), trial_days=7, covered=(), ever_covered=False)
    trial, paid = run(line).items
    assert (trial.days, trial.taxed.total, trial.billed) == ((day(12, 1), day(12, 8)), 0, False)
    assert (paid.days, paid.taxed.total) == ((day(12, 8), day(1, 1, 2027)), Decimal("464.52"))


def test_the_rest_of_a_month_whose_plan_changed():
    better = Offer("Plus", Decimal(900), (IVA,))
    line = facts(
        segments=(Segment(dt.date.min, PLAN), Segment(day(11, 16), better)), covered=((day(1, 1), day(11, 16)),)
    )
    rest, whole = run(line).items
    assert (rest.days, rest.taxed.total) == ((day(11, 16), day(12, 1)), Decimal("450.00"))
    assert (whole.days, whole.taxed.total) == ((day(12, 1), day(1, 1, 2027)), Decimal(900))
    assert "(15 de 30 días)" in rest.description


@pytest.mark.parametrize(("rule", "expected"), [("real_days", 750), ("whole", 900), ("free", 600)])
def test_a_change_inside_a_postpaid_month(rule, expected):
    policy = replace_policy(cycle="postpaid", plan_change=rule)
    better = Offer("Plus", Decimal(900), (IVA,))
    line = facts(
        segments=(Segment(dt.date.min, PLAN), Segment(day(11, 16), better, rule)), covered=((day(1, 1), day(11, 1)),)
    )
    result = run(line, policy=policy, due=[cycle_of(policy, day(12, 1))], past=[])
    assert sum(item.taxed.total for item in result.items) == expected


def test_a_month_left_out_for_no_reason_is_reported_and_not_charged():
    line = facts(covered=((day(1, 1), day(11, 1)),))
    result = run(line)
    assert [days for _kind, days, _total in amounts(result)] == [(day(12, 1), day(1, 1, 2027))]
    assert result.skipped == [NOVEMBER]


def test_days_cut_are_charged_or_not_by_policy():
    cut = ((day(10, 10), dt.date.max),)
    stopped = run(facts(covered=((day(1, 1), day(11, 1)),), off=cut))
    # What is past cost nothing; what is to come waits for the service to be back.
    assert [(i.days, i.taxed.total, i.billed) for i in stopped.items] == [((day(11, 1), day(11, 25)), 0, False)]
    assert (stopped.reason, stopped.skipped) == ("suspended", [])
    back = run(facts(covered=((day(1, 1), day(11, 1)),), off=((day(10, 10), day(11, 21)),)))
    assert [(i.days, i.taxed.total) for i in back.items] == [
        ((day(11, 1), day(11, 21)), 0),
        ((day(11, 21), day(12, 1)), Decimal("200.00")),
        ((day(12, 1), day(1, 1, 2027)), Decimal(600)),
    ]
    assert amounts(run(facts()))[0][2] == 600


def test_a_pause_with_a_proportional_fee():
    paused = ((day(12, 11), day(12, 21)),)
    result = run(facts(paused=paused), policy=replace_policy(pause_percent=Decimal(50)))
    assert [total for _kind, _days, total in amounts(result)] == [
        Decimal("193.55"), Decimal("96.78"), Decimal("212.90"),
    ]  # fmt: skip
    free = run(facts(paused=paused))
    assert [(i.taxed.total, i.billed) for i in free.items][1] == (0, False)


def test_discounts_never_go_below_nothing_and_end_after_their_periods():
    ten = DiscountFacts(7, True, Decimal(10), "Promo", day(1, 1), left=1)
    big = DiscountFacts(8, False, Decimal(10_000), "Todo", day(1, 1))
    january = cycle_of(POLICY, day(1, 1, 2027))
    result = run(facts(discounts=(ten,)), due=[DECEMBER, january])
    assert [total for kind, _days, total in amounts(result) if kind == "discount"] == [Decimal(-60)]
    result = run(facts(discounts=(ten, big)))
    assert sum(item.taxed.total for item in result.items) == 0


def test_extras_recurring_and_once():
    tv = ExtraFacts(3, False, "TV", Decimal(100), True, day(11, 16), covered=())
    visit = ExtraFacts(4, True, "Visita", Decimal(250), False, day(11, 20))
    later = ExtraFacts(5, True, "Equipo", Decimal(99), False, day(12, 20))
    result = run(facts(extras=(tv, visit, later)))
    assert ("extra", (day(12, 1), day(1, 1, 2027)), Decimal(100)) in amounts(result)
    once = next(item for item in result.items if item.kind == "once")
    assert (once.source, once.days, once.taxed.net, once.taxed.tax) == (4, None, Decimal(250), 0)
    assert not any(item.source == 5 for item in result.items)


def test_exempt_and_withholding():
    exempt = run(facts(exempt=True)).items[0].taxed
    assert (exempt.net, exempt.tax, exempt.total) == (Decimal("517.24"), 0, Decimal("517.24"))
    held = TaxPart("Ret. IVA", Decimal("0.106667"), True)
    taxed = run(facts(withholdings=(held,))).items[0].taxed
    assert (taxed.withheld, taxed.total) == (Decimal("55.17"), Decimal("544.83"))
    assert ("Ret. IVA", Decimal("0.106667"), Decimal("-55.17")) in taxed.parts


def test_several_taxes_share_an_included_price_to_the_cent():
    offer = Offer("TV", Decimal(100), (IVA, TaxPart("IEPS", Decimal("0.03"))))
    taxed = run(facts(segments=(Segment(dt.date.min, offer),))).items[0].taxed
    assert taxed.net + sum(amount for _name, _rate, amount in taxed.parts) == 100
    assert [name for name, _rate, _amount in taxed.parts] == ["IVA", "IEPS"]


def test_packs_of_seven_days_at_a_price_a_day():
    policy = replace_policy(period_unit="days", pack_days=7, issue_before=1, due_after=0)
    offer = Offer("Ficha", Decimal(15), (), daily=True)
    due = cycles_paid(policy, day(12, 1), first=day(12, 1), last=day(12, 8))
    line = facts(segments=(Segment(dt.date.min, offer),), start=day(12, 1), known_since=day(12, 1), covered=())
    result = run(line, policy=policy, due=due, past=[])
    assert [(days, total) for _kind, days, total in amounts(result)] == [
        ((day(12, 1), day(12, 8)), 105),
        ((day(12, 8), day(12, 15)), 105),
    ]


def test_a_service_that_ended_inside_a_postpaid_month_pays_until_then():
    policy = replace_policy(cycle="postpaid")
    due = [cycle_of(policy, day(12, 1))]
    result = run(facts(end=day(11, 11), covered=((day(1, 1), day(11, 1)),)), policy=policy, due=due, past=[])
    assert amounts(result) == [("plan", (day(11, 1), day(11, 11)), Decimal("200.00"))]


def test_too_many_charges_in_a_day_stop_the_service():
    result = run(facts(charged_today=15))
    assert (result.items, result.reason) == ([], "too_many")


def test_an_invoice_issued_late_leaves_the_usual_days_to_pay():
    result = run(facts(), today=day(12, 10))
    assert result.items[0].due_on == day(12, 18)


def test_what_is_whole_is_never_charged_again():
    line = facts(covered=((day(1, 1), day(1, 1, 2027)),))
    assert (run(line).items, run(line).reason) == ([], "billed")
    assert replace(line, free=True).free
