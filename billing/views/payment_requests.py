"""Cobranza / Pagos en línea: asking a customer for money through a gateway, and what became of it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import needs
from billing.domain.arrivals import settle_aside
from billing.domain.gateway_refunds import ask_refund, send_refund
from billing.domain.money import BadAmount, plain_amount
from billing.domain.pay_options import find_option, owed_invoices, pay_options
from billing.domain.payment_requests import (
    RequestRefused,
    cancel_request,
    create_request,
    look_soon,
    open_request,
    request_link,
)
from billing.domain.payments import PaymentRefused
from billing.domain.request_sending import send_request
from billing.forms import ReasonForm
from billing.gateway_forms import RefundForm, RequestForm
from billing.models import GatewayPayment, PaymentRequest
from billing.views.barcodes import barcode_svg, qr_svg
from billing.views.responses import done
from customers.models import Customer
from events.domain import Actor
from tenants.current import current_tenant
from tenants.paging import page_by

Status = PaymentRequest.Status


@require_GET
@needs("billing.view")
def requests(request: HttpRequest) -> HttpResponse:
    """The list; its rows alone for the next page. What waits for a person stands first."""
    status, text = request.GET.get("status", ""), request.GET.get("q", "").strip()[:80]
    rows = PaymentRequest.objects.select_related("customer", "account").order_by("-created_at", "-id")
    if status in Status.values:
        rows = rows.filter(status=status)
    if text:
        found = Customer.objects.matching(text).values("pk")
        rows = rows.filter(Q(customer__in=found) | Q(voucher=text) | Q(external_id=text))
    page = page_by(rows, request, field="created_at")
    context: dict[str, Any] = {"page": page, "status": status, "q": text, "statuses": Status.choices}
    if request.GET.get("after"):
        return render(request, "billing/request_rows.html", context)
    context["aside"] = GatewayPayment.objects.filter(state=GatewayPayment.State.ASIDE).select_related(
        "request__customer", "account"
    )[:20]
    template = "billing/requests.html#list" if request.htmx else "billing/requests.html"  # type: ignore[attr-defined]
    return render(request, template, context)


@require_GET
@needs("billing.view")
def payment_request(request: HttpRequest, pk: int) -> HttpResponse:
    """One request: its link and codes, what arrived, and what the gateway told."""
    row = get_object_or_404(PaymentRequest.objects.select_related("customer", "account"), pk=pk)
    context = {
        "row": row,
        "link": request_link(row),
        "qr": qr_svg(row.qr or request_link(row)) if row.is_live else "",
        "barcode": barcode_svg(row.barcode) if row.barcode and row.is_live else "",
        "invoices": row.invoices.order_by("due_on", "id"),
        "arrivals": row.arrivals.select_related("payment").order_by("id"),
        "notices": row.notices.order_by("-received_at")[:20],
        "left": row.amount - row.paid,
    }
    return render(request, "billing/request.html", context)


@require_http_methods(["GET", "POST"])
@needs("payments.record")
def ask(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Ask a customer for money: which gateway, how much, for which invoices."""
    customer, currency = get_object_or_404(Customer, pk=customer_id), current_tenant().currency
    options = pay_options(currency, for_customers=False)
    owed, total = owed_invoices(customer.pk, currency)
    only = request.GET.get("factura", "")
    chosen = [row for row in owed if str(row.pk) == only] or owed
    amount = sum((row.total - row.paid for row in chosen), total - total)
    initial = {"amount": plain_amount(amount, currency), "invoices": [str(row.pk) for row in chosen]}
    data = request.POST or None
    form = RequestForm(data, options=options, owed=owed, currency=currency, initial=initial)
    if data is not None and form.is_valid():
        try:
            row = _make(request, customer, form, timezone.now())
        except (RequestRefused, BadAmount) as error:
            form.add_error(None, str(error))
        else:
            return _asked(request, row)
    context = {"customer": customer, "form": form, "owed": owed, "options": options}
    return render(request, "billing/request_dialog.html", context, status=422 if data is not None else 200)


