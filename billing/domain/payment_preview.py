"""What a payment would do, in figures and words, before anybody takes it. Writes and locks nothing."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from billing.domain.allocation import Choice, put_on, split
from billing.domain.fees import foresee_reconnect_fees
from billing.domain.money import ZERO, check_amount
from billing.domain.policies import policy_of_customer
from billing.domain.reasons import explain
from billing.domain.reconnection import decide_reconnection, is_cut, overdue_sum, too_few_to_cut
from billing.models import Invoice
from customers.models import Customer
from tenants.current import current_tenant


@dataclass(frozen=True, slots=True)
class InvoiceAfter:
    """An open invoice, what the payment would put on it and what would stay owed."""

    invoice: Invoice
    part: Decimal
    left: Decimal

    @property
    def owed(self) -> Decimal:
        """What is owed now."""
        return self.part + self.left


@dataclass(frozen=True, slots=True)
class PaymentPreview:
    """What would come of a payment. `cut`: the customer is cut for debt now; `fee` is what coming back would add."""

    amount: Decimal
    currency: str
    invoices: tuple[InvoiceAfter, ...]
    credit: Decimal
    owed_after: Decimal
    cut: bool
    reconnects: bool
    needed: Decimal
    fee: Decimal
    sentence: str


def preview_payment(
    *, customer: Customer, amount: Decimal, now: dt.datetime, choice: Choice | None = None, record_only: str = ""
) -> PaymentPreview:
    """What `record_payment` would do with this now. Raises BadAmount, or PaymentRefused for parts that do not fit."""
    currency = current_tenant().currency
    check_amount(amount, currency)
    policy = policy_of_customer(customer.pk)
    invoices = list(Invoice.objects.unpaid().filter(customer=customer, currency=currency).order_by("due_on", "id"))
    before = overdue_sum(policy, invoices, now)
    parts = split(invoices, amount, choice or Choice())
    put_on(parts)
    on = {invoice.pk: part for invoice, part in parts}
    left, too_few = overdue_sum(policy, invoices, now), too_few_to_cut(policy, invoices, now)
    decision = decide_reconnection(policy, before=before, left=left, too_few=too_few)
    cut = is_cut(customer.pk, now)
    reason = decision.as_data(currency, cut=cut, policy=policy, record_only=record_only)
    reconnects = cut and bool(reason["reconnects"])
    return PaymentPreview(
        amount=amount,
        currency=currency,
        invoices=tuple(InvoiceAfter(i, on.get(i.pk, ZERO), i.total - i.paid) for i in invoices),
        credit=amount - sum(on.values(), ZERO),
        owed_after=sum((i.total - i.paid for i in invoices), ZERO),
        cut=cut,
        reconnects=reconnects,
        needed=decision.needed,
        fee=foresee_reconnect_fees(customer_id=customer.pk, now=now) if reconnects else ZERO,
        sentence=explain([reason]),
    )
