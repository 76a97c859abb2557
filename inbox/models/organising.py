"""How the work of the inbox is divided: teams, labels, views, ready answers, and the provider's rules for it all."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from customers.models import Zone


class Label(models.Model):
    """A word put on conversations. `tone` is one of the status colours."""

    class Tone(models.TextChoices):
        GREY = "paused", "Gris"
        BLUE = "waiting", "Azul"
        GREEN = "active", "Verde"
        AMBER = "due", "Ámbar"
        ORANGE = "overdue", "Naranja"
        RED = "cut", "Rojo"

    name = models.CharField(max_length=30, unique=True)
    tone = models.CharField(max_length=10, choices=Tone, default=Tone.GREY)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Team(models.Model):
    """People who share conversations, and how a new one of theirs finds one of them."""

    class Assignment(models.TextChoices):
        BY_HAND = "by_hand", "A mano"
        ROUND_ROBIN = "round_robin", "Por turnos"
        BY_LOAD = "by_load", "A quien tenga menos"

    name = models.CharField(max_length=60, unique=True)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="inbox_teams")
    # Conversations of customers of these zones come to this team by themselves.
    zones = models.ManyToManyField(Zone, blank=True, related_name="inbox_teams")
    assignment = models.CharField(max_length=12, choices=Assignment, default=Assignment.BY_HAND)
    # Whose turn it was last, for round robin.
    last_assigned = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class CannedReply(models.Model):
    """A ready answer, found by its shortcut: «/saldo». Of everybody, or of one person."""

    shortcut = models.SlugField(max_length=30)
    body = models.TextField()
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="canned_replies"
    )
    used = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["shortcut"]
        constraints = [
            models.UniqueConstraint(fields=["shortcut", "owner"], nulls_distinct=False, name="canned_reply_once")
        ]

    def __str__(self) -> str:
        return f"/{self.shortcut}"


class View(models.Model):
    """A set of filters kept under a name; `query` is the list's own address."""

    name = models.CharField(max_length=60)
    query = models.CharField(max_length=400)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="inbox_views"
    )
    place = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["place", "name"]
        constraints = [models.UniqueConstraint(fields=["name", "owner"], nulls_distinct=False, name="view_once")]

    def __str__(self) -> str:
        return self.name


def working_week() -> dict[str, list[list[str]]]:
    """Return the hours a provider starts with: {"0": [["09:00", "18:00"]], …}, Monday is 0."""
    return {str(day): [["09:00", "18:00"]] for day in range(5)} | {"5": [["09:00", "14:00"]], "6": []}


class Policy(models.Model):
    """The provider's rules for the inbox; one row. Minutes count business hours only."""

    key = models.SlugField(max_length=10, unique=True, default="main", editable=False)
    default_team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    hours = models.JSONField(default=working_week)
    # {"YYYY-MM-DD", …}: days on which nobody is there.
    closed_days = models.JSONField(default=list, blank=True)
    first_response_minutes = models.PositiveIntegerField(default=30)
    resolution_minutes = models.PositiveIntegerField(default=8 * 60)
    # Open conversations in which nobody wrote for so long are resolved; 0: never.
    resolve_after_days = models.PositiveSmallIntegerField(default=7)
    # How long what the far sides told us is kept as it came.
    keep_notifications_days = models.PositiveSmallIntegerField(default=30)

    class Meta:
        verbose_name_plural = "policies"

    def __str__(self) -> str:
        return self.key


class Mention(models.Model):
    """Somebody was named in a note."""

    message = models.ForeignKey("inbox.Message", on_delete=models.CASCADE, related_name="mentions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="inbox_mentions")
    seen_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "user"], name="mention_once")]
        indexes = [
            models.Index(fields=["user", "-id"], condition=models.Q(seen_at__isnull=True), name="mention_unseen")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.message_id}"
