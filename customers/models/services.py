"""What a customer contracted, and what keeps it off."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Self

from django.db import models
from django.utils import timezone

from accounts.scoping import ScopedQuerySet
from customers.models.catalog import Plan, Zone
from customers.models.people import Customer


class ServiceQuerySet(ScopedQuerySet):
    """Reads of services."""

    view_code = "customers.view"

    def held(self, now: datetime) -> Self:
        """Return those with an open hold, whatever its reason."""
        return self.filter(models.Exists(Hold.objects.open(now).filter(service=models.OuterRef("pk"))))


class Service(models.Model):
    """A subscriber line: one plan at one address. Whether it is off is said by its open holds."""

    class Status(models.TextChoices):
        ACTIVE = "active", "Activo"
        FREE = "free", "Gratis"
        CANCELLED = "cancelled", "Cancelado"

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="services")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="services")
    zone = models.ForeignKey(Zone, null=True, blank=True, on_delete=models.PROTECT, related_name="services")
    code = models.CharField(max_length=30, unique=True)
    # This line's own monthly price; empty means the plan's.
    price = models.DecimalField(max_digits=14, decimal_places=3, null=True, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    installed_on = models.DateField(null=True, blank=True)
    ended_on = models.DateField(null=True, blank=True)
    never_cut_until = models.DateField(null=True, blank=True)
    address = models.CharField(max_length=255, blank=True)
    notes = models.TextField(blank=True)
    external_ref = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ServiceQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["status", "id"], name="service_status")]
        constraints = [
            models.UniqueConstraint(
                fields=["external_ref"], condition=~models.Q(external_ref=""), name="service_external_once"
            )
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def monthly_price(self) -> Decimal:
        """Return what a month costs: the line's own price, or the plan's."""
        return self.plan.price if self.price is None else self.price


class HoldQuerySet(models.QuerySet["Hold"]):
    """Reads of holds."""

    def open(self, now: datetime) -> Self:
        """Return those in force at `now`."""
        return self.filter(models.Q(until=None) | models.Q(until__gt=now), closed_at=None, since__lte=now)


class Hold(models.Model):
    """A reason for a service to be off, open until closed or past its `until`."""

    class Reason(models.TextChoices):
        DEBT = "debt", "Falta de pago"
        PAUSE = "pause", "Pausa"
        ABUSE = "abuse", "Uso indebido"
        STAFF = "staff", "Corte manual"

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="holds")
    reason = models.CharField(max_length=10, choices=Reason)
    source = models.CharField(max_length=40)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    detail = models.JSONField(default=dict, blank=True)
    opened_by = models.CharField(max_length=120)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=120, blank=True)

    objects = HoldQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["service", "reason", "source"],
                condition=models.Q(closed_at=None),
                name="hold_open_once",
            )
        ]
        indexes = [models.Index(fields=["service"], condition=models.Q(closed_at=None), name="hold_open")]

    def __str__(self) -> str:
        return f"{self.reason} on {self.service_id}"
