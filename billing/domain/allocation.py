"""Which invoices a payment pays. Pure: what is shown before and what is booked after are the same function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from billing.domain.money import ZERO
from billing.domain.refusals import PaymentRefused
from billing.models import Invoice
from tenants.formats import format_money

Part = tuple[Invoice, Decimal]


@dataclass(frozen=True, slots=True)
class Choice:
    """What the cashier chose. Without anything, the oldest invoices are paid first.

    `first`: these, in this order, before the oldest. `parts`: exactly this much on each; the rest is credit.
    """

    first: Sequence[int] = ()
    parts: Mapping[int, Decimal] | None = None


def split(invoices: Sequence[Invoice], amount: Decimal, choice: Choice) -> list[Part]:
    """How an amount is put on open invoices; what is left of it becomes credit.

    Raises PaymentRefused when what was chosen no longer fits: more than the payment or than an invoice owes.
    """
    if choice.parts is not None:
        return _as_chosen(invoices, amount, choice.parts)
    first = list(choice.first)
    order = sorted(invoices, key=lambda i: (first.index(i.pk) if i.pk in first else len(first), i.due_on, i.pk))
    parts = []
    for invoice in order:
        part = min(invoice.total - invoice.paid, amount)
        if part > 0:
            parts.append((invoice, part))
            amount -= part
    return parts


def _as_chosen(invoices: Sequence[Invoice], amount: Decimal, chosen: Mapping[int, Decimal]) -> list[Part]:
    known = {invoice.pk: invoice for invoice in invoices}
    for pk, part in chosen.items():
        invoice = known.get(pk)
        if invoice is None:
            raise PaymentRefused(_("Una de las facturas elegidas ya no está por pagar. Vuelva a elegir."))
        owed = invoice.total - invoice.paid
        if part < 0 or part > owed:
            raise PaymentRefused(
                _("De la factura %(label)s se deben %(owed)s: no se le puede poner %(part)s.")
                % {
                    "label": invoice.label,
                    "owed": format_money(owed, invoice.currency),
                    "part": format_money(part, invoice.currency),
                }
            )
    if (total := sum(chosen.values(), ZERO)) > amount:
        currency = invoices[0].currency if invoices else ""
        raise PaymentRefused(
            _("Lo repartido suma %(total)s y el pago es de %(amount)s: quite %(over)s.")
            % {
                "total": format_money(total, currency),
                "amount": format_money(amount, currency),
                "over": format_money(total - amount, currency),
            }
        )
    return [(known[pk], part) for pk, part in chosen.items() if part]


def put_on(parts: Sequence[Part]) -> None:
    """Make the invoices say what the parts pay; nothing is saved."""
    for invoice, part in parts:
        invoice.paid += part
        invoice.status = Invoice.Status.PAID if invoice.paid == invoice.total else Invoice.Status.OPEN
