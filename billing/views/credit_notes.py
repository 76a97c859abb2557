"""Credit notes: the list, one, making one from an invoice; and giving a debt up."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import needs
from billing.agreement_forms import CreditForm
from billing.domain.credit_notes import CreditRefused, issue_credit_note, plan_credit, write_off_invoice
from billing.domain.creditable import invoice_left, lines_left
from billing.domain.money import ZERO, BadAmount
from billing.forms import ReasonForm
from billing.models import CreditNote, Invoice
from billing.views.responses import done
from customers.domain.search import matching_ids
from events.domain import Actor
from events.models import Event
from events.sentences import reading
from tenants.formats import format_money
from tenants.paging import page_by


@require_GET
@needs("billing.view")
def credit_notes(request: HttpRequest) -> HttpResponse:
    """The list, newest first; its rows alone for a filter typed or the next page."""
    text = request.GET.get("q", "").strip()[:80]
    rows = CreditNote.objects.select_related("customer", "invoice").order_by("-issued_on", "-id")
    if text:
        rows = rows.filter(Q(label__istartswith=text) | Q(customer_id__in=matching_ids(text)))
    context: dict[str, Any] = {"page": page_by(rows, request, field="issued_on"), "q": text}
    if request.GET.get("after"):
        return render(request, "billing/credit_note_rows.html", context)
    context["total"] = rows.order_by().aggregate(total=Sum("total", default=ZERO))["total"]
    template = "billing/credit_notes.html#list" if request.htmx else "billing/credit_notes.html"  # type: ignore[attr-defined]
    return render(request, template, context)


@require_GET
@needs("billing.view")
def credit_note(request: HttpRequest, pk: int) -> HttpResponse:
    """One credit note, as it prints, and what became of its amount."""
    note = get_object_or_404(CreditNote.objects.select_related("customer", "invoice"), pk=pk)
    events = Event.objects.filter(subject_kind="billing.creditnote", subject_id=pk).order_by("-id")
    context = {
        "note": note,
        "lines": note.lines.order_by("id"),
        "rest": note.total - note.applied,
        "events": [(event, reading(event)) for event in events],
    }
    return render(request, "billing/credit_note.html", context)


@require_http_methods(["GET", "POST"])
@needs("billing.correct")
def credit(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back an invoice: all that is left, an amount, or by line."""
    invoice = get_object_or_404(Invoice.objects.with_owed().select_related("customer"), pk=pk)
    lines = lines_left(invoice)
    form = CreditForm(request.POST or None, lines=lines, initial={"how": CreditForm.WHOLE})
    if request.method == "POST" and form.is_valid():
        try:
            note = issue_credit_note(
                invoice_id=pk,
                reason=form.cleaned_data["reason"],
                actor=Actor.of_user(request.user),
                now=timezone.now(),
                **form.wanted,
            )
        except (CreditRefused, BadAmount) as error:
            form.add_error(None, str(error))
        else:
            text = _("Se hizo la nota de crédito %(label)s.") % {"label": note.label}
            return done(request, text, reverse("billing:credit_note", args=[note.pk]))
    context = {"form": form, "invoice": invoice, "left": invoice_left(lines)}
    return render(request, "billing/credit_dialog.html", context, status=422 if request.method == "POST" else 200)


@require_GET
@needs("billing.correct")
def credit_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """What the note that is being typed would do to the invoice and the customer."""
    invoice = get_object_or_404(Invoice, pk=pk)
    query = request.GET.copy()
    query["reason"] = query.get("reason") or "-"
    form = CreditForm(query, lines=lines_left(invoice))
    text = ""
    if form.is_valid():
        try:
            total = sum((item.parts.total for item in plan_credit(invoice, **form.wanted)), ZERO)
        except (CreditRefused, BadAmount) as error:
            text = str(error)
        else:
            applied = min(total, invoice.total - invoice.paid)
            said = {
                "total": format_money(total, invoice.currency),
                "applied": format_money(applied, invoice.currency),
                "rest": format_money(total - applied, invoice.currency),
            }
            text = _("La nota es por %(total)s.") % said
            if applied:
                text += " " + _("La factura baja %(applied)s.") % said
            if total > applied:
                text += " " + _("%(rest)s pagan sus otras facturas o quedan a favor del cliente.") % said
    return render(request, "billing/agree_preview.html", {"text": text})


@require_http_methods(["GET", "POST"])
@needs("billing.correct")
def write_off(request: HttpRequest, pk: int) -> HttpResponse:
    """Give up what is owed of an invoice, with a reason."""
    invoice = get_object_or_404(Invoice.objects.with_owed(), pk=pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason, actor = form.cleaned_data["reason"], Actor.of_user(request.user)
        try:
            write_off_invoice(invoice_id=pk, reason=reason, actor=actor, now=timezone.now())
        except CreditRefused as error:
            form.add_error(None, str(error))
        else:
            return done(request, _("La deuda quedó como incobrable."), reverse("billing:invoice", args=[pk]))
    said = {"owed": format_money(invoice.owed, invoice.currency), "label": invoice.label}
    context = {
        "form": form,
        "title": _("Dar por incobrable la factura %(label)s") % said,
        "text": _("El cliente deja de deber %(owed)s y usted lo registra como pérdida. No se puede deshacer.") % said,
        "action": _("Dar por incobrable"),
        "url": reverse("billing:invoice_write_off", args=[pk]),
    }
    return render(request, "billing/reason_dialog.html", context, status=422 if request.method == "POST" else 200)
