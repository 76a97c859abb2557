"""Payments: at the counter, the list, one (which prints as a receipt), and taking one back."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

from django.db.models import Count, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import needs
from billing.domain.ledger import balance
from billing.domain.money import ZERO, BadAmount, plain_amount
from billing.domain.payments import PaymentRefused, record_payment, void_payment
from billing.domain.policies import policy_of_customer
from billing.domain.queries import find_payments
from billing.domain.reasons import explain
from billing.domain.reconnection import overdue_sum
from billing.forms import PaymentForm, ReasonForm
from billing.models import Invoice, Payment
from billing.views.paging import page_by
from billing.views.responses import done, told
from customers.domain.holds import held_service_ids
from customers.models import Customer, Service
from events.domain import Actor
from tenants.current import current_tenant, tenant_today, tenant_zone


@require_GET
@needs("billing.view")
def payments(request: HttpRequest) -> HttpResponse:
    """The list; its rows alone for a filter typed or the next page."""
    text, method, day = (request.GET.get(name, "").strip()[:80] for name in ("q", "method", "day"))
    rows = find_payments(text=text, method=method if method in Payment.Method.values else "", day=_day(day))
    page = page_by(rows, request, field="received_at")
    context: dict[str, Any] = {"page": page, "q": text, "method": method, "day": day, "methods": Payment.Method.choices}
    if request.GET.get("after"):
        return render(request, "billing/payment_rows.html", context)
    context["sums"] = rows.order_by().aggregate(
        count=Count("id"), total=Sum("amount", filter=Q(voided_at=None), default=ZERO)
    )
    template = "billing/payments.html#list" if request.htmx else "billing/payments.html"  # type: ignore[attr-defined]
    return render(request, template, context)


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        return None


@require_GET
@needs("billing.view")
def payment(request: HttpRequest, pk: int) -> HttpResponse:
    """One payment, as the receipt the customer takes home."""
    row = get_object_or_404(Payment.objects.select_related("customer"), pk=pk)
    context = {
        "payment": row,
        "allocations": row.allocations.filter(amount__gt=0).select_related("invoice").order_by("id"),
        "reconnection": explain([row.reconnect_reason]) if row.reconnect_reason else "",
    }
    context["credit"] = row.amount - sum((part.amount for part in context["allocations"]), ZERO)
    return render(request, "billing/payment.html", context)


@require_http_methods(["GET", "POST"])
@needs("payments.record")
def pay(request: HttpRequest, customer_id: int) -> HttpResponse:
    """The counter: what is owed, how much came in, and what that will do."""
    customer = get_object_or_404(Customer, pk=customer_id)
    now, currency = timezone.now(), current_tenant().currency
    today = tenant_today(now)
    owed = Invoice.objects.unpaid().with_owed().filter(customer=customer, currency=currency).order_by("due_on", "id")
    late = overdue_sum(policy_of_customer(customer.pk), list(owed), now)
    if request.method == "POST":
        form = PaymentForm(request.POST, currency=currency, today=today)
        if form.is_valid():
            try:
                return _paid(request, customer, _take(request, customer, form, now))
            except (PaymentRefused, BadAmount) as error:
                form.add_error(None, str(error))
    else:
        total = sum((invoice.total - invoice.paid for invoice in owed), ZERO)
        # The key makes a second click on the button the same payment.
        initial = {
            "amount": plain_amount(total, currency),
            "received_on": today,
            "method": "cash",
            "key": secrets.token_urlsafe(16),
        }
        form = PaymentForm(initial=initial, currency=currency, today=today)
    services = Service.objects.filter(customer=customer).values_list("id", flat=True)
    context = {
        "customer": customer,
        "form": form,
        "owed": owed,
        "late": late,
        "balance": balance(customer.pk).get(currency, ZERO),
        "cut": bool(held_service_ids(services, now)),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "billing/pay_dialog.html", context, status=status)


def _take(request: HttpRequest, customer: Customer, form: PaymentForm, now: dt.datetime) -> Payment:
    data = form.cleaned_data
    day = data["received_on"]
    received_at = now if day == tenant_today(now) else dt.datetime.combine(day, dt.time(12), tenant_zone())
    return record_payment(
        customer_id=customer.pk,
        amount=data["amount"],
        method=data["method"],
        reference=data["reference"],
        received_at=received_at,
        actor=Actor.of_user(request.user),
        key=f"counter:{request.user.pk}:{data['key']}",
        now=now,
    )


def _paid(request: HttpRequest, customer: Customer, payment: Payment) -> HttpResponse:
    text = " ".join([_("Pago registrado."), explain([payment.reconnect_reason])]).strip()
    if not getattr(request, "htmx", None):
        return done(request, text, reverse("billing:payment", args=[payment.pk]))
    context = {"payment": payment, "customer": customer, "text": text}
    response = render(request, "billing/paid_dialog.html", context)
    return told(response, text, accountChanged={"customer": customer.pk})


@require_http_methods(["GET", "POST"])
@needs("payments.void")
def void(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a payment back, with a reason."""
    row = get_object_or_404(Payment, pk=pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            void_payment(
                payment_id=pk, reason=form.cleaned_data["reason"], actor=Actor.of_user(request.user), now=timezone.now()
            )
        except PaymentRefused as error:
            form.add_error(None, str(error))
        else:
            return done(request, _("El pago quedó anulado."), reverse("billing:payment", args=[row.pk]))
    context = {
        "form": form,
        "title": _("Anular el pago"),
        "text": _(
            "Las facturas que pagó vuelven a deberse. El servicio no se corta ahora: lo decide la próxima noche."
        ),
        "action": _("Anular el pago"),
        "url": reverse("billing:payment_void", args=[pk]),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "billing/reason_dialog.html", context, status=status)
