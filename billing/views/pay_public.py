"""Paying without a sign-in: from a signed document to the gateway, and the page a request keeps until it is paid."""

from __future__ import annotations

import datetime as dt
import secrets
from decimal import Decimal

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from billing.documents.links import DocumentRef
from billing.documents.shelf import customer_of
from billing.domain.ledger import balance
from billing.domain.money import ZERO
from billing.domain.pay_options import PayOption, find_option, owed_invoices, pay_options
from billing.domain.payment_requests import (
    RequestRefused,
    look_soon,
    open_request,
    read_request_token,
    request_again,
    request_link,
)
from billing.models import Invoice, PaymentRequest
from billing.views.barcodes import barcode_svg, qr_svg
from billing.views.public import by_link, private, whatsapp_link
from customers.models import Customer
from events.domain import Actor
from tenants.current import current_tenant

LOOKS = 20  # how often the page asks again by itself after the customer came back
EVERY = 3  # seconds between two of them


@require_POST
@by_link
def pay(request: HttpRequest, ref: DocumentRef) -> HttpResponse:
    """Make the request, or find the one that is still good, and go to its page; else back, which says so."""
    now, currency, customer = timezone.now(), current_tenant().currency, customer_of(ref)
    option = find_option(pay_options(currency, for_customers=True), request.POST.get("con", ""))
    invoices, total = owed_invoices(customer.pk, currency)
    if request.POST.get("cuanto") == "documento" and ref.kind == "invoice":
        invoices = [row for row in invoices if row.pk == ref.id]
        total = sum((row.total - row.paid for row in invoices), ZERO)
    total = min(total, balance(customer.pk).get(currency, ZERO))
    back = redirect("document", token=request.resolver_match.kwargs["token"] if request.resolver_match else "")
    # Whatever the reason, the page offers the other ways to pay; the request, if there is one, keeps the cause.
    back["Location"] += "?pago=no"
    if option is None or total <= 0:
        return back
    try:
        row = _make(option, customer, invoices, total, now)
    except RequestRefused:
        return back
    return redirect(request_link(row) + ("?ir=1" if row.url else ""))


def _make(
    option: PayOption, customer: Customer, invoices: list[Invoice], total: Decimal, now: dt.datetime
) -> PaymentRequest:
    row = request_again(
        account=option.account,
        customer_id=customer.pk,
        amount=total,
        actor=Actor.of_customer(customer),
        now=now,
        way=option.way,
        invoice_ids=[invoice.pk for invoice in invoices],
        key=f"public:{secrets.token_urlsafe(16)}",
    )
    return open_request(request_id=row.pk, now=now)


@require_safe
@private
def pay_page(request: HttpRequest, token: str) -> HttpResponse:
    """One request: where to pay it, its voucher, or that it is paid. After coming back it asks again by itself."""
    pk = read_request_token(token)
    row = PaymentRequest.objects.select_related("account", "customer").filter(pk=pk).first() if pk else None
    if row is None:
        return render(request, "billing/link_closed.html", {"expired": False}, status=404)
    looked = min(int(text) if (text := request.GET.get("volvio", "")).isdecimal() else 0, LOOKS)
    waiting = row.status in {"waiting", "creating"} or (looked > 0 and row.status == "open")
    if looked and row.status == "open":
        look_soon(request_id=row.pk, now=timezone.now())
    context = {
        "row": row,
        "paid": row.status == PaymentRequest.Status.PAID,
        "left": row.amount - row.paid,
        "gone": row.status in {"expired", "cancelled", "failed", "doubtful"},
        "waiting": waiting and looked < LOOKS,
        "again": f"?volvio={looked + 1}",
        "every": EVERY,
        "goes": row.url if request.GET.get("ir") and row.is_live else "",
        "qr": qr_svg(row.qr) if row.qr else "",
        "barcode": barcode_svg(row.barcode) if row.barcode and row.is_live else "",
        "whatsapp": whatsapp_link(_("Hola, soy %(name)s (%(code)s). Quiero pagar en línea."), row.customer),
    }
    return render(request, "billing/pay_page.html", context)
