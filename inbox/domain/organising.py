"""Labels, teams and saved views: made, changed, taken away."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, QuerySet

from accounts.models import User
from customers.models import Zone
from events.domain import Actor, record
from inbox.models import Label, Team, View


class NameTaken(ValueError):
    """There is one by that name."""


def list_labels() -> QuerySet[Label]:
    """Return all labels with `used`: on how many conversations each is."""
    return Label.objects.annotate(used=Count("conversations")).order_by("name")


def list_teams() -> QuerySet[Team]:
    """Return all teams with their people and zones."""
    return Team.objects.prefetch_related("members", "zones").order_by("name")


@transaction.atomic
def save_label(*, label: Label, actor: Actor, now: datetime) -> Label:
    """Keep a label, new or changed. Raises NameTaken."""
    if Label.objects.filter(name__iexact=label.name).exclude(pk=label.pk).exists():
        raise NameTaken(label.name)
    made = label.pk is None
    label.save()
    record("label.created" if made else "label.changed", subject=label, actor=actor, at=now, name=label.name)
    return label


@transaction.atomic
def remove_label(*, label_id: int, actor: Actor, now: datetime) -> int:
    """Take a label away, off every conversation too; return from how many."""
    label = Label.objects.select_for_update().get(pk=label_id)
    used = label.conversations.count()
    record("label.removed", subject=label, actor=actor, at=now, name=label.name, used=used)
    label.delete()
    return used


@transaction.atomic
def save_team(*, team: Team, members: Collection[User], zones: Collection[Zone], actor: Actor, now: datetime) -> Team:
    """Keep a team, new or changed, with exactly these people and zones. A zone leads to one team: it leaves the other.

    Raises NameTaken.
    """
    if Team.objects.filter(name__iexact=team.name).exclude(pk=team.pk).exists():
        raise NameTaken(team.name)
    made = team.pk is None
    team.save()
    team.members.set(members)
    Team.zones.through.objects.filter(zone__in=zones).exclude(team_id=team.pk).delete()
    team.zones.set(zones)
    record(
        "team.created" if made else "team.changed",
        subject=team,
        actor=actor,
        at=now,
        name=team.name,
        people=len(members),
        assignment=team.assignment,
    )
    return team


@transaction.atomic
def remove_team(*, team_id: int, actor: Actor, now: datetime) -> None:
    """Take a team away. Its conversations stay with whoever has them."""
    team = Team.objects.select_for_update().get(pk=team_id)
    record("team.removed", subject=team, actor=actor, at=now, name=team.name)
    team.delete()


def save_view(*, name: str, query: str, owner: User | None) -> View:
    """Keep filters under a name; the same name of the same person again replaces them. `owner` None: everybody's."""
    try:
        with transaction.atomic():
            view, _made = View.objects.update_or_create(name=name, owner=owner, defaults={"query": query})
    except IntegrityError as error:
        raise NameTaken(name) from error
    return view


def may_remove(view: View, user: Any) -> bool:
    """Say whether `user` may take a view away: one of their own, or everybody's for whoever sets the room up."""
    return bool(view.owner_id == user.pk or (view.owner_id is None and user.can("settings.edit")))


def remove_view(*, view_id: int, user: Any) -> bool:
    """Take away a view that `user` may remove; say whether it was there."""
    view = View.objects.filter(pk=view_id).first()
    if view is None or not may_remove(view, user):
        return False
    view.delete()
    return True
