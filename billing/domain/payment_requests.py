"""Money asked of a customer through a gateway: the row first, then the call, which may be repeated harmlessly.

A request is claimed and its next try pushed forward before the gateway is called, with no transaction open. A crash
between the call and its record is healed by the next try: our uuid makes the gateway answer with the same request.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from billing.domain.gateway_accounts import gateway_of
from billing.domain.money import check_amount
from billing.domain.transfer_references import reference_of
from billing.gateways.base import Ask, GatewayError, Opened
from billing.gateways.registry import KINDS
from billing.models import GatewayAccount, Invoice, PaymentRequest
from customers.models import Contact, Customer
from events.domain import Actor, record
from tenants.current import current_tenant, tenant_origin, tenant_salt
from tenants.live import publish_live
from tenants.wakes import wake

Status = PaymentRequest.Status
LANE = "billing.gateways"
LIFETIME = dt.timedelta(days=7)
LEASE = dt.timedelta(seconds=60)  # longer than a call to a gateway may take
HEAD_START = dt.timedelta(seconds=5)  # of whoever made the request and opens it at once
TRIES = 8
FIRST_LOOK, LAST_LOOK = dt.timedelta(minutes=2), dt.timedelta(hours=6)
AFTER_EXPIRY = dt.timedelta(days=3)  # a voucher paid on its last evening is told the day after


class RequestRefused(Exception):
    """The request cannot be made or ended that way; the message is for people, nothing was written."""


@transaction.atomic
def create_request(
    *,
    account: GatewayAccount,
    customer_id: int,
    amount: Decimal,
    actor: Actor,
    key: str,
    now: dt.datetime,
    way: str = PaymentRequest.Way.LINK,
    invoice_ids: Sequence[int] = (),
    description: str = "",
) -> PaymentRequest:
    """Write a request down, or return the one already made under `key`. `open_request` then asks the gateway.

    Raises BadAmount, or RequestRefused for an account that is off, a way it does not have, invoices of others.
    """
    currency = current_tenant().currency
    check_amount(amount, currency)
    kind = KINDS.get(account.kind)
    if kind is None or not account.is_active:
        raise RequestRefused(_("Esa pasarela está apagada."))
    if not kind.takes(currency):
        raise RequestRefused(_("Esa pasarela no cobra en %(currency)s.") % {"currency": currency})
    if way not in kind.ways:
        raise RequestRefused(_("Esa pasarela no cobra de esa forma."))
    invoices = list(Invoice.objects.filter(pk__in=set(invoice_ids), customer_id=customer_id, currency=currency))
    if len(invoices) != len(set(invoice_ids)):
        raise RequestRefused(_("Elija facturas de este cliente."))
    request, made = PaymentRequest.objects.get_or_create(
        key=key,
        defaults={
            "account": account,
            "customer_id": customer_id,
            "amount": amount,
            "currency": currency,
            "way": way,
            "description": (description or _describe(invoices))[:200],
            "expires_at": now + LIFETIME,
            "created_at": now,
            "actor_kind": actor.kind,
            "actor_id": actor.id,
            "actor_label": actor.label,
            "next_try_at": now + HEAD_START,
        },
    )
    if made:
        request.invoices.set(invoices)
        wake(LANE, now + HEAD_START)
    elif (request.customer_id, request.amount, request.account_id) != (customer_id, amount, account.pk):
        raise RequestRefused(_("Esa clave ya se usó para otro cobro."))
    return request


@transaction.atomic
def request_again(
    *,
    account: GatewayAccount,
    customer_id: int,
    amount: Decimal,
    actor: Actor,
    now: dt.datetime,
    way: str,
    invoice_ids: Sequence[int],
    key: str,
) -> PaymentRequest:
    """The live request for the same invoices and amount if it still has time, else a new one under `key`.

    Two clicks at once meet at the customer's row. Raises what create_request raises.
    """
    Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    usable = (Status.WAITING, Status.CREATING, Status.OPEN)
    alike = PaymentRequest.objects.filter(
        account=account, customer_id=customer_id, amount=amount, way=way, status__in=usable
    ).filter(expires_at__gt=now + dt.timedelta(minutes=10))
    for request in alike.prefetch_related("invoices").order_by("-id")[:5]:
        if {invoice.pk for invoice in request.invoices.all()} == set(invoice_ids):
            return request
    return create_request(
        account=account,
        customer_id=customer_id,
        amount=amount,
        actor=actor,
        key=key,
        now=now,
        way=way,
        invoice_ids=invoice_ids,
    )


def open_request(*, request_id: int, now: dt.datetime) -> PaymentRequest:
    """Ask the gateway, unless somebody else is at it; return the request as it stands then. Raises nothing of its own.

    What went wrong is written on the row: `trouble` says it, and the next try comes by itself where it can help.
    """
    request = _claim(request_id, now)
    if request is None:
        return PaymentRequest.objects.select_related("account", "customer").get(pk=request_id)
    try:
        opened = gateway_of(request.account).open(_ask(request))
    except GatewayError as error:
        _note_failure(request, error, now)
    else:
        _note_opened(request, opened, now)
    return PaymentRequest.objects.select_related("account", "customer").get(pk=request_id)


@transaction.atomic
def _claim(request_id: int, now: dt.datetime) -> PaymentRequest | None:
    request = (
        PaymentRequest.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
        .select_related("account", "customer")
        .filter(pk=request_id)
        .first()
    )
    fresh = request is not None and request.status == Status.WAITING
    due = request is not None and request.next_try_at is not None and request.next_try_at <= now
    if request is None or not (fresh or (request.status == Status.CREATING and due)):
        return None
    request.status, request.attempts, request.next_try_at = Status.CREATING, request.attempts + 1, now + LEASE
    request.save(update_fields=["status", "attempts", "next_try_at"])
    return request


def _ask(request: PaymentRequest) -> Ask:
    customer = request.customer
    phone = Contact.objects.filter(customer=customer, kind__in=["phone", "whatsapp"]).order_by("-is_primary", "id")
    email = Contact.objects.filter(customer=customer, kind="email").values_list("value", flat=True).first()
    return Ask(
        key=str(request.uuid),
        way=request.way,
        amount=request.amount,
        currency=request.currency,
        description=request.description,
        customer_name=customer.name,
        customer_email=customer.email or email or "",
        customer_phone=phone.values_list("value", flat=True).first() or "",
        # So that the page asks until it is told.
        return_url=request_link(request) + "?volvio=1",
        # As it was first asked: a gateway refuses a key that comes back with other words.
        now=request.created_at,
        expires_at=request.expires_at,
        reference=reference_of(customer.pk),
        again=request.attempts > 1,
    )


@transaction.atomic
def _note_opened(request: PaymentRequest, opened: Opened, now: dt.datetime) -> None:
    row = PaymentRequest.objects.select_for_update(no_key=True).get(pk=request.pk)
    if row.external_id:
        return  # another try was faster
    outrun = row.status != Status.CREATING  # it was paid before the gateway's answer was written down
    row.status, row.trouble = row.status if outrun else Status.OPEN, ""
    row.external_id = opened.external_id
    row.url, row.qr, row.voucher, row.barcode = opened.url, opened.qr, opened.voucher, opened.barcode
    row.instructions = opened.instructions
    row.expires_at = opened.expires_at or row.expires_at
    row.next_try_at = next_look(row, now) if row.is_live else None
    row.save()
    if row.next_try_at:
        wake(LANE, row.next_try_at)
    actor = Actor(row.actor_kind, row.actor_id, row.actor_label)
    record(
        "payment_request.opened",
        subject=row,
        actor=actor,
        at=now,
        amount=str(row.amount),
        currency=row.currency,
        account=request.account.name,
        way=row.way,
    )
    publish_live("payments", request=row.pk)


def _note_failure(request: PaymentRequest, error: GatewayError, now: dt.datetime) -> None:
    fields: dict[str, object] = {"trouble": error.message[:300]}
    if error.permanent:
        fields |= {"status": Status.FAILED, "next_try_at": None}
    elif request.attempts >= TRIES:
        fields |= {"status": Status.DOUBTFUL if error.doubtful else Status.FAILED, "next_try_at": None}
    else:
        fields["next_try_at"] = now + dt.timedelta(seconds=min(5 * 2**request.attempts, 900))
    PaymentRequest.objects.filter(pk=request.pk, status=Status.CREATING).update(**fields)


def next_look(request: PaymentRequest, now: dt.datetime) -> dt.datetime | None:
    """When to ask the gateway by ourselves, in case its notification was lost: seldom, and less as time passes."""
    last = (request.expires_at or request.created_at + LIFETIME) + AFTER_EXPIRY
    moment = now + min(max((now - request.created_at) / 4, FIRST_LOOK), LAST_LOOK)
    return moment if moment <= last else None


def cancel_request(*, request_id: int, actor: Actor, now: dt.datetime) -> PaymentRequest:
    """End a request that nobody paid. Raises RequestRefused when it is not open, or the gateway says no."""
    request = PaymentRequest.objects.select_related("account").get(pk=request_id)
    if request.status not in (Status.OPEN, Status.FAILED, Status.DOUBTFUL):
        raise RequestRefused(_("Solo se cancela un cobro que está por pagar."))
    if request.external_id:
        try:
            gateway_of(request.account).cancel(request.external_id)
        except GatewayError as error:
            raise RequestRefused(error.message) from None
    with transaction.atomic():
        row = PaymentRequest.objects.select_for_update(no_key=True).get(pk=request_id)
        if row.status == request.status:
            row.status, row.next_try_at = Status.CANCELLED, None
            row.save(update_fields=["status", "next_try_at"])
            record("payment_request.cancelled", subject=row, actor=actor, at=now, amount=str(row.amount))
    return row


@transaction.atomic
def look_soon(*, request_id: int, now: dt.datetime) -> None:
    """Have the gateway asked about an open request now: the customer says that it is paid. Once in two seconds."""
    due = PaymentRequest.objects.filter(pk=request_id, status__in=PaymentRequest.LIVE).exclude(
        next_try_at__lte=now + dt.timedelta(seconds=2)
    )
    if due.update(next_try_at=now):
        wake(LANE)


def request_link(request: PaymentRequest) -> str:
    """The page of a request on the provider's own domain, for whoever holds the link."""
    return tenant_origin() + reverse("pay_page", args=[_signer().sign(str(request.pk))])


def read_request_token(token: str) -> int | None:
    """The id of the request a link opens, or None for one that is not this provider's."""
    try:
        return int(_signer().unsign(token))
    except (BadSignature, ValueError):
        return None


def _signer() -> Signer:
    return Signer(salt=tenant_salt("payment-request"), sep=".")


def _describe(invoices: Sequence[Invoice]) -> str:
    labels = ", ".join(invoice.label for invoice in sorted(invoices, key=lambda i: (i.due_on, i.pk)))
    provider = current_tenant().name
    if labels:
        return _("Factura %(labels)s de %(provider)s") % {"labels": labels, "provider": provider}
    return _("Pago a %(provider)s") % {"provider": provider}
