"""A customer's money as a fragment of their page, and the answer to «why was I cut?»."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.access import needs
from billing.domain.ageing import ageing_of
from billing.domain.ledger import balance, statement
from billing.domain.money import ZERO
from billing.domain.next_charge import next_charge
from billing.domain.why import story_of
from billing.models import Invoice, Payment, Receipt
from billing.views.statement import lines_of
from customers.models import Customer, Service
from events.sentences import reading
from tenants.current import current_tenant, tenant_today

SHOWN = 12


@require_GET
@needs("billing.view")
def customer_account(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Balance, the last movements with what was owed after each, and documents."""
    customer = get_object_or_404(Customer, pk=customer_id)
    currency = current_tenant().currency
    movements = [m for m in statement(customer.pk, limit=SHOWN + 1) if m.currency == currency]
    context = {
        "customer": customer,
        "ageing": ageing_of(customer.pk, today=tenant_today(timezone.now())),
        "balance": balance(customer.pk).get(currency, ZERO),
        "lines": lines_of(movements[:SHOWN], today=tenant_today(timezone.now())),
        "more": len(movements) > SHOWN,
        "documents": Invoice.objects.with_owed().filter(customer=customer).order_by("-due_on", "-id")[:SHOWN],
        "receipts": Receipt.objects.filter(customer=customer, status=Receipt.Status.WAITING).count(),
        "last_payment": Payment.objects.filter(customer=customer, voided_at=None).order_by("-received_at").first(),
    }
    return render(request, "billing/account.html", context)


@require_GET
@needs("billing.view")
def next_charge_of(request: HttpRequest, customer_id: int) -> HttpResponse:
    """What the customer will be charged next, when, and of what it is made up."""
    customer = get_object_or_404(Customer, pk=customer_id)
    found = next_charge(customer_id=customer.pk, now=timezone.now())
    return render(request, "billing/next_charge.html", {"customer": customer, "next": found})


@require_GET
@needs("billing.view")
def why(request: HttpRequest, service_id: int) -> HttpResponse:
    """Why a service is as it is: the decision with its reasons, the chain of events, and what comes next."""
    service = get_object_or_404(Service.objects.select_related("customer", "plan"), pk=service_id)
    story = story_of(service, now=timezone.now())
    context = {"service": service, "story": story, "events": [(event, reading(event)) for event in story.events]}
    template = "billing/why.html#dialog" if request.htmx else "billing/why.html"  # type: ignore[attr-defined]
    return render(request, template, context)
