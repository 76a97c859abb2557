"""What other billing systems are known to get wrong, and what calendars do: each a case that ours gets right."""

import datetime as dt
import itertools
from decimal import Decimal

import pytest
from django.db import connection

from billing.domain.clock import selections_due
from billing.domain.cycle import add_months
from billing.domain.invoices import void_invoice
from billing.domain.ledger import balance
from billing.domain.plan_changes import change_plan
from billing.domain.policies import all_policies, current_policy
from billing.domain.preview import preview_run
from billing.domain.run import bill_chunk, run_billing, start_run
from billing.domain.skipped import find_skipped
from billing.models import Charge, Discount, Invoice
from billing.tests.bills import bill as issue
from billing.tests.bills import line
from billing.tests.scenes import NOW, STAFF, check_books, make_customer, make_plan, numbers_without_gaps
from customers.domain.holds import close_holds, open_hold
from customers.models import Service
from desk.domain.services import pause_service, resume_service
from events.models import Event
from tenants.current import tenant_zone


def at(year, month, day, hour=9, minute=0):
    """A moment of the provider's clock."""
    return dt.datetime(year, month, day, hour, minute, tzinfo=tenant_zone())


def bill(month, *, now=None, **scope):
    now = now or at(*(month - dt.timedelta(days=6)).timetuple()[:3])
    run = start_run(period=month, origin="hand", actor=STAFF, now=now, **scope)
    return run_billing(run_id=run.pk, now=now)


def rules(**fields):
    policy = current_policy()
    for name, value in fields.items():
        setattr(policy, name, value)
    policy.save()


def one(**service):
    """One customer's one service, put on record on the day it was installed."""
    made = make_customer(**service).services.get()
    if made.installed_on:
        Service.objects.filter(pk=made.pk).update(created_at=at(*made.installed_on.timetuple()[:3]))
    return made


def days_of(service):
    """The stretches charged, in order; the whole life without a gap or a day twice."""
    found = service.charges.filter(kind="plan", reversed_at=None).order_by("period").values_list("period", flat=True)
    stretches = [(period.lower, period.upper) for period in found]
    assert all(left[1] == right[0] for left, right in itertools.pairwise(stretches))
    return stretches


def paid(service):
    return [
        charge.total for charge in service.charges.filter(kind="plan", reversed_at=None, total__gt=0).order_by("period")
    ]


def d(month, day, year=2026):
    return dt.date(year, month, day)


# --- One subscription billed 200 times (frappe/erpnext#28328) -------------------------------------------------------


def test_one_subscription_billed_200_times(in_norte):
    """Somebody bills and voids in a loop: after 15 the service is stopped, with an alert; the others are billed."""
    looping, other = one(), one()
    for _number in range(25):
        run = bill(d(12, 1), now=NOW, customer_id=looping.customer_id)
        if run.invoices:
            void_invoice(invoice_id=run.documents.get().pk, reason="otra vez", actor=STAFF, now=NOW)
    assert Charge.objects.filter(service=looping).count() == current_policy().max_items_per_day == 15
    stopped = Event.objects.filter(type="billing.stopped")
    assert {(event.subject_kind, event.subject_id) for event in stopped} == {("customers.service", looping.pk)}
    assert preview_run(period=d(12, 1), now=NOW).left_out == {"too_many": 1}
    run = bill(d(12, 1), now=NOW)
    assert [(row.service_id, row.reason) for row in run.left_out.all()] == [(looping.pk, "too_many")]
    assert Invoice.objects.filter(customer=other.customer).count() == 1
    tomorrow = NOW + dt.timedelta(days=1)
    assert bill(d(12, 1), now=tomorrow).invoices == 1
    check_books()
    numbers_without_gaps()


# --- Skipped periods stuck (frappe/erpnext#46080) -------------------------------------------------------------------


def test_a_skipped_period_sticks_nothing_and_is_offered(in_norte):
    service = one(installed_on=d(1, 1))
    issue(service, line("600", days=(d(1, 1), d(9, 1))))
    for month in (9, 11, 12):  # October was forgotten
        bill(d(month, 1))
    assert [start.month for start, _end in sorted(all_days(service))] == [1, 9, 11, 12]
    assert [(row.month, row.services) for row in find_skipped(now=NOW)] == [(d(10, 1), 1)]
    assert bill(d(10, 1), now=NOW).invoices == 1
    assert days_of(service)[1:] == [
        (d(9, 1), d(10, 1)), (d(10, 1), d(11, 1)), (d(11, 1), d(12, 1)), (d(12, 1), d(1, 1, 2027))
    ]  # fmt: skip
    assert find_skipped(now=NOW) == []
    assert bill(d(10, 1), now=NOW).invoices == 0
    check_books()


