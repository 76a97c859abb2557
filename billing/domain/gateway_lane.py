"""The lane "billing.gateways": notifications first, then refunds, requests to make, and requests to ask about."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Min
from django.utils import timezone

from billing.domain.arrivals import settle_by_invoices, settle_request
from billing.domain.gateway_accounts import gateway_of
from billing.domain.gateway_notices import claim_notice, process_notice
from billing.domain.gateway_refunds import send_refund
from billing.domain.payment_requests import LEASE, open_request
from billing.gateways.base import GatewayError
from billing.models import GatewayNotice, GatewayRefund, PaymentRequest

BUDGET = dt.timedelta(seconds=20)  # then the other tenants have their turn
BUSY = dt.timedelta(seconds=1)
BAD_LINE = dt.timedelta(minutes=10)  # before a request is asked about again that could not be asked about
TO_OPEN = (PaymentRequest.Status.WAITING, PaymentRequest.Status.CREATING)


def drain(*, now: dt.datetime) -> dt.datetime | None:
    """Do all that is due; return when the lane next has work. A row is claimed before the gateway is called."""
    began = timezone.now()
    while timezone.now() - began < BUDGET:
        moment = now + (timezone.now() - began)
        if not (_one_notice(moment) or _one_refund(moment) or _one_request(moment)):
            return _next()
    return now + BUDGET + BUSY


def _one_notice(now: dt.datetime) -> bool:
    notice = claim_notice(now)
    if notice is not None:
        process_notice(notice=notice, now=now)
    return notice is not None


def _one_refund(now: dt.datetime) -> bool:
    due = GatewayRefund.objects.filter(next_try_at__lte=now).order_by("next_try_at").first()
    if due is not None:
        send_refund(refund_id=due.pk, now=now)
    return due is not None


def _one_request(now: dt.datetime) -> bool:
    due = PaymentRequest.objects.filter(next_try_at__lte=now)
    opening = due.filter(status__in=TO_OPEN).order_by("next_try_at").first()
    if opening is not None:
        open_request(request_id=opening.pk, now=now)
        return True
    request = _claim_look(now)
    if request is not None:
        look(request=request, now=now)
    return request is not None


@transaction.atomic
def _claim_look(now: dt.datetime) -> PaymentRequest | None:
    request = (
        PaymentRequest.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
        .select_related("account")
        .filter(next_try_at__lte=now)
        .exclude(status__in=TO_OPEN)
        .order_by("next_try_at")
        .first()
    )
    if request is not None:
        request.next_try_at = now + LEASE
        request.save(update_fields=["next_try_at"])
    return request


def look(*, request: PaymentRequest, now: dt.datetime) -> None:
    """Ask the gateway how a request stands and bring it there; one that cannot be asked is asked later."""
    try:
        truth = gateway_of(request.account).query(external_id=request.external_id, key=str(request.uuid))
    except GatewayError as error:
        PaymentRequest.objects.filter(pk=request.pk).update(next_try_at=now + BAD_LINE, trouble=error.message[:300])
        return
    settle_request(request=request, truth=truth, now=now)
    if request.account.kind == "transfer":
        settle_by_invoices(request_id=request.pk)


def _next() -> dt.datetime | None:
    moments = [
        model.objects.filter(next_try_at__isnull=False).aggregate(first=Min("next_try_at"))["first"]
        for model in (GatewayNotice, GatewayRefund, PaymentRequest)
    ]
    return min((moment for moment in moments if moment), default=None)
