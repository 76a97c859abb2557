"""The equipment that lets customers through."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.scoping import ScopedQuerySet
from tenants.sealing import SealedField, SealedRow

SILENT_AFTER = timedelta(minutes=5)


class RouterQuerySet(ScopedQuerySet):
    """Reads of routers."""

    view_code = "network.view"


class Router(SealedRow):
    """One router, how to reach it, and what was last seen of it. One process at a time talks to it."""

    class Kind(models.TextChoices):
        MIKROTIK = "mikrotik", _("MikroTik")

    name = models.CharField(_("nombre"), max_length=80, unique=True)
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.MIKROTIK)
    host = models.CharField(_("dirección"), max_length=255)
    port = models.PositiveIntegerField(_("puerto"), default=8728)
    use_tls = models.BooleanField(_("cifrar la conexión (API-SSL)"), default=False)
    username = models.CharField(_("usuario"), max_length=80)
    password = SealedField()
    is_enabled = models.BooleanField(_("en uso"), default=True)
    # More cuts than this in an hour wait for a person, unless a person approved them.
    max_cuts_per_run = models.PositiveIntegerField(_("cortes por hora sin preguntar"), default=30)
    external_ref = models.CharField(max_length=60, blank=True, db_index=True)

    # What was last seen of it.
    identity = models.CharField(max_length=80, blank=True)
    version = models.CharField(max_length=40, blank=True)
    board = models.CharField(max_length=60, blank=True)
    uptime = models.CharField(max_length=30, blank=True)
    latency_ms = models.FloatField(null=True, blank=True)
    last_seen_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True)
    last_error_at = models.DateTimeField(null=True, blank=True)
    # Secrets on the router that are nobody's access here.
    strangers = models.PositiveIntegerField(default=0)

    # The circuit breaker: while it fails it is tried at growing intervals.
    failures = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)
    observe_at = models.DateTimeField(null=True, blank=True)
    # Set while cuts above the limit wait for a person.
    cuts_waiting_since = models.DateTimeField(null=True, blank=True)
    # Who talks to it now: a network process, until when.
    lease_owner = models.CharField(max_length=120, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)

    objects = RouterQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def state(self, now: datetime) -> str:
        """One word for it at `now`: off, new, failing, silent or up."""
        if not self.is_enabled:
            return "off"
        if self.failures:
            return "failing"
        if self.last_seen_at is None:
            return "new"
        return "silent" if self.last_seen_at < now - SILENT_AFTER else "up"