def all_days(service):
    return [(p.lower, p.upper) for p in service.charges.filter(reversed_at=None).values_list("period", flat=True)]


# --- One bad contract blocking 235 others (OCA/contract#815) --------------------------------------------------------


def test_one_bad_contract_does_not_block_235_others(in_norte):
    for _number in range(117):
        make_customer()
    bad = make_customer(plan=make_plan("imposible", "100", tax_rate=Decimal("7.5")))
    worse, plain = one(), one()
    Discount.objects.create(
        service=worse, kind="percent", value=10, description="x", starts_on=d(1, 1), created_at=NOW, periods=1
    )
    # Data that no form lets in, as an import may bring them: a price that is not a number.
    with connection.cursor() as cursor:
        cursor.execute("UPDATE customers_service SET price = 'NaN' WHERE id = ANY(%s)", [[worse.pk, plain.pk]])
    for _number in range(117):
        make_customer()
    run = bill(d(12, 1), now=NOW)
    assert run.status == "done"
    assert run.invoices == 234
    assert set(run.left_out.values_list("service__customer_id", "reason")) == {
        (bad.pk, "bad_tax"),
        (worse.customer_id, "failed"),
        (plain.customer_id, "no_price"),
    }
    check_books()
    numbers_without_gaps()


# --- Billed while suspended (Ubiquiti-App/UCRM#139, chilek/lms#2462) ------------------------------------------------


@pytest.mark.parametrize(("policy", "december"), [("bill", Decimal(600)), ("stop", Decimal("309.68"))])
def test_billed_while_suspended(in_norte, policy, december):
    """Cut on 10 December, back on 26: the 15 whole days between are charged or not, as the provider said."""
    rules(cycle="postpaid", while_suspended=policy)
    service = one(installed_on=d(1, 1))
    issue(service, line("600", days=(d(11, 1), d(12, 1))))
    open_hold(service_id=service.pk, reason="debt", source="x", actor=STAFF, now=at(2026, 12, 10))
    close_holds(service_ids=[service.pk], reason="debt", actor=STAFF, now=at(2026, 12, 26))
    bill(d(1, 1, 2027), now=at(2026, 12, 28))
    stretches = [row for row in days_of(service) if row[0] >= d(12, 1)]
    assert (stretches[0][0], stretches[-1][1]) == (d(12, 1), d(1, 1, 2027))
    total = sum(charge.total for charge in service.charges.filter(period__startswith__gte=d(12, 1)))
    assert total == december
    bill(d(2, 1, 2027))
    days_of(service)
    check_books()


def test_a_service_first_billed_after_half_a_year_loses_no_month(in_norte):
    """The run completes the last three months by itself; the older ones stay offered until a person bills them."""
    service = one(installed_on=d(1, 1))
    bill(d(9, 1), now=at(2026, 8, 25))
    assert min(all_days(service))[0] == d(6, 1)
    assert [row.month.month for row in find_skipped(now=at(2026, 8, 26))] == [1, 2, 3, 4, 5]
    for month in range(1, 6):
        assert bill(d(month, 1), now=at(2026, 8, 26)).invoices == 1
    assert len(days_of(service)) == 9
    assert find_skipped(now=at(2026, 8, 26)) == []
    check_books()


# --- Month ends, leap days, clocks and midnights --------------------------------------------------------------------


@pytest.mark.parametrize("cycle", ["prepaid", "postpaid"])
def test_the_31st_in_months_without_one(in_norte, cycle):
    """Installed on 31 January, each from the day it began: month ends wander and come back, no day lost or doubled."""
    rules(period_unit="anniversary", cycle=cycle)
    service = one(installed_on=d(1, 31, 2027))
    for offset in range(14):
        bill(add_months(d(1, 1, 2027), offset))
    found = days_of(service)
    assert [start for start, _end in found[:5]] == [
        d(1, 31, 2027), d(2, 28, 2027), d(3, 31, 2027), d(4, 30, 2027), d(5, 31, 2027)
    ]  # fmt: skip
    assert set(paid(service)) == {Decimal(600)}
    assert len(found) == (14 if cycle == "prepaid" else 13)


