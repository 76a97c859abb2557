"""What is agreed with one service: seen on the customer's page, changed in dialogs that say the amounts before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import needs
from billing.agreement_forms import (
    ContractForm,
    DiscountForm,
    ExtraForm,
    LastDayForm,
    OptionalLastDayForm,
    PlanChangeForm,
)
from billing.domain.agreed import read_agreed
from billing.domain.contracts import TermsRefused, agree_terms, contract_of
from billing.domain.discounts import add_discount, end_discount
from billing.domain.extras import add_extra, cancel_extra, charges_of, end_extra, preview_end
from billing.domain.plan_changes import NOW, cancel_change, change_plan, preview_change
from billing.models import Discount, Extra, PlanChange
from billing.views.responses import done
from customers.models import Service
from events.domain import Actor
from tenants.current import current_tenant, tenant_today
from tenants.formats import format_money

Act = Callable[[dict[str, Any]], str]
DIALOG = require_http_methods(["GET", "POST"])


def _service(request: HttpRequest, pk: int) -> Service:
    services = Service.objects.visible_to(request.user).select_related("customer", "plan")
    service: Service = get_object_or_404(services, pk=pk)
    return service


def _row(request: HttpRequest, model: Any, pk: int) -> Any:
    row = get_object_or_404(model, pk=pk)
    row.service = _service(request, row.service_id)
    return row


def _typed_in(request: HttpRequest) -> Any:
    """What was sent, also when it is nothing; None when the dialog is only opened."""
    return request.POST if request.method == "POST" else None


def _who(request: HttpRequest) -> dict[str, Any]:
    return {"actor": Actor.of_user(request.user), "now": timezone.now()}


def _dialog(
    request: HttpRequest, service: Service, form: forms.BaseForm, act: Act, context: dict[str, Any]
) -> HttpResponse:
    """Show the dialog; when it was sent and is right, do it and go back to the customer. `act` says what was done."""
    if request.method == "POST" and form.is_valid():
        try:
            text = act(form.cleaned_data)
        except TermsRefused as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            return done(request, text, reverse("customers:detail", args=[service.customer_id]))
    status = 422 if request.method == "POST" else 200
    context = {"url": request.path, "form": form, "service": service, **context}
    return render(request, "billing/agree_dialog.html", context, status=status)


def _said(request: HttpRequest, text: str) -> HttpResponse:
    return render(request, "billing/agree_preview.html", {"text": text})


@require_GET
@needs("customers.view")
def agreed(request: HttpRequest, pk: int) -> HttpResponse:
    """The agreements in force of one service, as a fragment of the customer's page."""
    service = _service(request, pk)
    found = read_agreed(service, today=tenant_today(timezone.now()))
    return render(request, "billing/agreed.html", {"service": service, "agreed": found})


@DIALOG
@needs("customers.edit")
def extra_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Agree a charge beside the plan."""
    service, today = _service(request, pk), tenant_today(timezone.now())
    form = ExtraForm(_typed_in(request), initial={"starts_on": today, "kind": "once", "taxed": True})

    def act(data: dict[str, Any]) -> str:
        extra = add_extra(service_id=pk, **data, **_who(request))
        return _("%(what)s se cobra en la próxima factura.") % {"what": extra.description}

    context = {
        "title": _("Agregar un cargo a %(code)s") % {"code": service.code},
        "text": _("Además del plan: una instalación, una visita, televisión, una IP fija."),
        "action": _("Agregar"),
    }
    return _dialog(request, service, form, act, context)


@DIALOG
@needs("customers.edit")
def extra_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a recurring charge its last day, or take away one that was never charged."""
    extra = _row(request, Extra, pk)
    what = {"what": extra.description}
    if extra.kind == Extra.Kind.ONCE or not charges_of(extra).exists():

        def take(_data: dict[str, Any]) -> str:
            cancel_extra(extra_id=pk, **_who(request))
            return _("%(what)s ya no se cobra.") % what

        context = {
            "title": _("Quitar %(what)s") % what,
            "text": _("Todavía no se cobró: no saldrá en ninguna factura."),
            "action": _("Quitar"),
            "danger": True,
        }
        return _dialog(request, extra.service, forms.Form(_typed_in(request)), take, context)
    form = LastDayForm(_typed_in(request), initial={"ends_on": tenant_today(timezone.now())})

    def end(data: dict[str, Any]) -> str:
        notes = end_extra(extra_id=pk, **data, **_who(request))
        label = ", ".join(note.label for note in notes)
        back = " " + _("Se devolvió lo ya cobrado con %(label)s.") % {"label": label} if label else ""
        return _("%(what)s tiene último día.") % what + back

    context = {
        "title": _("Terminar %(what)s") % what,
        "text": _("Se cobra hasta ese día."),
        "action": _("Terminar"),
        "preview_url": reverse("billing:extra_end_preview", args=[pk]),
    }
    return _dialog(request, extra.service, form, end, context)


