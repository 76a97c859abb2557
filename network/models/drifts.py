"""Where equipment and house disagree."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.scoping import ScopedQuerySet
from network.models.accesses import Access
from network.models.routers import Router


class DriftQuerySet(ScopedQuerySet):
    """Reads of drifts."""

    view_code = "network.view"

    def open(self) -> Self:
        """Return those that wait for a person."""
        return self.filter(resolved_at=None, ignored_at=None)


class Drift(models.Model):
    """One difference a comparison found. It ends when a later one does not find it; ignored, it stays quiet."""

    class Kind(models.TextChoices):
        ENABLED = "enabled", _("Con servicio en el router, cortado aquí")
        CUT = "cut", _("Cortado en el router, con servicio aquí")
        MISSING = "missing", _("No existe en el router")
        UNKNOWN = "unknown", _("No es de nadie aquí")
        DUPLICATE = "duplicate", _("Está dos veces")
        PLAN = "plan", _("Otra velocidad")
        ORPHAN = "orphan", _("En la lista de cortados sin razón")
        RULES_MISSING = "rules_missing", _("Faltan las reglas del corte")
        RULES_BELOW = "rules_below", _("Reglas después de fasttrack")
        NO_IP = "no_ip", _("Sin IP")
        IP = "ip", _("Otra IP")

    router = models.ForeignKey(Router, on_delete=models.CASCADE, related_name="drifts")
    access = models.ForeignKey(Access, null=True, blank=True, on_delete=models.CASCADE, related_name="drifts")
    kind = models.CharField(max_length=14, choices=Kind)
    # What it is about, unique among the open ones of a router and kind.
    key = models.CharField(max_length=160)
    ours = models.CharField(max_length=200, blank=True)
    theirs = models.CharField(max_length=200, blank=True)
    # What an act on it needs: references, values as read. Never a secret.
    detail = models.JSONField(default=dict, blank=True)
    found_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    ignored_at = models.DateTimeField(null=True, blank=True)
    ignored_by = models.CharField(max_length=120, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    # How it ended: agree, adopt, or by itself ("").
    resolved_by = models.CharField(max_length=120, blank=True)
    resolution = models.CharField(max_length=10, blank=True)

    objects = DriftQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["router", "kind", "key"], condition=models.Q(resolved_at=None), name="drift_open_once"
            )
        ]
        indexes = [models.Index(fields=["router", "kind", "id"], name="drift_list")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
