"""Services that stay contracted and are not billed, because their customer was cut and did not come back."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class BillingStop(models.Model):
    """No day of [since, until) is charged to the service; without `until` it goes on until the debt hold is lifted."""

    service = models.ForeignKey("customers.Service", on_delete=models.PROTECT, related_name="billing_stops")
    since = models.DateField()
    until = models.DateField(null=True)
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=120)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["service"], condition=Q(closed_at=None), name="billing_stop_open_once"),
            models.CheckConstraint(condition=Q(until=None) | Q(until__gte=F("since")), name="billing_stop_days"),
        ]

    def __str__(self) -> str:
        return f"{self.service_id} {self.since} – {self.until or '…'}"
