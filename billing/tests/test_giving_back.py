"""Days given back: their share, the charge that ends earlier, and the sum that is conserved."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db.models import Q
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.domain.credit_notes import issue_credit_note
from billing.domain.cycle import Cycle
from billing.domain.giving_back import amount_of, give_back_days, plan_give_back
from billing.domain.money import round_money
from billing.domain.policies import current_policy
from billing.domain.proration import part_of
from billing.models import Charge, CreditNote, Entry
from billing.tests.bills import DECEMBER_DAYS, IVA, NOVEMBER, bill, line
from billing.tests.scenes import NOW, STAFF, check_books, make_customer, make_plan


def day(number, month=11):
    return dt.date(2026, month, number)


@pytest.fixture
def service(in_norte):
    return make_customer().services.get()


def give(service, from_day, **fields):
    return give_back_days(service_id=service.pk, from_day=from_day, reason="Baja", actor=STAFF, now=NOW, **fields)


def period(charge):
    charge.refresh_from_db()
    return charge.period.lower, charge.period.upper


def test_the_days_left_are_given_back_and_the_charge_ends_before_them(service):
    invoice = bill(service, line("600"), line("-60", kind="discount", source=1), line("90", kind="extra", source=2))
    [note] = give(service, day(19))
    # 12 of 30 days of 600 - 60 + 90.
    assert note.total == Decimal(252)
    assert {row.total for row in note.lines.all()} == {Decimal(240), Decimal(-24), Decimal(36)}
    assert {row.period.lower for row in note.lines.all()} == {day(19)}
    for charge in Charge.objects.all():
        assert period(charge) == (day(1), day(19))
        assert charge.reversed_at is None
    invoice.refresh_from_db()
    assert (invoice.total - invoice.paid, invoice.total) == (Decimal(378), Decimal(630))
    # Once more from an earlier day: the share of what is left.
    [again] = give(service, day(10))
    assert again.total == Decimal(189)
    assert period(Charge.objects.get(kind="plan")) == (day(1), day(10))
    assert not give(service, day(10))
    check_books()


def test_a_period_that_has_not_begun_is_given_back_whole_and_may_be_charged_anew(service):
    bill(service)
    bill(service, line("600", days=DECEMBER_DAYS))
    first, second = give(service, day(16))
    assert (first.total, second.total) == (Decimal(300), Decimal(600))
    november, december = Charge.objects.order_by("period")
    assert (november.reversed_at, december.reversed_at) == (None, NOW)
    assert period(december) == DECEMBER_DAYS
    check_books()


def test_what_cost_nothing_is_shortened_without_a_note(service):
    Charge.objects.create(
        service=service, period=NOVEMBER, description="Prueba", net=0, tax=0, total=0, currency="MXN", created_at=NOW
    )
    assert give(service, day(16)) == []
    assert period(Charge.objects.get()) == (day(1), day(16))
    assert not CreditNote.objects.exists()
    assert not Entry.objects.exists()


def test_what_each_rule_gives_back(service):
    bill(service, line("600", days=(day(1, 12), dt.date(2027, 1, 1))))
    bill(service, line("600", days=(dt.date(2027, 1, 1), dt.date(2027, 2, 1))))

    def given_back(rule):
        return [part.total for part in plan_give_back(service=service, from_day=day(16, 12), rule=rule)]

    assert given_back("real_days") == [Decimal("309.68"), Decimal(600)]
    assert given_back("days_30") == [Decimal(300), Decimal(600)]
    assert given_back("whole") == [Decimal(600), Decimal(600)]
    assert given_back("free") == [Decimal(600)]
    assert amount_of(plan_give_back(service=service, from_day=day(16, 12), rule="whole")) == Decimal(1200)
    assert Entry.objects.filter(account__kind="credit").count() == 0


def test_the_policy_says_how_days_are_counted_and_whole_never_means_a_cancelled_month(service):
    policy = current_policy()
    for rule, total in (("days_30", Decimal(300)), ("whole", Decimal("309.68"))):
        policy.plan_change = rule
        policy.save()
        other = make_customer().services.get()
        bill(other, line("600", days=DECEMBER_DAYS))
        assert give(other, day(16, 12))[0].total == total


def test_only_what_is_asked_for(service):
    bill(service, line("600"), line("90", kind="extra", source=2), line("30", kind="extra", source=3))
    [note] = give(service, day(16), only=Q(source=2), among=["extra"])
    assert note.total == Decimal(45)
    assert period(Charge.objects.get(kind="plan")) == NOVEMBER
    assert period(Charge.objects.get(source=3)) == NOVEMBER


def test_a_line_credited_before_gives_back_only_what_is_left(service):
    invoice = bill(service)
    issue_credit_note(invoice_id=invoice.pk, amount=Decimal(300), reason="Fallas", actor=STAFF, now=NOW)
    [note] = give(service, day(16))
    assert note.total == Decimal(150)
    issue_credit_note(invoice_id=invoice.pk, reason="Todo", actor=STAFF, now=NOW)
    assert give(service, day(8)) == []
    assert period(Charge.objects.get()) == (day(1), day(8))
    check_books()


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cents=st.integers(100, 500_000),
    cut=st.integers(2, 31),
    rule=st.sampled_from(["real_days", "days_30"]),
    included=st.booleans(),
    two=st.booleans(),
)
def test_given_back_and_charged_again_at_the_same_price_it_costs_the_same(in_norte, *, cents, cut, rule, included, two):
    price = Decimal(cents) / 100
    taxes = [("IEPS", "0.03"), IVA] if two else [IVA]
    plan = make_plan(f"Plan {included}", tax_included=included)
    service = make_customer(plan=plan).services.get()
    invoice = bill(service, line(str(price), days=DECEMBER_DAYS, taxes=taxes, included=included))
    start = day(cut, 12)
    notes = give(service, start, rule=rule)
    start_on, end_on = DECEMBER_DAYS
    rest = part_of(price, rule, Cycle(start_on, start_on, start_on, start_on, end_on), (start, end_on), "MXN")
    if rest:
        again = bill(service, line(str(rest), days=(start, end_on), taxes=taxes, included=included))
        assert again.total == sum(note.total for note in notes)
    else:
        assert not notes
    kept = invoice.total - sum(note.total for note in notes)
    assert kept >= 0
    if included:
        assert kept == round_money(price, "MXN") - rest
