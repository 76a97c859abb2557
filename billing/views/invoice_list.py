"""The invoices: filtered, sorted and summed among a million, and as a table to take away."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later
from django.views.decorators.http import require_GET

from accounts.access import needs
from billing.domain.money import ZERO, round_money
from billing.domain.queries import INVOICE_ORDERS, INVOICE_STATES, InvoiceFilter, find_invoices, sum_invoices
from billing.models import Invoice
from billing.templatetags.billing import state_of, status_of
from customers.models import Zone
from tenants.current import current_tenant, tenant_today
from tenants.formats import format_day, format_money, format_number
from tenants.paging import Beyond, Page, page_by
from tenants.spreadsheets import Row, csv_response, xlsx_response

STATES = (
    ("", later("Todas")),
    ("open", later("Por pagar")),
    ("overdue", later("Vencidas")),
    ("paid", later("Pagadas")),
    ("void", later("Anuladas")),
)
ORDERS = (
    ("", later("Las más nuevas")),
    ("oldest", later("Las más antiguas")),
    ("due", later("Las que vencen primero")),
    ("owed", later("Las que más deben")),
)
SHOWN = (
    "pk", "label", "status", "issued_on", "due_on", "total", "owed", "currency", "credited", "written_off",
    "customer__name", "customer__code",
)  # fmt: skip
MOST_PICKED = 1000
EXPORT_STEP = 1000
# A sheet is made whole before it is sent: so many rows take about ten seconds.
MOST_IN_SHEET = 100_000


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """An invoice in words, ready for the list: fifty rows are formatted once, not looked up cell by cell."""

    pk: int
    url: str
    name: str
    sub: str
    status: str
    issued: str
    due: str
    total: str
    owed: str
    settled: bool


@require_GET
@needs("billing.view")
def invoices(request: HttpRequest) -> HttpResponse:
    """The list; its rows alone for a filter typed or the next page."""
    wanted, today = read_filter(request), tenant_today(timezone.now())
    rows, order = find_invoices(wanted, today=today), INVOICE_ORDERS[wanted.order]
    page = page_by(rows.values_list(*SHOWN, named=True), request, field=order.field, falling=order.falling)
    context: dict[str, Any] = {
        "page": Page(_rows(page.rows, today), page.next_url),
        "picking": request.user.can("customers.export"),
    }
    if request.GET.get("after"):
        return render(request, "billing/invoice_rows.html", context)
    context |= {
        "wanted": wanted,
        "narrow": wanted != InvoiceFilter(order=wanted.order),
        "sums": sum_invoices(rows),
        "states": [(code, label, _with(request, state=code)) for code, label in STATES],
        "orders": ORDERS,
        "zones": Zone.objects.all(),
        "query": _query(request),
    }
    template = "billing/invoices.html#list" if request.htmx else "billing/invoices.html"  # type: ignore[attr-defined]
    return render(request, template, context)


@require_GET
@needs("customers.export")
def export(request: HttpRequest, form: str) -> HttpResponseBase:
    """The invoices of the address, or the picked ones (`?id=`), as a table."""
    wanted, today = read_filter(request), tenant_today(timezone.now())
    found = find_invoices(wanted, today=today)
    picked = [int(pk) for pk in request.GET.getlist("id")[:MOST_PICKED] if pk.isdecimal() and len(pk) < 19]
    if picked:
        found = Invoice.objects.with_owed().filter(pk__in=picked).order_by(*INVOICE_ORDERS[wanted.order].terms)
    if form == "xlsx" and found.order_by()[: MOST_IN_SHEET + 1].count() > MOST_IN_SHEET:
        most = format_number(MOST_IN_SHEET, current_tenant().currency)
        messages.error(
            request, _("En Excel caben hasta %(most)s facturas: filtre por mes, o use CSV.") % {"most": most}
        )
        return redirect(f"{reverse('billing:invoices')}?{_query(request)}")
    head = [
        _("Folio"), _("Cliente"), _("Código"), _("Documento"), _("Zona"), _("Emitida"), _("Vence"), _("Estado"),
        _("Subtotal"), _("Impuestos"), _("Retenido"), _("Total"), _("Pagado"), _("Debe"), _("Moneda"),
    ]  # fmt: skip
    return (xlsx_response if form == "xlsx" else csv_response)(_("facturas"), head, _exported(found, wanted))


def read_filter(request: HttpRequest) -> InvoiceFilter:
    """The filter in the address; what makes no sense there is left out."""
    state, zone, month, order = (request.GET.get(name, "") for name in ("state", "zone", "month", "sort"))
    try:
        first = dt.date.fromisoformat(f"{month}-01") if month else None
    except ValueError:
        first = None
    return InvoiceFilter(
        text=request.GET.get("q", "").strip()[:80],
        state=state if state in INVOICE_STATES else "",
        zone_id=int(zone) if zone.isdecimal() and len(zone) < 18 else None,
        month=first,
        order=order if order in INVOICE_ORDERS else "",
    )


def _rows(found: list[Any], today: dt.date) -> list[InvoiceRow]:
    head, _zero, tail = reverse("billing:invoice", args=[0]).rpartition("0")
    statuses: dict[tuple[str, dt.date], str] = {}
    rows = []
    for r in found:
        state = (state_of(r), r.due_on)
        status = statuses.get(state) or statuses.setdefault(state, status_of(*state, today))
        settled = r.status != Invoice.Status.OPEN
        rows.append(
            InvoiceRow(
                pk=r.pk,
                url=f"{head}{r.pk}{tail}",
                name=r.customer__name,
                sub=f"{r.label} · {r.customer__code}",
                status=status,
                issued=format_day(r.issued_on, today=today),
                due=format_day(r.due_on, today=today),
                total=format_money(r.total, r.currency),
                owed=format_money(ZERO if settled else r.owed, r.currency),
                settled=settled,
            )
        )
    return rows


def _exported(found: QuerySet[Invoice], wanted: InvoiceFilter) -> Iterator[Row]:
    order, labels = INVOICE_ORDERS[wanted.order], dict(Invoice.Status.choices)
    rows = found.values_list(
        *SHOWN, "subtotal", "tax", "withheld", "paid", "customer__national_id", "customer__zone__name", named=True
    )
    after = rows
    while step := list(after[:EXPORT_STEP]):
        for r in step:
            owed = r.owed if r.status == Invoice.Status.OPEN else ZERO
            amounts = (round_money(v, r.currency) for v in (r.subtotal, r.tax, r.withheld, r.total, r.paid, owed))
            yield (
                r.label, r.customer__name, r.customer__code, r.customer__national_id, r.customer__zone__name,
                r.issued_on, r.due_on, str(labels[r.status]), *amounts, r.currency,
            )  # fmt: skip
        last = step[-1]
        after = rows.filter(Beyond(order.field, getattr(last, order.field), last.pk, falling=order.falling))


def _with(request: HttpRequest, **changes: str) -> str:
    query = _query(request, **changes)
    return f"{request.path}?{query}" if query else request.path


def _query(request: HttpRequest, **changes: str) -> str:
    """The address's parameters, changed; without the page, what was picked, and what asks for nothing."""
    asked = {name: request.GET.get(name, "") for name in ("q", "state", "month", "zone", "sort")} | changes
    kept = request.GET.copy()
    kept.clear()
    kept.update({name: value for name, value in asked.items() if value})
    return kept.urlencode()
