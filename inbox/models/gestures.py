"""What the person is shown besides messages: that theirs were read, and that somebody types."""

from __future__ import annotations

from django.db import models

from inbox.models.conversations import Conversation


class ReadMark(models.Model):
    """Up to where a conversation was read by us; while `next_try_at` is set the person has yet to be shown it."""

    conversation = models.OneToOneField(Conversation, on_delete=models.CASCADE, related_name="read_mark")
    seq = models.PositiveIntegerField()
    is_typing = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["next_try_at", "id"], condition=models.Q(next_try_at__isnull=False), name="mark_due")
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} read to {self.seq}"
