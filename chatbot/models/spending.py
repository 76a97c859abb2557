"""What the provider's models cost, month by month, and how much they may."""

from __future__ import annotations

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class Budget(models.Model):
    """How much the models of one provider may cost in a month, in USD; nothing set, as much as they do.

    `warned_on` and `stopped_on` are the first day of the month for which somebody was told.
    """

    key = models.SlugField(max_length=10, unique=True, default="main", editable=False)
    monthly = models.DecimalField(
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01"))],
        help_text="USD",
    )
    warn_at = models.PositiveSmallIntegerField(
        default=80, validators=[MinValueValidator(1), MaxValueValidator(99)], help_text="Percent of it."
    )
    warned_on = models.DateField(null=True, blank=True)
    stopped_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(monthly=None) | models.Q(monthly__gt=0), name="budget_positive"),
            models.CheckConstraint(condition=models.Q(warn_at__range=(1, 99)), name="budget_warn_at"),
        ]

    def __str__(self) -> str:
        return f"{self.monthly} USD"


class MonthSpend(models.Model):
    """What one model cost in one month for one purpose. Its sums grow with every use."""

    class Purpose(models.TextChoices):
        TURN = "turn", _("Respuestas a clientes")
        RECEIPT = "receipt", _("Lectura de comprobantes")
        SUGGESTION = "suggestion", _("Sugerencias al equipo")
        VOICE = "voice", _("Notas de voz")
        TRIAL = "trial", _("Pruebas")

    month = models.DateField(help_text="Its first day, where the provider is.")
    purpose = models.CharField(max_length=12, choices=Purpose)
    model = models.CharField(max_length=80)
    uses = models.PositiveIntegerField(default=0)
    # Uses of a model whose price nobody knows; they are not in `cost`.
    unpriced = models.PositiveIntegerField(default=0)
    input_tokens = models.PositiveBigIntegerField(default=0)
    output_tokens = models.PositiveBigIntegerField(default=0)
    cost = models.DecimalField(max_digits=16, decimal_places=9, default=0, help_text="USD")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["month", "purpose", "model"], name="month_spend_once")]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.purpose} {self.model}"
