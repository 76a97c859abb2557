"""What is sold and where: plans, taxes, zones. Each change says whom it touches before it is made."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import needs
from customers.catalog_forms import Confirmed, PlanForm, TaxForm, ZoneForm, show_errors
from customers.domain import plans, taxes, zones
from customers.domain.catalog import CatalogRefused, NotConfirmed
from customers.models import Plan, Service, Tax, Zone
from events.domain import Actor


@require_GET
@needs("settings.edit")
def plan_list(request: HttpRequest) -> HttpResponse:
    """Every plan with its price, its taxes and how many services have it."""
    return render(request, "customers/plans.html", {"plans": plans.list_plans()})


@require_http_methods(["GET", "POST"])
@needs("settings.edit")
def plan_new(request: HttpRequest) -> HttpResponse:
    """A new plan."""
    form = PlanForm(request.POST or None)

    def save() -> str:
        made = plans.create_plan(fields=form.changes, **_by(request))
        return _("Plan «%(name)s» listo para contratarse.") % {"name": made.name}

    return _edit(
        request, form, save, template="customers/plan_form.html", back="customers:plans", context={"plan": None}
    )


@require_http_methods(["GET", "POST"])
@needs("settings.edit")
def plan_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """A plan. A change of what it charges is shown with whom it touches, and asked for."""
    plan = get_object_or_404(Plan, pk=pk)
    form = PlanForm(request.POST or None, plan=plan)

    def save() -> str:
        plans.change_plan(plan_id=pk, fields=form.changes, confirmed=form.confirmed, **_by(request))
        return _("Plan guardado.")

    sold = plan.services.exclude(status=Service.Status.CANCELLED).count()
    return _edit(
        request,
        form,
        save,
        template="customers/plan_form.html",
        back="customers:plans",
        context={"plan": plan, "sold": sold},
    )


@require_POST
@needs("settings.edit")
def plan_switch(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Retire a plan, or offer it again."""
    plan = plans.switch_plan(plan_id=get_object_or_404(Plan, pk=pk).pk, active=verb == "ofrecer", **_by(request))
    said = _("«%(name)s» se puede contratar otra vez.") if plan.is_active else _("«%(name)s» ya no se contrata.")
    messages.success(request, said % {"name": plan.name})
    return redirect("customers:plans")


@require_GET
@needs("billing.policy")
def tax_list(request: HttpRequest) -> HttpResponse:
    """Every tax and withholding with who pays it."""
    return render(request, "customers/taxes.html", {"taxes": taxes.list_taxes()})


@require_http_methods(["GET", "POST"])
@needs("billing.policy")
def tax_new(request: HttpRequest) -> HttpResponse:
    """A new tax."""
    form = TaxForm(request.POST or None)

    def save() -> str:
        made = taxes.create_tax(fields=form.changes, **_by(request))
        return _("Impuesto «%(name)s» listo: márquelo en los planes que lo cobran.") % {"name": made.name}

    return _edit(request, form, save, template="customers/tax_form.html", back="customers:taxes", context={"tax": None})


@require_http_methods(["GET", "POST"])
@needs("billing.policy")
def tax_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """A tax. When it is in use, what changes and from when is shown and asked for."""
    tax = get_object_or_404(Tax, pk=pk)
    form = TaxForm(request.POST or None, tax=tax)

    def save() -> str:
        taxes.change_tax(tax_id=pk, fields=form.changes, confirmed=form.confirmed, **_by(request))
        return _("Impuesto guardado.")

    context = {"tax": tax, "use": taxes.use_of(tax)}
    return _edit(request, form, save, template="customers/tax_form.html", back="customers:taxes", context=context)


@require_POST
@needs("billing.policy")
def tax_switch(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Retire a tax, or offer it again."""
    turn = taxes.restore_tax if verb == "ofrecer" else taxes.retire_tax
    try:
        tax = turn(tax_id=get_object_or_404(Tax, pk=pk).pk, **_by(request))
    except CatalogRefused as refused:
        messages.error(request, str(refused))
    else:
        said = _("«%(name)s» se puede elegir otra vez.") if tax.is_active else _("«%(name)s» ya no se ofrece.")
        messages.success(request, said % {"name": tax.name})
    return redirect("customers:taxes")


@require_GET
@needs("settings.edit")
def zone_list(request: HttpRequest) -> HttpResponse:
    """Every zone with its customers."""
    return render(request, "customers/zones.html", {"zones": zones.list_zones()})


@require_http_methods(["GET", "POST"])
@needs("settings.edit")
def zone_new(request: HttpRequest) -> HttpResponse:
    """A new zone."""
    form = ZoneForm(request.POST or None)

    def save() -> str:
        made = zones.create_zone(name=form.cleaned_data["name"], **_by(request))
        return _("Zona «%(name)s» lista.") % {"name": made.name}

    return _edit(
        request, form, save, template="customers/zone_form.html", back="customers:zones", context={"zone": None}
    )


@require_http_methods(["GET", "POST"])
@needs("settings.edit")
def zone_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """A zone: its name, its people, its terms."""
    zone = get_object_or_404(Zone, pk=pk)
    form = ZoneForm(request.POST or None, initial={"name": zone.name})

    def save() -> str:
        zones.rename_zone(zone_id=pk, name=form.cleaned_data["name"], **_by(request))
        return _("Zona guardada.")

    context = {"zone": zone, "people": zone.customers.count(), "services": zone.services.count()}
    return _edit(request, form, save, template="customers/zone_form.html", back="customers:zones", context=context)


@require_POST
@needs("settings.edit")
def zone_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an empty zone away."""
    zone = get_object_or_404(Zone, pk=pk)
    try:
        zones.remove_zone(zone_id=pk, **_by(request))
    except CatalogRefused as refused:
        messages.error(request, str(refused))
        return redirect("customers:zone_edit", pk)
    messages.success(request, _("Zona «%(name)s» borrada.") % {"name": zone.name})
    return redirect("customers:zones")


def _by(request: HttpRequest) -> dict[str, Any]:
    return {"actor": Actor.of_user(request.user), "now": timezone.now()}


def _edit(
    request: HttpRequest,
    form: forms.Form,
    save: Callable[[], str],
    *,
    template: str,
    back: str,
    context: dict[str, Any],
) -> HttpResponse:
    """Show the form; when it is sent, save and go `back`, or say what is wrong or what would change."""
    status, ask = HTTPStatus.OK, ""
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            try:
                text = save()
            except CatalogRefused as refused:
                show_errors(form, refused.errors)
            except NotConfirmed as asked:
                ask = str(asked)
                # The yes goes out with what it is said to.
                typed = request.POST.copy()
                typed["confirm"] = form.mark() if isinstance(form, Confirmed) else ""
                form.data = typed
            else:
                messages.success(request, text)
                return redirect(back)
    return render(request, template, {"form": form, "ask": ask, **context}, status=status)