@require_GET
@needs("customers.edit")
def extra_end_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """What ending a recurring charge on a day would give back."""
    extra, form = _row(request, Extra, pk), LastDayForm(request.GET)
    if not form.is_valid():
        return _said(request, "")
    amount = preview_end(extra=extra, ends_on=form.cleaned_data["ends_on"])
    if not amount:
        return _said(request, _("No hay días cobrados después: no se devuelve nada."))
    said = {"amount": format_money(amount, current_tenant().currency)}
    return _said(request, _("Se devuelven %(amount)s de los días ya cobrados, con una nota de crédito.") % said)


@DIALOG
@needs("customers.edit")
def discount_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Agree a discount on the plan."""
    service, today = _service(request, pk), tenant_today(timezone.now())
    form = DiscountForm(_typed_in(request), initial={"starts_on": today, "kind": "percent"})

    def act(data: dict[str, Any]) -> str:
        add_discount(service_id=pk, **data, **_who(request))
        return _("El descuento cuenta desde la próxima factura.")

    context = {
        "title": _("Dar un descuento en %(plan)s") % {"plan": service.plan.name},
        "text": _("Cuenta en las facturas que vienen. Lo ya cobrado no cambia: para eso hay notas de crédito."),
        "action": _("Dar el descuento"),
    }
    return _dialog(request, service, form, act, context)


@DIALOG
@needs("customers.edit")
def discount_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a discount its last day, or take it away."""
    discount = _row(request, Discount, pk)
    form = OptionalLastDayForm(_typed_in(request))

    def act(data: dict[str, Any]) -> str:
        end_discount(discount_id=pk, **data, **_who(request))
        return _("El descuento termina. Lo que ya descontó queda descontado.")

    context = {
        "title": _("Terminar el descuento"),
        "text": discount.description,
        "action": _("Terminar"),
        "danger": True,
    }
    return _dialog(request, discount.service, form, act, context)


@DIALOG
@needs("customers.edit")
def contract(request: HttpRequest, pk: int) -> HttpResponse:
    """Write a service's terms."""
    service = _service(request, pk)
    form = ContractForm(_typed_in(request), instance=contract_of(service))

    def act(data: dict[str, Any]) -> str:
        agree_terms(service_id=pk, **data, **_who(request))
        return _("Condiciones guardadas.")

    context = {
        "title": _("Condiciones de %(code)s") % {"code": service.code},
        "text": _("Desde cuándo se cobra, la prueba, el plazo y lo que cuesta irse antes."),
        "action": _("Guardar"),
    }
    return _dialog(request, service, form, act, context)


@DIALOG
@needs("customers.edit")
def plan_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the plan or the price, now or later."""
    service = _service(request, pk)
    initial = {"plan": service.plan_id, "price": _typed(service), "when": NOW}
    form = PlanChangeForm(_typed_in(request), service=service, initial=initial)

    def act(_data: dict[str, Any]) -> str:
        change = change_plan(service_id=pk, **form.wanted, **_who(request))
        if change.status == PlanChange.Status.SCHEDULED:
            said = {"plan": change.new_plan.name, "day": f"{change.effective_on:%d/%m/%Y}"}
            return _("Pasa a %(plan)s el %(day)s.") % said
        return _("Ya tiene %(plan)s.") % {"plan": change.new_plan.name}

    context = {
        "title": _("Cambiar el plan de %(code)s") % {"code": service.code},
        "text": _("Hoy tiene %(plan)s.") % {"plan": service.plan.name},
        "action": _("Cambiar el plan"),
        "preview_url": reverse("billing:plan_change_preview", args=[pk]),
    }
    return _dialog(request, service, form, act, context)


def _typed(service: Service) -> str:
    return "" if service.price is None else f"{service.price.normalize():f}"


@require_GET
@needs("customers.edit")
def plan_change_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """What the change that is being typed would give back and charge."""
    service = _service(request, pk)
    form = PlanChangeForm(request.GET, service=service)
    if not form.is_valid():
        return _said(request, "")
    try:
        return _said(request, preview_change(service=service, now=timezone.now(), **form.wanted).sentence)
    except TermsRefused as error:
        return _said(request, str(error))


@DIALOG
@needs("customers.edit")
def plan_change_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a scheduled change of plan."""
    change = _row(request, PlanChange, pk)

    def act(_data: dict[str, Any]) -> str:
        cancel_change(change_id=pk, **_who(request))
        return _("El cambio de plan quedó cancelado.")

    said = {"plan": change.new_plan.name, "day": f"{change.effective_on:%d/%m/%Y}", "now": change.service.plan.name}
    context = {
        "title": _("Cancelar el cambio de plan"),
        "text": _("No pasa a %(plan)s el %(day)s: sigue con %(now)s.") % said,
        "action": _("Cancelar el cambio"),
        "danger": True,
    }
    return _dialog(request, change.service, forms.Form(_typed_in(request)), act, context)
