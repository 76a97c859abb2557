"""Enter the tenant by the request's host, before anything else looks at the database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from tenants.current import connection
from tenants.hosts import tenant_for_host
from tenants.models import Tenant


class TenantByHost:
    """Sets `request.tenant` and the connection's schema; the platform's own host stays in public."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        connection.set_schema_to_public()
        try:
            host = request.get_host().rsplit(":", 1)[0].lower()
        except DisallowedHost:
            return HttpResponse("Nombre de servidor inválido.", status=400, content_type="text/plain; charset=utf-8")
        if host in {settings.PLATFORM_HOST, "127.0.0.1"}:
            request.tenant = None
            request.urlconf = settings.PUBLIC_SCHEMA_URLCONF
            return self.get_response(request)
        tenant = tenant_for_host(host)
        if tenant is None or tenant.status != Tenant.Status.READY:
            page = render_to_string("errors/unknown_host.html", {"host": host, "tenant": tenant})
            return HttpResponse(page, status=404 if tenant is None else 503)
        request.tenant = tenant
        connection.set_tenant(tenant)
        return self.get_response(request)
