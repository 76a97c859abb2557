"""Comprobantes: filed by whoever receives them, looked at by a person, booked once or sent back with a reason."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from billing.domain.payments import record_payment
from billing.models import Payment, Receipt
from customers.models import Customer
from customers.text import fold
from events.domain import Actor, record
from inbox.domain.notices import notify_customer
from inbox.models import Attachment, Message
from tenants.current import current_tenant
from tenants.formats import format_money
from tenants.live import publish_live

Status = Receipt.Status


class ReceiptRefused(Exception):
    """The receipt cannot be settled that way; the message is for people, nothing was written."""


class RepeatedReceipt(ReceiptRefused):
    """The same picture, or the same bank and reference, was accepted before: `first` is that one."""

    def __init__(self, message: str, first: Receipt) -> None:
        super().__init__(message)
        self.first = first


@transaction.atomic
def file_receipt(
    *,
    message: Message | None,
    attachment: Attachment | None,
    customer_id: int | None,
    now: dt.datetime,
    actor: Actor,
) -> Receipt:
    """Put a picture into the review queue. The same attachment again returns the receipt it already made.

    The same bytes in another message are kept as a duplicate of the first and wait for nobody.
    """
    if attachment is not None:
        # Two workers filing one message meet here.
        Attachment.objects.select_for_update(no_key=True).get(pk=attachment.pk)
        known = Receipt.objects.filter(attachment=attachment).first()
        if known:
            return known
    first = same_picture(attachment)
    receipt = Receipt.objects.create(
        customer_id=customer_id,
        message=message,
        attachment=attachment,
        status=Status.DUPLICATE if first else Status.WAITING,
        first=first,
        filed_by=actor.label,
        created_at=now,
    )
    facts = {"first": first.pk} if first else {}
    record("receipt.filed", subject=receipt, actor=actor, at=now, customer_id=customer_id, **facts)
    publish_live("receipts", receipt=receipt.pk)
    return receipt


def same_picture(attachment: Attachment | None, *, besides: int = 0) -> Receipt | None:
    """The oldest waiting or accepted receipt with the same bytes; None when there is none or no bytes yet."""
    if attachment is None or not attachment.sha256:
        return None
    return (
        Receipt.objects.filter(attachment__sha256=attachment.sha256, status__in=[Status.WAITING, Status.ACCEPTED])
        .exclude(pk=besides)
        .order_by("id")
        .first()
    )


def same_reference(receipt: Receipt, bank: str, reference: str) -> Receipt | None:
    """The accepted receipt of the same bank and reference, if there is one."""
    key = reference_key(bank, reference)
    if not key:
        return None
    return Receipt.objects.filter(reference_key=key, status=Status.ACCEPTED).exclude(pk=receipt.pk).first()


def reference_key(bank: str, reference: str) -> str:
    """Bank and reference as they are compared: case, accents, blanks and dashes aside. Empty without a reference."""
    plain = "".join(c for c in fold(reference) if c.isalnum())
    return f"{fold(bank).strip()}:{plain}" if plain else ""


def accept_receipt(
    *,
    receipt_id: int,
    amount: Decimal,
    actor: Actor,
    now: dt.datetime,
    customer_id: int | None = None,
    bank: str = "",
    reference: str = "",
    paid_on: dt.date | None = None,
) -> Payment:
    """Book the payment a receipt proves and tell the customer. Accepting twice returns the same payment.

    Raises ReceiptRefused (already rejected, no customer), RepeatedReceipt with the first one, or what
    record_payment raises.
    """
    with transaction.atomic():
        receipt = _lock(receipt_id)
        if receipt.status == Status.ACCEPTED and receipt.payment:
            return receipt.payment
        _check_waiting(receipt)
        _check_first(receipt, bank, reference)
        owner = customer_id or receipt.customer_id
        if owner is None:
            raise ReceiptRefused(_("Elija de qué cliente es el comprobante."))
        payment = record_payment(
            customer_id=owner,
            amount=amount,
            method=Payment.Method.TRANSFER,
            reference=reference,
            bank=bank,
            received_at=min(receipt.created_at, now),
            actor=actor,
            key=f"receipt:{receipt.pk}",
            now=now,
        )
        receipt.status, receipt.payment, receipt.customer_id = Status.ACCEPTED, payment, owner
        receipt.amount, receipt.bank, receipt.reference = amount, bank.strip()[:60], reference.strip()[:80]
        receipt.reference_key, receipt.paid_on = reference_key(bank, reference), paid_on
        _settle(receipt, actor, now)
        record(
            "receipt.accepted",
            subject=receipt,
            actor=actor,
            at=now,
            amount=str(amount),
            currency=payment.currency,
            payment=payment.pk,
        )
        _tell(receipt, "receipt_accepted", {"amount": format_money(amount, payment.currency)}, actor, now)
    return payment


def reject_receipt(*, receipt_id: int, reason: str, actor: Actor, now: dt.datetime) -> Receipt:
    """Send a receipt back with a reason the customer will read. Raises ReceiptRefused without one, or when settled."""
    if not reason.strip():
        raise ReceiptRefused(_("Escriba por qué se rechaza: el cliente lo leerá."))
    with transaction.atomic():
        receipt = _lock(receipt_id)
        _check_waiting(receipt)
        receipt.status, receipt.reason = Status.REJECTED, reason.strip()[:200]
        _settle(receipt, actor, now)
        record("receipt.rejected", subject=receipt, actor=actor, at=now, reason=receipt.reason)
        if receipt.customer:
            _tell(receipt, "receipt_rejected", {"reason": receipt.reason.rstrip(".")}, actor, now)
    return receipt


def _lock(receipt_id: int) -> Receipt:
    return (
        Receipt.objects.select_for_update(no_key=True, of=("self",))
        .select_related("attachment", "payment")
        .get(pk=receipt_id)
    )


def _check_waiting(receipt: Receipt) -> None:
    if receipt.status != Status.WAITING:
        raise ReceiptRefused(
            _("Este comprobante ya está %(status)s.") % {"status": receipt.get_status_display().lower()}
        )


def _check_first(receipt: Receipt, bank: str, reference: str) -> None:
    first = same_picture(receipt.attachment, besides=receipt.pk)
    # Of two that wait, the older one is the one to accept.
    if first and (first.status == Status.ACCEPTED or first.pk < receipt.pk):
        raise RepeatedReceipt(_("Esta misma imagen ya llegó antes."), first)
    first = same_reference(receipt, bank, reference)
    if first:
        raise RepeatedReceipt(_("Esa referencia de ese banco ya se aceptó antes."), first)


def _settle(receipt: Receipt, actor: Actor, now: dt.datetime) -> None:
    receipt.reviewed_by, receipt.reviewed_at = actor.label, now
    receipt.save()
    publish_live("receipts", receipt=receipt.pk)


def _tell(receipt: Receipt, template: str, words: dict[str, str], actor: Actor, now: dt.datetime) -> None:
    customer = Customer.objects.get(receipts=receipt)
    notify_customer(
        customer_id=customer.pk,
        template=template,
        variables={"name": customer.name.split()[0], "provider": current_tenant().name, **words},
        key=f"receipt:{receipt.pk}:{template}",
        actor=actor,
        now=now,
    )
