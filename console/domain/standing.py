"""Let a provider's pages answer, or not. Its data and its clock's rows stay as they are."""

from __future__ import annotations

from tenants.models import Tenant


def pause_provider(*, tenant_id: int) -> bool:
    """Stop answering on a ready provider's hosts; say whether anything changed."""
    return _turn(tenant_id, Tenant.Status.READY, Tenant.Status.PAUSED)


def resume_provider(*, tenant_id: int) -> bool:
    """Answer again for a paused provider; one in preparation is not made ready by hand."""
    return _turn(tenant_id, Tenant.Status.PAUSED, Tenant.Status.READY)


def _turn(tenant_id: int, before: str, after: str) -> bool:
    tenant = Tenant.objects.filter(pk=tenant_id, status=before).first()
    if tenant is None:
        return False
    tenant.status = after
    tenant.save(update_fields=["status"])  # save, not update: tenants.hosts forgets hosts on the signal
    return True
