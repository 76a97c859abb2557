"""Notifications: checked and stored at the door, then taken as a hint to ask the gateway what is true."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from billing.domain.arrivals import find_request, note_arrival, settle_request
from billing.domain.gateway_accounts import gateway_of
from billing.domain.payment_requests import LANE, LEASE
from billing.gateways.base import Gateway, GatewayError
from billing.models import GatewayAccount, GatewayNotice, PaymentRequest
from tenants.wakes import wake

Outcome = GatewayNotice.Outcome
TRIES = 10
KEPT_HEADERS = ("content-type", "user-agent", "stripe-signature", "x-signature", "x-request-id", "digest")


def store_notice(
    *, account: GatewayAccount, body: bytes, headers: Mapping[str, str], query: Mapping[str, str], now: dt.datetime
) -> GatewayNotice:
    """Keep a notification and wake the lane; the same event again is only counted.

    Raises BadSignature, and GatewayError when the account's own secret cannot be read.
    """
    read = gateway_of(account).read_notice(body=body, headers=headers, query=query, now=now)
    with transaction.atomic():
        notice, made = GatewayNotice.objects.get_or_create(
            account=account,
            event_id=read.event_id[:120],
            defaults={
                "topic": read.topic[:80],
                "about": {"payment": read.payment, "request": read.request},
                "body": body.decode(errors="replace").replace("\x00", ""),
                "headers": {name: headers[name][:500] for name in KEPT_HEADERS if name in headers},
                "received_at": now,
                "next_try_at": now,
            },
        )
        if made:
            wake(LANE)
        else:
            GatewayNotice.objects.filter(pk=notice.pk).update(times_seen=F("times_seen") + 1)
    return notice


def process_notice(*, notice: GatewayNotice, now: dt.datetime) -> None:
    """Ask the gateway about what a claimed notification names, and write down what came of it."""
    try:
        outcome, request, note = _understand(notice, gateway_of(notice.account), now)
    except GatewayError as error:
        _note_failure(notice, error, now)
        return
    GatewayNotice.objects.filter(pk=notice.pk).update(
        outcome=outcome, request=request, note=note[:300], processed_at=now, next_try_at=None
    )


def _understand(notice: GatewayNotice, gateway: Gateway, now: dt.datetime) -> tuple[str, PaymentRequest | None, str]:
    account, payment, external_id = notice.account, notice.about.get("payment"), notice.about.get("request")
    if payment:
        arrival = gateway.query_payment(payment)
        if arrival is None:
            return Outcome.NOTED, None, _("La pasarela no conoce ese pago.")
        request = find_request(account, arrival.key)
        if request is None:
            return Outcome.NOTED, None, _("No es de un cobro hecho aquí.")
        return note_arrival(account=account, arrival=arrival, now=now), request, ""
    if external_id:
        truth = gateway.query(external_id=external_id, key="")
        request = find_request(account, truth.key)
        if request is None:
            return Outcome.NOTED, None, _("No es de un cobro hecho aquí.")
        # The answer to our own call may never have been written down.
        PaymentRequest.objects.filter(pk=request.pk, external_id="").update(external_id=external_id)
        return settle_request(request=request, truth=truth, now=now), request, ""
    return Outcome.NOTED, None, _("No habla de un pago.")


def _note_failure(notice: GatewayNotice, error: GatewayError, now: dt.datetime) -> None:
    fields: dict[str, object] = {"note": error.message[:300]}
    if error.permanent or notice.attempts >= TRIES:
        fields |= {"outcome": Outcome.FAILED, "processed_at": now, "next_try_at": None}
    else:
        fields["next_try_at"] = now + dt.timedelta(seconds=min(5 * 2**notice.attempts, 3600))
    GatewayNotice.objects.filter(pk=notice.pk).update(**fields)


@transaction.atomic
def claim_notice(now: dt.datetime) -> GatewayNotice | None:
    """The oldest notification that is due, with its next try pushed forward; None when there is none."""
    notice = (
        GatewayNotice.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
        .select_related("account")
        .filter(next_try_at__lte=now)
        .order_by("next_try_at", "id")
        .first()
    )
    if notice is not None:
        notice.attempts, notice.next_try_at = notice.attempts + 1, now + LEASE
        notice.save(update_fields=["attempts", "next_try_at"])
    return notice


@transaction.atomic
def retry_notice(*, notice_id: int, now: dt.datetime) -> GatewayNotice:
    """Look at a notification again; a person asked for it."""
    notice = GatewayNotice.objects.select_for_update(no_key=True).get(pk=notice_id)
    notice.outcome, notice.attempts, notice.next_try_at, notice.note = Outcome.WAITING, 0, now, ""
    notice.save(update_fields=["outcome", "attempts", "next_try_at", "note"])
    wake(LANE)
    return notice
