"""Ajustes / Pasarelas: what is connected, connecting, trying, and what gateways told us."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import needs
from billing.domain.gateway_accounts import AccountRefused, check_account, connect_account, notice_address
from billing.domain.gateway_notices import retry_notice
from billing.gateway_forms import SECRETS, AccountForm, kind_form
from billing.gateways.registry import KINDS
from billing.models import GatewayAccount, GatewayNotice
from billing.views.responses import done
from events.domain import Actor
from tenants.current import current_tenant
from tenants.paging import page_by


@require_GET
@needs("gateways.edit")
def gateways(request: HttpRequest) -> HttpResponse:
    """What is connected, and what can be."""
    currency = current_tenant().currency
    rows = [
        {"account": account, "kind": KINDS[account.kind], "address": notice_address(account)}
        for account in GatewayAccount.objects.order_by("name")
        if account.kind in KINDS
    ]
    kinds = [{"code": code, "kind": kind} for code, kind in KINDS.items() if kind.takes(currency)]
    return render(request, "billing/gateways.html", {"rows": rows, "kinds": kinds, "currency": currency})


@require_http_methods(["GET", "POST"])
@needs("gateways.edit")
def connect(request: HttpRequest, kind: str) -> HttpResponse:
    """Connect an account of one kind."""
    if kind not in KINDS:
        raise Http404
    return _form(request, kind, None)


@require_http_methods(["GET", "POST"])
@needs("gateways.edit")
def account(request: HttpRequest, pk: int) -> HttpResponse:
    """Change an account; its secrets stay unless others are typed."""
    row = get_object_or_404(GatewayAccount, pk=pk)
    return _form(request, row.kind, row)


def _form(request: HttpRequest, code: str, row: GatewayAccount | None) -> HttpResponse:
    kind, data = KINDS[code], request.POST or None
    initial = {"name": row.name if row else kind.label, "for_customers": True, "is_active": True}
    if row:
        initial |= {"for_customers": row.for_customers, "is_active": row.is_active}
    form, own = AccountForm(data, initial=initial), kind_form(kind.form, row, data)
    if data is not None and form.is_valid() and own.is_valid():
        try:
            kept = connect_account(
                account=row,
                kind=code,
                actor=Actor.of_user(request.user),
                now=timezone.now(),
                config={name: value for name, value in own.cleaned_data.items() if name not in SECRETS},
                **{name: own.cleaned_data.get(name, "") for name in SECRETS},
                **form.cleaned_data,
            )
        except AccountRefused as error:
            form.add_error(None, str(error))
        else:
            text = _("%(name)s quedó conectada.") % {"name": kept.name}
            return done(request, text, reverse("billing:gateway", args=[kept.pk]))
    context = {"form": form, "own": own, "kind": kind, "row": row, "address": notice_address(row) if row else ""}
    return render(request, "billing/gateway.html", context, status=422 if data is not None else 200)


@require_POST
@needs("gateways.edit")
def check(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask whether the stored credentials still hold."""
    row = get_object_or_404(GatewayAccount, pk=pk)
    try:
        name = check_account(account=row, now=timezone.now())
    except AccountRefused as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("%(name)s responde: %(there)s.") % {"name": row.name, "there": name})
    return redirect("billing:gateways")


@require_GET
@needs("gateways.edit")
def notices(request: HttpRequest) -> HttpResponse:
    """What gateways told us, newest first, and what came of it."""
    outcome = request.GET.get("outcome", "")
    rows = GatewayNotice.objects.select_related("account", "request__customer").order_by("-received_at", "-id")
    if outcome in GatewayNotice.Outcome.values:
        rows = rows.filter(outcome=outcome)
    page = page_by(rows, request, field="received_at")
    context: dict[str, Any] = {"page": page, "outcome": outcome, "outcomes": GatewayNotice.Outcome.choices}
    template = "billing/gateway_notice_rows.html" if request.GET.get("after") else "billing/gateway_notices.html"
    return render(request, template, context)


@require_POST
@needs("gateways.edit")
def notice_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Look at a notification again."""
    get_object_or_404(GatewayNotice, pk=pk)
    retry_notice(notice_id=pk, now=timezone.now())
    return done(request, _("Se vuelve a preguntar a la pasarela."), reverse("billing:gateway_notices"))
