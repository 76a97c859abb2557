"""The platform's own pages."""

from __future__ import annotations

import logging

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import needs, signed_in
from billing.domain.currency import CurrencyRefused, change_currency
from console.domain.opening import open_provider
from console.domain.providers import Provider, get_provider, list_providers
from console.domain.standing import pause_provider, resume_provider
from console.forms import CurrencyForm, ProviderForm
from events.domain import Actor
from tenants.current import entered
from tenants.models import Tenant
from tenants.provision import ProvisionError

logger = logging.getLogger(__name__)


@signed_in
def providers(request: HttpRequest) -> HttpResponse:
    """All providers, or those that match `?q=`."""
    text = request.GET.get("q", "")[:80]
    rows = list_providers(text)
    total = sum(row.customers or 0 for row in rows)
    return render(request, "console/providers.html", {"rows": rows, "q": text, "total": total})


@signed_in
def provider(request: HttpRequest, slug: str) -> HttpResponse:
    """One provider: its sizes, its addresses, and how to pause it."""
    row = _find(slug)
    return render(request, "console/provider.html", {"row": row, "site": _site(row)})


@require_POST
@needs("settings.edit")
def standing(request: HttpRequest, slug: str) -> HttpResponse:
    """Pause a provider or let it go on."""
    row = _find(slug)
    if request.POST.get("do") == "pause":
        pause_provider(tenant_id=row.tenant.pk)
        messages.success(request, _("%(name)s quedó en pausa; sus páginas dicen que vuelvan más tarde.") % _name(row))
    else:
        resume_provider(tenant_id=row.tenant.pk)
        messages.success(request, _("%(name)s atiende otra vez.") % _name(row))
    return redirect("console:provider", slug)


@require_http_methods(["GET", "POST"])
@needs("settings.edit")
def currency(request: HttpRequest, slug: str) -> HttpResponse:
    """The currency a provider charges in, while nothing is open in the one it has."""
    row = _find(slug)
    if row.tenant.status == Tenant.Status.PREPARING:
        raise Http404
    form = CurrencyForm(request.POST or None, initial={"currency": row.tenant.currency})
    if request.method == "POST" and form.is_valid():
        code = form.cleaned_data["currency"]
        try:
            with entered(row.tenant):
                change_currency(currency=code, actor=Actor.of_user(request.user), now=timezone.now())
        except CurrencyRefused as refused:
            form.add_error("currency", str(refused))
        else:
            messages.success(request, _("Ahora cobra en %(code)s.") % {"code": code.upper()})
            return redirect("console:provider", slug)
    status = 422 if form.errors else 200
    return render(request, "console/currency.html", {"row": _find(slug), "form": form}, status=status)


@never_cache
@sensitive_post_parameters("owner_email")
@needs("settings.edit")
def new(request: HttpRequest) -> HttpResponse:
    """The form of a new provider; then its owner's first password, shown once."""
    form = ProviderForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "console/new.html", {"form": form}, status=422 if form.errors else 200)
    try:
        tenant, password = open_provider(
            fields=form.tenant_fields(),
            owner_name=form.cleaned_data["owner_name"],
            owner_email=form.cleaned_data["owner_email"],
            actor=Actor.of_user(request.user),
        )
    except ProvisionError as error:
        logger.exception("a provider stayed in preparation")
        form.add_error(None, _("No quedó listo y sigue en preparación: %(why)s") % {"why": error})
        return render(request, "console/new.html", {"form": form}, status=422)
    row = _find(tenant.slug)
    context = {"row": row, "site": _site(row), "email": form.cleaned_data["owner_email"], "password": password}
    return render(request, "console/opened.html", context)


def _find(slug: str) -> Provider:
    try:
        return get_provider(slug)
    except Tenant.DoesNotExist as error:
        raise Http404 from error


def _name(row: Provider) -> dict[str, str]:
    return {"name": row.tenant.name}


def _site(row: Provider) -> str:
    port = f":{settings.PUBLIC_PORT}" if settings.PUBLIC_PORT else ""
    return f"{settings.PUBLIC_SCHEME}://{row.domain}{port}/" if row.domain else ""
