"""What is to be done once on a piece of equipment and concerns no access."""

from __future__ import annotations

from typing import Self

from django.db import models

from accounts.scoping import ScopedQuerySet
from network.models.routers import Router


class ChoreQuerySet(ScopedQuerySet):
    """Reads of chores."""

    view_code = "network.view"

    def waiting(self) -> Self:
        """Return those that have not been carried out."""
        return self.filter(done_at=None)


class Chore(models.Model):
    """One thing a person asked for: a stranger's row taken off, a rule put in its place.

    Those of a router are carried out in the order they were asked for. It is done when the equipment was read back;
    with an `error` it ended without. What belongs to one `batch` ends with the first that fails.
    """

    router = models.ForeignKey(Router, on_delete=models.CASCADE, related_name="chores")
    kind = models.CharField(max_length=20)
    # What the driver needs. Never a secret.
    detail = models.JSONField(default=dict)
    batch = models.UUIDField()
    asked_by = models.CharField(max_length=120)
    asked_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True)

    objects = ChoreQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["router", "id"], condition=models.Q(done_at=None), name="chore_waiting"),
            models.Index(fields=["router", "-id"], name="chore_log"),
        ]

    def __str__(self) -> str:
        return self.kind
