"""One customer: who they are, what they contracted, and everything that happened."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.access import needs
from customers.domain import extras
from customers.domain.listing import services_with_holds
from customers.domain.standing import Clock, overall, standing_of
from customers.domain.timeline import KINDS, read_timeline
from customers.models import Customer, Equipment
from tenants.current import tenant_zone


@needs("customers.view")
@require_GET
@never_cache
def customer_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The customer's page. Account, live state and conversation come as fragments of their own apps."""
    context = _customer_context(request, pk)
    context.update(_timeline_context(request, pk))
    return render(request, "customers/detail.html", context)


@needs("customers.view")
@require_GET
@never_cache
def customer_panel(request: HttpRequest, pk: int) -> HttpResponse:
    """The customer beside a conversation: state, balance, services, the last things that happened."""
    context = _customer_context(request, pk)
    context["timeline"] = read_timeline(customer_id=pk, zone=tenant_zone(), size=5)
    talk = request.GET.get("conversacion", "")
    context["beside"] = f"?conversacion={talk}" if talk.isdecimal() else ""
    return render(request, "customers/panel.html", context)


@needs("customers.view")
@require_GET
@never_cache
def customer_timeline(request: HttpRequest, pk: int) -> HttpResponse:
    """The timeline, filtered or older, as a fragment of the page."""
    customer = get_object_or_404(Customer.objects.visible_to(request.user), pk=pk)
    context = {"customer": customer, **_timeline_context(request, pk)}
    part = "entries" if request.GET.get("antes") else "timeline"
    return render(request, f"customers/detail.html#{part}", context)


def _customer_context(request: HttpRequest, pk: int) -> dict[str, Any]:
    now = timezone.now()
    customers = Customer.objects.visible_to(request.user).select_related("zone")
    customer = get_object_or_404(customers.prefetch_related(services_with_holds(now), "contacts"), pk=pk)
    clock = Clock(now, tenant_zone())
    services = [(service, standing_of(service, service.open_holds, clock)) for service in customer.services.all()]
    equipment = {row.service_id: row for row in Equipment.objects.filter(service__customer=pk)}
    sums = [
        (entry, entry.amounts([pk]).get(pk, [])) for entry in extras.figures.values() if request.user.can(entry.code)
    ]
    return {
        "customer": customer,
        "phones": [contact for contact in customer.contacts.all() if contact.kind != "email"],
        "services": [(service, standing, equipment.get(service.pk)) for service, standing in services],
        "standing": overall([standing for _service, standing in services]),
        "sums": sums,
    }


def _timeline_context(request: HttpRequest, pk: int) -> dict[str, Any]:
    kind = request.GET.get("tipo", "")
    kind = kind if kind in dict(KINDS) else ""
    before = request.GET.get("antes", "")
    page = read_timeline(
        customer_id=pk, zone=tenant_zone(), kind=kind, before=int(before) if before.isdecimal() else None
    )
    return {"timeline": page, "kinds": KINDS, "kind": kind}
