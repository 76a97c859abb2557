"""Reading again what was told to us: what could not be read once may be by now. Nothing is done twice."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from events.domain import Actor, record
from inbox.domain.notifications import LANE
from inbox.models import Notification
from tenants.wakes import wake

CHUNK = 1000


@transaction.atomic
def replay_notification(*, notification_id: int, actor: Actor, now: datetime) -> Notification:
    """Have one row read again. One that is waiting to be read stays as it is. Raises Notification.DoesNotExist."""
    row = Notification.objects.select_for_update(of=("self",)).select_related("channel").get(pk=notification_id)
    if row.state != Notification.State.PENDING:
        _put_back([row.pk], actor, now)
        row.refresh_from_db()
    return row


@transaction.atomic
def replay_failed(*, actor: Actor, now: datetime) -> int:
    """Have all rows that could not be read be read again, oldest first; return how many (a thousand at most)."""
    rows = Notification.objects.filter(state=Notification.State.FAILED).order_by("id").values_list("pk", flat=True)
    ids = list(rows.select_for_update(skip_locked=True)[:CHUNK])
    if ids:
        _put_back(ids, actor, now)
    return len(ids)


def _put_back(ids: list[int], actor: Actor, now: datetime) -> None:
    first = Notification.objects.get(pk=ids[0])
    rows = Notification.objects.filter(pk__in=ids)
    rows.update(state=Notification.State.PENDING, attempts=0, next_try_at=None, settled_at=None, error="")
    record("notifications.replayed", subject=first, actor=actor, at=now, count=len(ids))
    wake(LANE)