def test_a_pay_day_of_31_for_everybody(in_norte):
    rules(issue_day=31, pay_day=31, cut_day=31)
    service = one(external_ref="w1")
    for offset in range(13):
        bill(add_months(d(1, 1, 2027), offset))
    assert [start.day for start, _end in days_of(service)] == [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31]
    assert set(paid(service)) == {Decimal(600)}


@pytest.mark.parametrize(("unit", "days"), [("month", 366), ("anniversary", 366)])
def test_a_leap_day_is_charged_once(in_norte, unit, days):
    rules(period_unit=unit)
    service = one(installed_on=d(2, 29, 2028) if unit == "anniversary" else d(1, 1, 2028))
    for offset in range(24):
        bill(add_months(d(1, 1, 2028), offset))
    found = days_of(service)
    leap = [row for row in found if row[0] <= d(2, 29, 2028) < row[1]]
    assert len(leap) == 1
    year = [row for row in found if row[0] >= found[0][0]][:12]
    assert (year[-1][1] - year[0][0]).days == days if unit == "month" else days - 1 <= 366
    if unit == "anniversary":
        assert [start for start, _end in found if start.month == 2] == [d(2, 29, 2028), d(2, 28, 2029)]


def test_the_half_of_a_leap_february(in_norte):
    service = one(installed_on=d(2, 15, 2028))
    bill(d(2, 1, 2028), now=at(2028, 2, 15))
    assert paid(service) == [Decimal("310.34")]  # 15 of 29 days


@pytest.mark.parametrize("zone", ["America/Santiago", "America/Mexico_City", "America/Asuncion", "Pacific/Apia"])
def test_clocks_that_change_at_midnight_lose_no_day(in_norte, zone):
    """Where summer time begins at midnight that hour does not exist; a year of runs in it still covers every day."""
    connection.tenant.timezone = zone
    service = one(installed_on=d(8, 15))
    for offset in range(13):
        month = add_months(d(9, 1), offset)
        bill(month, now=dt.datetime.combine(month - dt.timedelta(days=6), dt.time(0, 0), tenant_zone()))
    found = days_of(service)
    assert (found[0][0], found[-1][1]) == (d(8, 15), d(10, 1, 2027))
    assert set(paid(service)[1:]) == {Decimal(600)}


def test_a_run_that_crosses_the_providers_midnight_is_of_one_day(in_norte):
    """Begun at 23:59 in Mexico, where it is already tomorrow in UTC, and ended after midnight."""
    for _number in range(3):
        one(external_ref="", installed_on=d(1, 1))
    before, after = at(2026, 11, 25, 23, 59), at(2026, 11, 26, 0, 5)
    run = start_run(period=d(12, 1), origin="hand", actor=STAFF, now=before)
    bill_chunk(run_id=run.pk, now=before, size=1)
    run_billing(run_id=run.pk, now=after)
    assert set(Invoice.objects.filter(period__startswith=d(12, 1)).values_list("issued_on", flat=True)) <= {d(11, 25)}
    assert set(Invoice.objects.values_list("issued_on", flat=True)) == {d(11, 25)}
    assert bill(d(12, 1), now=after).invoices == 0


# --- Proration choices (Ubiquiti-App/UCRM#38, #109, #111) -----------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "first"), [("real_days", "387.10"), ("days_30", "380.00"), ("whole", "600"), ("free", "0")]
)
def test_the_first_month_by_each_choice(in_norte, rule, first):
    """Installed on 12 December: the rest of the month by the provider's choice, January whole whatever the choice."""
    rules(first_period=rule)
    service = one(installed_on=d(12, 12))
    bill(d(12, 1), now=at(2026, 12, 12))
    assert sum(paid(service)) == Decimal(first)
    bill(d(1, 1, 2027))
    assert days_of(service) == [(d(12, 12), d(1, 1, 2027)), (d(1, 1, 2027), d(2, 1, 2027))]
    assert sum(paid(service)) == Decimal(first) + 600
    check_books()


