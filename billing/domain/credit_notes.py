"""Taking a part of an invoice back with a document of its own. Nothing that was issued is ever changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from billing.domain.creditable import LineLeft, NamedTax, Parts, invoice_left, lines_left
from billing.domain.ledger import Leg, Posting, post
from billing.domain.locks import Locked, lock_for_correction
from billing.domain.money import ZERO, check_amount, round_money
from billing.domain.reconnection import open_invoices_locked, release_if_settled
from billing.models import (
    Allocation,
    CreditNote,
    CreditNoteLine,
    Entry,
    Invoice,
    LedgerAccount,
    LedgerTransaction,
)
from events.domain import Actor, record
from tenants.current import tenant_today
from tenants.formats import format_money

Kind = LedgerAccount.Kind


class CreditRefused(Exception):
    """The invoice cannot be credited so; the message is for people, nothing was written."""


@dataclass(frozen=True, slots=True)
class LineCredit:
    """How much of a line to take back, its taxes with it; without an amount, all that is left of it."""

    line_id: int
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class CreditItem:
    """One line of the note to be. `period` are the days given back, when days are."""

    charge_id: int | None
    description: str
    parts: Parts
    taxes: list[NamedTax]
    period: tuple[dt.date, dt.date] | None = None


@transaction.atomic
def issue_credit_note(
    *,
    invoice_id: int,
    reason: str,
    actor: Actor,
    now: dt.datetime,
    amount: Decimal | None = None,
    lines: Sequence[LineCredit] | None = None,
) -> CreditNote:
    """Take back an invoice: `amount` of it, some of its `lines`, or without either all that is left.

    What is owed of the invoice goes down first; the rest pays the customer's other invoices and stays as credit.
    Raises CreditRefused, or BadAmount for an amount that cannot be money.
    """
    reason = reason.strip()
    if not reason:
        raise CreditRefused(_("Escriba por qué se hace la nota de crédito."))
    locked, invoice = _lock_invoice(invoice_id)
    items = plan_credit(invoice, amount=amount, lines=lines)
    return write_note(locked, invoice, items, reason=reason, actor=actor, now=now)


def _lock_invoice(invoice_id: int) -> tuple[Locked, Invoice]:
    customer_id, currency = Invoice.objects.values_list("customer_id", "currency").get(pk=invoice_id)
    locked = lock_for_correction(customer_id, currency)
    return locked, Invoice.objects.select_for_update(no_key=True).get(pk=invoice_id)


def plan_credit(
    invoice: Invoice, *, amount: Decimal | None = None, lines: Sequence[LineCredit] | None = None
) -> list[CreditItem]:
    """What the note would take back. Writes nothing. Raises CreditRefused and BadAmount as `issue_credit_note`."""
    if invoice.status == Invoice.Status.VOID:
        raise CreditRefused(_("La factura está anulada: no queda nada por acreditar."))
    found = lines_left(invoice)
    left = invoice_left(found)
    if left <= 0:
        raise CreditRefused(_("Esta factura ya se acreditó por completo."))
    if lines is not None:
        items = [_item(*_of_line(found, wanted)) for wanted in _each_once(lines)]
    elif amount is None:
        items = [_item(line, line.left) for line in found if line.left.total]
    else:
        check_amount(amount, invoice.currency)
        if amount > left:
            raise _too_much(left, invoice.currency)
        items = _spread(found, amount, left)
    total = sum((item.parts.total for item in items), ZERO)
    if total > left:
        raise _too_much(left, invoice.currency)
    if total <= 0:
        raise CreditRefused(_("Elija al menos una línea con un monto por acreditar."))
    return items


def _too_much(left: Decimal, currency: str) -> CreditRefused:
    said = {"left": format_money(left, currency)}
    return CreditRefused(_("De esta factura sólo quedan %(left)s por acreditar.") % said)


def _each_once(lines: Sequence[LineCredit]) -> Sequence[LineCredit]:
    if len({wanted.line_id for wanted in lines}) != len(lines):
        raise CreditRefused(_("Una línea está repetida."))
    return lines


def _of_line(found: list[LineLeft], wanted: LineCredit) -> tuple[LineLeft, Parts]:
    line = next((row for row in found if row.line.pk == wanted.line_id), None)
    if line is None:
        raise CreditRefused(_("Esa línea no es de esta factura."))
    left = line.left.total
    if wanted.amount is None:
        return line, line.left
    check_amount(wanted.amount, line.currency)
    if wanted.amount > left:
        said = {"line": line.line.description, "left": format_money(max(left, ZERO), line.currency)}
        raise CreditRefused(_("De «%(line)s» sólo quedan %(left)s por acreditar.") % said)
    return line, line.part(wanted.amount)


def _spread(found: list[LineLeft], amount: Decimal, left: Decimal) -> list[CreditItem]:
    """Share an amount among all lines as they stand, discounts included, to the cent."""
    items, reached, given = [], ZERO, ZERO
    for line in found:
        reached += line.left.total
        upto = round_money(reached * amount / left, line.currency)
        if upto != given:
            items.append(_item(line, line.part(upto - given)))
        given = upto
    return items


def _item(line: LineLeft, parts: Parts) -> CreditItem:
    return CreditItem(line.line.charge_id, line.line.description, parts, line.named(parts))


def write_note(
    locked: Locked, invoice: Invoice, items: Sequence[CreditItem], *, reason: str, actor: Actor, now: dt.datetime
) -> CreditNote:
    """Write the note, its entries and what they do to the invoice. The caller holds the locks and checked the sums."""
    parts = sum((item.parts for item in items), Parts(ZERO, ZERO, ZERO))
    series = locked.series
    note = CreditNote.objects.create(
        invoice=invoice,
        customer_id=invoice.customer_id,
        series=series,
        number=series.next_number,
        label=f"{series.prefix}{series.next_number}",
        issued_on=tenant_today(now),
        subtotal=parts.net,
        tax=parts.tax,
        withheld=parts.withheld,
        total=parts.total,
        currency=invoice.currency,
        reason=reason[:200],
        applied=min(parts.total, invoice.total - invoice.paid),
        taxes=_sum_taxes(items),
        actor_label=actor.label,
        created_at=now,
    )
    series.next_number += 1
    series.save(update_fields=["next_number"])
    CreditNoteLine.objects.bulk_create(
        CreditNoteLine(
            note=note,
            charge_id=item.charge_id,
            period=item.period,
            description=item.description[:200],
            net=item.parts.net,
            tax=item.parts.tax,
            withheld=item.parts.withheld,
            total=item.parts.total,
        )
        for item in items
    )
    _post_note(locked, invoice, note, now)
    used = _pay_others(locked, note, now)
    record(
        "credit_note.issued",
        subject=note,
        actor=actor,
        at=now,
        label=note.label,
        invoice=invoice.label,
        invoice_id=invoice.pk,
        total=str(note.total),
        applied=str(note.applied),
        used=used,
        currency=note.currency,
        reason=note.reason,
        released=release_if_settled(invoice.customer_id, invoice.currency, actor, now),
    )
    return note


def _sum_taxes(items: Sequence[CreditItem]) -> list[list[str]]:
    sums: dict[tuple[str, str], Decimal] = {}
    for item in items:
        for name, rate, amount in item.taxes:
            sums[name, rate] = sums.get((name, rate), ZERO) + amount
    return [[name, rate, str(amount)] for (name, rate), amount in sums.items() if amount]


def _post_note(locked: Locked, invoice: Invoice, note: CreditNote, now: dt.datetime) -> None:
    chart, rest = locked.chart, note.total - note.applied
    if invoice.imported:
        # It came in as one sum: its taxes were declared by the former system.
        taken = [Leg(chart[Kind.OPENING], note.total)]
    else:
        taken = [
            Leg(chart[Kind.INCOME], note.subtotal),
            *_tax_legs(chart, invoice, note),
            Leg(chart[Kind.WITHHELD], -note.withheld),
        ]
    legs = (
        Leg(chart[Kind.RECEIVABLE], -note.applied, invoice.customer_id),
        Leg(chart[Kind.CREDIT], -rest, invoice.customer_id),
        *taken,
    )
    day, kind = tenant_today(now), LedgerTransaction.Kind.CREDIT_NOTE
    posting = Posting(
        kind, now, day, invoice.currency, legs, f"{note.label} ({invoice.label})", invoice.pk, credit_note_id=note.pk
    )
    [tid] = post([posting])
    if note.applied:
        Allocation.objects.create(invoice=invoice, transaction_id=tid, amount=note.applied, created_at=now)
        invoice.paid += note.applied
        invoice.credited += note.applied
        invoice.status = Invoice.Status.PAID if invoice.paid == invoice.total else Invoice.Status.OPEN
        invoice.save(update_fields=["paid", "credited", "status"])


def _tax_legs(chart: dict[str, int], invoice: Invoice, note: CreditNote) -> list[Leg]:
    """Each tax back from the account into which the invoice put it."""
    posted = dict(
        Entry.objects.filter(
            transaction__invoice=invoice, transaction__kind=LedgerTransaction.Kind.INVOICE, account__kind=Kind.TAX
        ).values_list("account__name", "account_id")
    )
    plain = posted.get("", chart[Kind.TAX])
    sums: dict[int, Decimal] = {}
    left = note.tax
    for name, _rate, amount in note.taxes:
        account = posted.get(name)
        if account and Decimal(amount) > 0:
            sums[account] = sums.get(account, ZERO) + Decimal(amount)
            left -= Decimal(amount)
    sums[plain] = sums.get(plain, ZERO) + left
    return [Leg(account, amount) for account, amount in sums.items()]


def _pay_others(locked: Locked, note: CreditNote, now: dt.datetime) -> list[dict[str, Any]]:
    """Put what the invoice did not need on the customer's other open invoices, the oldest first."""
    rest, used = note.total - note.applied, []
    if rest <= 0:
        return []
    waiting = open_invoices_locked(note.customer_id, note.currency)
    for invoice in sorted(waiting, key=lambda row: (row.due_on, row.pk)):
        part = min(rest, invoice.total - invoice.paid)
        if part <= 0:
            continue
        legs = (
            Leg(locked.chart[Kind.CREDIT], part, note.customer_id),
            Leg(locked.chart[Kind.RECEIVABLE], -part, note.customer_id),
        )
        day, kind = tenant_today(now), LedgerTransaction.Kind.CREDIT
        [tid] = post([Posting(kind, now, day, note.currency, legs, invoice.label, invoice.pk)])
        Allocation.objects.create(invoice=invoice, transaction_id=tid, amount=part, created_at=now)
        invoice.paid += part
        invoice.status = Invoice.Status.PAID if invoice.paid == invoice.total else Invoice.Status.OPEN
        invoice.save(update_fields=["paid", "status"])
        used.append({"label": invoice.label, "amount": str(part)})
        rest -= part
    return used


