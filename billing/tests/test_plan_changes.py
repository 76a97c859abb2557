"""From one plan to another: what is given back, what the next run charges, and when."""

import datetime as dt
from decimal import Decimal

import pytest

from billing.domain.contracts import TermsRefused
from billing.domain.ledger import balance
from billing.domain.plan_changes import (
    apply_due_changes,
    cancel_change,
    change_plan,
    default_when,
    period_end,
    preview_change,
)
from billing.domain.policies import current_policy
from billing.domain.run import run_billing, start_run
from billing.models import Charge, CreditNote, Invoice, InvoiceLine, PlanChange
from billing.tests.scenes import DECEMBER, NOW, STAFF, check_books, make_customer, make_plan
from customers.domain.services import change_service
from events.models import Event
from tenants.current import entered

MIDDLE = dt.datetime(2026, 12, 20, 15, 0, tzinfo=dt.UTC)  # 12 days of December are left
JANUARY = dt.date(2027, 1, 1)


@pytest.fixture
def service(in_norte):
    plan = make_plan("Hogar 50", "500.00")
    service = make_customer(plan=plan, installed_on=dt.date(2026, 12, 1)).services.get()
    bill(DECEMBER)
    return service


@pytest.fixture
def faster(in_norte):
    return make_plan("Hogar 100", "800.00")


def bill(month, now=NOW):
    run = start_run(period=month, origin="hand", actor=STAFF, now=now)
    return run_billing(run_id=run.pk, now=now)


def change(service, plan, when="now", now=MIDDLE, **fields):
    return change_plan(service_id=service.pk, new_plan=plan, when=when, actor=STAFF, now=now, **fields)


def rule(**values):
    policy = current_policy()
    for name, value in values.items():
        setattr(policy, name, value)
    policy.save()


def lines_of(run):
    lines = InvoiceLine.objects.filter(invoice__run=run).order_by("id")
    return [(line.description, line.total) for line in lines]


def total_of(run):
    return sum(Invoice.objects.filter(run=run).values_list("total", flat=True))


def test_an_upgrade_now_gives_back_the_days_left_and_the_run_charges_them_at_the_new_plan(service, faster):
    seen = preview_change(service=service, new_plan=faster, now=MIDDLE)
    assert seen.sentence == (
        "Se devuelven 12 días de Hogar 50: $193.55; se cobran 12 días de Hogar 100: $309.68 en la próxima factura."
    )
    assert PlanChange.objects.count() == CreditNote.objects.count() == 0
    change(service, faster)
    service.refresh_from_db()
    assert service.plan == faster
    assert CreditNote.objects.get().total == seen.given_back == Decimal("193.55")
    run = bill(JANUARY, MIDDLE)
    assert lines_of(run) == [
        ("Hogar 100, 20/12/2026 al 31/12/2026 (12 de 31 días)", seen.to_charge),
        ("Hogar 100, 01/01/2027 al 31/01/2027", Decimal(800)),
    ]
    assert balance(service.customer_id)["MXN"] == Decimal(500) - Decimal("193.55") + Decimal("309.68") + 800
    check_books()


def test_a_downgrade_waits_for_the_end_of_what_was_charged(service):
    slower = make_plan("Hogar 20", "300.00")
    assert default_when(service, slower, None) == "period_end"
    assert preview_change(service=service, new_plan=slower, when="period_end", now=MIDDLE).sentence == (
        "Cambia el 01/01/2027. No hay días cobrados que devolver: Hogar 20 se cobra en la próxima factura."
    )
    done = change(service, slower, when="period_end")
    service.refresh_from_db()
    assert (done.status, done.effective_on, service.plan.name) == ("scheduled", JANUARY, "Hogar 50")
    assert lines_of(bill(JANUARY, MIDDLE)) == [("Hogar 20, 01/01/2027 al 31/01/2027", Decimal(300))]
    assert apply_due_changes(today=dt.date(2026, 12, 31), now=MIDDLE) == 0
    assert apply_due_changes(today=JANUARY, now=MIDDLE + dt.timedelta(days=12)) == 1
    service.refresh_from_db()
    assert service.plan == slower
    # January was charged knowing the change: nothing to give back.
    assert not CreditNote.objects.exists()
    assert apply_due_changes(today=JANUARY, now=MIDDLE + dt.timedelta(days=12)) == 0
    check_books()


def test_a_downgrade_now_gives_credit_when_the_policy_says_so(service):
    rule(downgrade_when="now")
    slower = make_plan("Hogar 20", "300.00")
    assert default_when(service, slower, None) == "now"
    change(service, slower)
    assert total_of(bill(JANUARY, MIDDLE)) == Decimal("416.13")
    check_books()


def test_a_scheduled_day_inside_what_was_charged_gives_back_on_its_day(service, faster):
    change(service, faster, when=dt.date(2026, 12, 27))
    assert not CreditNote.objects.exists()
    assert apply_due_changes(today=dt.date(2026, 12, 27), now=MIDDLE + dt.timedelta(days=7)) == 1
    assert CreditNote.objects.get().total == Decimal("80.65")
    assert Charge.objects.get().period.upper == dt.date(2026, 12, 27)


