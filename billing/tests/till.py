"""What the gateways' tests start from: an account on a simulator, a debt, and the lane run as a worker runs it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.utils import timezone

from billing.domain.gateway_accounts import connect_account, notice_address
from billing.domain.gateway_lane import drain
from billing.domain.payment_requests import create_request, open_request
from billing.models import Allocation, Entry, GatewayAccount, GatewayNotice, GatewayPayment, Payment, PaymentRequest
from billing.tests.scenes import STAFF, make_customer, owe
from customers.domain.holds import open_hold
from customers.models import Customer
from network.domain.desire import refresh_desired
from simulators.stripe_api import StripeSimulator

KEY, SECRET = "sk_test_norte", "whsec_norte"


def connect_stripe(stripe: StripeSimulator, *, key: str = KEY, secret: str = SECRET, **fields: Any) -> GatewayAccount:
    """A Stripe account of the current tenant, on the simulator; its events go nowhere until `listen`."""
    stripe.add_account(key=key, webhook_secret=secret, name="Norte")
    return connect_account(
        account=None,
        kind="stripe",
        name="Stripe",
        api_key=key,
        webhook_secret=secret,
        config={"api_base": stripe.url},
        actor=STAFF,
        now=timezone.now(),
        **fields,
    )


def listen(far_side: Any, account: GatewayAccount, port: int, key: str = KEY) -> str:
    """Tell the simulator where this account's notifications go; returns the address."""
    path = "/" + notice_address(account).split("/", 3)[3]
    far_side.accounts[key].webhook_url = f"http://norte.localhost:{port}{path}"
    return path


def debtor(amount: str = "600", *, cut: bool = True) -> Customer:
    """A customer who owes, and is off for it."""
    customer = make_customer()
    owe(customer, amount, days_late=20, today=timezone.now().date())
    if cut:
        for service in customer.services.all():
            open_hold(service_id=service.pk, reason="debt", source="test", actor=STAFF, now=timezone.now())
            refresh_desired(service_ids=[service.pk], now=timezone.now(), actor=STAFF)
    return customer


def ask(account: GatewayAccount, customer: Customer, amount: str = "600", **fields: Any) -> PaymentRequest:
    """A request for all the customer's invoices, opened at the gateway."""
    invoices = list(customer.invoices.values_list("id", flat=True))
    base = {"key": f"test:{customer.pk}:{amount}", "actor": STAFF, "now": timezone.now(), "invoice_ids": invoices}
    row = create_request(account=account, customer_id=customer.pk, amount=Decimal(amount), **{**base, **fields})
    return open_request(request_id=row.pk, now=timezone.now())


def work(*, later: dt.timedelta = dt.timedelta(0)) -> dt.datetime | None:
    """The lane, as a worker runs it, now or when some time has passed."""
    return drain(now=timezone.now() + later)


def books() -> tuple[int, int, int, int, int]:
    """Everything that a notification may touch: all equal before and after one that must leave no trace."""
    return (
        Entry.objects.count(),
        Payment.objects.count(),
        Allocation.objects.count(),
        GatewayPayment.objects.count(),
        GatewayNotice.objects.count(),
    )
