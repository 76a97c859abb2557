"""Deposits that somebody booked already: at the counter, from a comprobante, or through an earlier file."""

from __future__ import annotations

import datetime as dt
import re

from django.db.models import QuerySet

from billing.domain.references import NEAR, reference_key
from billing.models import BankLine, Payment
from tenants.current import tenant_zone

# A cashier books by hand the day it is seen, not the day it came.
SAME_DAYS = dt.timedelta(days=3)
_LONGEST = 12


def reference_keys(line: BankLine) -> list[str]:
    """What a payment of this line may have been booked under: its reference, and the long numbers of its text."""
    keys = [reference_key(Payment.Method.TRANSFER, line.reference)]
    words = re.findall(r"[A-Za-z0-9-]{6,}", line.description)
    keys += [reference_key(Payment.Method.TRANSFER, word) for word in words[:_LONGEST]]
    return list(dict.fromkeys(key for key in keys if key))


def find_known(line: BankLine) -> Payment | None:
    """The standing payment that is this deposit by reference and amount, and is no other line's yet."""
    keys = reference_keys(line)
    return _free(line, NEAR).filter(reference_key__in=keys).order_by("id").first() if keys else None


def find_alike(line: BankLine, customer_id: int) -> Payment | None:
    """A transfer of that customer, amount and days that no line claims: perhaps this one, booked without reference."""
    rows = _free(line, SAME_DAYS).filter(customer_id=customer_id, method=Payment.Method.TRANSFER)
    return rows.order_by("id").first()


def _free(line: BankLine, near: dt.timedelta) -> QuerySet[Payment]:
    noon = dt.datetime.combine(line.day, dt.time(12), tenant_zone())
    return Payment.objects.filter(
        amount=line.amount,
        currency=line.currency,
        voided_at=None,
        bank_line=None,
        received_at__gte=noon - near,
        received_at__lte=noon + near,
    )