@pytest.mark.parametrize(
    ("how", "back", "again"),
    [
        ("days_30", Decimal("183.33"), Decimal("293.33")),
        ("whole", Decimal(500), Decimal(800)),
        ("free", Decimal(0), Decimal(0)),
    ],
)
def test_each_rule_of_the_policy(service, faster, how, back, again):
    rule(plan_change=how)
    seen = preview_change(service=service, new_plan=faster, now=MIDDLE)
    assert (seen.given_back, seen.to_charge) == (back, again)
    change(service, faster)
    assert total_of(bill(JANUARY, MIDDLE)) == again + 800
    assert sum(CreditNote.objects.values_list("total", flat=True)) == back
    check_books()


def test_a_scheduled_change_can_be_cancelled_even_after_a_run_charged_it(service):
    slower = make_plan("Hogar 20", "300.00")
    scheduled = change(service, slower, when="period_end")
    bill(JANUARY, MIDDLE)
    cancel_change(change_id=scheduled.pk, actor=STAFF, now=MIDDLE + dt.timedelta(days=1))
    assert CreditNote.objects.get().total == Decimal(300)
    with pytest.raises(TermsRefused, match="ya no está programado"):
        cancel_change(change_id=scheduled.pk, actor=STAFF, now=MIDDLE)
    assert total_of(bill(JANUARY, MIDDLE + dt.timedelta(days=2))) == Decimal(500)
    assert apply_due_changes(today=JANUARY, now=MIDDLE) == 0
    check_books()


def test_the_last_word_counts_and_there_and_back_in_a_day_is_nothing(service, faster):
    change(service, make_plan("Hogar 20", "300.00"), when="period_end")
    change(service, faster, now=MIDDLE)
    assert set(PlanChange.objects.values_list("status", flat=True)) == {"cancelled", "done"}
    service.refresh_from_db()
    change(service, make_plan("Hogar 50"), now=MIDDLE + dt.timedelta(hours=1))
    assert set(PlanChange.objects.values_list("status", flat=True)) == {"cancelled"}
    assert total_of(bill(JANUARY, MIDDLE)) == Decimal("693.55")
    check_books()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"when": dt.date(2026, 12, 19)}, "day"),
        ({"when": dt.date(2029, 1, 1)}, "day"),
        ({"when": "mañana"}, "when"),
        ({"new_price": Decimal(-1)}, "price"),
        ({"new_price": Decimal("10.005")}, "price"),
    ],
)
def test_a_change_that_cannot_be_changes_nothing(service, faster, fields, field):
    for act in (change, lambda s, p, **f: preview_change(service=s, new_plan=p, now=MIDDLE, **f)):
        with pytest.raises(TermsRefused) as caught:
            act(service, faster, **fields)
        assert caught.value.field == field
    with pytest.raises(TermsRefused, match="Ya tiene ese plan"):
        change(service, service.plan)
    faster.is_active = False
    faster.save()
    with pytest.raises(TermsRefused, match="ya no se ofrece"):
        change(service, faster)
    assert PlanChange.objects.count() == CreditNote.objects.count() == 0


def test_from_wherever_a_plan_is_changed_it_leaves_its_history(service, faster):
    change_service(service_id=service.pk, fields={"plan": faster, "notes": "x"}, actor=STAFF, now=MIDDLE)
    service.refresh_from_db()
    assert (service.plan, service.notes) == (faster, "x")
    assert (PlanChange.objects.get().old_plan.name, CreditNote.objects.count()) == ("Hogar 50", 1)
    change_service(service_id=service.pk, fields={"price": Decimal(700)}, actor=STAFF, now=MIDDLE)
    assert PlanChange.objects.get().new_price == Decimal(700)
    assert Event.objects.filter(type="service.plan_changed").count() == 1


def test_one_that_fails_leaves_the_others_alone(service, faster, caplog):
    other = make_customer(plan=make_plan("Hogar 50")).services.get()
    for each in (service, other):
        change(each, faster, when="period_end")
    broken = PlanChange.objects.get(service=service)
    # A price no column can hold: the database refuses that one.
    Charge.objects.filter(service=service).update(created_at=NOW)
    PlanChange.objects.filter(pk=broken.pk).update(new_price=Decimal("9999999999999.999"))
    assert apply_due_changes(today=JANUARY, now=MIDDLE + dt.timedelta(days=12)) == 1
    broken.refresh_from_db()
    other.refresh_from_db()
    assert (broken.status, other.plan) == ("scheduled", faster)
    assert "could not be done" in caplog.text


def test_without_anything_charged_the_period_under_way_ends_where_its_cycle_does(in_norte):
    service = make_customer().services.get()
    assert period_end(service, dt.date(2026, 12, 20)) == JANUARY


def test_the_other_provider_keeps_its_plans(service, faster, sur):
    with entered(sur):
        mine = make_customer(plan=make_plan("Hogar 50")).services.get()
        change(mine, make_plan("Hogar 100", "900"), when="period_end")
    assert apply_due_changes(today=JANUARY, now=MIDDLE + dt.timedelta(days=12)) == 0
    with entered(sur):
        assert apply_due_changes(today=JANUARY, now=MIDDLE + dt.timedelta(days=12)) == 1
