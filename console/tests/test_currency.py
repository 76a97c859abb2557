"""A provider's currency changes only while nothing is open in the one it has."""

from __future__ import annotations

from decimal import Decimal

import pytest

from billing.domain.payments import record_payment
from billing.models import BillingRun
from billing.tests.scenes import NOW, STAFF, TODAY, make_customer, owe
from events.models import Event
from tenants.current import entered
from tenants.models import Tenant

pytestmark = pytest.mark.django_db


def pay(customer, amount):
    record_payment(
        customer_id=customer.pk,
        amount=Decimal(amount),
        method="cash",
        received_at=NOW,
        actor=STAFF,
        key=str(amount),
        now=NOW,
    )


def currency_of(tenant):
    return Tenant.objects.get(pk=tenant.pk).currency


def test_open_invoices_and_credit_refuse_it_and_keep_what_was_typed(norte, sur, sign_in):
    client, url = sign_in(None), f"/proveedores/{norte.slug}/moneda/"
    with entered(norte):
        customer = make_customer()
        owe(customer, "600")
    refused = client.post(url, {"currency": "usd"})
    text = refused.content.decode()
    assert refused.status_code == 422
    assert "Hay 1 factura por pagar ($600.00): cóbrela o anúlela" in text
    assert 'value="usd"' in text
    with entered(norte):
        pay(customer, 700)
    assert "1 cliente tiene saldo a favor" in client.post(url, {"currency": "USD"}).content.decode()
    assert (currency_of(norte), currency_of(sur)) == ("MXN", "ARS")
    with entered(norte):
        owe(customer, "100")
        assert not Event.objects.filter(type="currency.changed").exists()


def test_with_nothing_open_it_changes_for_that_provider_alone(norte, sur, sign_in):
    client, url = sign_in(None), f"/proveedores/{norte.slug}/moneda/"
    with entered(norte):
        customer = make_customer()
        owe(customer, "600")
        pay(customer, 600)
    assert "No conocemos esa moneda" in client.post(url, {"currency": "XYZ"}).content.decode()
    assert client.post(url, {"currency": "usd"}).status_code == 302
    assert (currency_of(norte), currency_of(sur)) == ("USD", "ARS")
    with entered(norte):
        assert Event.objects.get(type="currency.changed").facts == {"before": "MXN", "now": "USD"}


def test_a_run_under_way_refuses_it(norte, sign_in):
    with entered(norte):
        BillingRun.objects.create(
            period=TODAY, origin="hand", status="running", issued_on=TODAY, actor_label="x", created_at=NOW
        )
    text = sign_in(None).post(f"/proveedores/{norte.slug}/moneda/", {"currency": "USD"}).content.decode()
    assert "corrida de facturación sin terminar" in text
    assert currency_of(norte) == "MXN"


def test_readers_and_strangers_do_not(norte, sign_in):
    url = f"/proveedores/{norte.slug}/moneda/"
    assert sign_in(None, "read_only").post(url, {"currency": "USD"}).status_code == 404
    assert sign_in(None, None).post(url, {"currency": "USD"}).status_code == 302
    assert currency_of(norte) == "MXN"
