"""The staff's Telegram: the provider's bot, who is on call, what is sent to them and what they press."""

from __future__ import annotations

import datetime as dt
import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from tenants.sealing import SealedField, SealedRow


class TelegramBot(SealedRow):
    """The provider's bot. `hook` names it in the address Telegram calls; `secret` must come with each call."""

    key = models.SlugField(max_length=30, unique=True, default="main", editable=False)
    token = SealedField()
    secret = SealedField()
    hook = models.UUIDField(default=uuid.uuid4, editable=False)
    username = models.CharField(max_length=64, blank=True)
    error = models.CharField(max_length=255, blank=True)

    def __str__(self) -> str:
        return f"@{self.username}"


class OnCall(models.Model):
    """A person of the staff on Telegram. Linked by a code that works once; called between two hours, or always."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="on_call")
    chat_id = models.BigIntegerField(null=True, unique=True)
    handle = models.CharField(max_length=64, blank=True)
    code_digest = models.CharField(max_length=64, blank=True, db_index=True)
    code_until = models.DateTimeField(null=True)
    is_on = models.BooleanField(default=False)
    since = models.TimeField(null=True, blank=True)
    until = models.TimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.user_id} {self.is_on}"

    def is_called(self, moment: dt.time) -> bool:
        """Say whether a notice goes to them at a time of the provider's day; hours may go past midnight."""
        if not self.is_on or self.chat_id is None:
            return False
        if self.since is None or self.until is None or self.since == self.until:
            return True
        if self.since < self.until:
            return self.since <= moment < self.until
        return moment >= self.since or moment < self.until


class TelegramPost(models.Model):
    """One notice to one person, and how it should look now. It may arrive twice; its buttons act once."""

    class State(models.TextChoices):
        QUEUED = "queued", "En cola"
        SENT = "sent", "Enviado"
        FAILED = "failed", "No enviado"

    to = models.ForeignKey(OnCall, on_delete=models.CASCADE, related_name="posts")
    key = models.CharField(max_length=80, unique=True)
    subject = models.CharField(max_length=60, db_index=True, help_text="What it is about: its posts change together.")
    text = models.TextField()
    picture = models.CharField(max_length=200, blank=True, help_text="The path of a JPEG.")
    buttons = models.JSONField(default=list)
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    chat_id = models.BigIntegerField()
    message_id = models.BigIntegerField(null=True)
    # Grows with each change of text or buttons; what Telegram shows is behind until `shown` is as much.
    version = models.PositiveIntegerField(default=1)
    shown = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["next_try_at", "id"], condition=Q(next_try_at__isnull=False), name="telegram_post_due")
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.state}"


class TelegramPress(models.Model):
    """A button somebody pressed, once: whoever knows what it means takes it up and says what came of it."""

    update_id = models.BigIntegerField(unique=True)
    by = models.ForeignKey(OnCall, on_delete=models.CASCADE, related_name="presses")
    data = models.CharField(max_length=64)
    callback_id = models.CharField(max_length=80)
    answer = models.CharField(max_length=200, blank=True)
    settled_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    # When to tell Telegram the answer; it is no use after a minute.
    next_try_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=Q(settled_at=None), name="telegram_press_waiting"),
            models.Index(fields=["next_try_at"], condition=Q(next_try_at__isnull=False), name="telegram_press_due"),
        ]

    def __str__(self) -> str:
        return f"{self.update_id} {self.data}"
