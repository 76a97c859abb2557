"""Giving money back through the gateway: a row, a call with its own key; the ledger follows what the gateway says."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from billing.domain.arrivals import note_arrival
from billing.domain.gateway_accounts import gateway_of
from billing.domain.money import ZERO, check_amount
from billing.domain.payment_requests import HEAD_START, LANE, LEASE, TRIES
from billing.domain.payments import PaymentRefused
from billing.gateways.base import GatewayError
from billing.gateways.registry import KINDS
from billing.models import GatewayPayment, GatewayRefund, Payment
from events.domain import Actor, record
from tenants.formats import format_money
from tenants.wakes import wake

Status = GatewayRefund.Status


@transaction.atomic
def ask_refund(*, arrival_id: int, amount: Decimal, reason: str, actor: Actor, now: dt.datetime) -> GatewayRefund:
    """Write down that a payment goes back. `send_refund` does it. Raises BadAmount, PaymentRefused."""
    arrival = (
        GatewayPayment.objects.select_for_update(no_key=True, of=("self",))
        .select_related("account", "request")
        .get(pk=arrival_id)
    )
    check_amount(amount, arrival.currency)
    if not reason.strip():
        raise PaymentRefused(_("Escriba por qué se devuelve: queda en la cuenta del cliente."))
    if not KINDS[arrival.account.kind].refunds:
        raise PaymentRefused(_("Esa pasarela no devuelve por su cuenta."))
    under_way = arrival.refunds.filter(status__in=[Status.WAITING, Status.DOUBTFUL]).aggregate(
        sum=Sum("amount", default=ZERO)
    )["sum"]
    left = arrival.amount - arrival.refunded - under_way
    if arrival.state == GatewayPayment.State.RETURNED or amount > left:
        said = {"left": format_money(max(left, ZERO), arrival.currency)}
        raise PaymentRefused(_("De este pago quedan por devolver %(left)s.") % said)
    refund = GatewayRefund.objects.create(
        arrival=arrival,
        amount=amount,
        reason=reason.strip()[:200],
        refunded_before=arrival.refunded,
        next_try_at=now + HEAD_START,
        created_at=now,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_label=actor.label,
    )
    wake(LANE, now + HEAD_START)
    record(
        "gateway.refund_asked",
        subject=refund,
        customer_id=arrival.request.customer_id if arrival.request else None,
        actor=actor,
        at=now,
        amount=str(amount),
        currency=arrival.currency,
        reason=refund.reason,
    )
    return refund


def send_refund(*, refund_id: int, now: dt.datetime) -> GatewayRefund:
    """Tell the gateway, unless somebody else is at it, then book what it says. What went wrong is on the row."""
    refund = _claim(refund_id, now)
    if refund is None:
        return GatewayRefund.objects.get(pk=refund_id)
    arrival = refund.arrival
    try:
        gateway = gateway_of(arrival.account)
        external_id = gateway.refund(
            payment=arrival.external_id,
            amount=refund.amount,
            currency=arrival.currency,
            key=str(refund.uuid),
            before=refund.refunded_before,
        )
        told = gateway.query_payment(arrival.external_id)
    except GatewayError as error:
        _note_failure(refund, error, now)
    else:
        with transaction.atomic():
            GatewayRefund.objects.filter(pk=refund.pk).update(
                status=Status.DONE, external_id=external_id[:120], next_try_at=None, trouble=""
            )
            if told is not None:
                note_arrival(account=arrival.account, arrival=told, now=now)
    return GatewayRefund.objects.get(pk=refund_id)


@transaction.atomic
def _claim(refund_id: int, now: dt.datetime) -> GatewayRefund | None:
    refund = (
        GatewayRefund.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
        .select_related("arrival__account")
        .filter(pk=refund_id, status=Status.WAITING)
        .first()
    )
    if refund is None or (refund.attempts and refund.next_try_at and refund.next_try_at > now):
        return None
    refund.attempts, refund.next_try_at = refund.attempts + 1, now + LEASE
    refund.save(update_fields=["attempts", "next_try_at"])
    return refund


def _note_failure(refund: GatewayRefund, error: GatewayError, now: dt.datetime) -> None:
    fields: dict[str, object] = {"trouble": error.message[:300]}
    if error.permanent:
        fields |= {"status": Status.FAILED, "next_try_at": None}
    elif refund.attempts >= TRIES:
        fields |= {"status": Status.DOUBTFUL, "next_try_at": None}
    else:
        fields["next_try_at"] = now + dt.timedelta(seconds=min(5 * 2**refund.attempts, 900))
    GatewayRefund.objects.filter(pk=refund.pk, status=Status.WAITING).update(**fields)


def arrival_of(payment: Payment) -> GatewayPayment | None:
    """How a payment came through a gateway, or None for one that did not."""
    return GatewayPayment.objects.select_related("account", "request").filter(payment=payment).first()


def can_refund(arrival: GatewayPayment | None) -> bool:
    """Whether a payment still has something that its gateway could give back."""
    return bool(arrival and KINDS[arrival.account.kind].refunds and arrival.amount > arrival.refunded)
