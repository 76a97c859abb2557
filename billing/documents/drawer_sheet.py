"""The report of a cash drawer as a sheet to print and sign."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.utils.translation import gettext as _

from billing.documents.issuer import read_issuer
from billing.documents.sheet import Column, Headline, Row, Sheet, Sum
from billing.documents.sheets import sheet_language, sheet_words
from billing.domain.document_settings import current_document_settings
from billing.domain.drawer_report import DrawerReport
from tenants.current import tenant_zone
from tenants.formats import format_money


def drawer_sheet(report: DrawerReport, *, today: dt.date) -> Sheet:
    """Everything of the drawer: payments by method, each movement, and what was counted. It carries no link."""
    drawer = report.drawer

    def money(amount: Decimal) -> str:
        return format_money(amount, drawer.currency)

    def moment(at: dt.datetime | None) -> str:
        return f"{at.astimezone(tenant_zone()):%d/%m/%Y %H:%M}" if at else ""

    rows = [Row((_("Fondo inicial"), moment(drawer.opened_at), money(drawer.opening)))]
    rows += [
        Row(
            (row.get_kind_display(), moment(row.created_at), money(row.amount)),
            row.payment.customer.name if row.payment else row.note,
        )
        for row in report.movements
    ]
    sums = [Sum(f"{row.label} ({row.count})", money(row.total)) for row in report.methods]
    sums.append(Sum(_("Debe haber en efectivo"), money(report.expected), strong=True))
    head = Headline(_("Caja abierta"), money(report.expected), drawer.cashier_label, "due")
    if drawer.counted is not None and drawer.difference is not None:
        sums += [Sum(_("Contado"), money(drawer.counted)), Sum(_("Diferencia"), money(drawer.difference), strong=True)]
        tone = "active" if not drawer.difference else "overdue"
        head = Headline(_("Contado"), money(drawer.counted), drawer.cashier_label, tone)
    facts = [(_("Caja"), drawer.account.name), (_("Cajero"), drawer.cashier_label)]
    facts += [(_("Abierta"), moment(drawer.opened_at)), (_("Cerrada"), moment(drawer.closed_at))]
    facts.append((_("Nota"), drawer.note))
    return Sheet(
        kind="drawer",
        title=_("Corte de caja"),
        number=str(drawer.pk),
        day=drawer.opened_at.astimezone(tenant_zone()).date() if drawer.closed_at else today,
        file_name=_("Corte de caja %(number)s") % {"number": drawer.pk},
        issuer=read_issuer(current_document_settings()),
        party=drawer.cashier_label,
        facts=tuple(pair for pair in facts if pair[1]),
        headline=head,
        columns=(Column(_("Movimiento"), wide=True), Column(_("Cuándo")), Column(_("Monto"), numeric=True)),
        rows=tuple(rows),
        sums=tuple(sums),
        language=sheet_language(),
        words=sheet_words(),
    )
