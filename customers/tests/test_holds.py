from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from customers.domain.holds import close_holds, held_service_ids, open_hold
from customers.models import Customer, Hold, Plan, Service
from events.domain import Actor
from events.models import Event
from tenants.current import entered

pytestmark = pytest.mark.django_db
ACTOR = Actor.system("Cobranza")


@pytest.fixture
def service(norte):
    with entered(norte):
        customer = Customer.objects.create(code="N1", name="Nadia")
        plan = Plan.objects.create(name="Hogar", price="350")
        yield Service.objects.create(customer=customer, plan=plan, code="S1")


def hold(service, reason="debt", **more):
    return open_hold(service_id=service.pk, reason=reason, source="policy", actor=ACTOR, now=timezone.now(), **more)


def test_the_same_hold_opens_once(service):
    assert hold(service) is not None
    assert hold(service) is None
    assert Hold.objects.count() == Event.objects.filter(type="service.held").count() == 1


def test_a_payment_closes_debt_and_nothing_else(service):
    hold(service, "debt")
    hold(service, "abuse")
    now = timezone.now()
    assert close_holds(service_ids=[service.pk], reason="debt", actor=ACTOR, now=now) == [service.pk]
    assert held_service_ids([service.pk], now) == {service.pk}
    assert close_holds(service_ids=[service.pk], reason="debt", actor=ACTOR, now=now) == []
    close_holds(service_ids=[service.pk], reason="abuse", actor=ACTOR, now=now)
    assert held_service_ids([service.pk], now) == set()


def test_a_hold_ends_by_itself_at_its_time(service):
    now = timezone.now()
    hold(service, "pause", until=now + timedelta(hours=1))
    assert held_service_ids([service.pk], now + timedelta(seconds=5)) == {service.pk}
    assert held_service_ids([service.pk], now + timedelta(hours=1)) == set()


def test_closed_holds_may_open_again(service):
    hold(service)
    close_holds(service_ids=[service.pk], reason="debt", actor=ACTOR, now=timezone.now())
    assert hold(service) is not None
    assert Hold.objects.count() == 2
