"""Whoever holds a signed link sends the proof of a payment: a photo or a PDF, without a sign-in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from billing.documents.links import DocumentRef
from billing.documents.shelf import customer_of
from billing.domain.ledger import balance
from billing.domain.money import ZERO, BadAmount
from billing.domain.receipt_filing import Claims, ReceiptRefused, file_picture
from billing.forms import AmountField
from billing.models import Receipt
from billing.pictures.examine import BadPicture, size_limit, too_large
from billing.pictures.uploads import LimitedUpload, bytes_of, is_endless
from billing.views.public import by_link
from customers.models import Customer
from events.domain import Actor
from tenants.current import current_tenant

KEPT = 20  # receipts shown to whoever sent them


class ProofForm(forms.Form):
    """A file, and what the sender says of it, if they say anything."""

    file = forms.FileField(label=later("Foto o PDF del pago"), required=False, allow_empty_file=True)
    amount = AmountField(label=later("¿Cuánto pagó?"), required=False)
    reference = forms.CharField(label=later("Referencia o folio, si lo tiene a la mano"), required=False, max_length=80)

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].currency = currency  # type: ignore[attr-defined]
        self.fields["file"].widget.attrs["accept"] = "image/jpeg,image/png,image/webp,image/gif,application/pdf"


@csrf_exempt
def send_proof(request: HttpRequest, token: str) -> HttpResponse:
    """The page and its form. The limit stands before anything reads the body, the check of the form's token too."""
    if is_endless(request):
        return HttpResponse(too_large(), status=413, content_type="text/plain; charset=utf-8")
    request.upload_handlers = [LimitedUpload(request)]
    return _send_proof(request, token)


@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
@by_link
def _send_proof(request: HttpRequest, ref: DocumentRef) -> HttpResponse:
    customer, currency = customer_of(ref), current_tenant().currency
    token = request.resolver_match.kwargs["token"] if request.resolver_match else ""
    if request.method != "POST":
        return _page(request, token, ProofForm(currency=currency), customer)
    form = ProofForm(request.POST, request.FILES, currency=currency)
    if form.is_valid() and not request.FILES.get("file"):
        form.add_error("file", _("Elija la foto o el PDF de su pago."))
    if not form.is_valid():
        return _page(request, token, form, customer, status=422)
    said = form.cleaned_data
    try:
        receipt = file_picture(
            data=bytes_of(request.FILES["file"]),
            source=Receipt.Source.PORTAL,
            customer_id=customer.pk,
            invoice_id=ref.id if ref.kind == "invoice" else None,
            actor=Actor.of_customer(customer),
            now=timezone.now(),
            claims=Claims(amount=said["amount"], reference=said["reference"]),
        )
    except BadPicture as error:
        form.add_error("file", str(error))
    except (BadAmount, ReceiptRefused) as error:
        form.add_error(None, str(error))
    else:
        state = "otra" if receipt.status == Receipt.Status.DUPLICATE else "listo"
        return redirect(f"{reverse('document_proof', args=[token])}?{state}")
    return _page(request, token, form, customer, status=422)


def _page(request: HttpRequest, token: str, form: ProofForm, customer: Customer, status: int = 200) -> HttpResponse:
    sent = Receipt.objects.filter(customer=customer).exclude(status=Receipt.Status.DUPLICATE).order_by("-id")
    context = {
        "form": form,
        "token": token,
        "customer": customer,
        "owed": max(balance(customer.pk).get(current_tenant().currency, ZERO), ZERO),
        "sent": sent[:KEPT],
        "done": "listo" in request.GET,
        "again": "otra" in request.GET,
        "megabytes": size_limit() // (1024 * 1024),
    }
    response = render(request, "billing/public_proof.html", context, status=status)
    # With no referrer at all a browser calls its origin «null», and the form's check refuses that.
    response.headers["Referrer-Policy"] = "same-origin"
    return response
