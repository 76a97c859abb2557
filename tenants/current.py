"""The tenant of this thread: entered once, by host, by route or by an explicit schema."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection as django_connection

from tenants.models import Tenant

connection: Any = django_connection  # django-tenants adds `tenant` and `set_tenant`


class NoTenant(RuntimeError):
    """The code needs a provider and none has been entered."""


def current_tenant() -> Tenant:
    """Return the tenant entered by this thread's connection. Raises NoTenant in public."""
    tenant = getattr(connection, "tenant", None)
    if not isinstance(tenant, Tenant) or tenant.schema_name == "public":
        raise NoTenant("no provider has been entered")
    return tenant


@contextmanager
def enter(schema_name: str) -> Iterator[Tenant]:
    """Enter a tenant by its schema and leave to where we were. Raises Tenant.DoesNotExist, NoTenant for public."""
    if schema_name == "public":
        raise NoTenant("public is nobody's schema")
    tenant = Tenant.objects.select_related("brand").get(schema_name=schema_name)
    with entered(tenant):
        yield tenant


@contextmanager
def entered(tenant: Tenant) -> Iterator[Tenant]:
    """Enter a tenant already at hand."""
    before = connection.tenant
    connection.set_tenant(tenant)
    try:
        yield tenant
    finally:
        connection.set_tenant(before)


def tenant_zone() -> ZoneInfo:
    """Return the time zone of the current tenant."""
    return ZoneInfo(current_tenant().timezone)


def tenant_today(now: datetime) -> date:
    """Return the calendar day of an aware `now` where the current tenant is."""
    return now.astimezone(tenant_zone()).date()


def tenant_origin() -> str:
    """Return where people open the current tenant's pages: `https://pagos.nortenet.mx`, without a final slash."""
    domain = current_tenant().domains.filter(is_primary=True).first()
    port = f":{settings.PUBLIC_PORT}" if settings.PUBLIC_PORT else ""
    return f"{settings.PUBLIC_SCHEME}://{domain.domain if domain else settings.PLATFORM_HOST}{port}"


def tenant_salt(purpose: str) -> str:
    """Return a salt that makes a signature of one tenant worthless at another (ids repeat across schemas)."""
    return f"{purpose}:{current_tenant().uuid}"
