"""The provider's billing policy."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction

from billing.models import BillingPolicy
from events.domain import Actor, record
from tenants.current import tenant_today
from tenants.wakes import wake


def current_policy() -> BillingPolicy:
    """The provider's policy; its defaults are written on first use."""
    policy = BillingPolicy.objects.order_by("id").first()
    return policy or BillingPolicy.objects.create()


@transaction.atomic
def save_policy(*, form: dict[str, Any], actor: Actor, now: dt.datetime) -> BillingPolicy:
    """Change the policy's fields, keep what changed as an event, and let the clock look again.

    `auto_issue` in `form` puts the clock in charge from today on, or takes it off.
    """
    policy = BillingPolicy.objects.select_for_update().get(pk=current_policy().pk)
    values = dict(form)
    auto = values.pop("auto_issue", policy.auto_issue_from is not None)
    values["auto_issue_from"] = (policy.auto_issue_from or tenant_today(now)) if auto else None
    changes = {}
    for name, value in values.items():
        if getattr(policy, name) != value:
            changes[name] = {"was": str(getattr(policy, name)), "is": str(value)}
            setattr(policy, name, value)
    if changes:
        policy.save()
        record("policy.changed", subject=policy, actor=actor, at=now, changes=changes)
        wake("billing.clock")
    return policy