@transaction.atomic
def write_off_invoice(*, invoice_id: int, reason: str, actor: Actor, now: dt.datetime) -> Invoice:
    """Give up what is still owed of an invoice: it is nobody's debt any more, and the loss stays in the books.

    Raises CreditRefused without a reason or when nothing is owed.
    """
    reason = reason.strip()
    if not reason:
        raise CreditRefused(_("Escriba por qué se da por incobrable."))
    locked, invoice = _lock_invoice(invoice_id)
    owed = invoice.total - invoice.paid
    if invoice.status != Invoice.Status.OPEN or owed <= 0:
        raise CreditRefused(_("De esta factura no se debe nada."))
    legs = (
        Leg(locked.chart[Kind.RECEIVABLE], -owed, invoice.customer_id),
        Leg(locked.chart[Kind.WRITE_OFF], owed),
    )
    day, kind = tenant_today(now), LedgerTransaction.Kind.WRITE_OFF
    [tid] = post([Posting(kind, now, day, invoice.currency, legs, invoice.label, invoice.pk)])
    Allocation.objects.create(invoice=invoice, transaction_id=tid, amount=owed, created_at=now)
    invoice.paid, invoice.status, invoice.written_off = invoice.total, Invoice.Status.PAID, owed
    invoice.save(update_fields=["paid", "status", "written_off"])
    record(
        "invoice.written_off",
        subject=invoice,
        actor=actor,
        at=now,
        label=invoice.label,
        amount=str(owed),
        currency=invoice.currency,
        reason=reason[:200],
        released=release_if_settled(invoice.customer_id, invoice.currency, actor, now),
    )
    return invoice
