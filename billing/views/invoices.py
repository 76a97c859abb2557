"""One invoice, and taking it back."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import needs
from billing.domain.invoices import InvoiceRefused, void_invoice
from billing.domain.money import ZERO
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
    notes = list(row.credit_notes.order_by("id"))
    about = Q(subject_kind="billing.invoice", subject_id=pk)
    if notes:
        about |= Q(subject_kind="billing.creditnote", subject_id__in=[note.pk for note in notes])
    events = Event.objects.filter(about).order_by("-id")
    context = {
        "invoice": row,
        "lines": row.lines.order_by("id"),
        "taxes": row.taxes.order_by("id"),
        "allocations": row.allocations.select_related("payment", "transaction__credit_note").order_by("id"),
        "notes": notes,
        "creditable": row.status != Invoice.Status.VOID and sum((n.total for n in notes), ZERO) < row.total,
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
