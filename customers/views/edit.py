"""Register a customer, change them, and what they contracted."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import needs
from customers.domain.people import change_customer, create_customer
from customers.domain.services import add_service, change_service
from customers.forms import CustomerForm, FirstServiceForm, ServiceForm
from customers.models import Customer, Service
from events.domain import Actor


def _answer(request: HttpRequest, template: str, context: dict[str, object]) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" else HTTPStatus.OK
    return render(request, template, context, status=status)


@needs("customers.edit")
def customer_new(request: HttpRequest) -> HttpResponse:
    """Register a customer, with their first plan if they have one."""
    form = CustomerForm(request.POST or None)
    first = FirstServiceForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and first.is_valid():
        now, actor = timezone.now(), Actor.of_user(request.user)
        with transaction.atomic():
            customer = create_customer(fields=form.changes, phones=form.cleaned_data["phones"], actor=actor, now=now)
            plan = first.cleaned_data["plan"]
            if plan:
                fields = {"plan": plan, "zone": customer.zone, "address": customer.address}
                add_service(customer_id=customer.pk, fields=fields, actor=actor, now=now)
        messages.success(request, _("Cliente registrado con el número %(code)s.") % {"code": customer.code})
        return redirect("customers:detail", customer.pk)
    return _answer(request, "customers/form.html", {"form": form, "first": first, "customer": None})


@needs("customers.edit")
def customer_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a customer's data and phones."""
    customer = get_object_or_404(Customer.objects.visible_to(request.user), pk=pk)
    form = CustomerForm(request.POST or None, instance=customer)
    if request.method == "POST" and form.is_valid():
        change_customer(
            customer_id=pk,
            fields=form.changes,
            phones=form.cleaned_data["phones"],
            actor=Actor.of_user(request.user),
            now=timezone.now(),
        )
        messages.success(request, _("Cambios guardados."))
        return redirect("customers:detail", pk)
    # The form wrote the rejected values on the instance: the page's title must not show them.
    shown = Customer.objects.get(pk=pk)
    return _answer(request, "customers/form.html", {"form": form, "customer": shown})


@needs("customers.edit")
def service_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Contract a service for a customer."""
    customer = get_object_or_404(Customer.objects.visible_to(request.user), pk=pk)
    form = ServiceForm(request.POST or None, initial={"zone": customer.zone_id, "address": customer.address})
    if request.method == "POST" and form.is_valid():
        service = add_service(
            customer_id=pk, fields=form.changes, actor=Actor.of_user(request.user), now=timezone.now()
        )
        messages.success(request, _("Servicio %(code)s contratado.") % {"code": service.code})
        return redirect("customers:detail", pk)
    return _answer(request, "customers/service_form.html", {"form": form, "customer": customer, "service": None})


@needs("customers.edit")
def service_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a service."""
    service = get_object_or_404(
        Service.objects.visible_to(request.user).select_related("customer").exclude(status=Service.Status.CANCELLED),
        pk=pk,
    )
    form = ServiceForm(request.POST or None, instance=service)
    if request.method == "POST" and form.is_valid():
        change_service(service_id=pk, fields=form.changes, actor=Actor.of_user(request.user), now=timezone.now())
        messages.success(request, _("Cambios guardados."))
        return redirect("customers:detail", service.customer_id)
    context = {"form": form, "customer": service.customer, "service": service}
    return _answer(request, "customers/service_form.html", context)
