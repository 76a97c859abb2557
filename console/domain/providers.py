"""The platform's view of its providers: how many, how large, how alive. Counts only, never what is inside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from psycopg import sql

from tenants.models import Tenant

COUNTS = {
    "customers": ("customers_customer", sql.SQL("count(*)")),
    "services": ("customers_service", sql.SQL("count(*)")),
    "routers": ("network_router", sql.SQL("count(*)")),
    "staff": ("accounts_user", sql.SQL("count(*) FILTER (WHERE is_active)")),
    "last_activity": ("events_event", sql.SQL("max(at)")),
}


@dataclass(frozen=True)
class Provider:
    """A provider with its counts; they are None while its schema is being prepared."""

    tenant: Tenant
    domain: str
    customers: int | None = None
    services: int | None = None
    routers: int | None = None
    staff: int | None = None
    last_activity: datetime | None = None


def list_providers(text: str = "") -> list[Provider]:
    """Return all providers by name, or those whose name or domain holds `text`."""
    tenants = Tenant.objects.select_related("brand", "package").prefetch_related("domains").order_by("name", "pk")
    if text.strip():
        found = tenants.filter(name__icontains=text.strip()) | tenants.filter(domains__domain__icontains=text.strip())
        tenants = found.distinct()
    return _with_counts(tenants)


def get_provider(slug: str) -> Provider:
    """Return one provider. Raises Tenant.DoesNotExist."""
    tenants = Tenant.objects.select_related("brand", "package").prefetch_related("domains").filter(slug=slug)
    found = _with_counts(tenants)
    if not found:
        raise Tenant.DoesNotExist(slug)
    return found[0]


def _with_counts(tenants: QuerySet[Tenant]) -> list[Provider]:
    rows = list(tenants)
    counts = _counts([t.schema_name for t in rows if t.status != Tenant.Status.PREPARING])
    return [Provider(tenant, _primary_domain(tenant), **counts.get(tenant.schema_name, {})) for tenant in rows]


def _primary_domain(tenant: Tenant) -> str:
    domains = sorted(tenant.domains.all(), key=lambda domain: not domain.is_primary)
    return str(domains[0].domain) if domains else ""


def _counts(schemas: list[str]) -> dict[str, dict[str, Any]]:
    """One statement for all schemas: entering each would be a round trip, and a catalog, per provider."""
    if not schemas:
        return {}
    parts = [
        sql.SQL("SELECT {name}, {counts}").format(
            name=sql.Literal(schema),
            counts=sql.SQL(", ").join(
                sql.SQL("(SELECT {what} FROM {table})").format(what=what, table=sql.Identifier(schema, table))
                for table, what in COUNTS.values()
            ),
        )
        for schema in schemas
    ]
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(" UNION ALL ").join(parts))
        return {row[0]: dict(zip(COUNTS, row[1:], strict=True)) for row in cursor.fetchall()}
