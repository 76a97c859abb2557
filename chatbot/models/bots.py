"""How a provider's bot answers."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.sealing import SealedField, SealedRow


class Bot(SealedRow):
    """A provider's bot. Off until somebody turns it on; with the rules engine it needs nothing from outside."""

    class Engine(models.TextChoices):
        RULES = "rules", _("Reglas propias, sin servicio externo")
        OPENAI = "openai", _("Modelo de lenguaje con clave propia")

    key = models.SlugField(max_length=30, unique=True, default="main", editable=False)
    enabled = models.BooleanField(default=False)
    engine = models.CharField(max_length=30, choices=Engine, default=Engine.RULES)
    # Said to a greeting; empty means our own words.
    greeting = models.TextField(max_length=600, blank=True)
    # Said to «¿dónde pago?»; empty means that a person answers.
    payment_instructions = models.TextField(max_length=800, blank=True)
    base_url = models.URLField(blank=True, max_length=200)
    model = models.CharField(max_length=80, blank=True)
    api_key = SealedField()
    # After so many messages in a row that it does not understand, a person takes over.
    max_misses = models.PositiveSmallIntegerField(default=2, validators=[MinValueValidator(1), MaxValueValidator(5)])
    # How long it waits for the rest of a burst before it answers once.
    pause_seconds = models.PositiveSmallIntegerField(default=2, validators=[MaxValueValidator(10)])
    # Comprobantes the model reads in a day; past it, and with 0, a person types.
    receipts_a_day = models.PositiveSmallIntegerField(default=200)
    # The model's last failure: what the settings show, and why rules answer for a while.
    engine_error = models.CharField(max_length=255, blank=True)
    engine_error_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(max_misses__range=(1, 5)), name="bot_max_misses"),
            models.CheckConstraint(condition=models.Q(pause_seconds__lte=10), name="bot_pause_seconds"),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def has_key(self) -> bool:
        """Say whether a key is stored; the key itself is never shown again."""
        return bool(self.api_key)
