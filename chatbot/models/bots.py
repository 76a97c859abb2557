"""How a provider's bots answer, and on which numbers."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from chatbot.models.personas import Persona
from inbox.models import Channel
from network.models import Router
from tenants.sealing import SealedField, SealedRow

MAIN = "main"
LONGEST_TRIAL = 60
SHORTEST, LONGEST = 80, 1500  # letters of an answer; WhatsApp takes 1600


class Bot(SealedRow):
    """One of a provider's bots. Off until somebody turns it on; with the rules engine it needs nothing from outside.

    The main one answers on every channel that has none of its own.
    """

    class Engine(models.TextChoices):
        RULES = "rules", _("Reglas propias, sin servicio externo")
        OPENAI = "openai", _("Modelo de lenguaje con clave propia")

    class Style(models.TextChoices):
        COMPACT = "compact", _("Breve")
        DETAILED = "detailed", _("Con detalle")

    class Language(models.TextChoices):
        AUTO = "auto", _("La del cliente")
        SPANISH = "es", _("Español")
        PORTUGUESE = "pt", _("Portugués")
        ENGLISH = "en", _("Inglés")

    class Hours(models.TextChoices):
        ALWAYS = "always", _("Siempre")
        OPEN = "open", _("Sólo en el horario de atención")
        CLOSED = "closed", _("Sólo fuera del horario de atención")

    class TrialKind(models.TextChoices):
        """As network's Access.Kind calls them."""

        PPPOE = "pppoe", _("Usuario PPPoE")
        HOTSPOT = "hotspot", _("Usuario de hotspot")
        USER_MANAGER = "user_manager", _("Usuario de User Manager")

    class Identity(models.TextChoices):
        TALK = "talk", _("En cada plática")
        DAYS = "days", _("Una vez cada tantos días")
        PHONE = "phone", _("Nunca: basta el número desde el que escribe")

    key = models.SlugField(max_length=30, unique=True, default=MAIN, editable=False)
    name = models.CharField(max_length=80, default="Asistente")
    enabled = models.BooleanField(default=False)
    # Who it is, for a model; without one it is the provider's assistant and no more.
    persona = models.ForeignKey(Persona, null=True, blank=True, on_delete=models.SET_NULL, related_name="bots")
    hours = models.CharField(max_length=10, choices=Hours, default=Hours.ALWAYS)
    # What it must not do: names of `intents` and of `chatbot.abilities`. What they are about goes to a person.
    intents_off = models.JSONField(default=list, blank=True)
    tools_off = models.JSONField(default=list, blank=True)
    # Letters of one answer; what is longer ends at a sentence.
    answer_length = models.PositiveSmallIntegerField(
        default=800, validators=[MinValueValidator(SHORTEST), MaxValueValidator(LONGEST)]
    )
    emoji = models.BooleanField(default=True)
    style = models.CharField(max_length=10, choices=Style, default=Style.COMPACT)
    language = models.CharField(max_length=5, choices=Language, default=Language.AUTO)
    engine = models.CharField(max_length=30, choices=Engine, default=Engine.RULES)
    # Said to a greeting; empty means our own words.
    greeting = models.TextField(max_length=600, blank=True)
    # Said to «¿dónde pago?»; empty means that a person answers.
    payment_instructions = models.TextField(max_length=800, blank=True)
    base_url = models.URLField(blank=True, max_length=200)
    model = models.CharField(max_length=80, blank=True)
    api_key = SealedField()
    # How a model answers: how freely, in how many tokens, knowing how many messages before this one.
    temperature = models.FloatField(default=0.3, validators=[MinValueValidator(0), MaxValueValidator(2)])
    max_tokens = models.PositiveSmallIntegerField(
        default=400, validators=[MinValueValidator(50), MaxValueValidator(4000)]
    )
    history = models.PositiveSmallIntegerField(default=10, validators=[MaxValueValidator(50)])
    # After so many messages in a row that it does not understand, a person takes over.
    max_misses = models.PositiveSmallIntegerField(default=2, validators=[MinValueValidator(1), MaxValueValidator(5)])
    # How long it waits for the rest of a burst before it answers once.
    pause_seconds = models.PositiveSmallIntegerField(default=2, validators=[MaxValueValidator(10)])
    # Comprobantes the model reads in a day; past it, and with 0, a person types.
    receipts_a_day = models.PositiveSmallIntegerField(default=200)
    # When whoever writes from a known number must say a control datum before anything of their account.
    identity = models.CharField(max_length=10, choices=Identity, default=Identity.DAYS, db_default="days")
    identity_days = models.PositiveSmallIntegerField(
        default=30, db_default=30, validators=[MinValueValidator(1), MaxValueValidator(365)]
    )
    # What one contact may have; past it a person looks. 0: as much as they like.
    turns_an_hour = models.PositiveSmallIntegerField(default=60, db_default=60)
    contact_receipts_a_day = models.PositiveSmallIntegerField(default=10, db_default=10)
    contact_promises_a_day = models.PositiveSmallIntegerField(default=5, db_default=5)
    # Who writes voice notes down; without an address a person listens.
    audio_url = models.URLField(blank=True, max_length=200, default="", db_default="")
    audio_model = models.CharField(blank=True, max_length=80, default="", db_default="")
    audio_key = SealedField()
    # Whether a customer's yes changes their plan; without it the wish is left to a person as a ticket.
    changes_plans = models.BooleanField(default=False, db_default=False)
    # Who contracts may try it for so many days, on an account that is made for them; 0, or no router: a person does.
    trial_days = models.PositiveSmallIntegerField(
        default=0, db_default=0, validators=[MaxValueValidator(LONGEST_TRIAL)]
    )
    trial_router = models.ForeignKey(Router, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    # What is made there for a trial; only what needs nothing but a name and a key.
    trial_kind = models.CharField(max_length=20, choices=TrialKind, default=TrialKind.PPPOE)
    # The model's last failure: what the settings show, and why rules answer for a while.
    engine_error = models.CharField(max_length=255, blank=True)
    engine_error_at = models.DateTimeField(null=True, blank=True)
    # What a program keeps with it; nothing here reads it.
    metadata = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(max_misses__range=(1, 5)), name="bot_max_misses"),
            models.CheckConstraint(condition=models.Q(pause_seconds__lte=10), name="bot_pause_seconds"),
            models.CheckConstraint(
                condition=models.Q(answer_length__range=(SHORTEST, LONGEST)), name="bot_answer_length"
            ),
            models.CheckConstraint(condition=models.Q(temperature__range=(0, 2)), name="bot_temperature"),
            models.CheckConstraint(condition=models.Q(identity_days__range=(1, 365)), name="bot_identity_days"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_main(self) -> bool:
        """Say whether it answers wherever no other does."""
        return self.key == MAIN

    @property
    def has_key(self) -> bool:
        """Say whether a key is stored; the key itself is never shown again."""
        return bool(self.api_key)

    @property
    def has_audio_key(self) -> bool:
        """Say whether a key for listening is stored; it is never shown again either."""
        return bool(self.audio_key)


class BotChannel(models.Model):
    """A channel on which a bot other than the main one answers."""

    channel = models.OneToOneField(Channel, on_delete=models.CASCADE, related_name="bot_channel")
    bot = models.ForeignKey(Bot, on_delete=models.CASCADE, related_name="bot_channels")

    def __str__(self) -> str:
        return f"{self.channel_id}: {self.bot_id}"
