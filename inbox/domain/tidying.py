"""What is over is put away by the provider's policy: old notifications, conversations in which nobody wrote, files.

The sweep visits this lane of each tenant every ten minutes; there is nearly always nothing to do.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

from events.domain import Actor, record
from inbox.domain.conversations import hint
from inbox.domain.states import resolve
from inbox.domain.uploads import forget_uploads
from inbox.models import Conversation, Notification, Policy, Ticket
from tenants.current import current_tenant

CHUNK = 500  # rows a transaction
BUDGET = 10.0  # seconds; then the other tenants have their turn


def drain(*, now: datetime) -> datetime | None:
    """Put away what is due; return `now` when something is left."""
    policy = Policy.objects.filter(key="main").first() or Policy()
    began = time.monotonic()
    for work in (delete_notifications, resolve_silent, delete_uploads):
        while work(policy=policy, now=now) == CHUNK:
            if time.monotonic() - began > BUDGET:
                return now
    return None


def delete_notifications(*, policy: Policy, now: datetime) -> int:
    """Delete a chunk of what is older than the policy keeps; what was not read yet stays. Return how many."""
    before = now - timedelta(days=policy.keep_notifications_days)
    old = Notification.objects.filter(received_at__lt=before).exclude(state=Notification.State.PENDING)
    ids = list(old.order_by("received_at", "id").values_list("pk", flat=True)[:CHUNK])
    Notification.objects.filter(pk__in=ids).exclude(state=Notification.State.PENDING).delete()
    return len(ids)


def delete_uploads(*, policy: Policy, now: datetime) -> int:  # noqa: ARG001 -- nobody's policy keeps what is nobody's
    """Delete a chunk of the files that were given by hand and belong to nothing any more; return how many."""
    return forget_uploads(now=now, most=CHUNK)


def resolve_silent(*, policy: Policy, now: datetime) -> int:
    """Resolve a chunk of the conversations in which nobody wrote for as long as the policy says; return how many.

    Those that are snoozed or have an open ticket wait for their own reasons; 0 days: none is ever resolved.
    """
    if not policy.resolve_after_days:
        return 0
    since = now - timedelta(days=policy.resolve_after_days)
    ids = list(_silent(since).order_by("last_message_at", "id").values_list("pk", flat=True)[:CHUNK])
    actor = Actor.system(current_tenant().name)
    for pk in ids:
        with transaction.atomic():
            # Somebody may have written since we looked.
            found = _silent(since).select_for_update(of=("self",), skip_locked=True).filter(pk=pk).first()
            if found is None:
                continue
            resolve(found, now)
            found.save()
            record("conversation.closed", subject=found, actor=actor, at=now, reason="silence")
            hint(found)
    return len(ids)


def _silent(since: datetime) -> Any:
    tickets = Ticket.objects.filter(conversation_id=OuterRef("pk")).exclude(state=Ticket.State.CLOSED)
    rows = Conversation.objects.filter(status__in=("open", "pending"), last_message_at__lt=since, merged_into=None)
    return rows.exclude(Exists(tickets))
