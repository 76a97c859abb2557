"""The provider's rules for the inbox, and what they make of a moment."""

from __future__ import annotations

from copy import copy
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from events.domain import Actor, record
from inbox.domain.business_hours import business_due
from inbox.models import Conversation, Policy, Team
from tenants.batches import once_a_batch
from tenants.current import tenant_zone

CHANGEABLE = (
    "hours",
    "closed_days",
    "first_response_minutes",
    "resolution_minutes",
    "resolve_after_days",
    "keep_notifications_days",
)
# Those of which the hours follow that people are promised.
PROMISES = {"hours", "closed_days", "first_response_minutes", "resolution_minutes"}
CHUNK = 200  # conversations a transaction


@once_a_batch
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


def change_policy(*, fields: dict[str, Any], default_team: Team | None, actor: Actor, now: datetime) -> Policy:
    """Set the rules; what is promised to people who wait is reckoned anew. `fields` as CHANGEABLE names them."""
    before, policy, changed = _change(fields, default_team, actor, now)
    if set(changed) & PROMISES:
        renew_promises(before=before, policy=policy)
    return policy


@transaction.atomic
def _change(
    fields: dict[str, Any], default_team: Team | None, actor: Actor, now: datetime
) -> tuple[Policy, Policy, list[str]]:
    Policy.objects.get_or_create(key="main")
    policy = Policy.objects.select_for_update().get(key="main")
    before = copy(policy)
    for name in CHANGEABLE:
        if name in fields:
            setattr(policy, name, fields[name])
    policy.default_team = default_team
    policy.save()
    names = (*CHANGEABLE, "default_team_id")
    changed = sorted(n.removesuffix("_id") for n in names if getattr(policy, n) != getattr(before, n))
    if changed:
        record("inbox.policy_changed", subject=policy, actor=actor, at=now, changed=changed)
    return before, policy, changed


def renew_promises(*, before: Policy, policy: Policy) -> int:
    """Reckon the hours promised under the rules `before` by the new ones; return how many conversations changed.

    A chunk takes only what nobody holds, and waits for nobody while it holds others: what comes in locks
    conversations in another order. Those that were held are taken one by one.
    """
    owed = Conversation.objects.filter(Q(waiting_since__isnull=False) | Q(resolve_due_at__isnull=False))
    ids = list(owed.filter(merged_into=None).order_by("id").values_list("pk", flat=True))
    done, changed = set(), 0
    for at in range(0, len(ids), CHUNK):
        with transaction.atomic():
            rows = list(owed.filter(pk__in=ids[at : at + CHUNK]).select_for_update(skip_locked=True))
            changed += _renew(rows, before, policy)
            done |= {row.pk for row in rows}
    for pk in (pk for pk in ids if pk not in done):
        with transaction.atomic():
            changed += _renew(list(owed.filter(pk=pk).select_for_update()), before, policy)
    return changed


def _renew(rows: list[Conversation], before: Policy, policy: Policy) -> int:
    moved = []
    for row in rows:
        due = (row.answer_due_at, row.resolve_due_at)
        if row.waiting_since is not None:
            row.answer_due_at = answer_due(policy, row.waiting_since)
        if row.resolve_due_at is not None:
            row.resolve_due_at = resolution_due(policy, _promised_at(row, before))
        if (row.answer_due_at, row.resolve_due_at) != due:
            moved.append(row)
    Conversation.objects.bulk_update(moved, ["answer_due_at", "resolve_due_at"])
    return len(moved)


def _promised_at(row: Conversation, before: Policy) -> datetime:
    """Return since when a resolution counts: the moment that gave its present hour, else when it was opened."""
    moments = [moment for moment in (row.opened_at, row.waiting_since, row.last_inbound_at) if moment]
    fitting = (moment for moment in moments if resolution_due(before, moment) == row.resolve_due_at)
    return next(fitting, moments[0] if moments else row.created_at)
