"""What was said in a voice note."""

from __future__ import annotations

from django.db import models

from inbox.models import Attachment


class Transcript(models.Model):
    """The words of a voice note, as a service wrote them down; `error` says why there are none."""

    attachment = models.OneToOneField(Attachment, on_delete=models.CASCADE, related_name="transcript")
    text = models.TextField(blank=True)
    error = models.CharField(max_length=255, blank=True)
    model = models.CharField(max_length=80, blank=True)
    seconds = models.FloatField(default=0, help_text="How long the note is, where that could be read.")
    cost = models.DecimalField(max_digits=14, decimal_places=9, null=True, blank=True, help_text="USD")
    took_ms = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.attachment_id}: {self.text[:40]}"
