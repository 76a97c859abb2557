"""What the bot has to answer, and what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from chatbot.models.bots import Bot
from inbox.models import Conversation, Message


class TurnQuerySet(models.QuerySet["Turn"]):
    """Reads of turns."""

    def pending(self) -> Self:
        """Return those that still want an answer."""
        return self.filter(state=Turn.State.DUE)

    def heads(self, now: datetime) -> Self:
        """Return what may be taken up: the first pending turn of each conversation, once its time has come."""
        earlier = Turn.objects.filter(
            conversation_id=OuterRef("conversation_id"), pk__lt=OuterRef("pk"), state=Turn.State.DUE
        )
        return self.pending().filter(~Exists(earlier), next_try_at__lte=now).order_by("next_try_at", "pk")


class Turn(models.Model):
    """One inbound message the bot took. The last one of a burst carries the answer; the others say so.

    `waiting_for` and `misses` are the state of the dialogue after this turn: what was asked for, and how many
    messages in a row were not understood.
    """

    class State(models.TextChoices):
        DUE = "due", _("Pendiente")
        DONE = "done", _("Atendido")
        FAILED = "failed", _("Falló")
        SKIPPED = "skipped", _("Omitido")

    class Outcome(models.TextChoices):
        RESOLVED = "resolved", _("Sin una persona")
        ESCALATED = "escalated", _("A una persona")
        UNANSWERED = "unanswered", _("Sin respuesta")

    class Why(models.TextChoices):
        ASKED = "asked", _("La pidió")
        UNSURE = "unsure", _("No se le entendió")
        ANGER = "anger", _("Enojo")
        LEGAL = "legal", _("Palabras legales")
        SAFETY = "safety", _("Peligro")
        INTENT = "intent", _("El asunto")
        HOURS = "hours", _("El horario")
        UNKNOWN = "unknown", _("Número desconocido")
        TAKEN = "taken", _("Alguien la tomó")
        SWITCHED_OFF = "off", _("Asistente apagado")
        FAILED = "failed", _("Una falla")

    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="turn")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="turns", db_index=False)
    # Who answered; empty while nobody did, and after that bot is gone.
    bot = models.ForeignKey(Bot, null=True, blank=True, on_delete=models.SET_NULL, related_name="turns")
    state = models.CharField(max_length=10, choices=State, default=State.DUE)
    intent = models.CharField(max_length=30, blank=True)
    confidence = models.FloatField(default=0)
    engine = models.CharField(max_length=30, blank=True)
    # The model that was asked, whoever answered in the end; what it used is below.
    model = models.CharField(max_length=80, blank=True, default="")
    # In which language it was answered; what says too little goes on in the one before.
    language = models.CharField(max_length=5, blank=True, db_default="")
    # Why this intent, why this engine and not the other, why nothing was said.
    reason = models.CharField(max_length=255, blank=True)
    # What came of it for the customer; nothing of what was answered with another turn. `why` a person was needed.
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True, default="")
    why = models.CharField(max_length=10, choices=Why, blank=True, default="")
    # What it should have been taken for, where somebody of the staff said so: what the rules learn from.
    right_intent = models.CharField(max_length=30, blank=True, default="")
    waiting_for = models.CharField(max_length=30, blank=True)
    misses = models.PositiveSmallIntegerField(default=0)
    replies = models.JSONField(default=list, blank=True)
    # What a model asked of its tools, in turn, and which of our own answered (outcome "own"):
    # [{name, arguments, ms, outcome}]; and how often a model was asked itself.
    tools = models.JSONField(default=list, blank=True)
    rounds = models.PositiveSmallIntegerField(default=0)
    read_ms = models.PositiveIntegerField(default=0, help_text="How long its engine took.")
    # Grows with every claim: who settles must hold the number they claimed with.
    attempts = models.PositiveSmallIntegerField(default=0)
    failures = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)
    input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(max_digits=14, decimal_places=9, null=True, blank=True, help_text="USD")
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    objects = TurnQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["next_try_at", "id"], condition=Q(state="due"), name="turn_due"),
            models.Index(fields=["conversation", "-id"], name="turn_conversation"),
            models.Index(fields=["-settled_at"], name="turn_settled"),
            models.Index(fields=["-id"], condition=~Q(right_intent=""), name="turn_labelled"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="due", next_try_at__isnull=False) | (~Q(state="due") & Q(next_try_at=None)),
                name="turn_due_has_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.intent}"

    @property
    def sure(self) -> int:
        """Return how sure its engine was, in percent."""
        return round(100 * self.confidence)
