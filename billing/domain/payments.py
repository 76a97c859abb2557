"""Money comes in, once: it pays the oldest invoices, the rest becomes credit, and the service may come back.

Locks are taken in one order everywhere: series, customer, invoices by id. The payment, its ledger entries,
the closed holds and the state wanted of the router are one transaction.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Sum
from django.utils.translation import gettext as _

from billing.domain.ledger import Leg, Posting, accounts, credit_in, post
from billing.domain.money import ZERO, check_amount
from billing.domain.policies import policy_of_customer
from billing.domain.promise_state import keep_promises, reopen_promises
from billing.domain.reconnection import decide_reconnection, is_cut, open_invoices_locked, overdue_sum, release
from billing.models import Allocation, Invoice, LedgerAccount, LedgerTransaction, Payment
from customers.models import Customer
from events.domain import Actor, record
from tenants.current import current_tenant, tenant_today, tenant_zone
from tenants.live import publish_live

Kind = LedgerAccount.Kind
CLOCK_SLACK = dt.timedelta(minutes=10)


class PaymentRefused(Exception):
    """The payment cannot be booked or undone; the message is for people, nothing was written."""


class KeyReused(PaymentRefused):
    """The same key came with another customer or amount: a mistake of the caller."""


def record_payment(
    *,
    customer_id: int,
    amount: Decimal,
    method: str,
    received_at: dt.datetime,
    actor: Actor,
    key: str,
    now: dt.datetime,
    reference: str = "",
    invoice_ids: Sequence[int] | None = None,
) -> Payment:
    """Book a payment in the provider's currency, or return the one already booked under `key`.

    Pays `invoice_ids` in that order first when given, then the oldest. Raises BadAmount, KeyReused, or
    PaymentRefused (a moment in the future, an unknown method or customer).
    """
    currency = current_tenant().currency
    check_amount(amount, currency)
    if method not in Payment.Method.values:
        raise PaymentRefused(_("Elija cómo pagó: efectivo, transferencia, tarjeta, tienda o en línea."))
    if received_at > now + CLOCK_SLACK:
        raise PaymentRefused(_("La fecha del pago no puede estar en el futuro."))
    with transaction.atomic():
        chart = accounts(currency, *Kind.values)
        # One payment of a customer at a time: credit and invoices are then read and written undisturbed.
        customer = Customer.objects.select_for_update(no_key=True).filter(pk=customer_id).first()
        if customer is None:
            raise PaymentRefused(_("No se encontró al cliente."))
        payment, created = Payment.objects.get_or_create(
            key=key,
            defaults={
                "customer": customer,
                "amount": amount,
                "currency": currency,
                "method": method,
                "reference": reference.strip()[:80],
                "received_at": received_at,
                "actor_kind": actor.kind,
                "actor_id": actor.id,
                "actor_label": actor.label,
                "created_at": now,
            },
        )
        if created:
            _book(payment, chart, actor, now, list(invoice_ids or []))
        elif (payment.customer_id, payment.amount) != (customer_id, amount):
            raise KeyReused(_("Esa clave ya se usó para otro pago."))
    return payment


def _book(payment: Payment, chart: dict[str, int], actor: Actor, now: dt.datetime, chosen: list[int]) -> None:
    policy, today = policy_of_customer(payment.customer_id), tenant_today(now)
    invoices = open_invoices_locked(payment.customer_id, payment.currency)
    before = overdue_sum(policy, invoices, now)
    order = sorted(
        invoices,
        key=lambda i: (chosen.index(i.pk) if i.pk in chosen else len(chosen), i.due_on, i.pk),
    )
    parts = _allocate(order, payment.amount)
    rest = payment.amount - sum((part for _invoice, part in parts), ZERO)
    [tid] = post(
        [
            Posting(
                LedgerTransaction.Kind.PAYMENT,
                now,
                payment.received_at.astimezone(tenant_zone()).date(),
                payment.currency,
                (
                    Leg(chart[payment.method_account], payment.amount),
                    Leg(chart[Kind.RECEIVABLE], rest - payment.amount, payment.customer_id),
                    Leg(chart[Kind.CREDIT], -rest, payment.customer_id),
                ),
                payment.reference,
                payment_id=payment.pk,
            )
        ]
    )
    _write_allocations(parts, tid, payment, now)
    decision = decide_reconnection(policy, before=before, left=overdue_sum(policy, invoices, now))
    payment.reconnects = decision.reconnects
    payment.reconnect_reason = decision.as_data(payment.currency, cut=is_cut(payment.customer_id, now))
    payment.save(update_fields=["reconnects", "reconnect_reason"])
    released = release(payment.customer_id, actor, now, charge_fee=True) if decision.reconnects else []
    record(
        "payment.recorded",
        subject=payment,
        actor=actor,
        at=now,
        amount=str(payment.amount),
        currency=payment.currency,
        method=payment.method,
        reference=payment.reference,
        invoices=[{"label": i.label, "amount": str(part), "left": str(i.total - i.paid)} for i, part in parts],
        credit=str(rest),
        reconnect=payment.reconnect_reason,
        released=released,
        day=today.isoformat(),
    )
    keep_promises(payment.customer_id, actor=actor, now=now)
    publish_live("payments", payment=payment.pk)


def _allocate(invoices: Sequence[Invoice], amount: Decimal) -> list[tuple[Invoice, Decimal]]:
    parts = []
    for invoice in invoices:
        part = min(invoice.total - invoice.paid, amount)
        if part <= 0:
            continue
        invoice.paid += part
        if invoice.paid == invoice.total:
            invoice.status = Invoice.Status.PAID
        amount -= part
        parts.append((invoice, part))
    return parts


def _write_allocations(parts: Sequence[tuple[Invoice, Decimal]], tid: int, payment: Payment, now: dt.datetime) -> None:
    Allocation.objects.bulk_create(
        Allocation(invoice=invoice, payment=payment, transaction_id=tid, amount=part, created_at=now)
        for invoice, part in parts
    )
    Invoice.objects.bulk_update([invoice for invoice, _part in parts], ["paid", "status"])


@transaction.atomic
def void_payment(*, payment_id: int, reason: str, actor: Actor, now: dt.datetime) -> Payment:
    """Undo a payment with a correcting transaction: its invoices are owed again. A cut waits for the next night.

    Credit it left that was spent meanwhile is taken back from the newest invoices it paid.
    Raises PaymentRefused without a reason or for one already undone.
    """
    if not reason.strip():
        raise PaymentRefused(_("Escriba por qué se anula el pago."))
    customer_id = Payment.objects.values_list("customer_id", flat=True).get(pk=payment_id)
    Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    payment = Payment.objects.select_for_update(no_key=True).get(pk=payment_id)
    if payment.voided_at:
        raise PaymentRefused(_("Este pago ya estaba anulado."))
    parts = list(payment.allocations.select_related("invoice").order_by("id"))
    allocated = sum((part.amount for part in parts), ZERO)
    rest = payment.amount - allocated
    chart = accounts(payment.currency, payment.method_account, Kind.RECEIVABLE, Kind.CREDIT)
    reopened = _take_back_credit(payment, rest - credit_in(customer_id, payment.currency), chart, now)
    [tid] = post(
        [
            Posting(
                LedgerTransaction.Kind.PAYMENT_VOID,
                now,
                tenant_today(now),
                payment.currency,
                (
                    Leg(chart[payment.method_account], -payment.amount),
                    Leg(chart[Kind.RECEIVABLE], allocated, customer_id),
                    Leg(chart[Kind.CREDIT], rest, customer_id),
                ),
                reason.strip()[:200],
                payment_id=payment.pk,
            )
        ]
    )
    for part in parts:
        Invoice.objects.filter(pk=part.invoice_id).update(paid=F("paid") - part.amount, status=Invoice.Status.OPEN)
        Allocation.objects.create(
            invoice_id=part.invoice_id, payment=payment, transaction_id=tid, amount=-part.amount, created_at=now
        )
    payment.voided_at, payment.void_reason = now, reason.strip()[:200]
    payment.save(update_fields=["voided_at", "void_reason"])
    record(
        "payment.voided",
        subject=payment,
        actor=actor,
        at=now,
        amount=str(payment.amount),
        currency=payment.currency,
        reason=payment.void_reason,
        invoices=[*(part.invoice.label for part in parts), *reopened],
    )
    reopen_promises(customer_id, actor=actor, now=now)
    publish_live("payments", payment=payment.pk)
    return payment


def _take_back_credit(payment: Payment, short: Decimal, chart: dict[str, int], now: dt.datetime) -> list[str]:
    """Undo uses of the customer's credit, the newest first, until `short` is back; returns the labels reopened."""
    used = (
        Allocation.objects.filter(
            payment=None,
            transaction__kind=LedgerTransaction.Kind.CREDIT,
            invoice__customer_id=payment.customer_id,
            invoice__currency=payment.currency,
        )
        .values_list("invoice_id", "invoice__label")
        .annotate(net=Sum("amount"))
        .filter(net__gt=0)
        .order_by("-invoice_id")
    )
    reopened = []
    for invoice_id, label, net in used if short > 0 else ():
        part = min(net, short)
        if part <= 0:
            break
        legs = (
            Leg(chart[Kind.RECEIVABLE], part, payment.customer_id),
            Leg(chart[Kind.CREDIT], -part, payment.customer_id),
        )
        kind, day = LedgerTransaction.Kind.CREDIT, tenant_today(now)
        [tid] = post([Posting(kind, now, day, payment.currency, legs, label, invoice_id)])
        Allocation.objects.create(invoice_id=invoice_id, transaction_id=tid, amount=-part, created_at=now)
        Invoice.objects.filter(pk=invoice_id).update(paid=F("paid") - part, status=Invoice.Status.OPEN)
        short -= part
        reopened.append(label)
    return reopened
