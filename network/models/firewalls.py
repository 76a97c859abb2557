"""What a router's firewall does with whoever is cut, as last read."""

from __future__ import annotations

from django.db import models

from accounts.scoping import ScopedQuerySet
from network.models.routers import Router


class FirewallQuerySet(ScopedQuerySet):
    """Reads of firewalls."""

    view_code = "network.view"


class Firewall(models.Model):
    """The address lists of a router and the rules that matter for a cut, from its last whole reading."""

    router = models.OneToOneField(Router, on_delete=models.CASCADE, related_name="firewall")
    read_at = models.DateTimeField()
    # Each {"name", "entries", "held"}: how many entries there are, and how many are of who is cut here.
    lists = models.JSONField(default=list)
    # Rules as network.domain.rules keeps them, in their order.
    rules = models.JSONField(default=list)

    objects = FirewallQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.router)
