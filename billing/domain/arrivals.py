"""What a gateway says it took becomes a payment, once; what it gave back is taken back here.

Whoever brings the news (a notification, a repeated one, the catch-up) comes through `note_arrival`, with what the
gateway answered when it was asked. Locks: the gateway's payment, then what record_payment and refund_payment lock.
"""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import transaction
from django.db.models import F, Sum
from django.utils.translation import gettext as _

from billing.domain.gateway_accounts import ledger_account
from billing.domain.money import ZERO, BadAmount
from billing.domain.payment_requests import next_look
from billing.domain.payments import PaymentRefused, record_payment
from billing.domain.refunds import refund_payment
from billing.gateways.base import Arrival, FarState, Truth
from billing.models import GatewayAccount, GatewayNotice, GatewayPayment, Payment, PaymentRequest
from events.domain import Actor, record
from tenants.current import current_tenant
from tenants.formats import format_money
from tenants.live import publish_live

Outcome = GatewayNotice.Outcome
State = GatewayPayment.State
Status = PaymentRequest.Status
ENDED = {FarState.EXPIRED: Status.EXPIRED, FarState.CANCELLED: Status.CANCELLED, FarState.FAILED: Status.FAILED}


def settle_request(*, request: PaymentRequest, truth: Truth, now: dt.datetime) -> str:
    """Bring a request to where the gateway says it stands; returns the outcome (a GatewayNotice.Outcome)."""
    outcomes = [note_arrival(account=request.account, arrival=arrival, now=now) for arrival in truth.arrivals]
    _note_end(request.pk, truth.state, now)
    worth = [Outcome.ASIDE, Outcome.RETURNED, Outcome.BOOKED]
    return next((outcome for outcome in worth if outcome in outcomes), Outcome.NOTED)


@transaction.atomic
def note_arrival(*, account: GatewayAccount, arrival: Arrival, now: dt.datetime) -> str:
    """Book a payment the gateway took, or take back what it returned; the same news again changes nothing.

    Returns a GatewayNotice.Outcome. Money that cannot be booked (another currency) is set aside for a person.
    """
    request = find_request(account, arrival.key)
    if request is None:
        return Outcome.NOTED  # the account takes money for other things too
    known = GatewayPayment.objects.filter(account=account, external_id=arrival.external_id).exists()
    if arrival.state != FarState.PAID and not known:
        return Outcome.NOTED
    row, made = GatewayPayment.objects.get_or_create(
        account=account,
        external_id=arrival.external_id,
        defaults={
            "request": request,
            "amount": arrival.amount,
            "currency": arrival.currency,
            "paid_at": min(arrival.paid_at or now, now),
            "state": State.ASIDE,
            "created_at": now,
        },
    )
    row = GatewayPayment.objects.select_for_update(no_key=True).get(pk=row.pk)
    outcome = _book(row, request, account, now) if made else Outcome.NOTED
    if (arrival.refunded > row.refunded or (arrival.disputed and not row.disputed)) and row.payment_id:
        outcome = _take_back(row, arrival, account, now)
    if outcome != Outcome.NOTED:
        _sum_up(request.pk, now)
        publish_live("payments", request=request.pk)
    return outcome


def find_request(account: GatewayAccount, key: str) -> PaymentRequest | None:
    """The request whose uuid the gateway gave back, or None."""
    try:
        number = uuid.UUID(key)
    except ValueError:
        return None
    return PaymentRequest.objects.filter(uuid=number, account=account).first()


def _book(row: GatewayPayment, request: PaymentRequest, account: GatewayAccount, now: dt.datetime) -> str:
    currency = current_tenant().currency
    if row.currency != currency:
        # With its code: half of the currencies of the continent are written with the same sign.
        said = {"arrived": f"{row.amount:.2f} {row.currency}", "currency": currency}
        return _aside(row, _("Llegó %(arrived)s y aquí se cobra en %(currency)s.") % said, account, now)
    try:
        with transaction.atomic():
            row.payment = record_payment(
                customer_id=request.customer_id,
                amount=row.amount,
                method=Payment.Method.GATEWAY,
                received_at=row.paid_at,
                actor=Actor.system(account.name),
                key=f"{account.kind}:{row.external_id}",
                now=now,
                reference=row.external_id,
                account_id=ledger_account(account, currency),
                invoice_ids=list(request.invoices.order_by("due_on", "id").values_list("id", flat=True)),
            )
    except (PaymentRefused, BadAmount) as error:
        return _aside(row, str(error), account, now)
    row.state = State.BOOKED
    row.save(update_fields=["payment", "state"])
    return Outcome.BOOKED


