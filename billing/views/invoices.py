"""Invoices: the list, one, and taking one back."""

from __future__ import annotations

import datetime as dt

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import needs
from billing.domain.invoices import InvoiceRefused, void_invoice
from billing.domain.queries import InvoiceFilter, find_invoices, sum_invoices
from billing.forms import ReasonForm
from billing.models import Invoice
from billing.views.paging import page_by
from billing.views.responses import done
from customers.models import Zone
from events.domain import Actor
from events.models import Event
from events.sentences import reading
from tenants.current import tenant_today

STATES = (
    ("", _("Todas")),
    ("open", _("Por pagar")),
    ("overdue", _("Vencidas")),
    ("paid", _("Pagadas")),
    ("void", _("Anuladas")),
)


@require_GET
@needs("billing.view")
def invoices(request: HttpRequest) -> HttpResponse:
    """The list; its rows alone for a filter typed or the next page."""
    wanted = read_filter(request)
    rows = find_invoices(wanted, today=tenant_today(timezone.now())).select_related("customer")
    page = page_by(rows, request, field="issued_on")
    context = {"page": page, "wanted": wanted}
    if request.GET.get("after"):
        return render(request, "billing/invoice_rows.html", context)
    context |= {
        "sums": sum_invoices(rows),
        "states": [(code, label, _with(request, state=code)) for code, label in STATES],
        "zones": Zone.objects.all(),
    }
    template = "billing/invoices.html#list" if request.htmx else "billing/invoices.html"  # type: ignore[attr-defined]
    return render(request, template, context)


def read_filter(request: HttpRequest) -> InvoiceFilter:
    """The filter in the address; what makes no sense there is left out."""
    state, zone, month = (request.GET.get(name, "") for name in ("state", "zone", "month"))
    try:
        first = dt.date.fromisoformat(f"{month}-01") if month else None
    except ValueError:
        first = None
    return InvoiceFilter(
        text=request.GET.get("q", "").strip()[:80],
        state=state if state in {"open", "overdue", "paid", "void"} else "",
        zone_id=int(zone) if zone.isdecimal() and len(zone) < 18 else None,
        month=first,
    )


def _with(request: HttpRequest, **changes: str) -> str:
    query = request.GET.copy()
    query.pop("after", None)
    for name, value in changes.items():
        if value:
            query[name] = value
        else:
            query.pop(name, None)
    return f"{request.path}?{query.urlencode()}" if query else request.path


@require_GET
@needs("billing.view")
def invoice(request: HttpRequest, pk: int) -> HttpResponse:
    """One invoice: what it charges, what paid it, what happened to it. Prints well."""
    row = get_object_or_404(Invoice.objects.with_owed().select_related("customer"), pk=pk)
    events = Event.objects.filter(subject_kind="billing.invoice", subject_id=pk).order_by("-id")
    context = {
        "invoice": row,
        "lines": row.lines.order_by("id"),
        "taxes": row.taxes.order_by("id"),
        "allocations": row.allocations.select_related("payment").order_by("id"),
        "events": [(event, reading(event)) for event in events],
    }
    return render(request, "billing/invoice.html", context)


@require_http_methods(["GET", "POST"])
@needs("billing.correct")
def void(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an invoice back, with a reason."""
    row = get_object_or_404(Invoice.objects.select_related("customer"), pk=pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            void_invoice(invoice_id=pk, reason=reason, actor=Actor.of_user(request.user), now=timezone.now())
        except InvoiceRefused as error:
            form.add_error(None, str(error))
        else:
            return done(request, _("La factura quedó anulada."), reverse("billing:invoice", args=[pk]))
    context = {
        "form": form,
        "title": _("Anular la factura %(label)s") % {"label": row.label},
        "text": _("Deja de deberse y su número no se vuelve a usar. El período se puede facturar otra vez."),
        "action": _("Anular la factura"),
        "url": reverse("billing:invoice_void", args=[pk]),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "billing/reason_dialog.html", context, status=status)
