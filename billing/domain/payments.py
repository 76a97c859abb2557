"""Money comes in, once: it pays the oldest invoices or the chosen ones, the rest becomes credit, and the service may
come back.

Locks are taken in one order everywhere: reference, series, customer, drawer, invoices by id. The payment, its ledger
entries, the closed holds and the state wanted of the router are one transaction.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from billing.domain.allocation import Choice, Part, put_on, split
from billing.domain.drawers import lock_for_cash, note_movement
from billing.domain.ledger import Leg, Posting, accounts, credit_in, post
from billing.domain.money import ZERO, check_amount
from billing.domain.money_accounts import account_for
from billing.domain.policies import policy_of_customer
from billing.domain.promise_state import keep_promises, reopen_promises
from billing.domain.reconnection import (
    decide_reconnection,
    is_cut,
    open_invoices_locked,
    overdue_sum,
    release,
    too_few_to_cut,
)
from billing.domain.references import check_reference, lock_reference, reference_key
from billing.domain.refusals import KeyReused, PaymentRefused
from billing.domain.taking_back import take_back_credit
from billing.models import (
    Allocation,
    CashDrawer,
    DrawerMovement,
    Invoice,
    LedgerAccount,
    LedgerTransaction,
    Payment,
)
from customers.models import Customer
from events.domain import Actor, record
from tenants.current import current_tenant, tenant_today, tenant_zone
from tenants.live import publish_live

__all__ = ["KeyReused", "PaymentRefused", "record_payment", "void_payment"]

Kind = LedgerAccount.Kind
CLOCK_SLACK = dt.timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class _Counter:
    """How a payment is taken: what it pays, whether it may reconnect, and which drawer holds its cash."""

    choice: Choice
    record_only: str
    drawer: CashDrawer | None


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
    parts: Mapping[int, Decimal] | None = None,
    account_id: int | None = None,
    drawer_id: int | None = None,
    record_only: str = "",
    repeated: bool = False,
    bank: str = "",
) -> Payment:
    """Book a payment in the provider's currency, or return the one already booked under `key`.

    Pays `invoice_ids` in that order first when given, then the oldest; with `parts` (invoice -> amount) exactly those,
    and the rest is credit. Money goes into `account_id` or the method's own account, and cash into the drawer the actor
    has open (`drawer_id`: the one they were shown). `record_only` is the reason not to reconnect whatever the policy
    says. `repeated` books although that reference and amount are there already; the payer's `bank` tells them apart.
    Raises BadAmount, KeyReused, RepeatedReference, DrawerRefused, or PaymentRefused (a moment in the future, an unknown
    method, customer or account, parts that no longer fit).
    """
    currency = current_tenant().currency
    check_amount(amount, currency)
    if method not in Payment.Method.values:
        raise PaymentRefused(_("Elija cómo pagó: efectivo, transferencia, tarjeta, tienda o en línea."))
    if received_at > now + CLOCK_SLACK:
        raise PaymentRefused(_("La fecha del pago no puede estar en el futuro."))
    if account_id is not None and method == Payment.Method.CASH:
        raise PaymentRefused(_("El efectivo entra en la caja de quien cobra, no en una cuenta."))
    compared = reference_key(method, reference)
    with transaction.atomic():
        lock_reference(compared)
        chart = accounts(currency, *Kind.values)
        account = None if account_id is None else account_for(method, currency, account_id)
        # One payment of a customer at a time: credit and invoices are then read and written undisturbed.
        customer = Customer.objects.select_for_update(no_key=True).filter(pk=customer_id).first()
        if customer is None:
            raise PaymentRefused(_("No se encontró al cliente."))
        known = Payment.objects.filter(key=key).first()
        if known:
            if (known.customer_id, known.amount) != (customer_id, amount):
                raise KeyReused(_("Esa clave ya se usó para otro pago."))
            return known
        if not repeated:
            check_reference(compared, amount, received_at, bank=bank)
        drawer = lock_for_cash(actor, currency, drawer_id=drawer_id) if method == Payment.Method.CASH else None
        payment, created = Payment.objects.get_or_create(
            key=key,
            defaults={
                "customer": customer,
                "amount": amount,
                "currency": currency,
                "method": method,
                "account_id": drawer.account_id if drawer else account,
                "reference": reference.strip()[:80],
                "reference_key": compared,
                "received_at": received_at,
                "actor_kind": actor.kind,
                "actor_id": actor.id,
                "actor_label": actor.label,
                "created_at": now,
            },
        )
        if not created:  # another customer's payment took the key meanwhile
            raise KeyReused(_("Esa clave ya se usó para otro pago."))
        choice = Choice(list(invoice_ids or ()), parts)
        _book(payment, chart, actor, now, _Counter(choice, record_only.strip()[:200], drawer))
    return payment


def _book(payment: Payment, chart: dict[str, int], actor: Actor, now: dt.datetime, taken: _Counter) -> None:
    policy, today = policy_of_customer(payment.customer_id), tenant_today(now)
    invoices = open_invoices_locked(payment.customer_id, payment.currency)
    before = overdue_sum(policy, invoices, now)
    parts = split(invoices, payment.amount, taken.choice)
    put_on(parts)
    rest = payment.amount - sum((part for _invoice, part in parts), ZERO)
    tid = _post_payment(payment, chart, rest, now)
    _write_allocations(parts, tid, payment, now)
    if taken.drawer:
        note_movement(
            taken.drawer,
            DrawerMovement.Kind.PAYMENT,
            payment.amount,
            tid,
            actor=actor,
            now=now,
            payment_id=payment.pk,
        )
    left, too_few = overdue_sum(policy, invoices, now), too_few_to_cut(policy, invoices, now)
    decision = decide_reconnection(policy, before=before, left=left, too_few=too_few)
    payment.reconnects = decision.reconnects and not taken.record_only
    payment.reconnect_reason = decision.as_data(
        payment.currency, cut=is_cut(payment.customer_id, now), policy=policy, record_only=taken.record_only
    )
    payment.save(update_fields=["reconnects", "reconnect_reason"])
    released = release(payment.customer_id, actor, now, charge_fee=True) if payment.reconnects else []
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


def _post_payment(payment: Payment, chart: dict[str, int], rest: Decimal, now: dt.datetime) -> int:
    account = payment.account_id or chart[payment.method_account]
    legs = (
        Leg(account, payment.amount),
        Leg(chart[Kind.RECEIVABLE], rest - payment.amount, payment.customer_id),
        Leg(chart[Kind.CREDIT], -rest, payment.customer_id),
    )
    day, kind = payment.received_at.astimezone(tenant_zone()).date(), LedgerTransaction.Kind.PAYMENT
    return post([Posting(kind, now, day, payment.currency, legs, payment.reference, payment_id=payment.pk)])[0]


def _write_allocations(parts: Sequence[Part], tid: int, payment: Payment, now: dt.datetime) -> None:
    Allocation.objects.bulk_create(
        Allocation(invoice=invoice, payment=payment, transaction_id=tid, amount=part, created_at=now)
        for invoice, part in parts
    )
    Invoice.objects.bulk_update([invoice for invoice, _part in parts], ["paid", "status"])


@transaction.atomic
def void_payment(*, payment_id: int, reason: str, actor: Actor, now: dt.datetime) -> Payment:
    """Undo a payment with a correcting transaction: its invoices are owed again. A cut waits for the next night.

    Credit it left that was spent meanwhile is taken back from the newest invoices it paid. Cash comes out of the drawer
    it went into while that one is open, else out of the one of who undoes it.
    Raises PaymentRefused without a reason, for one already undone, or when some of it was given back.
    """
    reason = reason.strip()[:200]
    if not reason:
        raise PaymentRefused(_("Escriba por qué se anula el pago."))
    customer_id, currency = Payment.objects.values_list("customer_id", "currency").get(pk=payment_id)
    chart = accounts(currency, *Kind.values)
    Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    payment = Payment.objects.select_for_update(no_key=True).get(pk=payment_id)
    if payment.voided_at:
        raise PaymentRefused(_("Este pago ya estaba anulado."))
    if payment.refunded:
        raise PaymentRefused(_("De este pago ya se devolvió dinero: devuelva lo que queda en vez de anularlo."))
    drawer = _drawer_to_empty(payment, actor)
    parts = list(payment.allocations.select_related("invoice").order_by("id"))
    allocated = sum((part.amount for part in parts), ZERO)
    rest = payment.amount - allocated
    reopened, missing = take_back_credit(customer_id, currency, rest - credit_in(customer_id, currency), chart, now)
    if missing > 0:
        raise PaymentRefused(_("El saldo a favor que dejó este pago ya se devolvió: no se puede anular."))
    account = drawer.account_id if drawer else _account_to_empty(payment, chart)
    legs = (
        Leg(account, -payment.amount),
        Leg(chart[Kind.RECEIVABLE], allocated, customer_id),
        Leg(chart[Kind.CREDIT], rest, customer_id),
    )
    kind, day = LedgerTransaction.Kind.PAYMENT_VOID, tenant_today(now)
    [tid] = post([Posting(kind, now, day, currency, legs, reason, payment_id=payment.pk)])
    for part in parts:
        Invoice.objects.filter(pk=part.invoice_id).update(paid=F("paid") - part.amount, status=Invoice.Status.OPEN)
        Allocation.objects.create(
            invoice_id=part.invoice_id, payment=payment, transaction_id=tid, amount=-part.amount, created_at=now
        )
    if drawer:
        kind_of = DrawerMovement.Kind.VOID
        note_movement(drawer, kind_of, -payment.amount, tid, actor=actor, now=now, payment_id=payment.pk, note=reason)
    payment.voided_at, payment.void_reason = now, reason
    payment.save(update_fields=["voided_at", "void_reason"])
    record(
        "payment.voided",
        subject=payment,
        actor=actor,
        at=now,
        amount=str(payment.amount),
        currency=currency,
        reason=reason,
        invoices=[*(part.invoice.label for part in parts), *(taken.label for taken in reopened)],
    )
    reopen_promises(customer_id, actor=actor, now=now)
    publish_live("payments", payment=payment.pk)
    return payment


def _drawer_to_empty(payment: Payment, actor: Actor) -> CashDrawer | None:
    """The drawer the cash leaves, locked: the one it went into while it is open, else the actor's own."""
    if payment.method != Payment.Method.CASH:
        return None
    went_into = CashDrawer.objects.filter(account_id=payment.account_id, closed_at=None)
    into = went_into.filter(movements__payment=payment).values_list("pk", flat=True).first()
    if into:
        drawer = CashDrawer.objects.select_for_update(no_key=True).get(pk=into)
        if drawer.closed_at is None:
            return drawer
    return lock_for_cash(actor, payment.currency)


def _account_to_empty(payment: Payment, chart: dict[str, int]) -> int:
    """Where it went; cash of a closed drawer comes out of the general cash, since that drawer was counted."""
    own = chart[payment.method_account]
    return own if payment.method == Payment.Method.CASH else payment.account_id or own
