"""Undoing an invoice. Documents are never changed or deleted: a correcting transaction takes them back."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from billing.domain.ledger import Leg, Posting, post
from billing.domain.reconnection import release_if_settled
from billing.models import Charge, Entry, Extra, Invoice, LedgerTransaction
from customers.models import Customer
from events.domain import Actor, record
from tenants.current import tenant_today


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
    if invoice.credit_notes.exists():
        raise InvoiceRefused(_("Esta factura tiene notas de crédito: acredite lo que queda en lugar de anularla."))
    if invoice.paid:
        raise InvoiceRefused(_("Esta factura tiene pagos: anule primero el pago."))
    post(
        [
            Posting(
                LedgerTransaction.Kind.INVOICE_VOID,
                now,
                tenant_today(now),
                invoice.currency,
                _entries_back(invoice),
                reason.strip()[:200],
                invoice.pk,
            )
        ]
    )
    _free_charges(invoice, actor, now)
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
        released=release_if_settled(customer_id, invoice.currency, actor, now),
    )
    return invoice


def _entries_back(invoice: Invoice) -> tuple[Leg, ...]:
    """What the invoice put into each account, the other way round."""
    sums = (
        Entry.objects.filter(
            transaction__invoice=invoice,
            transaction__kind__in=[LedgerTransaction.Kind.INVOICE, LedgerTransaction.Kind.OPENING],
        )
        .values_list("account_id", "customer_id")
        .annotate(sum=Sum("amount"))
        .order_by("account_id")
    )
    return tuple(Leg(account, -amount, customer) for account, customer, amount in sums)


def _free_charges(invoice: Invoice, actor: Actor, now: dt.datetime) -> None:
    """Its days may be charged anew, what it charged once waits again, and a fee for not paying it is forgotten."""
    charges = Charge.objects.filter(line__invoice=invoice, reversed_at=None)
    once = list(charges.filter(kind=Charge.Kind.ONCE).values_list("source", flat=True))
    charges.update(reversed_at=now)
    Extra.objects.filter(pk__in=once).update(billed_at=None)
    Extra.objects.filter(key=f"late_fee:{invoice.pk}", billed_at=None, cancelled_at=None).update(
        cancelled_at=now, cancelled_by=actor.label
    )
