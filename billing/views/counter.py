"""The counter: what is owed, how much came in, what that will do, and taking it."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import needs
from billing.counter_forms import OpenDrawerForm, PaymentForm, part_name
from billing.domain.counter_settings import counter_settings
from billing.domain.drawers import expected_in, open_drawer, open_drawer_of
from billing.domain.ledger import balance, credit_in
from billing.domain.money import ZERO, BadAmount, plain_amount
from billing.domain.money_accounts import named_accounts
from billing.domain.payment_preview import PaymentPreview, preview_payment
from billing.domain.payments import record_payment
from billing.domain.queries import parts_of
from billing.domain.reasons import explain
from billing.domain.refusals import PaymentRefused, RepeatedReference
from billing.models import CounterSettings, Invoice, LedgerAccount, Payment
from billing.views.responses import done, told
from customers.models import Customer
from events.domain import Actor
from tenants.current import current_tenant, tenant_today, tenant_zone


@require_http_methods(["GET", "POST"])
@needs("payments.record")
def pay(request: HttpRequest, customer_id: int) -> HttpResponse:
    """The dialog; a payment that cannot be taken comes back with what was typed and a sentence."""
    customer = get_object_or_404(Customer, pk=customer_id)
    now = timezone.now()
    context: dict[str, Any] = {"customer": customer}
    form = _form(request, customer, now)
    if request.method == "POST" and form.is_valid():
        try:
            return _paid(request, customer, _take(request, customer, form, now))
        except RepeatedReference as error:
            form.add_error("reference", str(error))
            context["first"] = error.first
        except (PaymentRefused, BadAmount) as error:
            form.add_error(None, str(error))
    currency = form.currency
    context |= {
        "form": form,
        "rows": [(invoice, form[part_name(invoice)]) for invoice in form.invoices],
        "balance": balance(customer.pk).get(currency, ZERO),
        "credit": credit_in(customer.pk, currency),
        "may_choose_cut": _may_keep_cut(request),
        **_drawer_context(request),
        **_foreseen(request, form, customer, now),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "billing/pay_dialog.html", context, status=status)


@require_POST
@needs("payments.record")
def preview(request: HttpRequest, customer_id: int) -> HttpResponse:
    """What the payment as typed so far would do; nothing is written."""
    customer = get_object_or_404(Customer, pk=customer_id)
    now = timezone.now()
    form = _form(request, customer, now)
    form.is_valid()
    context = {"customer": customer, **_foreseen(request, form, customer, now)}
    return render(request, "billing/pay_preview.html", context)


@require_POST
@needs("payments.record")
def open_here(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Open this person's drawer without leaving the payment."""
    get_object_or_404(Customer, pk=customer_id)
    form = OpenDrawerForm(request.POST, currency=current_tenant().currency)
    wrong = ""
    if form.is_valid():
        try:
            open_drawer(opening=form.cleaned_data["opening"], actor=Actor.of_user(request.user), now=timezone.now())
        except (PaymentRefused, BadAmount) as error:
            wrong = str(error)
    else:
        wrong = " ".join(str(e) for errors in form.errors.values() for e in errors)
    context = {"customer_id": customer_id, "wrong": wrong, "opening": request.POST.get("opening", "")[:20]}
    context |= _drawer_context(request)
    return render(request, "billing/pay_drawer.html", context, status=422 if wrong else 200)


def _form(request: HttpRequest, customer: Customer, now: dt.datetime) -> PaymentForm:
    currency, today = current_tenant().currency, tenant_today(now)
    owed = Invoice.objects.unpaid().with_owed().filter(customer=customer, currency=currency).order_by("due_on", "id")
    invoices, banks = list(owed.prefetch_related("lines")), named_accounts(LedgerAccount.Kind.BANK)
    total = sum((invoice.total - invoice.paid for invoice in invoices), ZERO)
    initial = {
        "amount": plain_amount(total, currency),
        "received_on": today,
        "method": "cash",
        # The key makes a second click on the button the same payment.
        "key": secrets.token_urlsafe(16),
    }
    typed = request.POST if request.method == "POST" else None
    return PaymentForm(typed, initial=initial, currency=currency, today=today, invoices=invoices, banks=banks)


def _may_keep_cut(request: HttpRequest) -> bool:
    return bool(request.user.can("dunning.decide"))  # type: ignore[union-attr]


def _drawer_context(request: HttpRequest) -> dict[str, Any]:
    """This person's drawer, or whether to offer opening one."""
    drawer, rule = open_drawer_of(Actor.of_user(request.user)), counter_settings().cash_drawers
    return {
        "drawer": drawer,
        "in_drawer": expected_in(drawer) if drawer else None,
        "drawer_rule": "" if rule == CounterSettings.CashDrawers.NO else rule,
    }


def _foreseen(request: HttpRequest, form: PaymentForm, customer: Customer, now: dt.datetime) -> dict[str, Any]:
    """What the payment would do: a preview, or the sentence that says why there is none."""
    data = form.cleaned_data if form.is_bound else {}
    amount = data.get("amount")
    if not form.is_bound:
        amount = sum((invoice.total - invoice.paid for invoice in form.invoices), ZERO)
    if not amount:
        return {"preview": None, "unclear": ""}
    if wrong := form.part_errors() if form.is_bound else []:
        return {"preview": None, "unclear": " ".join(wrong)}
    why = data.get("record_reason", "").strip() or _("Falta decir por qué.")
    kept = why if data.get("record_only") and _may_keep_cut(request) else ""
    choice = form.choice if form.is_bound else None
    try:
        found: PaymentPreview | None = preview_payment(
            customer=customer, amount=amount, now=now, choice=choice, record_only=kept
        )
    except (PaymentRefused, BadAmount) as error:
        return {"preview": None, "unclear": str(error)}
    return {"preview": found, "unclear": ""}


def _take(request: HttpRequest, customer: Customer, form: PaymentForm, now: dt.datetime) -> Payment:
    data = form.cleaned_data
    day, cash = data["received_on"], data["method"] == Payment.Method.CASH
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
        parts=form.choice.parts,
        account_id=data["account"] if data["method"] == Payment.Method.TRANSFER else None,
        drawer_id=data["drawer"] if cash else None,
        record_only=data["record_reason"] if data["record_only"] and _may_keep_cut(request) else "",
        repeated=data["repeated"],
    )


def _paid(request: HttpRequest, customer: Customer, payment: Payment) -> HttpResponse:
    decision = explain([payment.reconnect_reason])
    text = " ".join([_("Pago registrado."), decision]).strip()
    if not getattr(request, "htmx", None):
        return done(request, text, reverse("billing:payment", args=[payment.pk]))
    parts = parts_of(payment)
    context = {
        "payment": payment,
        "customer": customer,
        "decision": decision,
        "parts": parts,
        "credit": payment.amount - sum((part.amount for part in parts), ZERO),
        "balance": balance(customer.pk).get(payment.currency, ZERO),
    }
    response = render(request, "billing/paid_dialog.html", context)
    return told(response, text, accountChanged={"customer": customer.pk})
