"""Documents in words: from facts to a Sheet, in the language in force and the money format of the currency."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from billing.documents.facts import (
    CreditNoteFacts,
    InvoiceFacts,
    PartyFacts,
    PaymentFacts,
    StatementFacts,
    StatementLine,
    TaxFacts,
)
from billing.documents.issuer import tax_id_line
from billing.documents.sheet import Column, Headline, Issuer, Row, Sheet, Sum
from billing.models import DocumentSettings, Invoice
from tenants.current import current_tenant
from tenants.formats import format_money


def invoice_sheet(facts: InvoiceFacts, issuer: Issuer, texts: DocumentSettings, *, link: str) -> Sheet:
    """An invoice, with how to pay it while something is owed."""
    owes = facts.owed > 0
    return Sheet(
        kind="invoice",
        title=_("Factura"),
        number=facts.label,
        day=facts.issued_on,
        file_name=_("Factura %(label)s") % {"label": facts.label},
        issuer=issuer,
        party=facts.party.name,
        party_lines=_party_lines(facts.party),
        facts=_pairs(
            (_("Emitida"), long_day(facts.issued_on)),
            (_("Vence"), long_day(facts.due_on)),
            (_("Período"), stretch(*facts.period) if facts.period else ""),
        ),
        headline=_invoice_headline(facts),
        columns=(Column(_("Concepto"), wide=True), Column(_("Importe"), numeric=True)),
        rows=tuple(Row((text, format_money(net, facts.currency))) for text, net in facts.lines),
        sums=_invoice_sums(facts),
        pay_title=_("Cómo pagar") if owes else "",
        pay_lines=pay_lines(texts, issuer, facts.party) if owes else (),
        notes=_notes(texts, _("Viene del sistema anterior; conserva su folio.") if facts.imported else ""),
        stamp=_("Anulada") if facts.status == Invoice.Status.VOID else "",
        link=link,
        link_words=_("Escanee para ver cuánto debe hoy y cómo pagar") if owes else _("Escanee para ver esta factura"),
        language=sheet_language(),
        words=sheet_words(),
    )


def _invoice_headline(facts: InvoiceFacts) -> Headline:
    if facts.status == Invoice.Status.VOID:
        return Headline(_("Anulada"), format_money(facts.total, facts.currency), facts.void_reason, "paused")
    if facts.owed <= 0:
        label = _("Pagada") if facts.money_in else _("Saldada")
        return Headline(label, format_money(facts.total, facts.currency), "", "active")
    said = {"day": long_day(facts.due_on)}
    late = facts.due_on < facts.today
    text = _("Venció el %(day)s") % said if late else _("Vence el %(day)s") % said
    label = _("Vencida") if late else _("Por pagar")
    return Headline(label, format_money(facts.owed, facts.currency), text, "overdue" if late else "due")


def _invoice_sums(facts: InvoiceFacts) -> tuple[Sum, ...]:
    def money(amount: Decimal) -> str:
        return format_money(amount, facts.currency)

    sums = [Sum(_("Subtotal"), money(facts.subtotal))]
    sums += [Sum(_tax_label(tax), money(tax.amount)) for tax in facts.taxes]
    sums.append(Sum(_("Total"), money(facts.total), strong=True))
    if facts.credited:
        sums.append(Sum(_("Notas de crédito"), money(-facts.credited)))
    if facts.written_off:
        sums.append(Sum(_("Dado por incobrable"), money(-facts.written_off)))
    if facts.money_in:
        sums.append(Sum(_("Pagado"), money(-facts.money_in)))
    if facts.owed and facts.owed != facts.total:
        sums.append(Sum(_("Por pagar"), money(facts.owed), strong=True))
    return tuple(sums)


def _tax_label(tax: TaxFacts) -> str:
    if not tax.name:
        return _("Impuestos")
    percent = f"{(tax.rate * 100).normalize():f}"
    point = format_money(Decimal("0.1"), current_tenant().currency)[-2:-1]
    words = f"{tax.name} {percent.replace('.', point if point == ',' else '.')} %"
    return _("Retención %(tax)s") % {"tax": words} if tax.amount < 0 else words


def payment_sheet(facts: PaymentFacts, issuer: Issuer, texts: DocumentSettings, *, link: str) -> Sheet:
    """The receipt of a payment: what came in, when, and where it went."""

    def money(amount: Decimal) -> str:
        return format_money(amount, facts.currency)

    rows = [
        Row(
            (_("Factura %(label)s") % {"label": label}, money(amount)),
            _("queda por pagar %(left)s") % {"left": money(left)} if left else _("pagada"),
        )
        for label, amount, left in facts.parts
    ]
    if facts.in_favour > 0:
        rows.append(Row((_("Saldo a favor"), money(facts.in_favour))))
    when = f"{date_format(facts.received_at, 'DATE_FORMAT')}, {facts.received_at:%H:%M}"
    head = Headline(_("Pago recibido"), money(facts.amount), facts.method, "active")
    notes = [] if facts.voided or not facts.decision else [facts.decision]
    if facts.refunded:
        notes.append(_("De este pago se devolvieron %(amount)s.") % {"amount": money(facts.refunded)})
    if facts.voided:
        head = Headline(_("Pago anulado"), money(facts.amount), facts.void_reason, "paused")
    return Sheet(
        kind="payment",
        title=_("Recibo de pago"),
        number=f"{facts.number}",
        day=facts.received_at.date(),
        file_name=_("Recibo %(number)s") % {"number": facts.number},
        issuer=issuer,
        party=facts.party.name,
        party_lines=_party_lines(facts.party),
        facts=_pairs(
            (_("Recibido"), when),
            (_("Forma"), facts.method),
            (_("Referencia"), facts.reference),
            (_("Lo recibió"), facts.cashier),
        ),
        headline=head,
        columns=(Column(_("Se aplicó a"), wide=True), Column(_("Monto"), numeric=True)),
        rows=tuple(rows),
        sums=(Sum(_("Total"), money(facts.amount), strong=True),) if len(rows) > 1 else (),
        notes=_notes(texts, *notes),
        stamp=_("Anulado") if facts.voided else "",
        link=link,
        link_words=_("Escanee para comprobar este recibo"),
        language=sheet_language(),
        words=sheet_words(),
    )


def credit_note_sheet(facts: CreditNoteFacts, issuer: Issuer, texts: DocumentSettings, *, link: str) -> Sheet:
    """A credit note: which invoice it corrects, why, and where the money went."""

    def money(amount: Decimal) -> str:
        return format_money(amount, facts.currency)

    sums = [Sum(_("Subtotal"), money(facts.subtotal))]
    sums += [Sum(_tax_label(tax), money(tax.amount)) for tax in facts.taxes]
    sums.append(Sum(_("Total"), money(facts.total), strong=True))
    if facts.applied:
        sums.append(Sum(_("Descontado de la factura %(label)s") % {"label": facts.invoice_label}, money(facts.applied)))
    if facts.total - facts.applied:
        sums.append(Sum(_("Queda a favor"), money(facts.total - facts.applied)))
    return Sheet(
        kind="credit_note",
        title=_("Nota de crédito"),
        number=facts.label,
        day=facts.issued_on,
        file_name=_("Nota de crédito %(label)s") % {"label": facts.label},
        issuer=issuer,
        party=facts.party.name,
        party_lines=_party_lines(facts.party),
        facts=_pairs(
            (_("Emitida"), long_day(facts.issued_on)),
            (_("Corrige la factura"), facts.invoice_label),
            (_("Emitida el"), long_day(facts.invoice_day)),
        ),
        headline=Headline(_("A su favor"), money(facts.total), facts.reason, "active"),
        columns=(Column(_("Concepto"), wide=True), Column(_("Importe"), numeric=True)),
        rows=tuple(Row((text, money(net))) for text, net in facts.lines),
        sums=tuple(sums),
        notes=_notes(texts),
        link=link,
        link_words=_("Escanee para ver esta nota de crédito"),
        language=sheet_language(),
        words=sheet_words(),
    )


def statement_sheet(facts: StatementFacts, issuer: Issuer, texts: DocumentSettings, *, link: str) -> Sheet:
    """Every movement with what was owed after it."""

    def money(amount: Decimal) -> str:
        return format_money(amount, facts.sums.currency)

    owes = facts.sums.closing > 0
    first = facts.since or (facts.lines[0].movement.day if facts.lines else facts.until)
    opening = Row(("", _("Saldo inicial"), "", "", money(facts.sums.opening)))
    rows = tuple(_movement_row(line, facts.sums.currency) for line in facts.lines)
    return Sheet(
        kind="statement",
        title=_("Estado de cuenta"),
        number=facts.party.code,
        day=facts.until,
        file_name=_("Estado de cuenta %(code)s") % {"code": facts.party.code},
        issuer=issuer,
        party=facts.party.name,
        party_lines=_party_lines(facts.party),
        facts=_pairs((_("Desde"), long_day(first)), (_("Hasta"), long_day(facts.until))),
        headline=_statement_headline(facts),
        columns=(
            Column(_("Fecha")),
            Column(_("Movimiento"), wide=True),
            Column(_("Cargo"), numeric=True),
            Column(_("Abono"), numeric=True),
            Column(_("Saldo"), numeric=True),
        ),
        rows=(opening, *rows) if facts.sums.opening or (facts.since and rows) else rows,
        empty=_("No hubo movimientos en estas fechas."),
        sums=(
            Sum(_("Saldo inicial"), money(facts.sums.opening)),
            Sum(_("Cargos"), money(facts.sums.charged)),
            Sum(_("Abonos"), money(facts.sums.credited)),
            Sum(_("Saldo final"), money(facts.sums.closing), strong=True),
        ),
        pay_title=_("Cómo pagar") if owes else "",
        pay_lines=pay_lines(texts, issuer, facts.party) if owes else (),
        notes=_notes(texts),
        link=link,
        link_words=_("Escanee para ver cuánto debe hoy y cómo pagar") if owes else _("Escanee para ver su cuenta"),
        language=sheet_language(),
        words=sheet_words(),
    )


def _statement_headline(facts: StatementFacts) -> Headline:
    said = {"day": long_day(facts.until)}
    figure = format_money(abs(facts.sums.closing), facts.sums.currency)
    if facts.sums.closing > 0:
        return Headline(_("Por pagar"), figure, _("Saldo al %(day)s") % said, "due")
    label = _("Saldo a favor") if facts.sums.closing < 0 else _("Al corriente")
    return Headline(label, figure, _("Saldo al %(day)s") % said, "active")


def _movement_row(line: StatementLine, currency: str) -> Row:
    move = line.movement
    # A credit note's own memo says its number and its invoice's.
    what = f"{move.label} {move.memo if move.credit_note_id else line.document}".strip()
    detail = "" if move.credit_note_id or move.memo == line.document else move.memo
    amount = format_money(abs(move.amount), currency)
    charge, payment = (amount, "") if move.amount > 0 else ("", amount)
    return Row((short_day(move.day), what, charge, payment, format_money(move.balance, currency)), detail)


def pay_lines(texts: DocumentSettings, issuer: Issuer, party: PartyFacts) -> tuple[str, ...]:
    """Where to pay: the provider's own words and the reference to write; else whom to ask."""
    if texts.bank_data:
        return (texts.bank_data, _("Escriba como referencia: %(code)s") % {"code": party.code})
    return (_("Pregunte cómo pagar: %(contact)s") % {"contact": issuer.contact},) if issuer.contact else ()


