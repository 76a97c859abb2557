"""The equipment that lets customers through."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.scoping import ScopedQuerySet
from customers.models import Plan
from tenants.sealing import SealedField, SealedRow

SILENT_AFTER = timedelta(minutes=5)


class RouterQuerySet(ScopedQuerySet):
    """Reads of routers."""

    view_code = "network.view"


class Router(SealedRow):
    """One router (or one UISP), how to reach it, and what was last seen of it. One process at a time talks to it."""

    class Kind(models.TextChoices):
        MIKROTIK = "mikrotik", _("MikroTik")
        UISP_NMS = "uisp_nms", _("UISP (red)")
        UISP_CRM = "uisp_crm", _("UISP (CRM)")

    class Tls(models.TextChoices):
        NONE = "", _("Sin cifrar")
        PINNED = "pinned", _("Cifrada, con la huella del certificado")
        CERTIFICATE = "certificate", _("Cifrada, con certificado de una autoridad")
        ANONYMOUS = "anonymous", _("Cifrada sin certificado")

    class Rules(models.TextChoices):
        UNKNOWN = "", _("Sin revisar")
        MISSING = "missing", _("Faltan las reglas del corte")
        BELOW = "below", _("Las reglas quedan después de fasttrack")
        GOOD = "good", _("En su lugar")

    name = models.CharField(_("nombre"), max_length=80, unique=True)
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.MIKROTIK)
    host = models.CharField(_("dirección"), max_length=255)
    port = models.PositiveIntegerField(_("puerto"), default=8728)
    tls = models.CharField(_("cifrado"), max_length=12, choices=Tls, default=Tls.NONE, blank=True)
    # SHA-256 of the certificate it is known by, lower-case hex; taken over from the first contact when empty.
    fingerprint = models.CharField(max_length=64, blank=True)
    username = models.CharField(_("usuario"), max_length=80)
    password = SealedField()
    is_enabled = models.BooleanField(_("en uso"), default=True)
    # More cuts than this in an hour wait for a person, unless a person approved them.
    max_cuts_per_run = models.PositiveIntegerField(_("cortes por hora sin preguntar"), default=30)
    external_ref = models.CharField(max_length=60, blank=True, db_index=True)

    # How cuts are made on it: the list the rules look at, the profile and the rate of who is cut.
    cut_list = models.CharField(_("lista de cortados"), max_length=60, default="cortados")
    cut_profile = models.CharField(_("perfil de cortados"), max_length=60, default="cortado")
    cut_kbps = models.PositiveIntegerField(_("velocidad de un cortado (kbit/s)"), default=8)
    rules = models.CharField(max_length=8, choices=Rules, default=Rules.UNKNOWN, blank=True)

    # What was last seen of it.
    identity = models.CharField(max_length=80, blank=True)
    version = models.CharField(max_length=40, blank=True)
    board = models.CharField(max_length=60, blank=True)
    # Of the very device: its serial number, or the id of its licence.
    serial = models.CharField(max_length=40, blank=True)
    uptime = models.CharField(max_length=30, blank=True)
    latency_ms = models.FloatField(null=True, blank=True)
    resource = models.JSONField(default=dict, blank=True)
    last_seen_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True)
    last_error_at = models.DateTimeField(null=True, blank=True)
    # Secrets on the router that are nobody's access here.
    strangers = models.PositiveIntegerField(default=0)

    # The circuit breaker: while it fails it is tried at growing intervals.
    failures = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)
    observe_at = models.DateTimeField(null=True, blank=True)
    # Somebody looks at its page until then: it is read every few seconds.
    watched_until = models.DateTimeField(null=True, blank=True)
    # When it is next to be compared whole, and when it last was.
    survey_at = models.DateTimeField(null=True, blank=True)
    surveyed_at = models.DateTimeField(null=True, blank=True)
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


class PlanProfile(models.Model):
    """What a plan is called on a router: a PPP, hotspot or User Manager profile, a PCQ list, a UISP plan."""

    router = models.ForeignKey(Router, on_delete=models.CASCADE, related_name="plan_profiles")
    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="router_profiles")
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=120)
    # How long an assignment lasts (User Manager, hotspot); None: until changed. A trial is given once a customer.
    validity = models.DurationField(null=True, blank=True)
    is_trial = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["router", "plan", "kind"], name="plan_profile_once")]

    def __str__(self) -> str:
        return self.name


class AllowedNetwork(models.Model):
    """A network the provider's routers live in; with none named they may be anywhere that is not refused."""

    cidr = models.CharField(_("red"), max_length=43, unique=True)
    note = models.CharField(_("nota"), max_length=80, blank=True)

    class Meta:
        ordering = ["cidr"]

    def __str__(self) -> str:
        return self.cidr
