"""Undoing an invoice. Documents are never changed or deleted: a correcting transaction takes them back."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils.translation import gettext as _

from billing.domain.ledger import Leg, Posting, accounts, post
from billing.domain.money import ZERO
from billing.domain.policies import current_policy
from billing.domain.reconnection import open_invoices_locked, overdue_sum, release
from billing.models import Charge, Invoice, LedgerAccount, LedgerTransaction
from customers.models import Customer
from events.domain import Actor, record
from tenants.current import tenant_today

Kind = LedgerAccount.Kind


class InvoiceRefused(Exception):
    """The invoice cannot be undone; the message is for people, nothing was written."""


@transaction.atomic
def void_invoice(*, invoice_id: int, reason: str, actor: Actor, now: dt.datetime) -> Invoice:
    """Take an invoice back: nothing is owed of it, its number stays used, and its days may be billed anew.

    Raises InvoiceRefused without a reason, when it is void already, or when something was paid of it.
    """
    if not reason.strip():
        raise InvoiceRefused(_("Escriba por qué se anula la factura."))
    customer_id = Invoice.objects.values_list("customer_id", flat=True).get(pk=invoice_id)
    Customer.objects.select_for_update(no_key=True).get(pk=customer_id)
    invoice = Invoice.objects.select_for_update(no_key=True).get(pk=invoice_id)
    if invoice.status == Invoice.Status.VOID:
        raise InvoiceRefused(_("Esta factura ya estaba anulada."))
    if invoice.paid:
        raise InvoiceRefused(_("Esta factura tiene pagos: anule primero el pago."))
    contra = Kind.OPENING if invoice.imported else Kind.INCOME
    chart = accounts(invoice.currency, Kind.RECEIVABLE, contra, Kind.TAX)
    tax = ZERO if invoice.imported else invoice.tax
    post(
        [
            Posting(
                LedgerTransaction.Kind.INVOICE_VOID,
                now,
                tenant_today(now),
                invoice.currency,
                (
                    Leg(chart[Kind.RECEIVABLE], -invoice.total, customer_id),
                    Leg(chart[contra], invoice.total - tax),
                    Leg(chart[Kind.TAX], tax),
                ),
                reason.strip()[:200],
                invoice.pk,
            )
        ]
    )
    Charge.objects.filter(line__invoice=invoice, reversed_at=None).update(reversed_at=now)
    invoice.status, invoice.voided_at, invoice.void_reason = Invoice.Status.VOID, now, reason.strip()[:200]
    invoice.save(update_fields=["status", "voided_at", "void_reason"])
    record(
        "invoice.voided",
        subject=invoice,
        actor=actor,
        at=now,
        label=invoice.label,
        total=str(invoice.total),
        currency=invoice.currency,
        reason=invoice.void_reason,
        released=_release_if_settled(invoice, actor, now),
    )
    return invoice


def _release_if_settled(invoice: Invoice, actor: Actor, now: dt.datetime) -> list[int]:
    """Who was cut for this invoice alone comes back with it."""
    rest = open_invoices_locked(invoice.customer_id, invoice.currency)
    return [] if overdue_sum(current_policy(), rest, now) else release(invoice.customer_id, actor, now)