def long_day(day: dt.date) -> str:
    """3 de noviembre de 2026."""
    return str(date_format(day, "DATE_FORMAT"))


def short_day(day: dt.date) -> str:
    """3 nov 2026."""
    return str(date_format(day, "j b Y"))


def stretch(first: dt.date, last: dt.date) -> str:
    """1 – 31 dic 2026, or whole dates where month or year differ; both days are inside."""
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} – {short_day(last)}"
    return f"{date_format(first, 'j b') if first.year == last.year else short_day(first)} – {short_day(last)}"


def _party_lines(party: PartyFacts) -> tuple[str, ...]:
    known = _("N.º de cliente %(code)s") % {"code": party.code}
    tax_id = tax_id_line(current_tenant(), party.tax_id)
    return tuple(line for line in (f"{known} · {tax_id}" if tax_id else known, party.address) if line)


def _pairs(*pairs: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(pair for pair in pairs if pair[1])


def _notes(texts: DocumentSettings, *more: str) -> tuple[str, ...]:
    return tuple(note for note in (*more, texts.legal_text) if note)


def sheet_language() -> str:
    """The language documents are written in now."""
    return (get_language() or "es").split("-")[0]


def sheet_words() -> dict[str, str]:
    """The fixed words of every paper."""
    return {"party": _("Cliente"), "page": _("Página {n} de {of}")}
