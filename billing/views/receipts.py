"""Comprobantes: the stack, one picture beside its match, and the file itself."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.access import needs
from billing.domain.money import ZERO, BadAmount
from billing.domain.payments import PaymentRefused
from billing.domain.policies import policy_of_customer
from billing.domain.queries import waiting_receipts
from billing.domain.receipt_calls import REASONS
from billing.domain.receipt_filing import ReceiptRefused, RepeatedReceipt, alike_pictures, same_picture
from billing.domain.receipt_matching import compare, known_of, suggest_customers
from billing.domain.receipts import accept_receipt, reject_receipt
from billing.domain.reconnection import overdue_sum
from billing.models import Receipt
from billing.receipt_forms import AcceptForm, owing_of
from billing.views.responses import done, told
from customers.domain.search import find_customers
from customers.models import Customer
from events.domain import Actor
from tenants.current import current_tenant
from tenants.formats import format_money

STACK = 40
BESIDE = ("customer", "attachment", "picture", "reading", "message__conversation")


@require_GET
@needs("receipts.review")
def receipts(request: HttpRequest) -> HttpResponse:
    """The stack, opened at `?r=` or at the oldest. `?list=done` shows those already reviewed."""
    if request.GET.get("list") == "done":
        rows = Receipt.objects.exclude(status=Receipt.Status.WAITING).select_related("customer", "payment", "first")
        return render(
            request,
            "billing/receipts_done.html",
            {"receipts": rows.order_by("-id")[:100], "waiting": waiting_receipts().count()},
        )
    if request.GET.get("list") == "stack":
        stack = waiting_receipts().select_related("customer")
        return render(
            request,
            "billing/receipt_stack.html",
            {"receipt": _chosen(request), "stack": stack[:STACK], "waiting": stack.count()},
        )
    if request.GET.get("list") == "reading":
        return render(request, "billing/receipt_reading.html", {"receipt": _chosen(request), "fresh": True})
    context = _review(request, _chosen(request), chosen=request.GET.get("customer", ""))
    return _page(request, context)


def _page(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    whole = not getattr(request, "htmx", None)
    return render(request, "billing/receipts.html" if whole else "billing/receipts.html#review", context, status=status)


def _chosen(request: HttpRequest) -> Receipt | None:
    rows = waiting_receipts().select_related(*BESIDE)
    wanted, after = request.GET.get("r", ""), request.GET.get("after", "")
    if wanted.isdecimal() and len(wanted) < 18:
        found = rows.filter(pk=wanted).first()
        if found:
            return found
        after = wanted  # reviewed meanwhile: on to the one behind it, not back to the first
    if after.isdecimal() and len(after) < 18:
        return rows.filter(pk__gt=after).first() or rows.first()
    return rows.first()


def _review(
    request: HttpRequest, receipt: Receipt | None, *, chosen: str = "", form: AcceptForm | None = None
) -> dict[str, Any]:
    stack = waiting_receipts().select_related("customer")
    context: dict[str, Any] = {"receipt": receipt, "stack": stack[:STACK], "waiting": stack.count(), "reasons": REASONS}
    if receipt is None:
        return context
    customer, known = _customer(receipt, chosen), known_of(receipt)
    invoices = owing_of(customer)
    owed = sum((invoice.total - invoice.paid for invoice in invoices), ZERO)
    return context | {
        "customer": customer,
        "suggested": [] if customer else suggest_customers(receipt, known, user=request.user),
        "invoices": invoices,
        "owed": owed,
        "known": known,
        "short": owed - known.amount if known.amount and customer else ZERO,
        "late": overdue_sum(policy_of_customer(customer.pk), invoices, timezone.now()) if customer else ZERO,
        "first": same_picture(receipt),
        "form": form or AcceptForm.of(known, customer=customer, owed=owed, invoices=invoices),
        "alike": compare(known, alike_pictures(receipt)),
    }


def _customer(receipt: Receipt, chosen: str) -> Customer | None:
    """Whoever the reviewer chose, else whoever sent it."""
    if chosen.isdecimal() and len(chosen) < 18:
        return Customer.objects.filter(pk=chosen).first() or receipt.customer
    return receipt.customer


@require_GET
@needs("receipts.review")
def customers(request: HttpRequest, pk: int) -> HttpResponse:
    """Customers a receipt could be of, for `?q=`."""
    receipt = get_object_or_404(Receipt, pk=pk)
    found = find_customers(request.GET.get("q", "")[:80], user=request.user, limit=6)
    return render(request, "billing/receipts.html#candidates", {"receipt": receipt, "found": found})


@require_POST
@needs("receipts.review")
def accept(request: HttpRequest, pk: int) -> HttpResponse:
    """Book what it says and go to the next one."""
    receipt = get_object_or_404(Receipt.objects.select_related(*BESIDE), pk=pk)
    currency = current_tenant().currency
    chosen = _customer(receipt, request.POST.get("customer", ""))
    form, first = AcceptForm(request.POST, currency=currency, invoices=owing_of(chosen)), None
    if form.is_valid():
        data = form.cleaned_data
        try:
            accept_receipt(
                receipt_id=pk,
                amount=data["amount"],
                bank=data["bank"],
                reference=data["reference"],
                customer_id=data["customer"],
                paid_on=data["paid_on"],
                invoice_ids=data["invoices"],
                actor=Actor.of_user(request.user),
                now=timezone.now(),
            )
        except RepeatedReceipt as error:
            first = error.first
            form.add_error(None, f"{error} ({_('comprobante')} #{error.first.pk})")
        except (ReceiptRefused, PaymentRefused, BadAmount) as error:
            form.add_error(None, str(error))
        else:
            said = _("Pago de %(amount)s registrado.") % {"amount": format_money(data["amount"], currency)}
            return _next(request, pk, said)
    context = _review(request, receipt, chosen=request.POST.get("customer", ""), form=form)
    return _page(request, context | ({"first": first} if first else {}), status=422)


@require_POST
@needs("receipts.review")
def reject(request: HttpRequest, pk: int) -> HttpResponse:
    """Send it back with a reason and go to the next one."""
    receipt = get_object_or_404(Receipt.objects.select_related(*BESIDE), pk=pk)
    reason = request.POST.get("reason", "")
    try:
        reject_receipt(receipt_id=pk, reason=reason, actor=Actor.of_user(request.user), now=timezone.now())
    except ReceiptRefused as error:
        if not getattr(request, "htmx", None):
            messages.error(request, str(error))
        return told(_page(request, _review(request, receipt), status=422), str(error), kind="bad")
    return _next(request, pk, _("Comprobante rechazado; se le avisa al cliente."))


def _next(request: HttpRequest, pk: int, said: str) -> HttpResponse:
    if not getattr(request, "htmx", None):
        # A key pressed in the moment before the page's scripts take the form submits it as a plain one.
        return done(request, said, f"{reverse('billing:receipts')}?after={pk}")
    rows = waiting_receipts().select_related(*BESIDE)
    following = rows.filter(pk__gt=pk).first() or rows.first()
    return told(_page(request, _review(request, following)), said)
