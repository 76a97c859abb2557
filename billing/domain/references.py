"""References of transfers, cards and stores: how they are compared, and whether one was booked already."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.db import connection
from django.utils.translation import gettext as _

from billing.domain.reasons import show_day
from billing.domain.refusals import RepeatedReference
from billing.models import Payment
from customers.text import fold
from tenants.current import tenant_zone
from tenants.formats import format_money

# Cash has folios of a pad, and a gateway's notifications have keys of their own.
CHECKED = {Payment.Method.TRANSFER, Payment.Method.CARD, Payment.Method.STORE}
# Shorter ones, or those without a figure, are words such as «pago» and not references.
SHORTEST = 4
# Some people write the same reference every month; within this long, with the same amount, it is the same deposit.
NEAR = dt.timedelta(days=20)


def reference_key(method: str, reference: str) -> str:
    """A reference as it is compared: case, accents, blanks and dashes aside. Empty when it tells nothing apart."""
    key = "".join(c for c in fold(reference) if c.isalnum())
    return key[:80] if method in CHECKED and len(key) >= SHORTEST and any(c.isdigit() for c in key) else ""


def lock_reference(key: str) -> None:
    """Let one transaction at a time book this reference, to its end. Take it before locking a customer."""
    if key:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || ':reference:' || %s, 0))", [key]
            )


def find_payment_of(key: str, amount: Decimal, received_at: dt.datetime, *, bank: str = "") -> Payment | None:
    """The standing payment of that reference and amount within some days; None for an empty key.

    With `bank`, the payer's, a comprobante of another bank is another deposit.
    """
    if not key:
        return None
    found = (
        Payment.objects.select_related("customer", "receipt")
        .filter(reference_key=key, amount=amount, voided_at=None)
        .filter(received_at__gte=received_at - NEAR, received_at__lte=received_at + NEAR)
        .order_by("id")
    )
    return next((payment for payment in found if not _of_another_bank(payment, bank)), None)


def _of_another_bank(payment: Payment, bank: str) -> bool:
    receipt = getattr(payment, "receipt", None)
    theirs = fold(receipt.bank).strip() if receipt else ""
    return bool(bank.strip() and theirs) and theirs != fold(bank).strip()


def check_reference(key: str, amount: Decimal, received_at: dt.datetime, *, bank: str = "") -> None:
    """Raise RepeatedReference when a payment of that reference and amount stands. Lock the reference first."""
    first = find_payment_of(key, amount, received_at, bank=bank)
    if first:
        raise RepeatedReference(
            _("Esa referencia ya se registró: %(amount)s de %(name)s, el %(day)s, por %(who)s.")
            % {
                "amount": format_money(first.amount, first.currency),
                "name": first.customer.name,
                "day": show_day(first.received_at.astimezone(tenant_zone()).date().isoformat()),
                "who": first.actor_label,
            },
            first,
        )
