"""Promises to pay: until when a debt is let be, and what became of it."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.fields import AmountField, CurrencyField
from billing.models.policies import BillingPolicy


class Promise(models.Model):
    """A customer has until `until` to pay what was overdue; until then nothing of theirs is cut for debt."""

    class Status(models.TextChoices):
        OPEN = "open", _("Vigente")
        KEPT = "kept", _("Cumplida")
        BROKEN = "broken", _("Incumplida")
        CANCELLED = "cancelled", _("Anulada")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    customer = models.ForeignKey("customers.Customer", on_delete=models.PROTECT, related_name="promises")
    invoices = models.ManyToManyField("billing.Invoice", related_name="promises", help_text="What was overdue then.")
    amount = AmountField(help_text="What was owed of them when it was given.")
    currency = CurrencyField()
    until = models.DateTimeField()
    granted_by = models.CharField(max_length=8, choices=BillingPolicy.Promiser)
    reconnected = models.BooleanField(default=False, help_text="Whether it lifted a cut.")
    note = models.CharField(max_length=200, blank=True)
    key = models.CharField(max_length=120, unique=True, help_text="A repeated request finds the first promise.")
    actor_kind = models.CharField(max_length=16)
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=120)
    created_at = models.DateTimeField()
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    settled_at = models.DateTimeField(null=True)
    settled_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer"], condition=Q(status="open"), name="billing_promise_open_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="billing_promise_amount"),
        ]
        indexes = [
            models.Index(fields=["until"], condition=Q(status="open"), name="billing_promise_lapsing"),
            models.Index(fields=["customer", "-created_at"], name="billing_promise_of"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} until {self.until:%Y-%m-%d %H:%M}"
