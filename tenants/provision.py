"""Make a provider: schema, tables, proof, ready."""

from __future__ import annotations

from django.apps import apps
from django.conf import settings
from django.db import connection

from tenants.models import Brand, Domain, Tenant


class ProvisionError(RuntimeError):
    """The provider's schema is not whole; it stays in preparation."""


def create_tenant(
    *,
    slug: str,
    name: str,
    domain: str,
    country: str = "MX",
    currency: str = "MXN",
    timezone: str = "America/Mexico_City",
    primary_color: str = "#1f6feb",
) -> Tenant:
    """Create a provider with its schema, domain and brand, and mark it ready once its tables are proven.

    Raises ProvisionError when a table is missing. Call outside a transaction: migrations make their own.
    """
    tenant: Tenant = Tenant.objects.create(
        schema_name=slug.replace("-", "_"),
        slug=slug,
        name=name,
        country=country,
        currency=currency,
        timezone=timezone,
    )
    Domain.objects.create(tenant=tenant, domain=domain, is_primary=True)
    Brand.objects.create(tenant=tenant, name=name, primary_color=primary_color)
    tenant.create_schema(check_if_exists=True, verbosity=0)
    missing = missing_tables(tenant)
    if missing:
        raise ProvisionError(f"{tenant.schema_name} lacks {', '.join(sorted(missing))}")
    tenant.status = Tenant.Status.READY
    tenant.save()
    return tenant


def missing_tables(tenant: Tenant) -> set[str]:
    """Return the tenant tables that are not in its own schema.

    With `search_path tenant, public` a table missing from the tenant would answer from public, silently.
    """
    labels = {app.rsplit(".", 1)[-1] for app in settings.TENANT_APPS}
    wanted = {
        model._meta.db_table  # noqa: SLF001 -- Django documents _meta
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in labels and model._meta.managed and not model._meta.proxy  # noqa: SLF001
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [tenant.schema_name])
        return wanted - {row[0] for row in cursor.fetchall()}