def _make(request: HttpRequest, customer: Customer, form: RequestForm, now: dt.datetime) -> PaymentRequest:
    data = form.cleaned_data
    option = find_option(pay_options(current_tenant().currency, for_customers=False), data["option"])
    if option is None:
        raise RequestRefused(_("Esa pasarela está apagada."))
    row = create_request(
        account=option.account,
        customer_id=customer.pk,
        amount=data["amount"],
        way=option.way,
        invoice_ids=[int(pk) for pk in data["invoices"]],
        actor=Actor.of_user(request.user),
        key=f"staff:{request.user.pk}:{data['key']}",
        now=now,
    )
    return open_request(request_id=row.pk, now=now)


def _asked(request: HttpRequest, row: PaymentRequest) -> HttpResponse:
    url = reverse("billing:payment_request", args=[row.pk])
    if row.status == Status.OPEN:
        return done(request, _("El cobro está listo: envíe el enlace o muestre el código."), url)
    return done(request, row.trouble or _("El cobro se está creando."), url)


@require_POST
@needs("payments.record")
def send(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the link by WhatsApp."""
    return _act(request, pk, _("El enlace va en camino por WhatsApp."), send_request)


@require_POST
@needs("payments.record")
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """End a request that nobody paid."""
    return _act(request, pk, _("El cobro quedó cancelado."), cancel_request)


@require_POST
@needs("payments.record")
def look(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask the gateway now, or make the request once more where that failed."""
    row = get_object_or_404(PaymentRequest, pk=pk)
    look_soon(request_id=row.pk, now=timezone.now())
    return done(request, _("Se está preguntando a la pasarela."), reverse("billing:payment_request", args=[pk]))


def _act(request: HttpRequest, pk: int, text: str, act: Any) -> HttpResponse:
    get_object_or_404(PaymentRequest, pk=pk)
    try:
        act(request_id=pk, actor=Actor.of_user(request.user), now=timezone.now())
    except RequestRefused as error:
        text = str(error)
    return done(request, text, reverse("billing:payment_request", args=[pk]))


@require_http_methods(["GET", "POST"])
@needs("payments.refund")
def refund(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a payment back through the gateway it came by."""
    arrival = get_object_or_404(GatewayPayment.objects.select_related("account", "payment", "request"), pk=pk)
    left = arrival.amount - arrival.refunded
    form = RefundForm(request.POST or None, initial={"amount": plain_amount(left, arrival.currency)})
    form.fields["amount"].currency = arrival.currency  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        try:
            row = ask_refund(arrival_id=pk, actor=Actor.of_user(request.user), now=timezone.now(), **form.cleaned_data)
            row = send_refund(refund_id=row.pk, now=timezone.now())
        except (PaymentRefused, BadAmount) as error:
            form.add_error(None, str(error))
        else:
            text = row.trouble or (
                _("La devolución quedó hecha.") if row.status == "done" else _("La devolución está en camino.")
            )
            url = reverse("billing:payment", args=[arrival.payment_id]) if arrival.payment_id else ""
            return done(request, text, url or reverse("billing:payment_requests"))
    context = {"form": form, "arrival": arrival, "left": left}
    return render(request, "billing/refund_gateway.html", context, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "POST"])
@needs("payments.record")
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what was done with money that was set aside."""
    arrival = get_object_or_404(GatewayPayment, pk=pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            settle_aside(
                arrival_id=pk,
                note=form.cleaned_data["reason"],
                actor=Actor.of_user(request.user),
                now=timezone.now(),
            )
        except PaymentRefused as error:
            form.add_error(None, str(error))
        else:
            return done(request, _("Quedó anotado como resuelto."), reverse("billing:payment_requests"))
    context = {
        "form": form,
        "title": _("Marcar como resuelto"),
        "text": _("%(note)s Escriba qué se hizo: no se registra ningún pago.") % {"note": arrival.note},
        "action": _("Marcar como resuelto"),
        "url": reverse("billing:arrival_settle", args=[pk]),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "billing/reason_dialog.html", context, status=status)
