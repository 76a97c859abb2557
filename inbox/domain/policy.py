"""The provider's rules for the inbox, and what they make of a moment."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from events.domain import Actor, record
from inbox.domain.business_hours import business_due
from inbox.models import Policy, Team
from tenants.current import tenant_zone

CHANGEABLE = (
    "hours",
    "closed_days",
    "first_response_minutes",
    "resolution_minutes",
    "resolve_after_days",
    "keep_notifications_days",
)


def current_policy() -> Policy:
    """Return the provider's rules; those a provider starts with where nothing was set."""
    return Policy.objects.filter(key="main").first() or Policy()


def answer_due(policy: Policy, since: datetime) -> datetime | None:
    """Return until when whoever waits since `since` must have an answer."""
    return _due(policy, since, policy.first_response_minutes)


def resolution_due(policy: Policy, since: datetime) -> datetime | None:
    """Return until when what was opened at `since` must be resolved."""
    return _due(policy, since, policy.resolution_minutes)


def _due(policy: Policy, since: datetime, minutes: int) -> datetime | None:
    return business_due(
        since=since, minutes=minutes, hours=policy.hours, closed_days=policy.closed_days, zone=tenant_zone()
    )


@transaction.atomic
def change_policy(*, fields: dict[str, Any], default_team: Team | None, actor: Actor, now: datetime) -> Policy:
    """Set the rules; what is already promised to people who wait keeps its hour. `fields` as CHANGEABLE names them."""
    Policy.objects.get_or_create(key="main")
    policy = Policy.objects.select_for_update().get(key="main")
    before = {name: getattr(policy, name) for name in CHANGEABLE} | {"default_team": policy.default_team_id}
    for name in CHANGEABLE:
        if name in fields:
            setattr(policy, name, fields[name])
    policy.default_team = default_team
    policy.save()
    after = {name: getattr(policy, name) for name in CHANGEABLE} | {"default_team": policy.default_team_id}
    changed = sorted(name for name in after if after[name] != before[name])
    if changed:
        record("inbox.policy_changed", subject=policy, actor=actor, at=now, changed=changed)
    return policy
