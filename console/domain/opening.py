"""Open a new provider: its schema, its domain, and the person who will run it."""

from __future__ import annotations

import secrets
from typing import Any

from django.db import transaction

from accounts.models import User
from accounts.permissions import Role
from events.domain import Actor, record
from tenants.current import entered
from tenants.models import Tenant
from tenants.provision import create_tenant


def open_provider(*, fields: dict[str, Any], owner_name: str, owner_email: str, actor: Actor) -> tuple[Tenant, str]:
    """Return the provider, ready, and its owner's first password, which is kept nowhere.

    `fields` are those of tenants.provision.create_tenant. Call outside a transaction: its migrations make their
    own. Raises ProvisionError; what was begun then stays in preparation, to be seen in the list.
    """
    tenant = create_tenant(**fields)
    password = secrets.token_urlsafe(12)
    with entered(tenant), transaction.atomic():
        owner = User.objects.create_user(owner_email, password, name=owner_name, role=Role.OWNER)
        record("provider.opened", subject=owner, actor=actor, name=tenant.name)
    return tenant, password
