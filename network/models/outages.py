"""An outage that the provider knows of: what customers are told instead of being asked to restart anything."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q

from customers.models import Zone
from network.models.routers import Router


class OutageQuerySet(models.QuerySet["Outage"]):
    """Reads of outages."""

    def open(self, now: datetime) -> Self:
        """Return those under way at `now`."""
        return self.filter(closed_at=None, since__lte=now)


class Outage(models.Model):
    """Who is without service, until somebody says that it is over: a zone, a router, or everybody (neither)."""

    zone = models.ForeignKey(Zone, null=True, blank=True, on_delete=models.CASCADE, related_name="outages")
    router = models.ForeignKey(Router, null=True, blank=True, on_delete=models.CASCADE, related_name="outages")
    # Said to customers as it is; empty: that it is known and being worked on.
    text = models.CharField(max_length=300, blank=True)
    since = models.DateTimeField()
    expected_until = models.DateTimeField(null=True, blank=True)
    opened_by = models.CharField(max_length=120)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=120, blank=True)

    objects = OutageQuerySet.as_manager()

    class Meta:
        ordering = ["-since", "-id"]
        indexes = [models.Index(fields=["since"], condition=Q(closed_at=None), name="outage_open")]

    def __str__(self) -> str:
        return self.text or str(self.zone or self.router or "")
