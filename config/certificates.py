"""GET /certificates/allowed?domain=...: may the front fetch a certificate for this host?

Anyone can point a domain at us; without this question each would cost a certificate.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from tenants.models import Domain, Tenant


def allowed(request: HttpRequest) -> HttpResponse:
    """Return 200 for the platform's host and the domains of providers that are ready, else 404."""
    domain = request.GET.get("domain", "").lower()
    ours = domain == settings.PLATFORM_HOST
    known = ours or Domain.objects.filter(domain=domain, tenant__status=Tenant.Status.READY).exists()
    return HttpResponse(status=200 if known else 404)
