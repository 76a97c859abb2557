"""The handshake by which Meta asks whether an address is ours: it says a word that the provider chose.

On the platform's address nobody says which provider is meant: a public route holds a digest of the word and leads
there.
"""

from __future__ import annotations

import hashlib
import hmac

from inbox.models import Channel
from tenants.current import current_tenant, entered
from tenants.models import Route, Tenant

KIND = "cloud_whatsapp"
# Routes under this name hold the digest of a verify token and lead to the provider that chose it.
VERIFY = "cloud-verify"
MOST = 10  # providers that may have chosen the same word


def route_verify_token(channel: Channel) -> None:
    """Let the platform's own address recognise a channel's verify token, of which it keeps only a digest."""
    tenant = current_tenant()
    Route.objects.filter(provider=VERIFY, number=channel.address, tenant=tenant).delete()
    token = str(channel.config.get("verify_token") or "")
    if token:
        Route.objects.get_or_create(
            provider=VERIFY, account=_digest(token), number=channel.address, defaults={"tenant": tenant}
        )


def is_verify_token(token: str, *, here: Tenant | None) -> bool:
    """Say whether an active channel has this verify token: one of `here`, or on the platform's host of anybody."""
    if not token:
        return False
    if here is not None:
        return _is_of(here, token)
    routes = Route.objects.filter(provider=VERIFY, account=_digest(token), tenant__status=Tenant.Status.READY)
    return any(_is_of(route.tenant, token) for route in routes.select_related("tenant__brand")[:MOST])


def _is_of(tenant: Tenant, token: str) -> bool:
    with entered(tenant):
        configs = list(Channel.objects.filter(kind=KIND, is_active=True).values_list("config", flat=True))
    known = [str(config.get("verify_token") or "") for config in configs]
    return any([hmac.compare_digest(one.encode(), token.encode()) for one in known if one])  # noqa: C419 -- all of them


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