def _aside(row: GatewayPayment, note: str, account: GatewayAccount, now: dt.datetime) -> str:
    row.state, row.note, row.settled_at, row.settled_by = State.ASIDE, note[:300], None, ""
    row.save()
    record(
        "gateway.aside",
        subject=row,
        customer_id=row.request.customer_id if row.request else None,
        actor=Actor.system(account.name),
        at=now,
        note=note[:300],
        amount=str(row.amount),
        currency=row.currency,
    )
    return Outcome.ASIDE


def _take_back(row: GatewayPayment, arrival: Arrival, account: GatewayAccount, now: dt.datetime) -> str:
    """A refund or chargeback that was made at the gateway, by us or there: the invoices are owed again."""
    gone = row.amount if arrival.disputed else min(arrival.refunded, row.amount)
    back, row.refunded, row.disputed = gone - row.refunded, gone, arrival.disputed or row.disputed
    if back <= 0:
        row.save()
        return Outcome.NOTED
    asked = row.refunds.order_by("-id").first()
    actor = Actor(asked.actor_kind, asked.actor_id, asked.actor_label) if asked else Actor.system(account.name)
    told = _("Contracargo") if arrival.disputed else _("Devuelto en la pasarela")
    try:
        with transaction.atomic():
            refund_payment(
                payment_id=row.payment_id or 0,
                amount=back,
                reason=asked.reason if asked else told,
                method=Payment.Method.GATEWAY,
                actor=actor,
                key=f"{account.kind}:{row.external_id}:back:{gone}",
                now=now,
                external_reference=row.external_id,
                account_id=ledger_account(account, row.currency),
            )
    except (PaymentRefused, BadAmount) as error:
        # Somebody had undone it here, or given it back by hand as well: only they know which.
        said = {"back": format_money(back, row.currency), "why": str(error)}
        return _aside(row, _("La pasarela devolvió %(back)s y aquí no se pudo: %(why)s") % said, account, now)
    if row.refunded >= row.amount:
        row.state = State.RETURNED
    row.save()
    return Outcome.RETURNED


def _sum_up(request_id: int, now: dt.datetime) -> None:
    request = PaymentRequest.objects.select_for_update(no_key=True).get(pk=request_id)
    arrivals = request.arrivals.filter(payment__isnull=False)
    kept = arrivals.filter(payment__voided_at=None).aggregate(sum=Sum(F("amount") - F("refunded"), default=ZERO))["sum"]
    request.paid = max(kept, ZERO)
    if request.paid >= request.amount:
        request.status, request.next_try_at, request.trouble = Status.PAID, None, ""
    elif request.paid > 0:
        request.status, request.next_try_at = Status.PARTLY, next_look(request, now)
    elif arrivals.exists():
        request.status, request.next_try_at, request.trouble = Status.CANCELLED, None, _("El pago se devolvió.")
    request.save(update_fields=["paid", "status", "next_try_at", "trouble"])


@transaction.atomic
def _note_end(request_id: int, state: FarState, now: dt.datetime) -> None:
    request = PaymentRequest.objects.select_for_update(no_key=True).get(pk=request_id)
    if not request.is_live:
        return
    late = request.expires_at is not None and request.expires_at <= now
    request.next_try_at = next_look(request, now)
    if request.status == Status.OPEN:
        ended = ENDED.get(state) or (Status.EXPIRED if late else None)
        if ended:
            request.status = ended
            if state == FarState.CANCELLED:
                request.next_try_at = None
    request.save(update_fields=["status", "next_try_at"])


@transaction.atomic
def settle_by_invoices(*, request_id: int) -> None:
    """A transfer comes in with the bank's statement: once its invoices are paid there is nothing left to wait for."""
    request = PaymentRequest.objects.select_for_update(no_key=True).get(pk=request_id)
    asked = list(request.invoices.all())
    if request.is_live and asked and all(invoice.paid >= invoice.total for invoice in asked):
        request.status, request.paid, request.next_try_at = Status.PAID, request.amount, None
        request.save(update_fields=["status", "paid", "next_try_at"])


@transaction.atomic
def settle_aside(*, arrival_id: int, note: str, actor: Actor, now: dt.datetime) -> GatewayPayment:
    """A person looked at money that was set aside and did what was to be done. Raises PaymentRefused."""
    row = (
        GatewayPayment.objects.select_for_update(no_key=True, of=("self",)).select_related("request").get(pk=arrival_id)
    )
    if row.state != State.ASIDE:
        raise PaymentRefused(_("Este pago ya no está por revisar."))
    if not note.strip():
        raise PaymentRefused(_("Escriba qué se hizo con este dinero."))
    row.state, row.settled_by, row.settled_at = State.SETTLED, actor.label, now
    row.save(update_fields=["state", "settled_by", "settled_at"])
    customer_id = row.request.customer_id if row.request else None
    record("gateway.settled", subject=row, customer_id=customer_id, actor=actor, at=now, note=note.strip()[:200])
    return row