@pytest.mark.parametrize(
    ("rule", "december"),
    [("real_days", "764.52"), ("days_30", "760.00"), ("whole", "900.00"), ("free", "600.00")],
)
def test_a_change_of_plan_in_mid_cycle_by_each_choice(in_norte, rule, december):
    """600 a month until 14 December, 900 from the 15th: what December comes to in the end, notes and all."""
    rules(plan_change=rule)
    service = one(external_ref="w1")
    bill(d(12, 1))
    better = make_plan("Plus", "900.00")
    change_plan(service_id=service.pk, new_plan=better, actor=STAFF, now=at(2026, 12, 15), when="now")
    bill(d(1, 1, 2027), now=at(2026, 12, 26))
    january = Decimal(900)
    assert balance(service.customer_id)["MXN"] == Decimal(december) + january
    found = days_of(service)
    assert (found[0][0], found[-1][1]) == (d(12, 1), d(2, 1, 2027))
    assert bill(d(1, 1, 2027), now=at(2026, 12, 27)).invoices == 0
    check_books()


# --- Packs of days with a trial -------------------------------------------------------------------------------------


@pytest.mark.parametrize("pack", [1, 3, 7, 30])
def test_packs_of_days_at_a_price_a_day_with_days_of_trial(in_norte, pack):
    """A month of packs at 20 a day after five days of trial, issued by daily runs: 25 days, 500, no day twice."""
    rules(period_unit="days", pack_days=pack, trial_days=5, issue_before=0, due_after=0)
    plan = make_plan("Por día", "20.00", price_unit="day")
    service = one(plan=plan, installed_on=d(12, 1))
    for day in range(1, 31):
        bill(d(12, 1), now=at(2026, 12, day))
    found = days_of(service)
    assert found[0][0] == d(12, 1)
    charged = sum((min(end, d(12, 31)) - start).days for start, end in found if start < d(12, 31))
    assert charged == 30
    extra = (found[-1][1] - d(12, 31)).days
    assert sum(paid(service)) == 20 * (25 + extra)
    check_books()


# --- Between the issue of a month and its first day -----------------------------------------------------------------


def clock(day):
    """What the clock issues on a day, night work aside."""
    now = at(2026 if day.month == 12 else 2027, day.month, day.day)
    for selection in selections_due(all_policies(), now):
        run = start_run(period=selection.first, origin="clock", actor=STAFF, now=now, selection=selection)
        run_billing(run_id=run.pk, now=now)


def december_billed(**fields):
    """A service brought by an import long after it began, charged for December and, on the 25th, for January."""
    rules(auto_issue_from=d(12, 24), **fields)
    service = one(external_ref="w1", installed_on=d(3, 10, 2025))
    issue(service, line("600", days=(d(12, 1), d(1, 1, 2027))), now=at(2026, 11, 25))
    clock(d(12, 25))
    return service


def test_a_plan_changed_after_a_month_was_issued_leaves_that_month_charged_at_the_new_price(in_norte):
    service = december_billed()
    change_plan(
        service_id=service.pk, new_plan=make_plan("Plus", "900.00"), actor=STAFF, now=at(2026, 12, 28), when="now"
    )
    clock(d(1, 25, 2027))
    assert days_of(service)[-1][1] == d(3, 1, 2027)
    assert sum(all_days(service), ())[0] == d(12, 1)
    # 27 days of December at 600, four at 900, January and February at 900.
    assert balance(service.customer_id)["MXN"] == Decimal("522.58") + Decimal("116.13") + 1800
    check_books()


def test_a_pause_that_ends_after_a_month_was_issued_leaves_that_month_charged(in_norte):
    rules(auto_issue_from=d(12, 24), pause_returns=True)
    service = one(external_ref="w1", installed_on=d(3, 10, 2025))
    issue(service, line("600", days=(d(12, 1), d(1, 1, 2027))), now=at(2026, 11, 25))
    pause_service(service_id=service.pk, until=None, why="", actor=STAFF, now=at(2026, 12, 10))
    clock(d(12, 25))
    resume_service(service_id=service.pk, actor=STAFF, now=at(2026, 12, 29))
    clock(d(1, 25, 2027))
    assert days_of(service)[-1][1] == d(3, 1, 2027)
    # 13 days of December, January and February.
    assert balance(service.customer_id)["MXN"] == Decimal("251.61") + 1200
    check_books()
