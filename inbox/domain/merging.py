"""Two conversations of one person become one. Their lines keep their order in time, and every address leads to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet

from events.domain import Actor, record
from inbox.domain.conversations import hint
from inbox.domain.deadlocks import TRIES, is_deadlock
from inbox.models import Conversation, Message
from inbox.models.conversations import Address, OptOut
from tenants.live import publish_live

# The lines of the one that stays are first put out of the way, above any number that will be given.
MAKE_ROOM = "UPDATE inbox_message SET seq = seq + %s WHERE conversation_id = %s"
RENUMBER = """
UPDATE inbox_message m SET seq = ordered.place, conversation_id = %(kept)s, updated_at = %(now)s
  FROM (SELECT id, row_number() OVER (ORDER BY created_at, seq, id) AS place
          FROM inbox_message WHERE conversation_id IN (%(kept)s, %(absorbed)s)) ordered
 WHERE ordered.id = m.id
"""


class CannotMerge(ValueError):
    """Those two cannot be one; `reason` is same, gone, customers, or busy: now, another time they can."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class MergePlan:
    """What a merge would do, for whoever is asked."""

    kept: Conversation
    absorbed: Conversation
    lines: int
    addresses: list[str]


def plan_merge(*, kept_id: int, absorbed_id: int) -> MergePlan:
    """Say what a merge would do. Raises CannotMerge, Conversation.DoesNotExist."""
    rows = Conversation.objects.select_related("customer", "channel")
    kept, absorbed = rows.get(pk=kept_id), rows.get(pk=absorbed_id)
    _check(kept, absorbed)
    lines = Message.objects.filter(conversation=absorbed).count()
    return MergePlan(kept, absorbed, lines, list(absorbed.addresses.values_list("value", flat=True)))


def merge_conversations(*, kept_id: int, absorbed_id: int, actor: Actor, now: datetime) -> Conversation:
    """Put the lines of one conversation among those of another and point it there. Raises CannotMerge.

    Both rows are locked, by id; what comes in may hold them the other way round.
    """
    for _again in range(TRIES):
        try:
            return _merge(kept_id=kept_id, absorbed_id=absorbed_id, actor=actor, now=now)
        except OperationalError as error:
            # Inside somebody else's transaction nothing can be done again.
            if connection.in_atomic_block or not is_deadlock(error):
                raise
    raise CannotMerge("busy")


@transaction.atomic
def _merge(*, kept_id: int, absorbed_id: int, actor: Actor, now: datetime) -> Conversation:
    """Do it once: a line that arrives meanwhile is either among those moved or goes to the one that stays."""
    # Without joins: what changes while a lock is waited for would fall out of them, and whose it is be lost.
    rows = Conversation.objects.select_for_update()
    both = {row.pk: row for row in rows.filter(pk__in=[kept_id, absorbed_id]).order_by("id")}
    if len(both) < len({kept_id, absorbed_id}):
        raise CannotMerge("gone")
    kept, absorbed = both[kept_id], both[absorbed_id]
    _check(kept, absorbed)
    moved = _move_lines(kept, absorbed, now)
    _move_rows(kept, absorbed)
    _join(kept, absorbed)
    kept.labels.add(*absorbed.labels.all())
    _empty(absorbed, kept, now)
    kept.save()
    number = absorbed.written_address
    record("conversation.merged", subject=kept, actor=actor, at=now, number=number, lines=moved, absorbed=absorbed.pk)
    hint(kept, reset=True)
    publish_live("inbox", conversation=absorbed.pk, merged_into=kept.pk, reset=True)
    return kept


def _check(kept: Conversation, absorbed: Conversation) -> None:
    if kept.pk == absorbed.pk:
        raise CannotMerge("same")
    if kept.merged_into_id or absorbed.merged_into_id:
        raise CannotMerge("gone")
    if kept.customer_id and absorbed.customer_id and kept.customer_id != absorbed.customer_id:
        raise CannotMerge("customers")


def _move_lines(kept: Conversation, absorbed: Conversation, now: datetime) -> int:
    count = Message.objects.filter(conversation=absorbed).count()
    with connection.cursor() as cursor:
        cursor.execute(MAKE_ROOM, [kept.seq + absorbed.seq + 1, kept.pk])
        cursor.execute(RENUMBER, {"kept": kept.pk, "absorbed": absorbed.pk, "now": now})
        kept.seq = cursor.rowcount
    return count


def _move_rows(kept: Conversation, absorbed: Conversation) -> None:
    """Point to the one that stays whatever points to the other, in this room and in those above."""
    Address.objects.filter(conversation=absorbed).update(conversation=kept)
    for relation in Conversation._meta.related_objects:  # noqa: SLF001 -- Django's own name for it
        if relation.one_to_many and relation.related_model is not Message:
            rows: QuerySet[Any] = QuerySet(relation.related_model).filter(**{relation.field.name: absorbed})
            rows.update(**{relation.field.name: kept})


def _join(kept: Conversation, absorbed: Conversation) -> None:
    """What stands of both: the newer where they were last active, the older where somebody waits, the stricter else."""
    if absorbed.last_message_at > kept.last_message_at:
        kept.last_message_at, kept.last_message_text = absorbed.last_message_at, absorbed.last_message_text
    if absorbed.last_inbound_at and (kept.last_inbound_at is None or absorbed.last_inbound_at > kept.last_inbound_at):
        kept.last_inbound_at = absorbed.last_inbound_at
        kept.channel_id, kept.address = absorbed.channel_id, absorbed.address
    kept.customer = kept.customer or absorbed.customer
    kept.contact_name = kept.contact_name or absorbed.contact_name
    kept.phone = kept.phone or absorbed.phone
    kept.unread += absorbed.unread
    kept.priority = max(kept.priority, absorbed.priority)
    kept.bot_active = kept.bot_active and absorbed.bot_active
    if absorbed.opted_out_at and (kept.opted_out_at is None or absorbed.opted_out_by == OptOut.WORDS):
        kept.opted_out_at, kept.opted_out_by = absorbed.opted_out_at, absorbed.opted_out_by
    kept.marketing_refused_at = kept.marketing_refused_at or absorbed.marketing_refused_at
    if absorbed.waiting_since and kept.blocked_at is None:
        kept.status, kept.snoozed_until, kept.snoozed_by = Conversation.Status.OPEN, None, None
        kept.opened_at, kept.resolved_at = kept.opened_at or absorbed.opened_at, None
        kept.assignee_id = kept.assignee_id or absorbed.assignee_id
        kept.team_id = kept.team_id or absorbed.team_id
        for name in ("waiting_since", "answer_due_at", "resolve_due_at"):
            setattr(kept, name, min(filter(None, [getattr(kept, name), getattr(absorbed, name)]), default=None))


def _empty(absorbed: Conversation, kept: Conversation, now: datetime) -> None:
    """Leave of a merged row only where it went."""
    absorbed.labels.clear()
    absorbed.merged_into, absorbed.status, absorbed.resolved_at = kept, Conversation.Status.RESOLVED, now
    absorbed.seq, absorbed.unread, absorbed.bot_active = 0, 0, False
    absorbed.waiting_since = absorbed.answer_due_at = absorbed.resolve_due_at = None
    absorbed.snoozed_until = absorbed.snoozed_by = absorbed.assignee = None
    absorbed.save()
