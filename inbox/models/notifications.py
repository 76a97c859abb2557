"""What the far sides told us, as it came: the durable row behind every webhook."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from inbox.models.channels import Channel


class Notification(models.Model):
    """One call of a far side about one channel. It is kept before it is understood, and can be read again."""

    class State(models.TextChoices):
        PENDING = "pending", "Por leer"
        DONE = "done", "Leída"
        IGNORED = "ignored", "Sin nada que hacer"
        FAILED = "failed", "No se pudo leer"

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="notifications")
    # The far side's own id of it; a digest of the body where one call tells several things.
    provider_id = models.CharField(max_length=200)
    payload = models.JSONField()
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=255, blank=True)
    # What came of it, in words for whoever looks: "mensaje de whatsapp:+52…", "entregado", "reacción".
    outcome = models.CharField(max_length=255, blank=True)
    # Which of its items were applied, by place: what must not happen twice is not done again when it is read again.
    applied = models.JSONField(default=list, blank=True, db_default=[])
    received_at = models.DateTimeField()
    next_try_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "provider_id"], name="notification_once")]
        indexes = [
            models.Index(fields=["id"], condition=Q(state="pending"), name="notification_pending"),
            models.Index(fields=["-received_at", "-id"], name="notification_recent"),
            models.Index(fields=["-id"], condition=Q(state="failed"), name="notification_failed"),
        ]

    def __str__(self) -> str:
        return f"{self.channel_id} {self.provider_id} {self.state}"
