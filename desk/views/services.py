"""Dialogs that pause, resume and end a service. They sit at the desk because they span customers and network."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.access import needs
from billing.domain.leaving import preview_end, preview_pause
from customers.models import Hold, Service
from desk.domain.services import end_service, pause_service, resume_service
from events.domain import Actor
from inbox.beside import is_beside_conversation
from tenants.current import tenant_today


class PauseForm(forms.Form):
    """Until when and why."""

    until = forms.DateField(
        label=gettext_lazy("Hasta"),
        required=False,
        help_text=gettext_lazy("Inclusive. Vacío: hasta que alguien lo reanude."),
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    why = forms.CharField(label=gettext_lazy("Motivo"), required=False, max_length=200)
    returns = forms.BooleanField(label=gettext_lazy("Devolver los días ya cobrados"), required=False)

    def clean_until(self) -> date | None:
        """Refuse a day that has passed."""
        until: date | None = self.cleaned_data["until"]
        if until is not None and until < tenant_today(timezone.now()):
            raise forms.ValidationError(_("Ese día ya pasó."))
        return until


class EndForm(forms.Form):
    """Why it ends, and its money."""

    why = forms.CharField(label=gettext_lazy("Motivo"), required=False, max_length=200)
    returns = forms.BooleanField(label=gettext_lazy("Devolver los días ya cobrados"), required=False)
    charge_fee = forms.BooleanField(label=gettext_lazy("Cobrar la baja antes del plazo"), required=False)


def _service(request: HttpRequest, pk: int) -> Service:
    services = Service.objects.visible_to(request.user).exclude(status=Service.Status.CANCELLED)
    service: Service = get_object_or_404(services.select_related("customer", "plan"), pk=pk)
    return service


def _dialog(request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" else HTTPStatus.OK
    return render(request, f"desk/services/{name}.html", context, status=status)


def _back(request: HttpRequest, service: Service) -> HttpResponse:
    address = reverse("customers:detail", args=[service.customer_id])
    if is_beside_conversation(request):
        address = request.htmx.current_url_abs_path or address
    if request.htmx:
        response = HttpResponse(status=HTTPStatus.NO_CONTENT)
        response["HX-Redirect"] = address
        return response
    return redirect(address)


@needs("services.hold")
def service_pause(request: HttpRequest, pk: int) -> HttpResponse:
    """Pause a service, or resume it when it is paused. Says what it gives back before it does."""
    service = _service(request, pk)
    now, actor = timezone.now(), Actor.of_user(request.user)
    paused = Hold.objects.open(now).filter(service=service, reason=Hold.Reason.PAUSE).first()
    money = preview_pause(service, today=tenant_today(now))
    form = PauseForm(request.POST or None, initial={"returns": money.by_policy})
    if request.method == "POST" and paused is not None:
        resume_service(service_id=pk, actor=actor, now=now)
        messages.success(request, _("Servicio reanudado."))
        return _back(request, service)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        pause_service(
            service_id=pk,
            until=data["until"],
            why=data["why"],
            returns=_chosen(request, money.amount, returns=data["returns"]),
            actor=actor,
            now=now,
        )
        messages.success(request, _("Servicio en pausa."))
        return _back(request, service)
    return _dialog(request, "pause", {"service": service, "hold": paused, "form": form, "money": money})


def _chosen(request: HttpRequest, amount: Decimal, *, returns: bool) -> bool | None:
    """What the dialog asked; the policy decides when there was nothing to ask or the person may not choose."""
    return returns if amount and request.user.can("billing.correct") else None


@needs("services.hold")
def service_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """End a service. Says what it gives back and what leaving costs before it does."""
    service = _service(request, pk)
    now = timezone.now()
    money = preview_end(service, today=tenant_today(now))
    form = EndForm(request.POST or None, initial={"returns": money.returns.by_policy, "charge_fee": True})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        end_service(
            service_id=pk,
            why=data["why"],
            returns=_chosen(request, money.returns.amount, returns=data["returns"]),
            charge_fee=data["charge_fee"] or not (money.fee and request.user.can("billing.correct")),
            actor=Actor.of_user(request.user),
            now=now,
        )
        messages.success(request, _("Servicio dado de baja."))
        return _back(request, service)
    return _dialog(request, "cancel", {"service": service, "form": form, "money": money})
