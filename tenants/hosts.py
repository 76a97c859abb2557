"""Host name to tenant, remembered per process.

Looking the host up on each request costs more than an empty view. A change is seen at once in the process that
made it and within `SECONDS` in the others, which is accepted.
"""

from __future__ import annotations

import time
from typing import Any

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from tenants.models import Brand, Domain, Tenant

SECONDS = 5.0
_known: dict[str, tuple[float, Tenant]] = {}


def tenant_for_host(host: str) -> Tenant | None:
    """Return the tenant whose domain `host` is (without port), or None. Unknown hosts are not remembered."""
    entry = _known.get(host)
    if entry and entry[0] > time.monotonic():
        return entry[1]
    domain = Domain.objects.select_related("tenant__brand").filter(domain=host).first()
    if domain is None:
        _known.pop(host, None)
        return None
    tenant: Tenant = domain.tenant
    _known[host] = (time.monotonic() + SECONDS, tenant)
    return tenant


@receiver([post_save, post_delete], sender=Domain)
@receiver([post_save, post_delete], sender=Tenant)
@receiver([post_save, post_delete], sender=Brand)
def forget_hosts(**_: Any) -> None:
    """Drop every remembered host: domains, tenants and brands change rarely."""
    _known.clear()
