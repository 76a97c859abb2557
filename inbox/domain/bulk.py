"""One thing done to many conversations: told beforehand, done one by one, reported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import Count, Q

from accounts.models import User
from events.domain import Actor
from inbox.domain.conversations import assign_conversation, close_conversation
from inbox.domain.filters import Filters, filtered
from inbox.domain.marks import block_conversation, change_labels, set_priority, set_team
from inbox.domain.snoozing import snooze_conversation
from inbox.models import Conversation, Label, Team

MOST = 2_000  # conversations of one go; whoever has more goes again

# What each takes: the permission, and the kind of its value.
PERMISSIONS = {
    "assign": "inbox.assign",
    "team": "inbox.assign",
    "label": "inbox.reply",
    "unlabel": "inbox.reply",
    "priority": "inbox.reply",
    "snooze": "inbox.reply",
    "resolve": "inbox.reply",
    "block": "inbox.reply",
}


@dataclass(frozen=True)
class BulkPlan:
    """What would happen: to how many, for how many nothing changes, and how many are left for another go."""

    ids: list[int]
    unchanged: int
    waiting: int
    left: int

    @property
    def changing(self) -> int:
        """Return how many would change."""
        return len(self.ids) - self.unchanged


@dataclass
class BulkReport:
    """What happened."""

    done: int = 0
    failed: list[int] = field(default_factory=list)


def chosen_ids(*, filters: Filters | None, ids: Sequence[int], user: Any, now: datetime) -> tuple[list[int], int]:
    """Return the conversations meant, up to MOST, and how many more there are: a whole filter, else those of `ids`."""
    if filters is not None:
        rows, _lines = filtered(filters=filters, user=user, now=now)
    else:
        rows = Conversation.objects.visible_to(user).filter(pk__in=ids, merged_into=None)
    found = list(rows.order_by("-last_message_at", "-id").values_list("id", flat=True)[: MOST + 1])
    left = rows.count() - MOST if len(found) > MOST else 0
    return found[:MOST], left


def plan_bulk(*, action: str, value: Any, ids: list[int], left: int = 0) -> BulkPlan:
    """Say what an action would do."""
    counts = Conversation.objects.filter(pk__in=ids).aggregate(
        waiting=Count("id", filter=Q(waiting_since__isnull=False)),
        same=Count("id", filter=_already(action, value), distinct=True),
    )
    return BulkPlan(ids, counts["same"], counts["waiting"], left)


def _already(action: str, value: Any) -> Q:
    """Return the condition of those for whom an action changes nothing."""
    pk: Any = getattr(value, "pk", None)
    labelled = Q(pk__in=Conversation.labels.through.objects.filter(label_id=pk).values("conversation_id"))
    return {
        "assign": Q(assignee_id=pk),
        "team": Q(team_id=pk),
        "label": labelled,
        "unlabel": ~labelled,
        "priority": Q(priority=value if action == "priority" else 0),
        "snooze": Q(pk__in=[]),
        "resolve": Q(status=Conversation.Status.RESOLVED),
        "block": Q(blocked_at__isnull=False),
    }[action]


def run_bulk(
    *, action: str, value: Any, ids: Sequence[int], user: User | None, actor: Actor, now: datetime
) -> BulkReport:
    """Do one thing to each, in a transaction each: who answers a customer meanwhile waits for one row, not for all."""
    act = _act(action, value, user)
    report = BulkReport()
    for pk in ids:
        try:
            act(conversation_id=pk, actor=actor, now=now)
        except (Conversation.DoesNotExist, ValueError):
            report.failed.append(pk)
        else:
            report.done += 1
    return report


def _act(action: str, value: Any, user: User | None) -> Callable[..., Any]:
    """Return what is done to each. `value` is a User, Team or None, a Label, a Priority, a moment."""
    acts: dict[str, Callable[[], Callable[..., Any]]] = {
        "assign": lambda: partial(assign_conversation, assignee=_of(value, User, optional=True)),
        "team": lambda: partial(set_team, team=_of(value, Team, optional=True)),
        "label": lambda: partial(change_labels, add=[_of(value, Label)]),
        "unlabel": lambda: partial(change_labels, remove=[_of(value, Label)]),
        "priority": lambda: partial(set_priority, priority=value),
        "snooze": lambda: partial(snooze_conversation, until=value, by=user),
        "resolve": lambda: close_conversation,
        "block": lambda: block_conversation,
    }
    return acts[action]()


def _of(value: Any, kind: type, *, optional: bool = False) -> Any:
    if not isinstance(value, kind) and not (optional and value is None):
        raise TypeError(f"{kind.__name__} wanted, {type(value).__name__} given")
    return value
