"""Reminders, cuts and reconnections by the terms of a zone or a customer: whom, for how much, and at what hour."""

import datetime as dt
from decimal import Decimal

import pytest

from billing.domain.clock import drain
from billing.domain.night_work import execute_night
from billing.domain.nights import plan_night, preview_night
from billing.domain.overrides import set_override
from billing.domain.payments import record_payment
from billing.models import Decision, Night
from billing.tests.scenes import NOW, STAFF, TODAY, make_customer, notices, owe, reach
from customers.models import Customer, Hold, Zone
from inbox.models import Message

BY = {"actor": STAFF, "now": NOW}


def local(hour, minute=0, day=25):
    """That hour of 25 November in Mexico City, which is UTC-6."""
    return dt.datetime(2026, 11, day, hour, minute, tzinfo=dt.UTC) + dt.timedelta(hours=6)


@pytest.fixture
def zone(in_norte):
    return Zone.objects.create(name="Ribera")


def in_zone(name, zone):
    customer = make_customer(name)
    Customer.objects.filter(pk=customer.pk).update(zone=zone)
    customer.refresh_from_db()
    return customer


def decided(night):
    return {(d.action, d.customer.name) for d in night.decisions.select_related("customer")}


def test_grace_and_least_debt_are_those_of_the_zone_or_the_customer(zone):
    usual, patient, small = make_customer("Usual"), in_zone("Patient", zone), make_customer("Small")
    strict = in_zone("Strict", zone)
    for customer in (usual, patient, small, strict):
        owe(customer, "300", days_late=2)
    set_override(holder=zone, values={"cut_after_days": 5}, **BY)
    set_override(holder=strict, values={"cut_after_days": 1}, **BY)
    set_override(holder=small, values={"min_debt": "500"}, **BY)
    night = plan_night(day=TODAY, now=NOW)
    assert decided(night) == {("cut", "Usual"), ("cut", "Strict"), ("spare", "Small")}
    assert {d.customer.name for d in preview_night(day=TODAY, now=NOW)} == {"Usual", "Strict", "Small"}
    # What stood this morning is decided again when the hour comes.
    set_override(holder=strict, values={"cut_after_days": 9}, **BY)
    execute_night(night_id=night.pk, now=local(19))
    assert {hold.service.customer.name for hold in Hold.objects.all()} == {"Usual"}


def test_reminders_go_on_the_days_of_ones_own(zone):
    usual, early = make_customer("Usual"), in_zone("Early", zone)
    for customer in (usual, early):
        owe(customer, "300", days_late=-5)
    assert decided(plan_night(day=TODAY, now=NOW)) == set()
    set_override(holder=zone, values={"notices": notices(-5)}, **BY)
    assert decided(plan_night(day=TODAY, now=NOW)) == {("remind", "Early")}


def test_each_is_cut_at_its_own_hour_and_the_night_waits_for_the_last(zone):
    usual, late, early = make_customer("Usual"), in_zone("Late", zone), make_customer("Early")
    for customer in (usual, late, early):
        owe(customer, "300", days_late=2)
    set_override(holder=zone, values={"cut_hour": dt.time(21)}, **BY)
    set_override(holder=early, values={"cut_hour": dt.time(10), "cut_window_hours": 2}, **BY)
    wakes = [drain(now=local(9))]

    def cut():
        return {hold.service.customer.name for hold in Hold.objects.all()}

    assert cut() == set()
    wakes.append(drain(now=local(10)))
    assert cut() == {"Early"}
    wakes.append(drain(now=local(19)))
    assert cut() == {"Early", "Usual"}
    assert Night.objects.get(day=TODAY).status == Night.Status.PLANNED
    wakes.append(drain(now=local(21)))
    assert cut() == {"Early", "Usual", "Late"}
    assert Night.objects.get(day=TODAY).status == Night.Status.DONE
    assert wakes[:3] == [local(10), local(12), local(21)]


def test_who_was_not_reached_within_its_own_window_is_not_cut_late(zone):
    early, usual = in_zone("Early", zone), make_customer("Usual")
    owe(early, "300", days_late=2)
    owe(usual, "300", days_late=2)
    set_override(holder=zone, values={"cut_hour": dt.time(10), "cut_window_hours": 2}, **BY)
    night = plan_night(day=TODAY, now=NOW)
    execute_night(night_id=night.pk, now=local(19, 30))
    assert {hold.service.customer.name for hold in Hold.objects.all()} == {"Usual"}
    assert Decision.objects.get(customer=early).outcome == Decision.Outcome.MISSED


def test_reminders_wait_for_their_own_hour(zone):
    usual, late = make_customer("Usual"), in_zone("Late", zone)
    for customer in (usual, late):
        reach(customer)
        owe(customer, "300", days_late=0)
    set_override(holder=late, values={"notices": notices(0, hour="12:00")}, **BY)
    drain(now=local(9))
    assert Message.objects.filter(direction="out").count() == 1
    drain(now=local(12))
    assert Message.objects.filter(direction="out").count() == 2


def test_how_much_brings_the_service_back_is_the_customers_own(zone):
    usual, half = make_customer("Usual"), in_zone("Half", zone)
    set_override(holder=zone, values={"reconnect_when": "percent", "reconnect_value": "50"}, **BY)
    back = {}
    for customer in (usual, half):
        owe(customer, "300", days_late=2)
        pay = {"customer_id": customer.pk, "amount": Decimal(200), "method": "cash", "key": customer.name}
        back[customer.name] = record_payment(received_at=NOW, actor=STAFF, now=NOW, **pay).reconnects
    assert back == {"Usual": False, "Half": True}


def test_the_page_says_each_ones_hour(client_norte, zone):
    late = in_zone("Late", zone)
    owe(late, "300", days_late=2)
    set_override(holder=zone, values={"cut_hour": dt.time(21, 45)}, **BY)
    plan_night(day=TODAY, now=NOW)
    page = client_norte.get("/cobranza/esta-noche/", {"day": TODAY.isoformat()}).content.decode()
    assert "21:45" in page
