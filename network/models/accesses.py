"""A service's way through a router: what it should be, and what was last seen there."""

from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import UUID

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.scoping import ScopedQuerySet
from customers.models import Service
from network.models.routers import Router
from tenants.sealing import SealedField, SealedRow


def signature_of(uuid: UUID) -> str:
    """Return what marks a row of the router as ours, by the UUID of its access."""
    return f"crm:{uuid.hex[:8]}"


class AccessQuerySet(ScopedQuerySet):
    """Reads of accesses."""

    view_code = "network.view"

    def pending(self) -> Self:
        """Return those whose desired state has not been made so."""
        return self.filter(applied_generation__lt=F("generation"))

    def lock(self) -> list[int]:
        """Lock these rows until the transaction ends, by id as everybody does, and return their ids.

        An UPDATE of many rows locks them as it comes upon them: two that meet would wait for each other.
        """
        return list(self.order_by("id").select_for_update(no_key=True).values_list("pk", flat=True))

    def in_window(self, now: datetime) -> Self:
        """Return those that may be worked on at `now`: restores always, cuts within their window."""
        return self.filter(~Q(desired=Access.Desired.OFF) | Q(cut_not_after=None) | Q(cut_not_after__gt=now))

    def to_try(self) -> Self:
        """Return those that are tried by themselves: not dismissed, and no cut or removal that is stuck.

        Who is to be let through is tried for ever, however slowly.
        """
        return self.filter(Q(stuck_since=None) | Q(desired=Access.Desired.ON), dismissed_at=None)


