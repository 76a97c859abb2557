"""Giving money back: of a payment, or of what a customer has in favour."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import needs
from billing.counter_forms import RefundForm
from billing.domain.drawers import open_drawer_of
from billing.domain.ledger import credit_in
from billing.domain.money import BadAmount, plain_amount
from billing.domain.money_accounts import named_accounts
from billing.domain.refunds import RefundPlan, plan_credit_refund, plan_refund, refund_credit, refund_payment
from billing.domain.refusals import PaymentRefused
from billing.models import LedgerAccount, Payment, Refund
from billing.views.responses import done
from customers.models import Customer
from events.domain import Actor
from tenants.current import current_tenant
from tenants.formats import format_money

Plan = Callable[[Decimal], RefundPlan]


@require_http_methods(["GET", "POST"])
@needs("payments.refund")
def payment(request: HttpRequest, pk: int) -> HttpResponse:
    """Give back a payment, whole or in part. The dialog says where it comes from before it is done."""
    row = get_object_or_404(Payment.objects.select_related("customer"), pk=pk)
    form = _form(request, row.currency, row.amount - row.refunded, row.method)

    def give(order: dict[str, Any]) -> Refund:
        return refund_payment(payment_id=row.pk, **order)

    context = {
        "title": _("Devolver dinero de este pago"),
        "url": reverse("billing:payment_refund", args=[pk]),
        "customer": row.customer,
        "currency": row.currency,
    }
    back = reverse("billing:payment", args=[pk])
    return _answer(request, form, context, lambda a: plan_refund(payment=row, amount=a), (give, back))


@require_http_methods(["GET", "POST"])
@needs("payments.refund")
def credit(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Give back what a customer has in favour."""
    customer = get_object_or_404(Customer, pk=customer_id)
    currency = current_tenant().currency
    form = _form(request, currency, credit_in(customer.pk, currency), Payment.Method.CASH)

    def plan(amount: Decimal) -> RefundPlan:
        return plan_credit_refund(customer_id=customer.pk, currency=currency, amount=amount)

    def give(order: dict[str, Any]) -> Refund:
        return refund_credit(customer_id=customer.pk, **order)

    context = {
        "title": _("Devolver el saldo a favor"),
        "url": reverse("billing:credit_refund", args=[customer_id]),
        "customer": customer,
        "currency": currency,
    }
    return _answer(request, form, context, plan, (give, reverse("billing:statement", args=[customer_id])))


def _form(request: HttpRequest, currency: str, amount: Decimal, method: str) -> RefundForm:
    drawer = open_drawer_of(Actor.of_user(request.user))
    initial = {
        "amount": plain_amount(amount, currency),
        "method": method,
        "key": secrets.token_urlsafe(16),
        "drawer": drawer.pk if drawer else None,
    }
    banks = named_accounts(LedgerAccount.Kind.BANK)
    return RefundForm(request.POST or None, initial=initial, currency=currency, banks=banks)


def _answer(
    request: HttpRequest,
    form: RefundForm,
    context: dict[str, Any],
    plan: Plan,
    act: tuple[Callable[[dict[str, Any]], Refund], str],
) -> HttpResponse:
    """The dialog, its plan alone while somebody types, or what came of it."""
    only_plan = request.GET.get("plan") == "1"
    bound = form.is_valid() if form.is_bound else False
    if bound and not only_plan:
        give, url = act
        try:
            refund = give(_order(request, form))
        except (PaymentRefused, BadAmount) as error:
            form.add_error(None, str(error))
        else:
            money = format_money(refund.amount, refund.currency)
            return done(request, _("Se devolvieron %(amount)s.") % {"amount": money}, url)
    context |= {"form": form, **_planned(form, plan)}
    if only_plan:
        return render(request, "billing/refund_plan.html", context)
    return render(request, "billing/refund_dialog.html", context, status=422 if request.method == "POST" else 200)


def _planned(form: RefundForm, plan: Plan) -> dict[str, Any]:
    try:
        amount = form.cleaned_data.get("amount") if form.is_bound else Decimal(form.initial["amount"] or 0)
        return {"plan": plan(amount) if amount else None, "unclear": ""}
    except (PaymentRefused, BadAmount) as error:
        return {"plan": None, "unclear": str(error)}


def _order(request: HttpRequest, form: RefundForm) -> dict[str, Any]:
    data = form.cleaned_data
    cash = data["method"] == Payment.Method.CASH
    return {
        "amount": data["amount"],
        "reason": data["reason"],
        "method": data["method"],
        "external_reference": data["external_reference"],
        "account_id": data["account"] if data["method"] == Payment.Method.TRANSFER else None,
        "drawer_id": data["drawer"] if cash else None,
        "actor": Actor.of_user(request.user),
        "key": f"counter:{request.user.pk}:{data['key']}",
        "now": timezone.now(),
    }
