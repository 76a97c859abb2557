"""The public schema: who our providers are, under which hosts and numbers, and which of them have work."""

from __future__ import annotations

import uuid

from django.db import models
from django_tenants.models import DomainMixin, TenantMixin


class Package(models.Model):  # type: ignore[django-manager-missing]  # django-tenants is untyped
    """What a provider may use. Empty means without limit."""

    name = models.CharField(max_length=60, unique=True)
    max_customers = models.PositiveIntegerField(null=True, blank=True)
    max_routers = models.PositiveIntegerField(null=True, blank=True)
    max_staff = models.PositiveIntegerField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class Tenant(TenantMixin):
    """One internet provider. Signatures and secrets are bound to `uuid`, which never changes."""

    class Status(models.TextChoices):
        PREPARING = "preparing", "En preparación"
        READY = "ready", "Activo"
        PAUSED = "paused", "En pausa"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    country = models.CharField(max_length=2, default="MX")
    currency = models.CharField(max_length=3, default="MXN")
    timezone = models.CharField(max_length=60, default="America/Mexico_City")
    language = models.CharField(max_length=10, default="es")
    status = models.CharField(max_length=12, choices=Status, default=Status.PREPARING)
    package = models.ForeignKey(Package, null=True, blank=True, on_delete=models.PROTECT, related_name="tenants")
    created_at = models.DateTimeField(auto_now_add=True)

    # Schemas are made by tenants.provision, which proves them before it says ready.
    auto_create_schema = False
    auto_drop_schema = False

    def __str__(self) -> str:
        return self.name


class Domain(DomainMixin):
    """A host name of a provider. The lookup is cached by tenants.hosts."""


class Brand(models.Model):
    """What people see instead of us: a name, one or two colours, a logo, and where to reach the provider."""

    tenant = models.OneToOneField(Tenant, on_delete=models.CASCADE, related_name="brand")
    name = models.CharField(max_length=80)
    primary_color = models.CharField(max_length=7, default="#1f6feb")
    accent_color = models.CharField(max_length=7, blank=True)
    logo = models.FileField(upload_to="brand/", blank=True)
    phone = models.CharField(max_length=32, blank=True)
    whatsapp = models.CharField(max_length=32, blank=True)
    email = models.EmailField(blank=True)
    address = models.CharField(max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return self.name


class Route(models.Model):
    """Which provider a number of an outside account belongs to: how a webhook finds its tenant."""

    provider = models.CharField(max_length=30)
    account = models.CharField(max_length=80)
    number = models.CharField(max_length=80)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="routes")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "account", "number"], name="route_once")]

    def __str__(self) -> str:
        return f"{self.provider} {self.number}"


class Wake(models.Model):
    """A lane of a tenant has work at `due_at`. Only ever inserted; whoever takes it deletes it."""

    # No constraint: the foreign key check would lock the tenant's row on the busiest insert there is.
    tenant = models.ForeignKey(Tenant, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    lane = models.CharField(max_length=30)
    due_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.lane} at {self.due_at:%Y-%m-%d %H:%M:%S}"