class Access(SealedRow):
    """A service's account on a router. `desired` follows the holds; `observed` is what the router said.

    `generation` grows with each change of what it should be (its state, speed or profile, or a kick); it has been
    made so when `applied_generation` equals it.
    """

    class Kind(models.TextChoices):
        """The method, and what `username` is there: the key that the equipment finds the account by."""

        PPPOE = "pppoe", _("PPPoE")  # the secret's name
        LIST = "list", _("IP fija con lista")  # the IP
        QUEUE = "queue", _("Cola simple")  # the queue's name
        DHCP = "dhcp", _("DHCP")  # the MAC
        HOTSPOT = "hotspot", _("Hotspot")  # the user's name
        BINDING = "binding", _("Hotspot por MAC")  # the MAC
        ARP = "arp", _("ARP fijo")  # the IP
        USER_MANAGER = "user_manager", _("User Manager")  # the user's name
        PCQ = "pcq", _("Lista de velocidad (PCQ)")  # the IP
        UISP_SITE = "uisp_site", _("Sitio de UISP")  # the site's id
        UISP_SERVICE = "uisp_service", _("Servicio de UISP")  # the service's id

    class CutBy(models.TextChoices):
        """How it is cut; empty is the method's own way."""

        OWN = "", _("Como es propio del método")
        DISABLE = "disable", _("Deshabilitar")
        PROFILE = "profile", _("Perfil de cortados")
        LIST = "list", _("Lista de cortados")
        BLOCK = "block", _("Bloquear el acceso")
        SPEED = "speed", _("Bajar la velocidad")

    class Desired(models.TextChoices):
        ON = "on", _("conectado")
        OFF = "off", _("cortado")
        GONE = "gone", _("retirado")

    class Observed(models.TextChoices):
        ON = "on", _("habilitado")
        OFF = "off", _("deshabilitado")
        MISSING = "missing", _("no existe")
        UNKNOWN = "unknown", _("sin leer")

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="accesses")
    router = models.ForeignKey(Router, on_delete=models.PROTECT, related_name="accesses")
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.PPPOE)
    username = models.CharField(max_length=120)
    password = SealedField()
    ip = models.GenericIPAddressField(null=True, blank=True)
    mac = models.CharField(max_length=17, blank=True)
    cut_by = models.CharField(max_length=8, choices=CutBy, default=CutBy.OWN, blank=True)
    # The DHCP or hotspot server, the interface of an ARP entry.
    server = models.CharField(max_length=60, blank=True)
    # Whether the account is made when the router lacks it, and whether its speed is ours to set.
    provisions = models.BooleanField(default=False)
    manages_speed = models.BooleanField(default=False)
    # The profile it has on the router while on, when it is not its plan's.
    profile = models.CharField(max_length=80, blank=True)
    # What the plan asks for, as it was last derived: {"speed": [...], "profile": ""}; empty while not managed.
    wanted_plan = models.JSONField(default=dict, blank=True)

    desired = models.CharField(max_length=4, choices=Desired, default=Desired.ON)
    generation = models.PositiveIntegerField(default=0)
    applied_generation = models.PositiveIntegerField(default=0)
    applied_at = models.DateTimeField(null=True, blank=True)
    requested_at = models.DateTimeField(null=True, blank=True)
    # Who asked for the present desired state, as they were then: {"kind", "id", "label"}.
    requested_by = models.JSONField(default=dict, blank=True)
    # Whether the customer is to be told when the present desired state is reached.
    tell = models.BooleanField(default=False)
    # What has happened to the customer and was not told yet: "cut" or "restored".
    telling = models.CharField(max_length=8, blank=True)
    urgent = models.BooleanField(default=False)
    # Sessions older than this are to be ended, once.
    kick_at = models.DateTimeField(null=True, blank=True)
    # A cut not done by then is not done: the policy decides again.
    cut_not_after = models.DateTimeField(null=True, blank=True)
    cut_approved = models.BooleanField(default=False)

    observed = models.CharField(max_length=8, choices=Observed, default=Observed.UNKNOWN)
    observed_at = models.DateTimeField(null=True, blank=True)
    # Since when it is off on the router by our doing.
    cut_since = models.DateTimeField(null=True, blank=True)
    session_up = models.BooleanField(default=False)
    session_address = models.CharField(max_length=45, blank=True)
    session_since = models.DateTimeField(null=True, blank=True)
    session_mac = models.CharField(max_length=17, blank=True)
    # What the router has for it: {"speed": [...], "profile": "", "ip": "", "mac": "", "label": ""}.
    seen = models.JSONField(default=dict, blank=True)

    next_try_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True)
    # Since when it fails for good or has failed too often, and since when a person wants it tried no more.
    stuck_since = models.DateTimeField(null=True, blank=True)
    dismissed_at = models.DateTimeField(null=True, blank=True)

    objects = AccessQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "accesses"
        constraints = [models.UniqueConstraint(fields=["router", "kind", "username"], name="access_once")]
        indexes = [
            models.Index(
                fields=["router", "urgent"], condition=Q(applied_generation__lt=F("generation")), name="access_pending"
            ),
            models.Index(fields=["router", "id"], name="access_by_router"),
            models.Index(fields=["router"], condition=Q(session_up=True), name="access_online"),
            models.Index(fields=["id"], condition=~Q(telling=""), name="access_telling"),
            models.Index(fields=["stuck_since"], condition=Q(stuck_since__isnull=False), name="access_stuck"),
        ]

    def __str__(self) -> str:
        return self.username

    @property
    def label(self) -> str:
        """What a person calls it: what it is called on the equipment where its key is an id there."""
        return str(self.seen.get("label") or self.username)

    @property
    def customer_id(self) -> int:
        """Whose timeline its events belong to."""
        return self.service.customer_id

    @property
    def signature(self) -> str:
        """What marks a row of the router as ours, in its comment."""
        return signature_of(self.uuid)

    @property
    def is_pending(self) -> bool:
        """Whether the router has not been brought to the desired state yet."""
        return self.applied_generation < self.generation

    @property
    def agrees(self) -> bool:
        """Whether the router has what it should; what was never read agrees until it is."""
        return self.observed in {self.Observed.UNKNOWN, self.desired}
