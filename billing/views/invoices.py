"""One invoice, and taking it back."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import needs
from billing.domain.invoices import InvoiceRefused, void_invoice
from billing.forms import ReasonForm
from billing.models import Invoice
from billing.views.responses import done
from events.domain import Actor
from events.models import Event
from events.sentences import reading


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
