"""Late fees and reconnection fees: when, how much, once."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.domain.fees import add_late_fees
from billing.domain.invoices import void_invoice
from billing.domain.payments import record_payment
from billing.domain.policies import current_policy
from billing.models import Extra, PolicyOverride
from billing.tests.bills import bill
from billing.tests.scenes import NOW, STAFF, TODAY, make_customer, owe
from customers.models import Hold, Zone
from events.models import Event
from events.sentences import sentence
from tenants.current import entered


def rule(**values):
    policy = current_policy()
    for name, value in values.items():
        setattr(policy, name, value)
    policy.save()


@pytest.fixture
def fee(in_norte):
    rule(late_fee_kind="amount", late_fee_value=Decimal(50), late_fee_after_days=3, late_fee_taxed=True)


def fees():
    rows = Extra.objects.filter(category="late_fee").order_by("id")
    return [(extra.service.customer_id, extra.amount) for extra in rows]


def test_who_is_late_long_enough_pays_once(fee):
    late, soon, paid = make_customer(), make_customer(), make_customer()
    invoice = owe(late, "250", days_late=3)
    owe(soon, "250", days_late=2)
    settled = owe(paid, "250", days_late=5)
    pay(paid, settled)
    assert add_late_fees(today=TODAY, now=NOW) == 1
    assert add_late_fees(today=TODAY, now=NOW) == 0
    extra = Extra.objects.get()
    assert (extra.service, extra.amount, extra.kind, extra.taxed, extra.key) == (
        late.services.get(), Decimal(50), "once", True, f"late_fee:{invoice.pk}",
    )  # fmt: skip
    event = Event.objects.get(type="fee.added")
    assert event.customer_id == late.pk
    assert sentence(event) == f"Recargo por pago tardío de {invoice.label}: $50.00 en la próxima factura."
    assert add_late_fees(today=TODAY + dt.timedelta(days=1), now=NOW) == 1


def pay(customer, invoice, now=NOW):
    record_payment(
        customer_id=customer.pk, amount=invoice.total, method="cash", received_at=now, actor=STAFF,
        key=f"k{invoice.pk}", now=now,
    )  # fmt: skip


def test_a_percentage_is_of_what_is_owed_and_goes_to_the_service_that_was_charged(fee):
    rule(late_fee_kind="percent", late_fee_value=Decimal("3.5"))
    customer = make_customer(services=2)
    second = customer.services.order_by("id")[1]
    invoice = bill(second, due_on=TODAY - dt.timedelta(days=10))
    record_payment(
        customer_id=customer.pk, amount=Decimal(100), method="cash", received_at=NOW, actor=STAFF, key="p", now=NOW
    )
    add_late_fees(today=TODAY, now=NOW)
    extra = Extra.objects.get(key=f"late_fee:{invoice.pk}")
    assert (extra.service, extra.amount) == (second, Decimal("17.50"))


def test_each_zone_and_customer_by_its_own_policy(fee):
    zones = [Zone.objects.create(name=name) for name in ("Centro", "Norte", "Rural")]
    people = [make_customer() for _ in range(4)]
    for customer, zone in zip(people, [*zones, zones[2]], strict=True):
        customer.zone = zone
        customer.save()
        owe(customer, "1000", days_late=10)
    for values in (
        {"zone": zones[1], "values": {"late_fee_kind": "percent", "late_fee_value": "10"}},
        {"zone": zones[2], "values": {"late_fee_kind": "none"}},
        {"customer": people[3], "values": {"late_fee_kind": "amount", "late_fee_value": "7", "late_fee_after_days": 5}},
    ):
        PolicyOverride.objects.create(changed_at=NOW, **values)
    with CaptureQueriesContext(connection) as few:
        assert add_late_fees(today=TODAY, now=NOW) == 3
    assert fees() == [(people[0].pk, Decimal(50)), (people[1].pk, Decimal(100)), (people[3].pk, Decimal(7))]
    for _ in range(20):
        owe(make_customer(), "500", days_late=5)
    with CaptureQueriesContext(connection) as many:
        assert add_late_fees(today=TODAY, now=NOW) == 20
    assert len(many) == len(few)


def test_old_debts_other_providers_and_no_fee_are_left_alone(fee, sur):
    owe(make_customer(), "250", days_late=100)
    with entered(sur):
        owe(make_customer(), "250", days_late=10)
    assert add_late_fees(today=TODAY, now=NOW) == 0
    with entered(sur):
        assert add_late_fees(today=TODAY, now=NOW) == 0
        assert not Extra.objects.exists()


@pytest.mark.parametrize(("days", "charged"), [(1, 0), (2, 1), (9, 1)])
def test_coming_back_after_a_long_cut_costs_once(in_norte, days, charged):
    rule(reconnect_fee_kind="percent", reconnect_fee_value=Decimal(10), reconnect_fee_after_days=2)
    customer = make_customer()
    invoice = owe(customer, "600", days_late=20)
    service = customer.services.get()
    cut = {"service": service, "since": NOW - dt.timedelta(days=days), "opened_by": "Cobranza", "source": "x"}
    hold = Hold.objects.create(reason="debt", **cut)
    Hold.objects.create(reason="pause", **cut)
    pay(customer, invoice)
    assert Extra.objects.count() == charged
    if charged:
        extra = Extra.objects.get()
        assert (extra.key, extra.amount, extra.category) == (f"reconnect_fee:{hold.pk}", Decimal(60), "reconnect_fee")
        assert sentence(Event.objects.get(type="fee.added")) == "Reconexión: $60.00 en la próxima factura."


def test_a_cut_that_was_our_mistake_costs_nothing_to_lift(in_norte):
    rule(reconnect_fee_kind="amount", reconnect_fee_value=Decimal(100))
    customer = make_customer()
    invoice = owe(customer, "600", days_late=20)
    Hold.objects.create(
        service=customer.services.get(), reason="debt", since=NOW, opened_by="Cobranza", source="dunning"
    )
    void_invoice(invoice_id=invoice.pk, reason="no era suya", actor=STAFF, now=NOW)
    assert not Hold.objects.filter(closed_at=None).exists()
    assert not Extra.objects.exists()
