"""What documents say, read from invoices, payments and the ledger. Amounts are Decimals in the row's own currency."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from billing.domain.ledger import Movement, StatementSums, Window, read_statement
from billing.domain.money import ZERO
from billing.domain.queries import parts_of
from billing.domain.reasons import explain
from billing.models import CreditNote, Invoice, Payment
from customers.models import Customer
from tenants.current import tenant_zone


@dataclass(frozen=True, slots=True)
class PartyFacts:
    """The customer."""

    name: str
    code: str
    tax_id: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class TaxFacts:
    """One tax of a document; `rate` is a share of 1, a withheld amount is negative."""

    name: str
    rate: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class InvoiceFacts:
    """An invoice as it stands on `today`. The last day of `period` is charged too.

    Of `paid`, credit notes took off `credited`, and `written_off` was given up.
    """

    party: PartyFacts
    label: str
    status: str
    issued_on: dt.date
    due_on: dt.date
    period: tuple[dt.date, dt.date] | None
    lines: tuple[tuple[str, Decimal], ...]
    subtotal: Decimal
    taxes: tuple[TaxFacts, ...]
    total: Decimal
    credited: Decimal
    written_off: Decimal
    paid: Decimal
    currency: str
    today: dt.date
    imported: bool = False
    void_reason: str = ""

    @property
    def owed(self) -> Decimal:
        """What is still to be paid of it; nothing of a void one."""
        return self.total - self.paid if self.status == Invoice.Status.OPEN else ZERO

    @property
    def money_in(self) -> Decimal:
        """What was really paid of it, by payments or credit."""
        return self.paid - self.credited - self.written_off


@dataclass(frozen=True, slots=True)
class PaymentFacts:
    """A payment and the invoices it went to, each with its amount and what it kept owing.

    What is left over is in the customer's favour; `decision` says what the payment did to a cut.
    """

    party: PartyFacts
    number: int
    amount: Decimal
    currency: str
    method: str
    reference: str
    received_at: dt.datetime
    cashier: str
    parts: tuple[tuple[str, Decimal, Decimal], ...]
    void_reason: str = ""
    voided: bool = False
    decision: str = ""
    refunded: Decimal = ZERO

    @property
    def in_favour(self) -> Decimal:
        """What no invoice took."""
        return self.amount - sum((amount for _label, amount, _left in self.parts), ZERO)


@dataclass(frozen=True, slots=True)
class CreditNoteFacts:
    """What was taken back of an invoice; of `total`, what did not lower the invoice is in the customer's favour."""

    party: PartyFacts
    label: str
    invoice_label: str
    invoice_day: dt.date
    issued_on: dt.date
    reason: str
    lines: tuple[tuple[str, Decimal], ...]
    subtotal: Decimal
    taxes: tuple[TaxFacts, ...]
    total: Decimal
    applied: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class StatementLine:
    """A movement with the number of the invoice it is about."""

    movement: Movement
    document: str = ""


@dataclass(frozen=True, slots=True)
class StatementFacts:
    """Every movement of a stretch of days, oldest first; balances are what is owed, negative when in favour."""

    party: PartyFacts
    since: dt.date | None
    until: dt.date
    sums: StatementSums
    lines: tuple[StatementLine, ...]


def read_invoice(invoice: Invoice, *, today: dt.date) -> InvoiceFacts:
    """Read an invoice with its lines and taxes. An imported one without rows of tax shows its sum."""
    taxes = tuple(TaxFacts(*row) for row in invoice.taxes.order_by("id").values_list("name", "rate", "amount"))
    if not taxes and invoice.tax:
        taxes = (TaxFacts("", ZERO, invoice.tax),)
    period = invoice.period
    return InvoiceFacts(
        party=read_party(invoice.customer),
        label=invoice.label,
        status=invoice.status,
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        period=(period.lower, period.upper - dt.timedelta(days=1)) if period else None,
        lines=tuple(invoice.lines.order_by("id").values_list("description", "net")),
        subtotal=invoice.subtotal,
        taxes=taxes,
        total=invoice.total,
        credited=invoice.credited,
        written_off=invoice.written_off,
        paid=invoice.paid,
        currency=invoice.currency,
        today=today,
        imported=invoice.imported,
        void_reason=invoice.void_reason,
    )


def read_payment(payment: Payment) -> PaymentFacts:
    """Read a payment and what it paid when it came; a void one keeps saying so."""
    return PaymentFacts(
        party=read_party(payment.customer),
        number=payment.pk,
        amount=payment.amount,
        currency=payment.currency,
        method=str(Payment.Method(payment.method).label),
        reference=payment.reference,
        received_at=payment.received_at.astimezone(tenant_zone()),
        cashier=payment.actor_label,
        parts=tuple((part.invoice.label, part.amount, part.left) for part in parts_of(payment)),
        void_reason=payment.void_reason,
        voided=payment.voided_at is not None,
        decision=explain([payment.reconnect_reason]) if payment.reconnect_reason else "",
        refunded=payment.refunded,
    )


def read_credit_note(note: CreditNote) -> CreditNoteFacts:
    """Read a credit note and the invoice it corrects."""
    return CreditNoteFacts(
        party=read_party(note.customer),
        label=note.label,
        invoice_label=note.invoice.label,
        invoice_day=note.invoice.issued_on,
        issued_on=note.issued_on,
        reason=note.reason,
        lines=tuple(note.lines.order_by("id").values_list("description", "net")),
        subtotal=note.subtotal,
        taxes=tuple(TaxFacts(name, Decimal(str(rate)), Decimal(str(amount))) for name, rate, amount in note.taxes),
        total=note.total,
        applied=note.applied,
        currency=note.currency,
    )


def read_account(customer: Customer, *, currency: str, since: dt.date | None, until: dt.date) -> StatementFacts:
    """Read a customer's movements of the days `since` to `until`, both included; without `since`, from the first.

    Movements, balances and sums are the ledger's own, as the page and the API show them.
    """
    found = read_statement(customer.pk, window=Window(since, until))
    moves = [move for move in reversed(found.movements) if move.currency == currency]
    labels = dict(
        Invoice.objects.filter(pk__in={m.invoice_id for m in moves if m.invoice_id}).values_list("id", "label")
    )
    nothing = StatementSums(currency, 0, ZERO, ZERO, ZERO, ZERO, ZERO)
    return StatementFacts(
        party=read_party(customer),
        since=since,
        until=until,
        sums=next((sums for sums in found.sums if sums.currency == currency), nothing),
        lines=tuple(StatementLine(move, labels.get(move.invoice_id or 0, "")) for move in moves),
    )


def read_party(customer: Customer) -> PartyFacts:
    """Read who a document is for."""
    address = customer.address
    for place in (customer.locality, customer.city):
        if place.casefold() not in address.casefold():
            address = f"{address}, {place}" if address else place
    return PartyFacts(
        name=customer.name,
        code=customer.code,
        tax_id=customer.tax_id,
        address=address,
    )
