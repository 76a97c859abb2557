"""Who takes a conversation that begins to wait for a person: its team's, by the team's own way."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Q

from accounts.models import User
from events.domain import Actor, record
from inbox.domain.policy import current_policy
from inbox.models import Conversation, Team
from inbox.models.conversations import BUSY

REPLIES = "inbox.reply"


def assign_waiting(*, conversation: Conversation, now: datetime) -> bool:
    """Find the team and a person for a locked conversation that waits for one; say whether anything changed.

    Whoever has it keeps it while they are at work and may answer. The team's row is locked, so that two conversations
    at once do not both take the same turn. The caller saves it.
    """
    if conversation.waiting_since is None or conversation.blocked_at is not None:
        return False
    before = (conversation.team_id, conversation.assignee_id)
    has = conversation.assignee_id
    kept = has is not None and User.objects.who_can(REPLIES).filter(pk=has).exists()
    if conversation.team_id is None:
        conversation.team = find_team(conversation)
        if conversation.team is not None:
            record(
                "conversation.team",
                subject=conversation,
                actor=Actor.system("Bandeja"),
                at=now,
                team=conversation.team.name,
            )
    if not kept:
        _give(conversation, now)
    return (conversation.team_id, conversation.assignee_id) != before


def find_team(conversation: Conversation) -> Team | None:
    """Return the team of the customer's zone, else the provider's default one."""
    zone = conversation.customer.zone_id if conversation.customer else None
    found = Team.objects.filter(zones=zone).order_by("id").first() if zone else None
    return found or current_policy().default_team


def _give(conversation: Conversation, now: datetime) -> None:
    """Give it to a person of its team; to nobody where the team does so by hand or nobody is there."""
    conversation.assignee = None
    if conversation.team_id is None:
        return
    team = Team.objects.select_for_update().get(pk=conversation.team_id)
    person = next_person(team)
    if person is None:
        return
    team.last_assigned = person
    team.save(update_fields=["last_assigned"])
    conversation.assignee = person
    record(
        "conversation.assigned",
        subject=conversation,
        actor=Actor.system("Bandeja"),
        at=now,
        assignee=person.name,
        mode=team.assignment,
    )


def next_person(team: Team) -> User | None:
    """Return whose turn it is in a locked team: only those at work who may answer count."""
    people = User.objects.who_can(REPLIES).filter(inbox_teams=team).order_by("id")
    if team.assignment == Team.Assignment.ROUND_ROBIN:
        rows = list(people)
        after = [person for person in rows if person.pk > (team.last_assigned_id or 0)]
        return next(iter([*after, *rows]), None)
    if team.assignment == Team.Assignment.BY_LOAD:
        busy = Count("conversations", filter=Q(conversations__status__in=BUSY, conversations__blocked_at=None))
        return people.annotate(busy=busy).order_by("busy", "id").first()
    return None
