"""Promises to pay on a customer's page: the open one, the ones before, and the dialogs that grant and change them."""

from __future__ import annotations

import secrets
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import needs
from billing.domain.promise_offers import Offer, offer_promise
from billing.domain.promise_queries import promises_of, time_left
from billing.domain.promise_state import say_moment
from billing.domain.promises import PromiseRefused, cancel_promise, extend_promise, grant_promise
from billing.forms import ReasonForm
from billing.models import BillingPolicy, FeeKind, Promise
from billing.promise_forms import ExtendForm, PromiseForm
from billing.views.responses import done
from customers.models import Customer
from events.domain import Actor
from tenants.current import tenant_zone

SHOWN = 6
STAFF = BillingPolicy.Promiser.STAFF
DIALOG = require_http_methods(["GET", "POST"])


def _customer(request: HttpRequest, pk: int) -> Customer:
    found: Customer = get_object_or_404(Customer.objects.visible_to(request.user), pk=pk)
    return found


def _promise(request: HttpRequest, pk: int) -> Promise:
    found = get_object_or_404(Promise.objects.select_related("customer"), pk=pk)
    _customer(request, found.customer_id)
    return found


def _may_override(request: HttpRequest) -> bool:
    return bool(request.user.can("billing.policy"))  # type: ignore[union-attr]


@require_GET
@needs("billing.view")
def customer_promises(request: HttpRequest, customer_id: int) -> HttpResponse:
    """The open promise with what is left of it, what could be promised, and the ones before."""
    customer, now = _customer(request, customer_id), timezone.now()
    offer = offer_promise(customer_id=customer.pk, by=STAFF, now=now)
    rows = list(promises_of(customer.pk)[: SHOWN + 1])
    context = {
        "customer": customer,
        "offer": offer,
        "open": offer.open,
        "left": time_left(offer.open, now) if offer.open else "",
        "until": say_moment(offer.open.until) if offer.open else "",
        "usual": say_moment(offer.usual_until),
        "past": [row for row in rows if row.status != Promise.Status.OPEN][:SHOWN],
        "refusal": offer.refusals[0] if offer.refusals else None,
        "grantable": not offer.open and bool(offer.invoices),
    }
    return render(request, "billing/promise_panel.html", context)


@DIALOG
@needs("promises.grant")
def grant(request: HttpRequest, customer_id: int) -> HttpResponse:
    """The dialog: what is due, what the policy allows, until when, and whether the service comes back now."""
    customer, now = _customer(request, customer_id), timezone.now()
    offer = offer_promise(customer_id=customer.pk, by=STAFF, now=now)
    overriding = _may_override(request)
    usual = offer.usual_until.astimezone(tenant_zone())
    initial = {"day": usual.date(), "hour": usual.time(), "key": secrets.token_urlsafe(16)}
    form = PromiseForm(
        request.POST if request.method == "POST" else None, overriding=overriding, initial=initial, label_suffix=""
    )
    if request.method == "POST" and form.is_valid():
        try:
            promise = grant_promise(
                customer_id=customer.pk,
                until=form.until(),
                by=STAFF,
                actor=Actor.of_user(request.user),
                key=f"desk:{request.user.pk}:{form.cleaned_data['key']}",
                now=now,
                note=form.cleaned_data["note"],
                override=form.cleaned_data.get("override", ""),
            )
        except PromiseRefused as error:
            form.add_error("day" if error.code in {"past", "days"} else None, str(error))
        else:
            return done(request, _granted(promise), reverse("customers:detail", args=[customer.pk]))
    context = {"customer": customer, "form": form, **_words(offer, overriding=overriding)}
    status = 422 if request.method == "POST" else 200
    return render(request, "billing/promise_dialog.html", context, status=status)


def _words(offer: Offer, *, overriding: bool) -> dict[str, Any]:
    hard = [refusal for refusal in offer.refusals if not refusal.yields]
    return {
        "offer": offer,
        "usual": say_moment(offer.usual_until),
        "refusals": offer.refusals,
        "possible": not hard and (overriding or not offer.refusals),
        "exception": bool(offer.refusals),
        "fee": offer.cut and offer.policy.reconnect_fee_kind != FeeKind.NONE,
        "left": max(0, offer.policy.promise_per_month - offer.used),
    }


def _granted(promise: Promise) -> str:
    said = {"until": say_moment(promise.until)}
    if promise.reconnected:
        return _("Promesa anotada hasta el %(until)s. El servicio se está reconectando.") % said
    return _("Promesa anotada hasta el %(until)s.") % said


@DIALOG
@needs("promises.grant")
def extend(request: HttpRequest, pk: int) -> HttpResponse:
    """Let an open promise run longer."""
    promise, overriding = _promise(request, pk), _may_override(request)
    local = promise.until.astimezone(tenant_zone())
    form = ExtendForm(
        request.POST if request.method == "POST" else None,
        overriding=overriding,
        initial={"day": local.date(), "hour": local.time()},
    )
    if request.method == "POST" and form.is_valid():
        try:
            extend_promise(
                promise_id=pk,
                until=form.until(),
                reason=form.cleaned_data["reason"],
                actor=Actor.of_user(request.user),
                now=timezone.now(),
                override=form.cleaned_data.get("override", ""),
            )
        except PromiseRefused as error:
            form.add_error("day" if error.code in {"shorter", "days"} else None, str(error))
        else:
            promise.refresh_from_db()
            text = _("La promesa vale hasta el %(until)s.") % {"until": say_moment(promise.until)}
            return done(request, text, reverse("customers:detail", args=[promise.customer_id]))
    context = {
        "form": form,
        "url": request.path,
        "title": _("Prolongar la promesa de %(name)s") % {"name": promise.customer.name},
        "text": _("Hoy vale hasta el %(until)s.") % {"until": say_moment(promise.until)},
        "action": _("Prolongar"),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "billing/agree_dialog.html", context, status=status)


@DIALOG
@needs("promises.grant")
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an open promise back, with a reason."""
    promise = _promise(request, pk)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            cancel_promise(
                promise_id=pk, reason=form.cleaned_data["reason"], actor=Actor.of_user(request.user), now=timezone.now()
            )
        except PromiseRefused as error:
            form.add_error(None, str(error))
        else:
            url = reverse("customers:detail", args=[promise.customer_id])
            return done(request, _("La promesa quedó anulada."), url)
    context = {
        "form": form,
        "url": request.path,
        "title": _("Anular la promesa de %(name)s") % {"name": promise.customer.name},
        "text": _("No se corta ahora: lo decide la próxima noche. No cuenta como incumplida."),
        "action": _("Anular la promesa"),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "billing/reason_dialog.html", context, status=status)
