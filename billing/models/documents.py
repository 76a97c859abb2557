"""What a provider prints on its documents beside its brand."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models


class DocumentSettings(models.Model):
    """One row a provider. Texts keep their own line breaks; an empty one is left out of the paper."""

    legal_name = models.CharField(max_length=160, blank=True)
    tax_id = models.CharField(max_length=30, blank=True)
    fiscal_address = models.CharField(max_length=255, blank=True)
    bank_data = models.TextField(max_length=1000, blank=True)
    legal_text = models.TextField(max_length=2000, blank=True)
    footer = models.CharField(max_length=200, blank=True)
    link_days = models.PositiveSmallIntegerField(
        default=30, validators=[MinValueValidator(1), MaxValueValidator(365)], help_text="How long a signed link opens."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(link_days__range=(1, 365)), name="billing_document_link_days"),
        ]
        verbose_name_plural = "document settings"

    def __str__(self) -> str:
        return self.legal_name
