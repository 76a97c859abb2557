"""From a record of WispHub's invoice list to a typed invoice.

Only `estado` says whether an invoice is paid: on an open one `total_cobrado` equals the total all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from desk.imports.sources.base import InvoiceRow, Level, Problem
from desk.imports.sources.wisphub import fields

_OPEN = {"pendiente de pago", "pendiente", "vencida"}
_IN_REVIEW = {"en revisión", "en revision"}
_PAID = {"pagada"}
_VOID = {"cancelada", "se transfirió", "se transfirio"}
_BY_NUMBER = {1: "pendiente de pago", 2: "pagada", 3: "cancelada", 4: "en revisión", 5: "se transfirió"}


@dataclass(frozen=True, slots=True)
class InvoiceRecord:
    """One record and where it was found."""

    record: dict[str, Any]
    file: str
    row: int

    def read(self) -> InvoiceRow | Problem | None:
        """Return the invoice, the problem that keeps it out, or None for one that was cancelled."""
        raw = self.record.get("estado")
        state = _BY_NUMBER.get(raw, "") if isinstance(raw, int) else fields.clean(raw).lower()
        if state in _VOID:
            return None
        if state not in _OPEN | _IN_REVIEW | _PAID:
            return self._problem("bad_invoice_state", "estado", _("la factura está en un estado desconocido"))
        return self._typed(state)

    def _typed(self, state: str) -> InvoiceRow | Problem:
        record = self.record
        ref = fields.clean(record.get("id_factura"))
        total = fields.money(record.get("total"))
        tax = fields.money(record.get("impuestos_total"))
        issued, due = fields.day(record.get("fecha_emision")), fields.day(record.get("fecha_vencimiento"))
        if not ref or total is None or total <= 0:
            return self._problem("bad_invoice_total", "total", _("el total no es un importe"))
        if issued is None or due is None:
            return self._problem("bad_invoice_day", "fecha_emision", _("le falta la fecha de emisión o de vencimiento"))
        if tax is None or not 0 <= tax < total:
            tax = Decimal("0.00")
        client = record.get("cliente")
        item = self._first_item()
        return InvoiceRow(
            row=self.row,
            ref=ref,
            label=fields.clean(record.get("folio")) or ref,
            service_ref=fields.clean((item.get("servicio") or {}).get("id_servicio")),
            user=fields.clean(client.get("usuario")) if isinstance(client, dict) else "",
            issued_on=issued,
            due_on=max(due, issued),
            subtotal=total - tax,
            tax=tax,
            total=total,
            description=(description := fields.clean(item.get("descripcion"))),
            is_paid=state in _PAID,
            in_review=state in _IN_REVIEW,
            period=fields.period(description, due),
        )

    def _first_item(self) -> dict[str, Any]:
        """The first line that names a service; else the first line."""
        items = self.record.get("articulos")
        lines = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
        for line in lines:
            if isinstance(line.get("servicio"), dict):
                return line
        return {**lines[0], "servicio": None} if lines else {}

    def _problem(self, kind: str, field: str, why: str) -> Problem:
        label = fields.clean(self.record.get("folio")) or fields.clean(self.record.get("id_factura")) or "?"
        return Problem(
            kind=kind,
            level=Level.ERROR,
            file=self.file,
            row=self.row,
            ref=label,
            field=field,
            sentence=_("Factura %(label)s: %(why)s; se deja fuera.") % {"label": label[:40], "why": why},
        )
