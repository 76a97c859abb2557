"""Money given back, once: first what the customer has in favour, then invoices that are owed again, newest first."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from billing.domain.drawers import check_holds, lock_for_cash, note_movement
from billing.domain.ledger import Leg, Posting, accounts, credit_in, post
from billing.domain.money import ZERO, check_amount
from billing.domain.money_accounts import account_for
from billing.domain.promise_state import reopen_promises
from billing.domain.refusals import KeyReused, PaymentRefused
from billing.domain.taking_back import Reopened, credit_uses, payment_uses, reopen, take_back_credit, take_from
from billing.models import CashDrawer, DrawerMovement, LedgerAccount, LedgerTransaction, Payment, Refund
from customers.models import Customer
from events.domain import Actor, record
from tenants.current import current_tenant, tenant_today
from tenants.formats import format_money
from tenants.live import publish_live

Kind = LedgerAccount.Kind


@dataclass(frozen=True, slots=True)
class RefundPlan:
    """Where a refund comes from. `from_credit` is in favour now; the rest opens invoices again.

    `of_payment` are invoices this payment paid, `of_credit` those that credit it left paid meanwhile.
    """

    amount: Decimal
    from_credit: Decimal
    of_payment: tuple[Reopened, ...] = ()
    of_credit: tuple[Reopened, ...] = ()

    @property
    def reopened(self) -> tuple[Reopened, ...]:
        """Every invoice that will be owed again."""
        return self.of_payment + self.of_credit


@dataclass(frozen=True, slots=True)
class _Order:
    """A refund asked for."""

    customer_id: int
    payment_id: int | None
    amount: Decimal
    method: str
    reason: str
    key: str
    external_reference: str
    account_id: int | None
    drawer_id: int | None


def refund_payment(
    *,
    payment_id: int,
    amount: Decimal,
    reason: str,
    method: str,
    actor: Actor,
    key: str,
    now: dt.datetime,
    external_reference: str = "",
    account_id: int | None = None,
    drawer_id: int | None = None,
) -> Refund:
    """Give back a payment, whole or in part, in its own currency; the same `key` again returns the first refund.

    Takes what the customer has in favour first, then opens again the newest invoices it paid. The service is not cut
    now: the next night decides. `external_reference` is what a bank or gateway calls it.
    Raises BadAmount, KeyReused, DrawerRefused, or PaymentRefused (no reason, unknown method, already undone, more than
    is left to give back).
    """
    customer_id = Payment.objects.values_list("customer_id", flat=True).filter(pk=payment_id).first()
    if customer_id is None:
        raise PaymentRefused(_("No se encontró el pago."))
    return _give_back(
        _Order(customer_id, payment_id, amount, method, reason, key, external_reference, account_id, drawer_id),
        actor,
        now,
    )


def refund_credit(
    *,
    customer_id: int,
    amount: Decimal,
    reason: str,
    method: str,
    actor: Actor,
    key: str,
    now: dt.datetime,
    external_reference: str = "",
    account_id: int | None = None,
    drawer_id: int | None = None,
) -> Refund:
    """Give back what a customer has in favour, whole or in part. Otherwise as refund_payment; opens no invoice."""
    return _give_back(
        _Order(customer_id, None, amount, method, reason, key, external_reference, account_id, drawer_id), actor, now
    )


def plan_refund(*, payment: Payment, amount: Decimal) -> RefundPlan:
    """Where giving back that much of a payment would come from now. Raises BadAmount or PaymentRefused."""
    check_amount(amount, payment.currency)
    if payment.voided_at:
        raise PaymentRefused(_("Este pago está anulado: no hay nada que devolver."))
    left = payment.amount - payment.refunded
    if amount > left:
        raise PaymentRefused(
            _("De este pago quedan %(left)s por devolver.") % {"left": format_money(left, payment.currency)}
        )
    from_credit = min(max(credit_in(payment.customer_id, payment.currency), ZERO), amount)
    own, missing = take_from(payment_uses(payment.pk), amount - from_credit)
    spent, missing = take_from(credit_uses(payment.customer_id, payment.currency), missing)
    if missing:
        raise PaymentRefused(
            _("De este pago sólo se pueden devolver %(left)s: lo demás ya se devolvió.")
            % {"left": format_money(amount - missing, payment.currency)}
        )
    return RefundPlan(amount, from_credit, tuple(own), tuple(spent))


def plan_credit_refund(*, customer_id: int, currency: str, amount: Decimal) -> RefundPlan:
    """The same for what the customer has in favour."""
    check_amount(amount, currency)
    held = max(credit_in(customer_id, currency), ZERO)
    if amount > held:
        raise PaymentRefused(
            _("Tiene %(held)s a favor: no se puede devolver más.") % {"held": format_money(held, currency)}
        )
    return RefundPlan(amount, amount)


def _give_back(order: _Order, actor: Actor, now: dt.datetime) -> Refund:
    reason = order.reason.strip()[:200]
    if not reason:
        raise PaymentRefused(_("Escriba por qué se devuelve."))
    if order.method not in Payment.Method.values:
        raise PaymentRefused(_("Elija cómo se devuelve: efectivo, transferencia, tarjeta, tienda o en línea."))
    if order.account_id is not None and order.method == Payment.Method.CASH:
        raise PaymentRefused(_("El efectivo sale de la caja de quien lo entrega, no de una cuenta."))
    with transaction.atomic():
        payment = Payment.objects.get(pk=order.payment_id) if order.payment_id else None
        currency = payment.currency if payment else current_tenant().currency
        chart = accounts(currency, *Kind.values)
        account = account_for(order.method, currency, order.account_id)
        customer = Customer.objects.select_for_update(no_key=True).filter(pk=order.customer_id).first()
        if customer is None:
            raise PaymentRefused(_("No se encontró al cliente."))
        known = Refund.objects.filter(key=order.key).first()
        if known:
            if (known.payment_id, known.customer_id, known.amount) != (order.payment_id, customer.pk, order.amount):
                raise KeyReused(_("Esa clave ya se usó para otra devolución."))
            return known
        if payment:
            payment = Payment.objects.select_for_update(no_key=True).get(pk=payment.pk)
            plan = plan_refund(payment=payment, amount=order.amount)
        else:
            plan = plan_credit_refund(customer_id=customer.pk, currency=currency, amount=order.amount)
        drawer = None
        if order.method == Payment.Method.CASH:
            drawer = lock_for_cash(actor, currency, drawer_id=order.drawer_id)
            account = drawer.account_id if drawer else account
            if drawer:
                check_holds(drawer, order.amount)
        refund = Refund(
            customer=customer,
            payment=payment,
            amount=order.amount,
            currency=currency,
            method=order.method,
            account_id=account,
            reason=reason,
            external_reference=order.external_reference.strip()[:120],
            key=order.key,
            from_credit=plan.from_credit,
            reopened=[{"invoice": r.invoice_id, "label": r.label, "amount": str(r.amount)} for r in plan.reopened],
            actor_kind=actor.kind,
            actor_id=actor.id,
            actor_label=actor.label,
            created_at=now,
        )
        _post_refund(refund, plan, chart)
        refund.save(force_insert=True)
        _tell(refund, drawer, actor, now)
    return refund


def _post_refund(refund: Refund, plan: RefundPlan, chart: dict[str, int]) -> None:
    """Post it, and take it off the invoices and the payment."""
    now, currency, customer_id = refund.created_at, refund.currency, refund.customer_id
    spent = sum((row.amount for row in plan.of_credit), ZERO)
    own = sum((row.amount for row in plan.of_payment), ZERO)
    if spent:  # back into the customer's favour first, each with its own transaction
        take_back_credit(customer_id, currency, spent, chart, now)
    legs = (
        Leg(chart[Kind.CREDIT], plan.from_credit + spent, customer_id),
        Leg(chart[Kind.RECEIVABLE], own, customer_id),
        Leg(refund.account_id, -plan.amount),
    )
    kind, day = LedgerTransaction.Kind.REFUND, tenant_today(now)
    posting = Posting(kind, now, day, currency, legs, refund.reason, payment_id=refund.payment_id)
    [refund.transaction_id] = post([posting])
    for row in plan.of_payment:
        reopen(row, refund.transaction_id, refund.payment_id, now)
    if refund.payment_id:
        Payment.objects.filter(pk=refund.payment_id).update(refunded=F("refunded") + plan.amount)


def _tell(refund: Refund, drawer: CashDrawer | None, actor: Actor, now: dt.datetime) -> None:
    if drawer:
        note_movement(
            drawer,
            DrawerMovement.Kind.REFUND,
            -refund.amount,
            refund.transaction_id,
            actor=actor,
            now=now,
            payment_id=refund.payment_id,
            refund_id=refund.pk,
            note=refund.reason,
        )
    record(
        "payment.refunded",
        subject=refund,
        actor=actor,
        at=now,
        amount=str(refund.amount),
        currency=refund.currency,
        method=refund.method,
        reason=refund.reason,
        payment=refund.payment_id,
        external_reference=refund.external_reference,
        from_credit=str(refund.from_credit),
        reopened=refund.reopened,
    )
    reopen_promises(refund.customer_id, actor=actor, now=now)
    publish_live("payments", payment=refund.payment_id)
