"""Cache keys carry the tenant."""

from django.db import connection


def tenant_key(key: str, key_prefix: str, version: int) -> str:
    """Return the stored key: the tenant's UUID (or public), then Django's own parts."""
    tenant = getattr(connection, "tenant", None)
    return f"{getattr(tenant, 'uuid', 'public')}:{key_prefix}:{version}:{key}"
