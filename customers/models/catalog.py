"""What can be contracted, and the zones that bill and cut together."""

from __future__ import annotations

from decimal import Decimal

from django.db import models


class Zone(models.Model):
    """Customers who are billed and cut together (WispHub's zone)."""

    name = models.CharField(max_length=80, unique=True)
    external_ref = models.CharField(max_length=60, blank=True, db_index=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Plan(models.Model):
    """An internet plan. Rates in kbit/s; price in the tenant's currency, per month."""

    name = models.CharField(max_length=80, unique=True)
    price = models.DecimalField(max_digits=14, decimal_places=3)
    download_kbps = models.PositiveIntegerField(default=0)
    upload_kbps = models.PositiveIntegerField(default=0)
    # A share: 0.16 is 16 %. With tax_included the price already holds the tax.
    tax_rate = models.DecimalField(max_digits=6, decimal_places=5, default=Decimal(0))
    tax_included = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)
    external_ref = models.CharField(max_length=60, blank=True, db_index=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
