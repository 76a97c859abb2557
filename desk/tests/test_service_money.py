"""What pausing, resuming and ending a service do to its money, and what the dialogs say before."""

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import timezone

from billing.domain.plan_changes import change_plan
from billing.domain.policies import current_policy
from billing.domain.run import run_billing, start_run
from billing.models import Charge, Contract, CreditNote, Extra, Invoice, InvoiceLine, PlanChange
from billing.tests.bills import bill, line
from billing.tests.scenes import DECEMBER, NOW, STAFF, check_books, make_customer, make_plan
from desk.domain.services import end_service, pause_service, resume_service
from tenants.current import tenant_today

JANUARY = dt.date(2027, 1, 1)


def at(day, month=12):
    return dt.datetime(2026, month, day, 18, 0, tzinfo=dt.UTC)


def rule(**values):
    policy = current_policy()
    for name, value in values.items():
        setattr(policy, name, value)
    policy.save()


def run(month, now):
    found = start_run(period=month, origin="hand", actor=STAFF, now=now)
    run_billing(run_id=found.pk, now=now)
    return [(row.description, row.total) for row in InvoiceLine.objects.filter(invoice__run=found).order_by("id")]


@pytest.fixture
def service(in_norte):
    service = make_customer(plan=make_plan("Hogar", "620.00"), installed_on=dt.date(2026, 12, 1)).services.get()
    run(DECEMBER, NOW)
    return service


def pause(service, day, until=None, **fields):
    return pause_service(service_id=service.pk, until=until, why="", actor=STAFF, now=at(day), **fields)


def test_a_pause_gives_back_what_was_charged_and_the_days_after_it_are_charged_again(service):
    assert pause(service, 10)
    assert CreditNote.objects.get().total == Decimal(420)  # 21 of 31 days
    assert not pause(service, 11)
    assert CreditNote.objects.count() == 1
    resume_service(service_id=service.pk, actor=STAFF, now=at(22))
    assert run(JANUARY, at(26)) == [
        ("Hogar, 22/12/2026 al 31/12/2026 (10 de 31 días)", Decimal(200)),
        ("Hogar, 01/01/2027 al 31/01/2027", Decimal(620)),
    ]
    check_books()


def test_a_pause_with_a_fee_charges_it_and_coming_back_early_takes_the_rest_of_it_back(service):
    rule(pause_percent=Decimal(25))
    pause(service, 10, dt.date(2027, 1, 10))
    assert run(JANUARY, at(26)) == [
        ("Hogar, 11/12/2026 al 25/12/2026 (15 de 31 días), en pausa", Decimal(75)),
        ("Hogar, 26/12/2026 al 31/12/2026 (6 de 31 días), en pausa", Decimal(30)),
        ("Hogar, 01/01/2027 al 10/01/2027 (10 de 31 días), en pausa", Decimal(50)),
        ("Hogar, 11/01/2027 al 31/01/2027 (21 de 31 días)", Decimal(420)),
    ]
    resume_service(service_id=service.pk, actor=STAFF, now=dt.datetime(2027, 1, 6, 18, tzinfo=dt.UTC))
    assert CreditNote.objects.latest("id").total == Decimal(25)
    covered = Charge.objects.filter(reversed_at=None, period__startswith__gte=dt.date(2027, 1, 1)).order_by("period")
    assert [(charge.period.lower.day, charge.period.upper.day) for charge in covered] == [(1, 6), (11, 1)]
    check_books()


@pytest.mark.parametrize(
    ("policy", "asked", "notes"), [(True, None, 1), (False, None, 0), (False, True, 1), (True, False, 0)]
)
def test_the_policy_decides_unless_somebody_did(service, policy, asked, notes):
    rule(pause_returns=policy, cancel_returns=policy)
    pause(service, 10, returns=asked)
    assert CreditNote.objects.count() == notes
    other = make_customer(plan=make_plan("Hogar")).services.get()
    bill(other, line("620", days=(DECEMBER, JANUARY)))
    end_service(service_id=other.pk, why="", actor=STAFF, now=at(21), returns=asked)
    assert CreditNote.objects.filter(customer=other.customer).count() == notes


def test_leaving_before_the_term_is_charged_and_what_was_waiting_is_forgotten(service):
    Contract.objects.create(service=service, term_months=12, termination="amount", termination_value=Decimal(900))
    change_plan(service_id=service.pk, new_plan=make_plan("Otro", "100"), when="period_end", actor=STAFF, now=at(5))
    rule(cancel_returns=True)
    assert end_service(service_id=service.pk, why="se mudó", actor=STAFF, now=at(21))
    assert CreditNote.objects.get().total == Decimal(200)  # from the 22nd on
    assert PlanChange.objects.get().status == "cancelled"
    fee = Extra.objects.get()
    assert (fee.category, fee.amount, fee.key) == ("termination_fee", Decimal(900), f"termination_fee:{service.pk}")
    assert not end_service(service_id=service.pk, why="", actor=STAFF, now=at(22))
    assert run(JANUARY, at(26)) == [("Baja antes del plazo", Decimal(900))]
    check_books()


def test_leaving_can_be_forgiven(service):
    Contract.objects.create(service=service, term_months=12, termination="amount", termination_value=Decimal(900))
    end_service(service_id=service.pk, why="", actor=STAFF, now=at(21), charge_fee=False)
    assert not Extra.objects.exists()
    assert not CreditNote.objects.exists()
    assert Invoice.objects.get().total == Decimal(620)


@pytest.fixture
def charged_today(in_norte):
    """A service charged for the thirty days around today, of the clock's own."""
    today = tenant_today(timezone.now())
    service = make_customer(plan=make_plan("Hogar", "600.00")).services.get()
    bill(service, line("600", days=(today - dt.timedelta(days=9), today + dt.timedelta(days=21))), now=timezone.now())
    Contract.objects.create(service=service, term_months=12, termination="amount", termination_value=Decimal(900))
    return service


def test_the_dialogs_say_the_amounts_before(client_norte, charged_today):
    service = charged_today
    page = client_norte.get(f"/servicios/{service.pk}/pausa/").content.decode()
    assert "Ya se cobraron 20 días después de hoy: devolverlos son $400.00" in page
    page = client_norte.get(f"/servicios/{service.pk}/baja/").content.decode()
    assert "la baja anticipada cuesta $900.00" in page
    assert not CreditNote.objects.exists()
    client_norte.post(f"/servicios/{service.pk}/baja/", {"why": "", "returns": "on"})
    assert CreditNote.objects.get().total == Decimal(400)
    assert not Extra.objects.exists()


def test_the_api_says_it_and_does_it(client_norte, sign_in, in_norte, client_sur, charged_today):
    path = f"/api/v1/services/{charged_today.pk}/end/"
    seen = client_norte.get(path).json()
    assert (seen["returned"], seen["days"], seen["returned_by_policy"], seen["fee"]) == (
        "400.000",
        20,
        False,
        "900.000",
    )
    assert client_sur.get(path).status_code == 404
    assert client_norte.post(path, {"returns": True, "charge_fee": False}, "application/json").json() == {
        "changed": True
    }
    assert (CreditNote.objects.count(), Extra.objects.count()) == (1, 0)
