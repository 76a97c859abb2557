"""Documents for the staff: the PDF, the link to copy, the sending, and the texts they carry."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import needs
from billing.document_forms import DocumentSettingsForm
from billing.documents.answer import pdf_response
from billing.documents.build import LETTER, ROLL, build_pdf, build_picture
from billing.documents.links import DocumentRef
from billing.documents.sample import sample_invoice
from billing.documents.sending import DocumentRefused, document_name, plan_sending, send_document
from billing.documents.shelf import NoDocument, last_day_of_links, make_sheet
from billing.domain.document_settings import current_document_settings, save_document_settings
from billing.domain.windows import BadWindow, parse_window
from billing.models import DocumentSettings
from billing.views.responses import done, told
from events.domain import Actor
from tenants.current import tenant_today

# The rooms of the address, and what is kept in each.
ROOMS = {"facturas": "invoice", "pagos": "payment", "notas": "credit_note", "cuenta": "statement"}
PAGES = {
    "invoice": "billing:invoice",
    "payment": "billing:payment",
    "credit_note": "billing:credit_note",
    "statement": "billing:statement",
}


def read_ref(view: Callable[[HttpRequest, DocumentRef], HttpResponse]) -> Callable[..., HttpResponse]:
    """Give the view the document its address means; 404 for what is not there, and for days that make no sense.

    A statement is of the days `from` and `to`.
    """

    @wraps(view)
    def read(request: HttpRequest, room: str, pk: str) -> HttpResponse:
        try:
            if room != "cuenta":
                return view(request, DocumentRef(ROOMS[room], int(pk)))
            window = parse_window(request.POST or request.GET)
            return view(request, DocumentRef("statement", int(pk), window.since, window.until))
        except (BadWindow, NoDocument) as error:
            raise Http404 from error

    return read


@require_GET
@needs("billing.view")
@read_ref
def pdf(request: HttpRequest, ref: DocumentRef) -> HttpResponse:
    """The document as PDF; `?papel=80` sets a receipt on the roll of a counter's printer."""
    sheet = make_sheet(ref, today=tenant_today(timezone.now()))
    paper = ROLL if request.GET.get("papel") == "80" and ref.kind == "payment" else LETTER
    return pdf_response(build_pdf(sheet, paper=paper), sheet.file_name)


@require_GET
@needs("billing.view")
@read_ref
def link(request: HttpRequest, ref: DocumentRef) -> HttpResponse:
    """A fresh signed link to copy, and until when it opens."""
    today = tenant_today(timezone.now())
    sheet = make_sheet(ref, today=today)
    context = {"link": sheet.link, "last_day": last_day_of_links(today), "what": document_name(sheet)}
    return render(request, "billing/document_link.html", context)


@require_http_methods(["GET", "POST"])
@needs("billing.view")
@needs("inbox.reply")
@read_ref
def send(request: HttpRequest, ref: DocumentRef) -> HttpResponse:
    """Ask whether to send it, naming who gets it and how; then put it in line, once per `key`."""
    now, key = timezone.now(), request.POST.get("key", "")[:60] or secrets.token_urlsafe(16)
    context: dict[str, Any] = {"url": request.path, "key": key, "ref": ref}
    context["what"] = document_name(make_sheet(ref, today=tenant_today(now)))
    try:
        if request.method == "POST":
            actor = Actor.of_user(request.user)
            message = send_document(ref=ref, key=f"user:{request.user.pk}:{key}", actor=actor, now=now)
            return _sent(request, ref, as_link=message.as_template)
        context["plan"] = plan_sending(ref, now=now)
    except DocumentRefused as error:
        context["refused"] = str(error)
    return render(request, "billing/document_send.html", context, status=422 if request.method == "POST" else 200)


def _sent(request: HttpRequest, ref: DocumentRef, *, as_link: bool) -> HttpResponse:
    text = _("El enlace va en camino por WhatsApp.") if as_link else _("El documento va en camino por WhatsApp.")
    if getattr(request, "htmx", None):
        return told(HttpResponse(), text)
    return done(request, text, reverse(PAGES[ref.kind], args=[ref.id]))


@require_http_methods(["GET", "POST"])
@needs("settings.edit")
def texts(request: HttpRequest) -> HttpResponse:
    """The texts that go with the brand, with a sample invoice beside them."""
    form = DocumentSettingsForm(request.POST or None, instance=current_document_settings())
    valid = form.is_valid() if request.method == "POST" else True
    if request.method == "POST" and valid:
        save_document_settings(changes=form.cleaned_data, actor=Actor.of_user(request.user), now=timezone.now())
        return done(request, _("Los documentos quedaron guardados."), reverse("billing:document_texts"))
    context = {"form": form, "picture": _sample(current_document_settings())}
    return render(request, "billing/document_texts.html", context, status=200 if valid else 422)


@require_POST
@needs("settings.edit")
def preview(request: HttpRequest) -> HttpResponse:
    """The sample with what is typed so far; a field that is wrong keeps what was saved."""
    row = current_document_settings()
    form = DocumentSettingsForm(request.POST, instance=current_document_settings())
    form.is_valid()
    for name, value in form.cleaned_data.items():
        setattr(row, name, value)
    return render(request, "billing/document_texts.html#preview", {"picture": _sample(row)})


def _sample(row: DocumentSettings) -> str:
    sheet = sample_invoice(row, today=tenant_today(timezone.now()))
    return base64.b64encode(build_picture(sheet, ppi=100)).decode()
