"""What comes after a cut nobody paid for, with its effects on billing, and undone again."""

import datetime as dt
from decimal import Decimal

import pytest

from billing.domain.clock import drain
from billing.domain.night_work import execute_night
from billing.domain.nights import NightRefused, plan_night
from billing.domain.payments import record_payment
from billing.domain.policies import all_policies, current_policy
from billing.domain.second_step import undo_second_step
from billing.domain.service_facts import read_facts
from billing.models import BillingStop, Decision
from billing.tests.scenes import NOW, STAFF, TODAY, give_access, make_customer, owe
from customers.models import Hold, Service
from events.models import Event
from tenants.current import enter

NIGHT = dt.datetime(2026, 11, 26, 1, 0, tzinfo=dt.UTC)


def policy(**values):
    found = current_policy()
    for name, value in values.items():
        setattr(found, name, value)
    found.save()


def cut_long_ago(name="Ana", days=70):
    customer = make_customer(name)
    give_access(customer)
    owe(customer, "600", days_late=days)
    since = NOW - dt.timedelta(days=days)
    Hold.objects.create(service=customer.services.get(), reason="debt", source="dunning", since=since, opened_by="C")
    return customer


def night():
    return execute_night(night_id=plan_night(day=TODAY, now=NOW).pk, now=NIGHT)


def test_after_so_many_days_it_is_billed_no_more_until_it_is_back(in_norte):
    policy(second_step="stop_billing", second_step_after_days=60)
    customer, recent = cut_long_ago(), cut_long_ago("Recent", days=30)
    done = night()
    service = customer.services.get()
    assert [(d.action, d.outcome, d.customer.name) for d in done.decisions.all()] == [("stop", "done", "Ana")]
    assert "se deja de facturar" in done.decisions.get().sentence
    assert Event.objects.get(type="dunning.unbilled").customer_id == customer.pk
    assert BillingStop.objects.get().since == TODAY
    assert off_days(service) == [(TODAY, dt.date.max)]
    assert off_days(recent.services.get()) == []
    # Tomorrow there is nothing left to do.
    assert not plan_night(day=TODAY + dt.timedelta(days=1), now=NIGHT).decisions.exists()
    later = NIGHT + dt.timedelta(days=3)
    record_payment(
        customer_id=customer.pk, amount=Decimal(600), method="cash", received_at=later, actor=STAFF, key="k", now=later
    )  # fmt: skip
    drain(now=later)
    stop = BillingStop.objects.get()
    assert (stop.until, stop.closed_at) == (TODAY + dt.timedelta(days=3), later)
    assert Event.objects.filter(type="dunning.billed_again").count() == 1


def off_days(service):
    service = Service.objects.select_related("plan", "customer").get(pk=service.pk)
    facts = read_facts([service], all_policies(), since=dt.date(2026, 1, 1), now=NIGHT)[service.pk]
    return list(facts.off)


def test_it_is_ended_and_the_end_can_be_undone_once(in_norte):
    policy(second_step="cancel", second_step_after_days=60)
    customer = cut_long_ago()
    decision = night().decisions.get()
    service = customer.services.get()
    assert (decision.action, decision.outcome) == ("cancel", "done")
    assert (service.status, service.ended_on) == ("cancelled", TODAY)
    assert "se da de baja" in Event.objects.get(type="service.cancelled").facts["why"]
    undo_second_step(decision_id=decision.pk, actor=STAFF, now=NIGHT)
    service.refresh_from_db()
    assert (service.status, service.ended_on) == ("active", None)
    # The cut stays: undoing an end is not forgiving a debt.
    assert Hold.objects.open(NIGHT).filter(service=service, reason="debt").exists()
    with pytest.raises(NightRefused):
        undo_second_step(decision_id=decision.pk, actor=STAFF, now=NIGHT)


def test_who_pays_or_is_taken_out_meanwhile_keeps_the_service(in_norte):
    policy(second_step="cancel", second_step_after_days=60)
    payer, kept = cut_long_ago("Payer"), cut_long_ago("Kept")
    plan_night(day=TODAY, now=NOW)
    Decision.objects.filter(customer=kept).update(taken_out_at=NOW, taken_out_by="Ana")
    record_payment(
        customer_id=payer.pk, amount=Decimal(600), method="cash", received_at=NOW, actor=STAFF, key="k", now=NOW
    )  # fmt: skip
    execute_night(night_id=Decision.objects.first().night_id, now=NIGHT)
    assert set(Service.objects.values_list("status", flat=True)) == {"active"}


def test_the_guard_counts_second_steps_too(in_norte):
    policy(second_step="cancel", second_step_after_days=60, max_cuts=0)
    cut_long_ago()
    found = plan_night(day=TODAY, now=NOW)
    assert found.needs_approval
    assert found.guard == [{"code": "many", "count": 1, "limit": 0}]
    assert execute_night(night_id=found.pk, now=NIGHT).status == "planned"
    assert not Service.objects.filter(status="cancelled").exists()


def test_the_percentage_counts_customers(in_norte):
    policy(max_cuts_percent=Decimal(50))
    for name in ("Uno", "Dos", "Tres", "Cuatro"):
        make_customer(name)
    owe(make_customer("Debe", services=3), "600", days_late=3)
    found = plan_night(day=TODAY, now=NOW)
    assert (found.needs_approval, found.decisions.filter(action="cut").count()) == (False, 3)
    policy(max_cuts_percent=Decimal(10))
    found = plan_night(day=TODAY, now=NOW)
    assert found.guard == [{"code": "many_percent", "count": 1, "of": 5, "limit": "10"}]


def test_the_other_provider_keeps_its_services(norte, sur):
    for slug in ("norte", "sur"):
        with enter(slug):
            policy(second_step="cancel" if slug == "norte" else "none", second_step_after_days=60)
            cut_long_ago()
            night()
    with enter("sur"):
        assert Service.objects.get().status == "active"
        assert not Decision.objects.exists()
