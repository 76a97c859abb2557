"""Terms of their own: which zones and customers have others than the provider's, and what they are."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import needs
from billing.domain.overrides import Difference, Holder, differences, inherited_policy, own_values, set_override
from billing.domain.policies import current_policy, effective, zone_values
from billing.domain.policy_rules import PolicyRefused
from billing.models import PolicyOverride
from billing.policy_forms import OverrideForm, wrong_fields
from billing.views.policy import preview
from billing.views.responses import done
from customers.models import Customer, Service, Zone
from events.domain import Actor
from tenants.paging import page_by


@dataclass(frozen=True, slots=True)
class Row:
    """A zone or a customer, and what is otherwise for them."""

    holder: Holder
    url: str
    found: list[Difference]
    override: PolicyOverride | None = None


@require_GET
@needs("billing.policy")
def terms(request: HttpRequest) -> HttpResponse:
    """Every zone with what it has otherwise, then the customers that have terms of their own, newest first."""
    policy = current_policy()
    zones = [
        Row(zone, reverse("billing:zone_terms", args=[zone.pk]), differences(own_values(zone), policy))
        for zone in Zone.objects.select_related("policy_override")
    ]
    overrides = PolicyOverride.objects.filter(customer__isnull=False)
    overrides = overrides.select_related("customer__zone__policy_override").order_by("-changed_at", "-id")
    page = page_by(overrides, request, field="changed_at")
    customers = []
    for row in page.rows:
        inherited = effective(policy, zone_values(row.customer.zone))
        url = reverse("billing:customer_terms", args=[row.customer_id])
        customers.append(Row(row.customer, url, differences(row.values, inherited), row))
    context = {"zones": zones, "customers": customers, "page": page}
    return render(request, "billing/terms.html", context)


@require_http_methods(["GET", "POST"])
@needs("billing.policy")
def zone(request: HttpRequest, pk: int) -> HttpResponse:
    """A zone's own terms."""
    holder = get_object_or_404(Zone.objects.select_related("policy_override"), pk=pk)
    return _edit(request, holder, reverse("billing:terms"))


@require_http_methods(["GET", "POST"])
@needs("billing.policy")
def customer(request: HttpRequest, pk: int) -> HttpResponse:
    """A customer's own terms."""
    return _edit(request, _customer(request, pk), reverse("customers:detail", args=[pk]))


@require_GET
@needs("billing.view")
def zone_summary(request: HttpRequest, pk: int) -> HttpResponse:
    """What a zone has otherwise, as a panel of its page."""
    holder = get_object_or_404(Zone.objects.select_related("policy_override"), pk=pk)
    return _summary(request, holder, reverse("billing:zone_terms", args=[pk]))


@require_GET
@needs("billing.view")
def customer_summary(request: HttpRequest, pk: int) -> HttpResponse:
    """What a customer has otherwise, as a panel of their page."""
    return _summary(request, _customer(request, pk), reverse("billing:customer_terms", args=[pk]))


def _customer(request: HttpRequest, pk: int) -> Customer:
    customers = Customer.objects.visible_to(request.user)
    found = customers.select_related("policy_override", "zone__policy_override").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _edit(request: HttpRequest, holder: Holder, back: str) -> HttpResponse:
    now = timezone.now()
    previewed = "preview" in request.POST
    form = OverrideForm(request.POST or None, inherited=inherited_policy(holder), values=own_values(holder))
    valid = form.is_valid() if request.method == "POST" else True
    if request.method == "POST" and valid and not previewed:
        try:
            set_override(holder=holder, values=form.values, actor=Actor.of_user(request.user), now=now)
        except PolicyRefused as refused:
            valid = False
            for name, sentence in refused.errors.items():
                form.add_error(name, sentence)
        else:
            said = _("Condiciones de «%(name)s» guardadas.") if form.values else _("«%(name)s» hereda todo otra vez.")
            return done(request, said % {"name": holder}, back)
    living = Service.objects.filter(customer=holder if isinstance(holder, Customer) else None)
    service = living.exclude(status=Service.Status.CANCELLED).select_related("plan").order_by("id").first()
    context = {"form": form, "wrong": wrong_fields(form)}
    context |= preview(request.POST, form, form.result, now, service)
    if previewed:
        return render(request, "billing/policy_year.html", context)
    name = "billing:what_if_zone" if isinstance(holder, Zone) else "billing:what_if_customer"
    context |= {"holder": holder, "back": back, "is_zone": isinstance(holder, Zone), "url": request.path}
    context["what_if_url"] = reverse(name, args=[holder.pk])
    return render(request, "billing/terms_form.html", context, status=200 if valid else 422)


def _summary(request: HttpRequest, holder: Holder, url: str) -> HttpResponse:
    inherited = inherited_policy(holder)
    context = {
        "found": differences(own_values(holder), inherited),
        "policy": effective(inherited, own_values(holder)),
        "url": url,
        "is_zone": isinstance(holder, Zone),
        "holder": holder,
    }
    return render(request, "billing/terms_summary.html", context)
