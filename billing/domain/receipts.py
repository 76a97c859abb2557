"""Comprobantes are settled: looked at by a person, booked once, corrected, or sent back with a reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from billing.domain.payments import record_payment, void_payment
from billing.domain.receipt_calls import close_calls
from billing.domain.receipt_filing import (
    ReceiptRefused,
    RepeatedReceipt,
    check_day,
    reference_key,
    same_picture,
    wait_for,
)
from billing.models import Payment, Receipt
from customers.models import Customer
from events.domain import Actor, record
from inbox.domain.notices import notify_customer
from tenants.current import current_tenant
from tenants.formats import format_money
from tenants.live import publish_live

Status = Receipt.Status


def same_reference(receipt: Receipt, bank: str, reference: str) -> Receipt | None:
    """The accepted receipt of the same bank and reference, if there is one.

    Inside a transaction whoever else accepts that reference waits for its end, so that one of two finds the other.
    """
    key = reference_key(bank, reference)
    if not key:
        return None
    wait_for(f"receipt-reference:{key}")
    return Receipt.objects.filter(reference_key=key, status=Status.ACCEPTED).exclude(pk=receipt.pk).first()


@dataclass(frozen=True)
class Proof:
    """What a receipt says once a person looked at it. `invoice_ids` are paid first, in that order."""

    amount: Decimal
    customer_id: int | None = None
    bank: str = ""
    reference: str = ""
    paid_on: dt.date | None = None
    invoice_ids: tuple[int, ...] = ()


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
    invoice_ids: Sequence[int] = (),
) -> Payment:
    """Book the payment a receipt proves and tell the customer. Accepting twice returns the same payment.

    Raises ReceiptRefused (already rejected, no customer, a day that cannot be), RepeatedReceipt with the first one,
    or what record_payment raises.
    """
    proof = Proof(amount, customer_id, bank, reference, paid_on, tuple(invoice_ids))
    check_day(paid_on, now)
    with transaction.atomic():
        receipt = _lock(receipt_id)
        if receipt.status == Status.ACCEPTED and receipt.payment_id:
            return Payment.objects.get(pk=receipt.payment_id)
        _check_waiting(receipt)
        _check_first(receipt, bank, reference)
        payment = _book(receipt, proof, actor, now)
        receipt.status = Status.ACCEPTED
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


def _book(receipt: Receipt, proof: Proof, actor: Actor, now: dt.datetime) -> Payment:
    """Book the payment under the receipt's key and write what it says into the receipt, which is not saved yet."""
    owner = proof.customer_id or receipt.customer_id
    if owner is None:
        raise ReceiptRefused(_("Elija de qué cliente es el comprobante."))
    again = f":{receipt.corrections}" if receipt.corrections else ""
    payment = record_payment(
        customer_id=owner,
        amount=proof.amount,
        method=Payment.Method.TRANSFER,
        reference=proof.reference,
        bank=proof.bank,
        received_at=min(receipt.created_at, now),
        invoice_ids=proof.invoice_ids or ([receipt.invoice_id] if receipt.invoice_id else None),
        actor=actor,
        key=f"receipt:{receipt.pk}{again}",
        now=now,
    )
    receipt.payment, receipt.customer_id, receipt.amount = payment, owner, proof.amount
    receipt.bank, receipt.reference = proof.bank.strip()[:60], proof.reference.strip()[:80]
    receipt.reference_key, receipt.paid_on = reference_key(proof.bank, proof.reference), proof.paid_on
    return payment


def correct_receipt(
    *, receipt_id: int, instead_of: int, proof: Proof, reason: str, actor: Actor, now: dt.datetime
) -> Payment:
    """Undo the payment of an accepted receipt and book what it really says; both stay in the ledger.

    `instead_of` is the payment the person saw: when another took its place meanwhile nothing is done. The customer
    is told when the amount or the customer changes. Raises ReceiptRefused, RepeatedReceipt, BadAmount, or what
    void_payment and record_payment raise.
    """
    if not reason.strip():
        raise ReceiptRefused(_("Escriba por qué se corrige: queda en el historial."))
    check_day(proof.paid_on, now)
    with transaction.atomic():
        receipt = _lock(receipt_id)
        if receipt.status != Status.ACCEPTED or receipt.payment is None or receipt.payment.pk != instead_of:
            raise ReceiptRefused(_("Otra persona ya cambió este comprobante. Vea cómo quedó."))
        was = receipt.payment
        before = _said(receipt)
        _check_first(receipt, proof.bank, proof.reference)
        if not was.voided_at:
            void_payment(payment_id=was.pk, reason=reason, actor=actor, now=now)
        receipt.corrections += 1
        payment = _book(receipt, proof, actor, now)
        _settle(receipt, actor, now)
        record(
            "receipt.corrected",
            subject=receipt,
            actor=actor,
            at=now,
            reason=reason.strip()[:200],
            before=before,
            after=_said(receipt),
            currency=payment.currency,
        )
        if (was.customer_id, was.amount) != (payment.customer_id, payment.amount):
            _tell(receipt, "receipt_accepted", {"amount": format_money(proof.amount, payment.currency)}, actor, now)
    return payment


def _said(receipt: Receipt) -> dict[str, str | int | None]:
    return {
        "payment": receipt.payment.pk if receipt.payment else None,
        "customer": receipt.customer_id,
        "amount": str(receipt.amount),
        "bank": receipt.bank,
        "reference": receipt.reference,
        "paid_on": receipt.paid_on.isoformat() if receipt.paid_on else None,
    }


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
        .select_related("attachment", "picture")  # not the payment: whoever waited for the lock would not see it
        .get(pk=receipt_id)
    )


def _check_waiting(receipt: Receipt) -> None:
    if receipt.status != Status.WAITING:
        raise ReceiptRefused(
            _("Este comprobante ya está %(status)s.") % {"status": receipt.get_status_display().lower()}
        )


def _check_first(receipt: Receipt, bank: str, reference: str) -> None:
    first = same_picture(receipt)
    # Of two that wait, the older one is the one to accept.
    if first and (first.status == Status.ACCEPTED or first.pk < receipt.pk):
        raise RepeatedReceipt(_("Esta misma imagen ya llegó antes."), first)
    first = same_reference(receipt, bank, reference)
    if first:
        raise RepeatedReceipt(_("Esa referencia de ese banco ya se aceptó antes."), first)


def _settle(receipt: Receipt, actor: Actor, now: dt.datetime) -> None:
    receipt.reviewed_by, receipt.reviewed_at = actor.label, now
    receipt.save()
    close_calls(receipt, now)
    publish_live("receipts", receipt=receipt.pk)


def _tell(receipt: Receipt, template: str, words: dict[str, str], actor: Actor, now: dt.datetime) -> None:
    customer = Customer.objects.get(receipts=receipt)
    notify_customer(
        customer_id=customer.pk,
        template=template,
        variables={"name": customer.name.split()[0], "provider": current_tenant().name, **words},
        key=f"receipt:{receipt.pk}:{template}" + (f":{receipt.corrections}" if receipt.corrections else ""),
        actor=actor,
        now=now,
    )
