"""What can be contracted, and the zones that bill and cut together."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _


class Zone(models.Model):
    """Customers who are billed and cut together (WispHub's zone)."""

    name = models.CharField(max_length=80, unique=True)
    external_ref = models.CharField(max_length=60, blank=True, db_index=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Tax(models.Model):
    """A named tax, or one that the customer withholds and pays to the treasury in the provider's name."""

    class Kind(models.TextChoices):
        ADDED = "added", _("Impuesto")
        WITHHELD = "withheld", _("Retención")

    class Base(models.TextChoices):
        NET = "net", _("Sobre el precio sin impuestos")
        TAX = "tax", _("Sobre los impuestos")

    name = models.CharField(max_length=20, unique=True)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.ADDED)
    base = models.CharField(max_length=4, choices=Base, default=Base.NET)
    # A share: 0.16 is 16 %.
    rate = models.DecimalField(max_digits=6, decimal_places=5)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "taxes"
        constraints = [
            models.CheckConstraint(condition=models.Q(rate__gt=0) & models.Q(rate__lte=1), name="tax_rate_range"),
            models.CheckConstraint(
                condition=models.Q(base="net") | models.Q(kind="withheld"), name="tax_added_is_on_net"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Plan(models.Model):
    """An internet plan. Rates in kbit/s; price in the tenant's currency, per month or per day."""

    class PriceUnit(models.TextChoices):
        MONTH = "month", _("Por mes")
        DAY = "day", _("Por día")

    name = models.CharField(max_length=80, unique=True)
    price = models.DecimalField(max_digits=14, decimal_places=3)
    download_kbps = models.PositiveIntegerField(default=0)
    upload_kbps = models.PositiveIntegerField(default=0)
    # A burst: faster while the average of the last `burst_seconds` stays below the threshold. Zero is none.
    burst_download_kbps = models.PositiveIntegerField(default=0)
    burst_upload_kbps = models.PositiveIntegerField(default=0)
    threshold_download_kbps = models.PositiveIntegerField(default=0)
    threshold_upload_kbps = models.PositiveIntegerField(default=0)
    burst_seconds = models.PositiveSmallIntegerField(default=0)
    price_unit = models.CharField(max_length=6, choices=PriceUnit, default=PriceUnit.MONTH)
    # The sum of its taxes, as a share: 0.16 is 16 %. With tax_included the price already holds it.
    # `taxes` names the parts; without any it is one tax with the name the billing policy gives.
    tax_rate = models.DecimalField(max_digits=6, decimal_places=5, default=Decimal(0))
    taxes = models.ManyToManyField(Tax, blank=True, related_name="plans")
    tax_included = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)
    external_ref = models.CharField(max_length=60, blank=True, db_index=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
