"""What customers open with a signed link: a document as a page, on the provider's domain, without a sign-in."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from billing.documents.answer import pdf_response
from billing.documents.build import LETTER, ROLL, build_pdf
from billing.documents.links import DocumentRef, LinkExpired, LinkUnknown, read_link
from billing.documents.shelf import NoDocument, customer_of, make_sheet
from billing.domain.ledger import balance
from billing.domain.money import ZERO
from billing.domain.pay_options import pay_options
from tenants.current import current_tenant, tenant_today
from tenants.models import Brand

View = Callable[[HttpRequest, DocumentRef], HttpResponse]


def by_link(view: View) -> Callable[[HttpRequest, str], HttpResponse]:
    """Give the view what the token opens. Nobody keeps the answer, no search engine lists it, no referrer tells it."""

    @wraps(view)
    def opened(request: HttpRequest, token: str) -> HttpResponse:
        try:
            response = view(request, read_link(token, today=tenant_today(timezone.now())))
        except LinkExpired:
            response = _closed(request, 410)
        except (LinkUnknown, NoDocument):
            response = _closed(request, 404)
        return _hidden(response)

    return opened


def private(view: Callable[[HttpRequest, str], HttpResponse]) -> Callable[[HttpRequest, str], HttpResponse]:
    """The same discretion for a page whose token the view reads itself."""

    @wraps(view)
    def opened(request: HttpRequest, token: str) -> HttpResponse:
        return _hidden(view(request, token))

    return opened


def _hidden(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    return response


@require_safe
@by_link
def document(request: HttpRequest, ref: DocumentRef) -> HttpResponse:
    """The document as it stands now: what is owed, how to pay, and every line of it."""
    sheet = make_sheet(ref, today=tenant_today(timezone.now()), link=request.build_absolute_uri(request.path))
    customer = customer_of(ref)
    owed = balance(customer.pk).get(current_tenant().currency, ZERO)
    context = {
        "sheet": sheet,
        "token": request.resolver_match.kwargs["token"] if request.resolver_match else "",
        "owed": owed,
        "not_ready": request.GET.get("pago") == "no",
        "owes": owed > 0,
        "whatsapp": whatsapp_link(_("Hola, soy %(name)s (%(code)s). Ya pagué, le envío mi comprobante."), customer),
        "rolls": ref.kind == "payment",
        "options": pay_options(current_tenant().currency, for_customers=True)
        if owed > 0 and ref.kind in {"invoice", "statement"}
        else [],
    }
    response = render(request, "billing/public_document.html", context)
    if context["options"]:
        # With no referrer at all a browser calls its origin «null», and the form's check refuses that.
        response.headers["Referrer-Policy"] = "same-origin"
    return response


@require_safe
@by_link
def document_file(request: HttpRequest, ref: DocumentRef) -> HttpResponse:
    """The same document as PDF; its QR opens the page it came from."""
    sheet = make_sheet(ref, today=tenant_today(timezone.now()), link=_page_address(request))
    paper = ROLL if request.GET.get("papel") == "80" and ref.kind == "payment" else LETTER
    return pdf_response(build_pdf(sheet, paper=paper), sheet.file_name)


def _page_address(request: HttpRequest) -> str:
    return request.build_absolute_uri(request.path.removesuffix("pdf"))


def whatsapp_link(words: str, customer: Any) -> str:
    """An address that opens WhatsApp with a message to the provider ready to send; nothing without a number."""
    brand = Brand.objects.filter(tenant=current_tenant()).first()
    number = "".join(c for c in (brand.whatsapp if brand else "") if c.isdecimal())
    text = words % {"name": customer.name, "code": customer.code}
    return f"https://wa.me/{number}?{urlencode({'text': text})}" if number else ""


def _closed(request: HttpRequest, status: int) -> HttpResponse:
    return render(request, "billing/link_closed.html", {"expired": status == 410}, status=status)
