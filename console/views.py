"""The platform's own pages."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access import needs, signed_in
from console.domain.providers import Provider, get_provider, list_providers
from console.domain.standing import pause_provider, resume_provider
from tenants.models import Tenant


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
