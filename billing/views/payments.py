"""Payments: at the counter, the list, one (which prints as a receipt), and taking one back."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Count, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import needs
from billing.domain.gateway_refunds import arrival_of, can_refund
from billing.domain.money import ZERO
from billing.domain.money_accounts import account_label
from billing.domain.payments import PaymentRefused, void_payment
from billing.domain.queries import find_payments, parts_of
from billing.domain.reasons import explain
from billing.forms import ReasonForm
from billing.models import Payment
from billing.views.responses import done
from events.domain import Actor
from tenants.paging import page_by


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
    """One payment, as the receipt the customer takes home, and what was given back of it."""
    row = get_object_or_404(Payment.objects.select_related("customer", "account"), pk=pk)
    parts = parts_of(row)
    context = {
        "payment": row,
        "account": account_label(row.account) if row.account else "",
        "parts": parts,
        "credit": row.amount - sum((part.amount for part in parts), ZERO),
        "reconnection": explain([row.reconnect_reason]) if row.reconnect_reason else "",
        "refunds": row.refunds.order_by("id"),
        "left": row.amount - row.refunded,
        "arrival": (arrival := arrival_of(row)),
        "refundable": can_refund(arrival),
    }
    return render(request, "billing/payment.html", context)


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
